"""Wards are renamed, merged and split; areas and categories are renamed: what subscribers see, and who may post."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from feedsvc import create_app
from feedsvc.articles.ingest import ingest
from feedsvc.blocks import BLOCK
from feedsvc.config import Settings
from feedsvc.database import Database, open_database, transaction
from feedsvc.feeds import FORMATS
from feedsvc.instance import load_site, make_instance
from feedsvc.models import VIETNAM, Draft, Site
from feedsvc.passwords import hash_password
from feedsvc.registry import load_registry
from feedsvc.registry.edit import (
    add_area,
    add_category,
    change_area_name,
    change_category_label,
    set_area_hidden,
    set_category_hidden,
)
from feedsvc.store.scopes import list_changes
from feedsvc.store.tokens import save_token
from feedsvc.store.users import save_user
from feedsvc.store.wards import get_ward

from .conftest import Clock
from .web.admin.desk import PASSWORD, Clerk
from .web.api.program import RECORD, Program

FORMAT = "feedsvc-registry-1"
HUNG_2025 = ["00127", "2025-07-01"]
HUNG = {"code": "00127", "kind": "phuong", "name": "Phường Việt Hưng"}
LANG_2025 = ["00199", "2025-07-01"]
LANG = {"code": "00199", "valid_from": "2025-07-01", "kind": "phuong", "name": "Phường Láng"}
Load = Callable[..., None]


def at(year: int, month: int, day: int, hour: int = 9) -> datetime:
    return datetime(year, month, day, hour, 0, tzinfo=VIETNAM)


@pytest.fixture
def post(db: Database, site: Site, clock: Clock) -> Callable[..., str]:
    """Post an article for a ward (slug) at a time; return its guid."""

    def call(ward: str, published: datetime, title: str = "Tin", category: str = "thong-bao", **more: Any) -> str:
        draft = Draft(title=title, published=published, ward=ward, categories=(category,), content_text=title, **more)
        return ingest(db, draft, site=site, now=clock.now).article.guid

    return call


@pytest.fixture
def load(db: Database, clock: Clock) -> Load:
    def call(**lists: Any) -> None:
        load_registry(db, {"format": FORMAT, **lists}, origin="test", now=clock.now)

    return call


def items_of(client: FlaskClient, path: str) -> list[str]:
    response = client.get(path)
    assert response.status_code == 200, path
    return [item["id"] for item in json.loads(response.text)["items"]]


def closing(name: str, last_day: str) -> str:
    """Return the title of the last entry of a closed ward."""
    return f"Kênh tin phường {name} (đến {last_day}) đã ngừng cập nhật"


def rename_hung(load: Load, on: str = "2027-07-01", last: str = "2027-06-30") -> None:
    load(
        wards=[
            {
                "code": "00127",
                "valid_from": "2025-07-01",
                "valid_to": last,
                "kind": "phuong",
                "name": "Phường Việt Hưng",
            },
            {"code": "00127", "valid_from": on, "kind": "phuong", "name": "Phường Đức Giang Mới"},
        ],
        successions=[{"ward": HUNG_2025, "successor": ["00127", on], "on": on, "kind": "renamed", "is_default": True}],
    )


def merge_hung_into_its_namesake(load: Load) -> None:
    load(
        wards=[
            {**HUNG, "valid_from": "2025-07-01", "valid_to": "2027-06-30"},
            {**HUNG, "valid_from": "2027-07-01"},
        ],
        successions=[
            {"ward": HUNG_2025, "successor": ["00127", "2027-07-01"], "on": "2027-07-01", "kind": "merged"},
        ],
    )


# Renaming


@pytest.mark.parametrize("rest", ["", "thong-bao/", *FORMATS, "thong-bao/atom.xml", "rss.xml?content=summary&a=b"])
def test_every_old_url_of_a_renamed_ward_leads_to_the_same_kind_of_url(
    client: FlaskClient, load: Load, clock: Clock, rest: str
) -> None:
    clock.now = at(2027, 7, 2)
    rename_hung(load)
    response = client.get(f"/wards/phuong-viet-hung/{rest}")
    assert response.status_code == 301
    assert response.headers["Location"] == f"https://tin.example.vn/wards/phuong-duc-giang-moi/{rest}"


def test_a_clerk_keeps_writing_for_a_renamed_ward(client: FlaskClient, db: Database, load: Load, clock: Clock) -> None:
    with transaction(db):
        save_user(db, "lan", hash_password(PASSWORD), "clerk", get_ward(db, "phuong-viet-hung"), now=clock.now)
    rename_hung(load)
    clerk = Clerk(client)
    clerk.log_in()
    assert "Đức Giang Mới" not in client.get("/admin/articles/new").text
    assert clerk.post(ward="phuong-viet-hung", title="Tin cũ").status_code == 302
    clock.now = at(2027, 7, 2)
    clerk.log_in()
    assert '<option selected value="phuong-duc-giang-moi">' in client.get("/admin/articles/new").text
    new = {"ward": "phuong-duc-giang-moi", "title": "Tin mới", "published_day": "2027-07-02"}
    assert clerk.post(**new).status_code == 302
    home = client.get("/admin/").text
    assert home.index("Tin mới") < home.index("Tin cũ")
    assert clerk.withdraw(1, "Nhầm").status_code == 302
    assert clerk.post(ward="phuong-lang").status_code == 422


def test_a_token_keeps_writing_for_a_renamed_ward(app: Flask, db: Database, load: Load, clock: Clock) -> None:
    with transaction(db):
        ward = get_ward(db, "phuong-viet-hung")
        save_token(db, "cms", "fs_cms", ward=ward, area=None, now=clock.now, expires_at=None)
    program = Program(app.test_client(), "fs_cms")
    unnamed = {name: value for name, value in RECORD.items() if name != "ward"}
    old = program.post(unnamed).get_json()
    rename_hung(load)
    clock.now = at(2027, 7, 2)
    later = {"published": at(2027, 7, 1).isoformat(), "external_id": "cms-2", "title": "Tin mới"}
    new = program.post({**unnamed, **later}).get_json()
    assert (old["ward"], new["ward"]) == ("phuong-viet-hung", "phuong-duc-giang-moi")
    assert [item["id"] for item in program.get().get_json()["items"]] == [2, 1]
    assert program.delete(1).status_code == 200
    assert program.post({**RECORD, "external_id": "cms-3"}).status_code == 403


def test_the_feed_of_a_renamed_ward_continues_under_the_new_name_with_the_same_items(
    client: FlaskClient, load: Load, post: Callable[..., str], clock: Clock
) -> None:
    old = post("phuong-viet-hung", at(2026, 5, 1))
    rename_hung(load)
    clock.now = at(2027, 7, 2)
    new = post("phuong-duc-giang-moi", at(2027, 7, 1), "Tin mới")
    for path in ("/wards/phuong-duc-giang-moi/", "/wards/phuong-duc-giang-moi/thong-bao/"):
        assert items_of(client, path + "feed.json") == [new, old]
    assert "UBND phường Việt Hưng" in client.get("/wards/phuong-duc-giang-moi/rss.xml").text


def test_a_rename_that_is_loaded_ahead_happens_on_its_day(
    client: FlaskClient, load: Load, post: Callable[..., str], clock: Clock
) -> None:
    post("phuong-viet-hung", at(2026, 5, 1))
    rename_hung(load)
    assert client.get("/wards/phuong-viet-hung/rss.xml").status_code == 200
    assert client.get("/wards/phuong-duc-giang-moi/rss.xml").status_code == 404
    assert "Đức Giang Mới" not in client.get("/wards/").text
    clock.now = at(2027, 7, 1, 0)
    assert client.get("/wards/phuong-viet-hung/rss.xml").status_code == 301
    assert "Đức Giang Mới" in client.get("/wards/").text


def test_a_corrected_name_keeps_the_unit_and_redirects_the_old_slug(
    client: FlaskClient, load: Load, post: Callable[..., str], db: Database
) -> None:
    guid = post("phuong-lang", at(2026, 5, 1))
    etag = client.get("/rss.xml").headers["ETag"]
    load(wards=[{"code": "00199", "valid_from": "2025-07-01", "kind": "phuong", "name": "Phường Láng Hạ"}])
    assert client.get("/wards/phuong-lang/feed.json").headers["Location"].endswith("/wards/phuong-lang-ha/feed.json")
    assert items_of(client, "/wards/phuong-lang-ha/feed.json") == [guid]
    renewed = client.get("/rss.xml", headers={"If-None-Match": etag})
    assert renewed.status_code == 200
    assert "UBND phường Láng Hạ" in renewed.text
    assert [(change.kind, change.ward_id) for change in list_changes(db, since=1, limit=9)] == [
        ("renamed", get_ward(db, "phuong-lang-ha").id)
    ]


# Merging and splitting


def test_a_closed_ward_has_frozen_feeds_with_a_closing_entry_and_links(
    client: FlaskClient, post: Callable[..., str]
) -> None:
    guid = post("phuong-phuc-dong", at(2024, 5, 1))
    for path in ("/wards/phuong-phuc-dong/", "/wards/phuong-phuc-dong/thong-bao/"):
        feed = json.loads(client.get(path + "feed.json").text)
        closing, article = feed["items"]
        assert article["id"] == guid
        assert closing["title"] == "Kênh tin phường Phúc Đồng (đến 30/06/2025) đã ngừng cập nhật"
        assert closing["date_published"] == "2025-07-01T00:00:00+07:00"
        assert closing["url"] == "https://tin.example.vn/wards/phuong-phuc-dong/"
        for slug in ("phuong-phuc-loi", "phuong-bo-de", "phuong-long-bien", "phuong-viet-hung"):
            assert f'href="https://tin.example.vn/wards/{slug}/"' in closing["content_html"]


def test_the_closing_entry_is_one_item_in_every_feed_of_the_ward_and_in_no_other(
    client: FlaskClient, post: Callable[..., str]
) -> None:
    post("phuong-phuc-dong", at(2024, 5, 1))
    paths = ["/wards/phuong-phuc-dong/", "/wards/phuong-phuc-dong/thong-bao/", "/wards/phuong-phuc-dong/khac/"]
    assert len({items_of(client, path + "feed.json")[0] for path in paths}) == 1
    for path in ("/", "/areas/quan-long-bien/", "/categories/thong-bao/", "/wards/phuong-phuc-loi/"):
        assert "đã ngừng cập nhật" not in client.get(path + "rss.xml").text


def test_the_feed_of_a_ward_that_closes_gets_its_closing_entry_on_the_day(
    client: FlaskClient, load: Load, post: Callable[..., str], clock: Clock
) -> None:
    guid = post("phuong-lang", at(2026, 5, 1))
    load(
        wards=[{**LANG, "valid_to": "2027-06-30"}],
        successions=[
            {"ward": LANG_2025, "successor": ["00235", "2025-07-01"], "on": "2027-07-01", "kind": "merged"},
        ],
    )
    before = client.get("/wards/phuong-lang/feed.json")
    assert [item["id"] for item in json.loads(before.text)["items"]] == [guid]
    clock.now = at(2027, 7, 1, 0)
    after = client.get("/wards/phuong-lang/feed.json", headers={"If-None-Match": before.headers["ETag"]})
    assert [item["title"] for item in json.loads(after.text)["items"]] == [
        "Kênh tin phường Láng (đến 30/06/2027) đã ngừng cập nhật",
        "Tin",
    ]
    assert after.headers["Last-Modified"] > before.headers["Last-Modified"] or after.status_code == 200
    assert "Kênh tin này đã ngừng cập nhật." in client.get("/wards/phuong-lang/").text


def test_feeds_and_archives_of_a_ward_carry_its_last_day_from_the_day_after_under_another_version(
    client: FlaskClient, load: Load, post: Callable[..., str], clock: Clock
) -> None:
    for number in range(BLOCK):
        post("phuong-lang", at(2026, 5, 1) + timedelta(minutes=number), f"Tin {number}")
    load(
        wards=[{**LANG, "valid_to": "2027-06-30"}],
        successions=[
            {"ward": LANG_2025, "successor": ["00235", "2025-07-01"], "on": "2027-07-01", "kind": "merged"},
        ],
    )
    titles = {"feed.json": "Phường Láng", "archive/1/feed.json": "Phường Láng – lưu trữ 1"}
    seen = {}
    clock.now = at(2027, 6, 30, 23)
    for name, title in titles.items():
        before = client.get(f"/wards/phuong-lang/{name}")
        assert json.loads(before.text)["title"] == title
        seen[name] = before.headers["ETag"]
    clock.now = at(2027, 7, 1, 0)
    for name, title in titles.items():
        after = client.get(f"/wards/phuong-lang/{name}", headers={"If-None-Match": seen[name]})
        assert after.status_code == 200
        assert json.loads(after.text)["title"] == title.replace("Phường Láng", "Phường Láng (đến 30/06/2027)")


def test_a_successor_shows_its_own_articles_unless_asked_for_its_lineage(
    client: FlaskClient, post: Callable[..., str]
) -> None:
    sai_dong = post("phuong-sai-dong", at(2024, 5, 1), "Sài Đồng")
    before = post("phuong-phuc-loi-2025", at(2025, 5, 1), "Phúc Lợi cũ")
    now = post("phuong-phuc-loi", at(2026, 5, 1), "Phúc Lợi")
    other = post("phuong-lang", at(2026, 5, 2), "Láng")
    assert items_of(client, "/wards/phuong-phuc-loi/feed.json") == [now]
    lineage = items_of(client, "/wards/phuong-phuc-loi/feed.json?lineage=1")
    assert lineage == [now, before, sai_dong]
    assert items_of(client, "/wards/phuong-phuc-loi/thong-bao/feed.json?lineage=1") == lineage
    assert other not in lineage
    assert "Sài Đồng" in client.get("/wards/phuong-phuc-loi/?lineage=1").text


def test_a_lineage_feed_names_itself_and_follows_every_ward_in_it(
    client: FlaskClient, post: Callable[..., str]
) -> None:
    path = "/wards/phuong-phuc-loi/atom.xml?lineage=1"
    first = client.get(path)
    assert f'href="https://tin.example.vn{path}"' in first.text
    assert 'href="https://tin.example.vn/wards/phuong-phuc-loi/?lineage=1"' in first.text
    post("phuong-sai-dong", at(2024, 5, 1))
    assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200
    assert (
        client.get(path.replace("=1", "=0")).headers["ETag"]
        == client.get("/wards/phuong-phuc-loi/atom.xml").headers["ETag"]
    )


def test_the_living_namesake_takes_the_plain_slug_and_re_posts_nothing(
    client: FlaskClient, load: Load, post: Callable[..., str], clock: Clock
) -> None:
    old = post("phuong-viet-hung", at(2026, 5, 1))
    seen = client.get("/wards/phuong-viet-hung/feed.json")
    merge_hung_into_its_namesake(load)
    clock.now = at(2027, 7, 1, 8)
    poll = client.get(
        "/wards/phuong-viet-hung/feed.json",
        headers={"If-None-Match": seen.headers["ETag"], "If-Modified-Since": seen.headers["Last-Modified"]},
    )
    assert (poll.status_code, json.loads(poll.text)["items"]) == (200, [])
    only_dates = {"If-Modified-Since": seen.headers["Last-Modified"]}
    assert client.get("/wards/phuong-viet-hung/feed.json", headers=only_dates).status_code == 200
    new = post("phuong-viet-hung", at(2027, 7, 1, 7), "Tin mới")
    assert items_of(client, "/wards/phuong-viet-hung/feed.json") == [new]
    assert items_of(client, "/wards/phuong-viet-hung-2027/feed.json")[1:] == [old]
    assert len({old, new}) == 2


# Areas and categories


def test_a_renamed_area_redirects_and_keeps_its_items(
    client: FlaskClient, db: Database, post: Callable[..., str], clock: Clock
) -> None:
    guid = post("phuong-viet-hung", at(2026, 5, 1))
    change_area_name(db, "khu-vuc-long-bien", "Bờ bắc sông Hồng", now=clock.now)
    response = client.get("/areas/khu-vuc-long-bien/thong-bao/rss.xml?x=1")
    assert response.headers["Location"] == "https://tin.example.vn/areas/bo-bac-song-hong/thong-bao/rss.xml?x=1"
    assert items_of(client, "/areas/bo-bac-song-hong/feed.json") == [guid]


def test_a_renamed_category_redirects_and_its_items_say_the_new_label(
    client: FlaskClient, db: Database, site: Site, post: Callable[..., str], clock: Clock
) -> None:
    post("phuong-lang", at(2026, 5, 1))
    etag = client.get("/rss.xml").headers["ETag"]
    change_category_label(db, "thong-bao", "Thông tin cần biết", now=clock.now)
    assert client.get("/wards/phuong-lang/thong-bao/").headers["Location"].endswith("/phuong-lang/thong-tin-can-biet/")
    assert "Thông tin cần biết" in client.get("/rss.xml", headers={"If-None-Match": etag}).text
    draft = Draft(title="T", published=at(2026, 5, 2), ward="phuong-lang", categories=("THÔNG BÁO",), content_text="x")
    assert ingest(db, draft, site=site, now=clock.now).article.categories[0].slug == "thong-tin-can-biet"


def test_hidden_things_are_in_no_list_and_their_feeds_keep_working(
    client: FlaskClient, db: Database, post: Callable[..., str], clock: Clock
) -> None:
    guid = post("phuong-lang", at(2026, 5, 1))
    set_area_hidden(db, "ha-noi", hidden=True, now=clock.now)
    set_category_hidden(db, "thong-bao", hidden=True, now=clock.now)
    for path in ("/", "/areas/", "/categories/"):
        page = client.get(path).text
        assert "/areas/ha-noi/" not in page
        assert "/categories/thong-bao/" not in page
    for path in ("/areas/ha-noi/", "/categories/thong-bao/"):
        assert items_of(client, path + "feed.json") == [guid]
    set_area_hidden(db, "ha-noi", hidden=False, now=clock.now)
    assert "/areas/ha-noi/" in client.get("/areas/").text


def test_a_new_area_shows_what_its_wards_published_before(
    client: FlaskClient, db: Database, post: Callable[..., str], clock: Clock
) -> None:
    guid = post("phuong-lang", at(2026, 5, 1))
    add_area(db, "Khu trung tâm", [get_ward(db, "phuong-lang")], now=clock.now)
    assert items_of(client, "/areas/khu-trung-tam/feed.json") == [guid]


def test_what_is_done_again_is_not_logged_again(db: Database, clock: Clock) -> None:
    for _ in range(2):
        add_area(db, "Khu trung tâm", [get_ward(db, "phuong-lang")], now=clock.now)
        set_area_hidden(db, "khu-trung-tam", hidden=True, now=clock.now)
        add_category(db, "Thông báo", ["Tin khẩn"], now=clock.now)
    assert [change.kind for change in list_changes(db, since=0, limit=9)] == ["opened", "hidden"]


# Addresses


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("/wards/phuong-lang", "/wards/phuong-lang/"),
        ("/wards/PHUONG-LANG/", "/wards/phuong-lang/"),
        ("/Wards/Phuong-Lang", "/wards/phuong-lang/"),
        ("/wards/Phường-Láng/", "/wards/phuong-lang/"),
        ("/wards/Ph%C6%B0%E1%BB%9Dng%20L%C3%A1ng", "/wards/phuong-lang/"),
        ("/wards/phuong-lang/RSS.xml", "/wards/phuong-lang/rss.xml"),
        ("/wards/phuong-lang/Thông-báo/atom.xml", "/wards/phuong-lang/thong-bao/atom.xml"),
        ("/categories", "/categories/"),
        ("/Categories/Thong-Bao", "/categories/thong-bao/"),
        ("/AREAS/ha-noi?x=1", "/areas/ha-noi/?x=1"),
        ("/opml.XML", "/opml.xml"),
    ],
)
def test_a_path_that_is_not_canonical_redirects_once(client: FlaskClient, given: str, canonical: str) -> None:
    response = client.get(given)
    assert response.status_code == 301
    assert response.headers["Location"] == f"https://tin.example.vn{canonical}"
    assert client.get(canonical).status_code == 200


def test_an_old_name_in_upper_case_still_redirects_once(client: FlaskClient, load: Load, clock: Clock) -> None:
    clock.now = at(2027, 7, 2)
    rename_hung(load)
    response = client.get("/WARDS/Phuong-Viet-Hung")
    assert response.headers["Location"] == "https://tin.example.vn/wards/phuong-duc-giang-moi/"


@pytest.mark.parametrize(
    ("given", "near"),
    [
        ("/wards/phuong-viet-hun/", "/wards/phuong-viet-hung/"),
        ("/wards/viet-hung/rss.xml", "/wards/phuong-viet-hung/"),
        ("/areas/hanoi/", "/areas/ha-noi/"),
        ("/categories/thong-baos/", "/categories/thong-bao/"),
        ("/wards/phuong-lang/thongbao/", "/categories/thong-bao/"),
    ],
)
def test_an_unknown_slug_offers_what_is_near(client: FlaskClient, given: str, near: str) -> None:
    response = client.get(given)
    assert response.status_code == 404
    assert "Có phải bạn tìm" in response.text
    assert f'href="{near}"' in response.text


@pytest.mark.parametrize(
    "path",
    ["/wards/x/", "/wards/%00/", "/wards/" + "a" * 3000, "/x/y/z", "//", "/wards//rss.xml", "/..", "/%F0%9F%98%80"],
)
def test_a_path_that_means_nothing_ends_without_an_error(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    while response.status_code in {301, 308}:
        response = client.get(response.headers["Location"].removeprefix("https://tin.example.vn"))
    assert response.status_code in {200, 404}


# The story of Long Biên


@pytest.fixture
def long_bien(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """An instance with a clock that moves from 2023 to 2026, and a subscriber that keeps state."""
    clock = Clock(at(2023, 9, 1))
    settings = Settings(instance=tmp_path_factory.mktemp("story"), site_url="https://tin.example.vn")
    make_instance(settings, now=clock.now, with_administrator=False)
    db = open_database(settings.database_path)
    app: Flask = create_app(settings, clock=clock)
    yield db, load_site(settings, db), app.test_client(), clock
    app.extensions["feedsvc"].close()
    db.close()


class Subscriber:
    """A reader that remembers permanent redirects, sends validators, and remembers every id that it has seen."""

    def __init__(self, client: FlaskClient, path: str) -> None:
        self.client, self.path, self.etag = client, path, ""
        self.seen: list[str] = []

    def poll(self) -> list[str]:
        """Return the titles of items that are new to the subscriber."""
        response = self.client.get(self.path, headers={"If-None-Match": self.etag} if self.etag else {})
        while response.status_code == 301:
            self.path = response.headers["Location"].removeprefix("https://tin.example.vn")
            response = self.client.get(self.path)
        if response.status_code == 304 or (response.status_code == 404 and not self.seen):
            return []  # nothing new, or no such feed yet
        assert response.status_code == 200
        self.etag = response.headers["ETag"]
        new = [item for item in json.loads(response.text)["items"] if item["id"] not in self.seen]
        self.seen += [item["id"] for item in new]
        return [item["title"] for item in new]


def test_the_story_of_long_bien_from_2023_to_2026(long_bien: Any) -> None:
    db, site, client, clock = long_bien

    def post(ward: str, title: str) -> str:
        draft = Draft(title=title, published=clock.now, ward=ward, categories=("thong-bao",), content_text=title)
        return str(ingest(db, draft, site=site, now=clock.now).article.guid)

    hung = Subscriber(client, "/wards/phuong-viet-hung/feed.json")
    sai_dong = Subscriber(client, "/wards/phuong-sai-dong/feed.json")
    phuc_dong = Subscriber(client, "/wards/phuong-phuc-dong/thong-bao/feed.json")
    district = Subscriber(client, "/areas/quan-long-bien/feed.json")
    region = Subscriber(client, "/areas/khu-vuc-long-bien/feed.json")
    everybody = [hung, sai_dong, phuc_dong, district, region]

    # 2023: fourteen wards; one of them, Việt Hưng, has the plain address.
    clock.now = at(2023, 9, 13)
    guids = [post("phuong-viet-hung", "Việt Hưng 2023"), post("phuong-sai-dong", "Sài Đồng 2023")]
    guids.append(post("phuong-phuc-dong", "Phúc Đồng 2023"))
    assert [subscriber.poll() for subscriber in everybody] == [
        ["Việt Hưng 2023"],
        ["Sài Đồng 2023"],
        ["Phúc Đồng 2023"],
        ["Phúc Đồng 2023", "Sài Đồng 2023", "Việt Hưng 2023"],
        [],
    ]
    clock.now += timedelta(days=1)
    assert [subscriber.poll() for subscriber in everybody] == [[], [], [], [], []]

    # 2025-01-01: Sài Đồng is split. Its subscribers see the closing entry; nobody else notices.
    clock.now = at(2025, 1, 1)
    assert [subscriber.poll() for subscriber in everybody] == [
        [],
        ["Kênh tin phường Sài Đồng (đến 31/12/2024) đã ngừng cập nhật"],
        [],
        [],
        [],
    ]
    guids.append(post("phuong-phuc-dong", "Phúc Đồng 2025"))
    assert [subscriber.poll() for subscriber in everybody] == [[], [], ["Phúc Đồng 2025"], ["Phúc Đồng 2025"], []]

    # 2025-07-01: the district ends. Phúc Đồng closes; the present Việt Hưng takes over the address of its namesake.
    clock.now = at(2025, 7, 1)
    assert [subscriber.poll() for subscriber in everybody] == [
        [],
        [],
        ["Kênh tin phường Phúc Đồng (đến 30/06/2025) đã ngừng cập nhật"],
        [],
        [],
    ]
    guids.append(post("phuong-viet-hung", "Việt Hưng mới 2025"))
    assert [subscriber.poll() for subscriber in everybody] == [
        ["Việt Hưng mới 2025"],
        [],
        [],
        [],
        ["Việt Hưng mới 2025"],
    ]
    assert [
        item["title"] for item in json.loads(client.get("/wards/phuong-viet-hung-2025/feed.json").text)["items"]
    ] == [
        "Kênh tin phường Việt Hưng (đến 30/06/2025) đã ngừng cập nhật",
        "Việt Hưng 2023",
    ]

    # 2026: four wards; a subscriber who also wants the past asks for the lineage.
    clock.now = at(2026, 3, 2)
    guids.append(post("phuong-long-bien", "Long Biên 2026"))
    assert [subscriber.poll() for subscriber in everybody] == [[], [], [], [], ["Long Biên 2026"]]
    lineage = json.loads(client.get("/wards/phuong-viet-hung/feed.json?lineage=1").text)["items"]
    assert [item["title"] for item in lineage] == [
        "Việt Hưng mới 2025",
        "Phúc Đồng 2025",
        "Phúc Đồng 2023",
        "Sài Đồng 2023",  # it became part of Phúc Đồng and Phúc Lợi, and these of Việt Hưng
        "Việt Hưng 2023",
    ]
    everything = json.loads(client.get("/feed.json").text)["items"]
    assert [item["id"] for item in everything] == guids[::-1]
    assert len(set(guids)) == len(guids)
    assert hung.path == "/wards/phuong-viet-hung/feed.json"


def test_the_slug_of_a_draft_follows_the_day(long_bien: Any) -> None:
    db, site, _, clock = long_bien
    draft = Draft(title="Phường Việt Hưng họp", published=clock.now, content_text="x")
    before = ingest(db, draft, site=site, now=clock.now).article.ward
    clock.now = at(2026, 1, 1)
    after = ingest(db, replace(draft, published=clock.now), site=site, now=clock.now).article.ward
    assert (before.valid_to is None, after.valid_to is None) == (False, True)

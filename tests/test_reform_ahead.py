"""A reform that is loaded before its day changes nothing until then, and takes effect on the day."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from werkzeug.datastructures import Headers

from feedsvc import create_app
from feedsvc.articles.ingest import ingest, withdraw
from feedsvc.config import Settings
from feedsvc.database import Database, open_database, transaction
from feedsvc.feeds import FORMATS
from feedsvc.models import VIETNAM, Draft, Site
from feedsvc.passwords import hash_password
from feedsvc.registry import load_registry
from feedsvc.registry.edit import add_area
from feedsvc.store.areas import get_area, list_all_areas
from feedsvc.store.tokens import save_token
from feedsvc.store.users import save_user
from feedsvc.store.wards import get_ward, list_wards

from .conftest import Clock
from .web.admin.desk import PASSWORD, Clerk

LOADED = datetime(2026, 11, 24, 10, tzinfo=VIETNAM)
LAST_MINUTE = datetime(2027, 6, 30, 23, 59, tzinfo=VIETNAM)
FIRST_MINUTE = datetime(2027, 7, 1, 0, 0, tzinfo=VIETNAM)


def close(code: str, kind: str, name: str, begins: str = "2025-07-01") -> dict[str, str]:
    return {"code": code, "valid_from": begins, "valid_to": "2027-06-30", "kind": kind, "name": name}


def open_(code: str, kind: str, name: str) -> dict[str, str]:
    return {"code": code, "valid_from": "2027-07-01", "kind": kind, "name": name}


def follow(kind: str, ward: list[str], *successors: list[str]) -> list[dict[str, Any]]:
    return [
        {
            "ward": ward,
            "successor": successor,
            "on": "2027-07-01",
            "kind": kind,
            "is_default": successor == successors[0],
        }
        for successor in successors
    ]


HUNG, LANG, TRANG = ["00127", "2025-07-01"], ["00199", "2025-07-01"], ["00577", "2025-07-01"]
DUC_GIANG, GOM, SU, NEW_DONG = (
    ["00127", "2027-07-01"],
    ["90001", "2027-07-01"],
    ["90002", "2027-07-01"],
    ["90003", "2027-07-01"],
)
# Việt Hưng is renamed; Láng becomes part of Ô Chợ Dừa, which stays; Bát Tràng is split; a new ward gets a name that
# existed before. One area ends, another begins, with living wards and a new one; a third gets a member.
REFORM: dict[str, Any] = {
    "format": "feedsvc-registry-1",
    "wards": [
        close(HUNG[0], "phuong", "Phường Việt Hưng"),
        open_(HUNG[0], "phuong", "Phường Đức Giang Mới"),
        close(LANG[0], "phuong", "Phường Láng"),
        close(TRANG[0], "xa", "Xã Bát Tràng"),
        open_(GOM[0], "xa", "Xã Làng Gốm"),
        open_(SU[0], "xa", "Xã Làng Sứ"),
        open_(NEW_DONG[0], "phuong", "Phường Phúc Đồng"),
    ],
    "successions": [
        *follow("renamed", HUNG, DUC_GIANG),
        *follow("merged", LANG, ["00190", "2025-07-01"]),
        *follow("split", TRANG, GOM, SU),
    ],
    "areas": [
        {
            "slug": "khu-vuc-long-bien",
            "name": "Địa bàn quận Long Biên (cũ)",
            "valid_from": "2025-07-01",
            "valid_to": "2027-06-30",
            "members": [
                {"ward": HUNG, "valid_to": "2027-06-30"},
                {"ward": ["00118", "2025-07-01"], "valid_to": "2027-06-30"},
            ],
        },
        {
            "slug": "bo-bac",
            "name": "Bờ bắc sông Hồng",
            "valid_from": "2027-07-01",
            "members": [{"ward": ward} for ward in (HUNG, ["00118", "2025-07-01"], DUC_GIANG, TRANG)],
        },
        {
            "slug": "khu-trung-tam",
            "name": "Khu trung tâm",
            "members": [{"ward": ["00190", "2025-07-01"], "valid_from": "2027-07-01"}],
        },
        {
            "slug": "ha-noi",
            "name": "Thành phố Hà Nội",
            "members": [{"ward": ward} for ward in (DUC_GIANG, GOM, SU, NEW_DONG)],
        },
    ],
}

PLACES = [
    *(f"/wards/{slug}/" for slug in ("phuong-viet-hung", "phuong-lang", "xa-bat-trang", "phuong-o-cho-dua")),
    *(f"/wards/{slug}/" for slug in ("phuong-phuc-dong", "phuong-viet-hung-2025", "phuong-bo-de")),
    *(f"/areas/{slug}/" for slug in ("ha-noi", "khu-vuc-long-bien", "quan-long-bien", "khu-trung-tam")),
]
TO_COME = ["/wards/phuong-duc-giang-moi/", "/wards/xa-lang-gom/", "/wards/phuong-phuc-dong-2025/", "/areas/bo-bac/"]
NEAR = ["/wards/phuong-viet-hun/", "/wards/duc-giang/", "/wards/lang-gom/", "/wards/phuong-phuc-don/", "/areas/bo-ba/"]
SEARCHES = [f"/search{name}?{query}" for name in ("", "/rss.xml") for query in ("q=tin", "q=tin&ward=phuong-viet-hung")]
PUBLIC = [
    *("/", "/wards/", "/areas/", "/categories/", "/wards/?q=duc+giang", "/wards/?q=lang", "/areas/?q=bo"),
    *(f"/{name}" for name in FORMATS),
    *(f"/categories/thong-bao/{name}" for name in ("", *FORMATS)),
    *(place + rest for place in PLACES for rest in ("", "thong-bao/", *FORMATS, "thong-bao/feed.json")),
    *(place + rest for place in PLACES for rest in ("2026/05/", "2026/05/atom.xml", "archive/1/atom.xml")),
    *(place + rest for place in PLACES for rest in ("?lineage=1", "feed.json?lineage=1")),
    *(place + rest for place in TO_COME for rest in ("", "feed.json", "thong-bao/", "2026/05/", "opml.xml")),
    *("/2026/05/", "/2026/05/feed.json", "/articles/1", "/articles/2", "/articles/8"),
    *(f"/areas/{slug}/opml.xml" for slug in ("ha-noi", "khu-vuc-long-bien")),
    *("/opml.xml", "/sitemap.xml", "/sitemap-pages-0.xml", "/sitemap-0.xml", "/robots.txt", "/changes.json"),
    *(*NEAR, *SEARCHES, "/search", "/search?q=tin&ward=phuong-duc-giang-moi", "/search?q=tin&area=bo-bac"),
]
FOR_PROGRAMS = [
    "",
    *(f"?ward={slug}" for slug in ("phuong-viet-hung", "phuong-duc-giang-moi", "xa-lang-gom")),
    "?area=bo-bac",
]
FOR_CLERKS = ["/admin/", "/admin/articles/new", "/admin/articles/1"]


@dataclass(frozen=True)
class Instance:
    """An instance, and requests to it; each request goes to an application without ready documents."""

    settings: Settings
    db: Database

    def ask(self, moment: datetime, path: str, **headers: str) -> Any:
        return self.look(moment, [path], headers)[path]

    def look(self, moment: datetime, paths: list[str], headers: dict[str, str] | None = None) -> dict[str, Any]:
        app = create_app(self.settings, clock=Clock(moment))
        client = app.test_client()
        found = {path: client.get(path, headers=headers) for path in paths}
        app.extensions["feedsvc"].close()
        return found

    def see(self, moment: datetime) -> dict[str, tuple[int, dict[str, str], str]]:
        """Return status, headers and body of everything that visitors, programs and clerks may request."""
        app = create_app(self.settings, clock=Clock(moment))
        public = app.test_client()
        answers = {path: public.get(path) for path in PUBLIC}
        token = {"Authorization": "Bearer fs_cms"}
        answers |= {f"api {query}": public.get(f"/api/articles{query}", headers=token) for query in FOR_PROGRAMS}
        for name in ("lan", "chi"):
            clerk = Clerk(app.test_client())
            clerk.log_in(name)
            answers |= {f"{name} {path}": clerk.client.get(path) for path in FOR_CLERKS}
        app.extensions["feedsvc"].close()
        return {
            path: (answer.status_code, without_cookie(answer.headers), without_secrets(answer.text))
            for path, answer in answers.items()
        }


def without_cookie(headers: Headers) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name != "Set-Cookie"}


def without_secrets(text: str) -> str:
    """Remove the values that change in every form."""
    return re.sub(r'(name="(?:csrf_token|key)"[^>]*value=")[^"]*', r"\1", text)


@pytest.fixture
def plain(settings: Settings, db: Database, site: Site) -> Instance:
    """An instance with articles, a clerk of Việt Hưng, an administrator, and a program."""
    wards = ("phuong-viet-hung", "phuong-lang", "xa-bat-trang", "phuong-o-cho-dua", "phuong-bo-de")
    days = [(ward, datetime(2026, 5, day, 9, tzinfo=VIETNAM)) for day, ward in enumerate(wards, start=1)]
    days += [(ward, datetime(2024, 5, 1, 9, tzinfo=VIETNAM)) for ward in ("phuong-phuc-dong", "phuong-viet-hung-2025")]
    days += [("phuong-lang", datetime(2026, 5, 20, 9, tzinfo=VIETNAM))]
    for ward, published in days:
        draft = Draft(
            title=f"Tin của {ward}", published=published, ward=ward, categories=("thong-bao",), content_text=ward
        )
        ingest(db, draft, site=site, now=LOADED)
    withdraw(db, len(days), reason="Nhầm", now=LOADED)
    with transaction(db):
        # What is there has an archive document; a restore lost what had the other places.
        db.execute("UPDATE scopes SET last_position = 100 WHERE last_position > 0")
        add_area(db, "Khu trung tâm", [get_ward(db, "phuong-lang")], now=LOADED)
        save_user(db, "lan", hash_password(PASSWORD), "clerk", get_ward(db, "phuong-viet-hung"), now=LOADED)
        save_user(db, "chi", hash_password(PASSWORD), "administrator", None, now=LOADED)
        save_token(db, "cms", "fs_cms", ward=None, area=get_area(db, "ha-noi"), now=LOADED, expires_at=None)
    return Instance(settings, db)


@pytest.fixture
def reformed(plain: Instance, tmp_path: Path) -> Iterator[Instance]:
    """The same instance, with the reform loaded in addition."""
    settings = replace(plain.settings, instance=tmp_path / "reformed")
    shutil.copytree(plain.settings.instance, settings.instance)
    db = open_database(settings.database_path)
    assert load_registry(db, REFORM, origin="reform", now=LOADED) > 0
    yield Instance(settings, db)
    db.close()


@pytest.fixture(scope="module")
def happened_once() -> dict[str, Any]:
    return {}


@pytest.fixture
def happened(request: pytest.FixtureRequest, happened_once: dict[str, Any]) -> dict[str, Any]:
    """What everybody sees in the first minute of the day; requested once for the tests of this file."""
    if not happened_once:
        happened_once |= request.getfixturevalue("reformed").see(FIRST_MINUTE)
    return happened_once


@pytest.mark.slow
@pytest.mark.parametrize("moment", [LOADED, LAST_MINUTE], ids=["when it is loaded", "in the last minute before"])
def test_until_its_day_a_reform_changes_nothing_for_anybody(
    plain: Instance, reformed: Instance, moment: datetime
) -> None:
    before, after = plain.see(moment), reformed.see(moment)
    assert {path: answer for path, answer in before.items() if answer != after[path]} == {}
    assert {before[path][0] for path in TO_COME} == {404}
    shown = [path for path, (status, _, _) in before.items() if status == 200]
    assert len(shown) > 0.7 * len(before)


@pytest.mark.parametrize(
    ("path", "status", "has", "has_not"),
    [
        ("/", 200, ["Phường Láng <small>(đến 30/06/2027)", "Bờ bắc sông Hồng"], []),
        ("/wards/", 200, ["Xã Làng Gốm", "Phường Đức Giang Mới"], []),
        ("/areas/", 200, ["Bờ bắc sông Hồng", "đến 30/06/2027"], []),
        ("/wards/phuong-viet-hung/", 301, [], []),
        ("/wards/phuong-duc-giang-moi/", 200, ["Tin của phuong-viet-hung"], ["đã ngừng cập nhật"]),
        ("/wards/phuong-lang/", 200, ["(đến 30/06/2027)", "/wards/phuong-o-cho-dua/"], []),
        ("/wards/phuong-lang/rss.xml", 200, ["đã ngừng cập nhật", "/wards/phuong-o-cho-dua/"], []),
        ("/wards/phuong-o-cho-dua/", 200, ["Các đơn vị trước sắp xếp", "?lineage=1"], ["Tin của phuong-lang"]),
        ("/wards/phuong-o-cho-dua/feed.json?lineage=1", 200, ["Tin của phuong-lang", "Tin của phuong-o-cho-dua"], []),
        ("/wards/xa-bat-trang/atom.xml", 200, ["/wards/xa-lang-gom/", "/wards/xa-lang-su/"], []),
        ("/wards/phuong-phuc-dong/", 200, ["Chưa có bài nào"], ["Tin của phuong-phuc-dong"]),
        ("/wards/phuong-phuc-dong-2025/", 200, ["Tin của phuong-phuc-dong", "(đến 30/06/2025)"], []),
        ("/areas/bo-bac/feed.json", 200, ["phuong-viet-hung", "phuong-bo-de", "xa-bat-trang"], ["phuong-lang"]),
        ("/areas/khu-vuc-long-bien/", 200, ["hoạt động đến hết ngày 30/06/2027", "Tin của phuong-viet-hung"], []),
        ("/opml.xml", 200, ["Phường Láng (đến 30/06/2027)", "/areas/bo-bac/", "/wards/xa-lang-su/"], []),
        ("/sitemap.xml", 200, ["/areas/bo-bac/", "/wards/phuong-duc-giang-moi/"], ["/wards/phuong-viet-hung/"]),
        ("/wards/lang-gom/", 404, ['href="/wards/xa-lang-gom/"'], []),
        ("/areas/khu-trung-tam/", 200, ["/wards/phuong-o-cho-dua/", "Tin của phuong-lang"], ["Tin của phuong-o-cho"]),
        ("/search?q=tin&area=bo-bac", 200, ["(đến 30/06/2027)", "phuong-viet-hung"], []),
        ("api ?ward=phuong-duc-giang-moi", 200, [], []),
        ("chi /admin/articles/new", 200, ["Xã Làng Gốm", "Xã Bát Tràng (đến 30/06/2027)"], []),
        ("lan /admin/articles/new", 200, ['<option selected value="phuong-duc-giang-moi">'], []),
    ],
)
def test_on_its_day_the_reform_happens(
    happened: dict[str, tuple[int, dict[str, str], str]], path: str, status: int, has: list[str], has_not: list[str]
) -> None:
    assert happened[path][0] == status
    assert [text for text in has if text not in happened[path][2]] == []
    assert [text for text in has_not if text in happened[path][2]] == []


def test_on_its_day_the_change_log_says_what_happened(reformed: Instance) -> None:
    last = json.loads(reformed.ask(LAST_MINUTE, "/changes.json").text)["last"]
    changes = json.loads(reformed.ask(FIRST_MINUTE, f"/changes.json?since={last}").text)["changes"]
    names = {f"tag:tin.example.vn,2026-11-24:feed/ward/{ward.id}": ward.slug for ward in list_wards(reformed.db)}
    names |= {f"tag:tin.example.vn,2026-11-24:feed/area/{area.id}": area.slug for area in list_all_areas(reformed.db)}
    said = {(change["kind"], names[change.get("ward", change.get("area"))["id"]]) for change in changes}
    assert len(said) == len(changes)
    assert said == {
        ("closed", "phuong-viet-hung"),
        ("closed", "phuong-lang"),
        ("closed", "xa-bat-trang"),
        ("renamed", "phuong-phuc-dong-2025"),
        ("opened", "phuong-phuc-dong"),
        ("opened", "phuong-duc-giang-moi"),
        ("opened", "xa-lang-gom"),
        ("opened", "xa-lang-su"),
        ("opened", "bo-bac"),
        ("closed", "khu-vuc-long-bien"),
        ("members", "khu-vuc-long-bien"),
        ("members", "ha-noi"),
        ("members", "khu-trung-tam"),
    }


@pytest.mark.parametrize(
    "path",
    ["/wards/phuong-lang/rss.xml", "/wards/phuong-o-cho-dua/feed.json?lineage=1", "/wards/phuong-lang/", "/opml.xml"],
)
def test_a_subscriber_learns_of_it_with_the_first_poll_of_the_day(reformed: Instance, path: str) -> None:
    tag = {"If-None-Match": reformed.ask(LAST_MINUTE, path).headers["ETag"]}
    assert reformed.look(LAST_MINUTE, [path], tag)[path].status_code == 304
    assert reformed.look(FIRST_MINUTE, [path], tag)[path].status_code == 200


def test_on_its_day_no_feed_moves_that_shows_nothing_of_it(reformed: Instance) -> None:
    paths = ["/wards/phuong-bo-de/atom.xml", "/wards/phuong-viet-hung-2025/atom.xml"]
    for path in paths:
        tag = {"If-None-Match": reformed.ask(LAST_MINUTE, path).headers["ETag"]}
        assert reformed.look(FIRST_MINUTE, [path], tag)[path].status_code == 304, path


def test_what_is_published_before_the_day_is_in_the_new_feeds_from_the_day_on(reformed: Instance, site: Site) -> None:
    published = datetime(2027, 3, 1, 9, tzinfo=VIETNAM)
    draft = Draft(title="Tin mới", published=published, ward="phuong-viet-hung", content_text="Mới.")
    ingest(reformed.db, draft, site=site, now=published)
    assert "Tin mới" in reformed.ask(LAST_MINUTE, "/areas/khu-vuc-long-bien/feed.json").text
    for path in ("/wards/phuong-duc-giang-moi/feed.json", "/areas/bo-bac/feed.json"):
        assert reformed.ask(LAST_MINUTE, path).status_code == 404
        assert "Tin mới" in reformed.ask(FIRST_MINUTE, path).text


def test_a_reform_that_is_loaded_late_ends_as_one_that_was_loaded_ahead(plain: Instance, reformed: Instance) -> None:
    reformed.ask(FIRST_MINUTE, "/")
    plain.ask(FIRST_MINUTE, "/")
    load_registry(plain.db, REFORM, origin="reform", now=FIRST_MINUTE)
    queries = [
        "SELECT * FROM wards ORDER BY id",
        "SELECT * FROM former_slugs ORDER BY kind, slug",
        "SELECT s.key, l.article_id FROM listings AS l JOIN scopes AS s ON s.id = l.scope_id ORDER BY 1, 2",
    ]
    for query in queries:
        late, ahead = (list(map(tuple, instance.db.execute(query))) for instance in (plain, reformed))
        assert late == ahead

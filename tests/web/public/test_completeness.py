"""Completeness for portals: archives, tombstones, deltas, the change log, feeds that survive damage."""

import gzip
import html
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient

from feedsvc import create_app
from feedsvc.articles.ingest import ingest, ingest_batch, restore, withdraw
from feedsvc.config import Settings
from feedsvc.database import Database, transaction
from feedsvc.feeds import FORMATS
from feedsvc.models import VIETNAM, Draft, Site
from feedsvc.store.catalogue import load_catalogue
from feedsvc.store.facts import renew_epoch

from ...conftest import Clock

BASE = "https://tin.example.vn"
ATOM = "{http://www.w3.org/2005/Atom}"
TOMB = "{http://purl.org/atompub/tombstones/1.0}"
Post = Callable[..., int]


def at(month: int, day: int = 10, *, year: int = 2026) -> datetime:
    return datetime(year, month, day, 8, 30, tzinfo=VIETNAM)


@pytest.fixture
def post(db: Database, site: Site, clock: Clock) -> Post:
    """Post an article for phường Láng; return its id."""

    def call(published: datetime, title: str = "Tin", *, now: datetime | None = None, **more: Any) -> int:
        draft = Draft(
            title=title, published=published, ward="phuong-lang", categories=("thong-bao",), content_text=title
        )
        return ingest(db, replace(draft, **more), site=site, now=now or clock.now).article.id

    return call


def xml(client: FlaskClient, path: str) -> ElementTree.Element:
    response = client.get(path.removeprefix(BASE))
    assert response.status_code == 200, path
    return ElementTree.fromstring(response.data)


def link(root: ElementTree.Element, rel: str) -> str | None:
    found = [node.get("href") for node in root.iter(f"{ATOM}link") if node.get("rel") == rel]
    return found[0] if found else None


def titles(client: FlaskClient, path: str) -> list[str]:
    return [item["title"] for item in json.loads(client.get(path.removeprefix(BASE)).text)["items"]]


# Variants


@pytest.mark.parametrize("filename", FORMATS)
def test_a_feed_of_summaries_has_no_content_and_names_itself(client: FlaskClient, post: Post, filename: str) -> None:
    post(at(3), content_text="Đoạn một.\n\n" + "Rất dài. " * 100)
    whole, short = client.get(f"/{filename}").text, client.get(f"/{filename}?content=summary").text
    assert f"{BASE}/{filename}?content=summary" in short
    assert "Đoạn một." in short
    assert len(short) < len(whole)
    assert "content_html" not in short
    assert "<content" not in short


def test_a_limit_is_bounded_and_what_we_do_not_know_changes_nothing(
    client: FlaskClient, post: Post, settings: Settings
) -> None:
    for day in range(1, 6):
        post(at(3, day), f"Tin {day}")
    assert titles(client, "/feed.json?limit=2") == ["Tin 5", "Tin 4"]
    plain = client.get("/feed.json").headers["ETag"]
    for query in ("?x=1", "?limit=0", "?limit=-1", "?limit=abc", "?content=everything", "?utm_source=a&b=c"):
        assert client.get(f"/feed.json{query}").headers["ETag"] == plain
    assert client.get("/feed.json?limit=999999").headers["ETag"] == client.get("/feed.json?limit=200").headers["ETag"]


def test_a_million_different_queries_keep_no_documents(client: FlaskClient, app: Flask, post: Post) -> None:
    post(at(3))
    for number in range(1, 60):
        client.get(f"/feed.json?limit=5&x={number}")
        client.get(f"/feed.json?x={number}")
        client.get(f"/feed.json?limit={number + 200}")  # at most as many as there are
    assert list(app.extensions["feedsvc"].documents._kept) == [
        *("/feed.json?limit=5", "/feed.json", "/feed.json?limit=200"),
    ]


# Window


@pytest.mark.slow
def test_a_burst_never_pushes_an_item_out_before_an_hourly_poller_saw_it(
    client: FlaskClient, post: Post, clock: Clock
) -> None:
    clock.now = at(6, 1)
    seen: set[str] = set()
    posted = 0
    for burst in (3, 0, 120, 1, 60):
        for _ in range(burst):
            clock.now += timedelta(seconds=20)
            posted += 1
            post(clock.now, f"Tin {posted}")
        clock.now += timedelta(hours=1)
        seen |= set(titles(client, "/wards/phuong-lang/feed.json"))
    assert len(seen) == posted == 184


# Order of arrival


def post_old(post: Post, count: int, begin: datetime) -> None:
    for number in range(count):
        post(begin + timedelta(minutes=number), f"Cũ {number}", backfill=True)


def test_what_comes_late_is_news_whatever_its_time(client: FlaskClient, post: Post) -> None:
    post_old(post, 99, at(11, 1))
    post(at(1), "Đến muộn")
    shown = titles(client, "/feed.json")
    assert shown[-1] == "Đến muộn"  # the newest publication stands first, as on pages
    assert shown[0] == "Cũ 98"


def test_old_material_pushes_no_news_out(client: FlaskClient, post: Post, settings: Settings, clock: Clock) -> None:
    news = [post(clock.now, f"Tin {number}") for number in range(3)]
    post_old(post, 97, at(11, 1))
    shown = titles(client, "/feed.json")
    assert len(shown) == settings.feed_min_entries
    assert shown[: len(news)] == ["Tin 2", "Tin 1", "Tin 0"]


# Withdrawal and correction


def test_a_withdrawal_leaves_a_tombstone_in_every_scope(
    client: FlaskClient, db: Database, post: Post, clock: Clock
) -> None:
    article_id = post(at(3))
    withdraw(db, article_id, reason="Sai <số> liệu", now=clock.now)
    for scope in ("/", "/wards/phuong-lang/", "/categories/thong-bao/", "/areas/ha-noi/thong-bao/"):
        (deleted,) = xml(client, f"{scope}atom.xml").iterfind(f"{TOMB}deleted-entry")
        assert deleted.get("ref") == f"tag:tin.example.vn,2026-11-24:article/{article_id}"
        assert deleted.get("when") == "2026-11-24T10:00:00+07:00"
        assert deleted.findtext(f"{TOMB}comment") == "Sai <số> liệu"
        extension = json.loads(client.get(f"{scope}feed.json").text)["_feedsvc"]
        assert extension["deleted"] == [
            {"id": deleted.get("ref"), "when": deleted.get("when"), "reason": "Sai <số> liệu"}
        ]
        assert "deleted" not in client.get(f"{scope}rss.xml").text


def test_a_restored_article_has_no_tombstone(client: FlaskClient, db: Database, post: Post, clock: Clock) -> None:
    article_id = post(at(3))
    withdraw(db, article_id, reason="Nhầm", now=clock.now)
    restore(db, article_id, now=clock.now)
    assert "deleted-entry" not in client.get("/atom.xml").text


def test_a_tombstone_disappears_after_its_time(client: FlaskClient, db: Database, post: Post, clock: Clock) -> None:
    withdraw(db, post(at(3)), reason="Nhầm", now=clock.now)
    clock.now += timedelta(days=91)
    post(at(4), now=clock.now)
    assert "deleted-entry" not in client.get("/atom.xml").text


def test_a_correction_shows_its_note_on_the_page(client: FlaskClient, post: Post, clock: Clock) -> None:
    post(at(3), "Tin", external_id="1")
    clock.now += timedelta(hours=1)
    post(at(3), "Tin", external_id="1", content_text="Sửa.", correction_note="Sửa số người dự họp")
    page = client.get("/articles/1/tin").text
    assert "Đính chính lúc 11:00 ngày 24/11/2026:" in page
    assert "Sửa số người dự họp" in page


# The change log


def test_the_change_log_pages_through_everything_in_order(
    client: FlaskClient, db: Database, post: Post, clock: Clock
) -> None:
    ids = [post(at(3, day), f"Tin {day}") for day in (1, 2, 3)]
    withdraw(db, ids[1], reason="Nhầm", now=clock.now)
    path, seen = "/changes.json?limit=3", []
    while True:
        document = json.loads(client.get(path.removeprefix(BASE)).text)
        seen += [(change["seq"], change["kind"], change["article"]["id"]) for change in document["changes"]]
        if document["complete"]:
            break
        path = document["next"]
    guid = "tag:tin.example.vn,2026-11-24:article/{}".format
    assert seen == [
        (1, "published", guid(ids[0])),
        (2, "published", guid(ids[1])),
        (3, "published", guid(ids[2])),
        (4, "withdrawn", guid(ids[1])),
    ]


def test_a_full_page_of_the_change_log_never_changes_and_the_last_one_does(client: FlaskClient, post: Post) -> None:
    post(at(3, 1), "Một")
    post(at(3, 2), "Hai")
    epoch = json.loads(client.get("/changes.json").text)["epoch"]
    full, last = client.get(f"/changes.json?limit=1&epoch={epoch}"), client.get("/changes.json?since=1&limit=5")
    post(at(3, 3), "Ba")
    assert "max-age=604800" in full.headers["Cache-Control"]
    assert "max-age=0" in last.headers["Cache-Control"]
    # Where the address names no epoch, a cache may not keep what another history would not say.
    assert "max-age=0" in client.get("/changes.json?limit=1").headers["Cache-Control"]
    for response, path, status in ((full, f"?limit=1&epoch={epoch}", 304), (last, "?since=1&limit=5", 200)):
        again = client.get(f"/changes.json{path}", headers={"If-None-Match": response.headers["ETag"]})
        assert again.status_code == status


def test_who_has_all_changes_gets_304_until_something_happens(client: FlaskClient, post: Post) -> None:
    post(at(3))
    first = client.get("/changes.json?since=1")
    assert json.loads(first.text)["changes"] == []
    headers = {"If-None-Match": first.headers["ETag"]}
    assert client.get("/changes.json?since=1", headers=headers).status_code == 304
    post(at(4), "Hai")
    assert client.get("/changes.json?since=1", headers=headers).status_code == 200


@pytest.mark.parametrize("query", ["?since=-1", "?since=x", "?limit=1.5", "?since=1e9", "?since=" + "9" * 30])
def test_a_place_in_the_change_log_that_is_not_a_number_is_400(client: FlaskClient, query: str) -> None:
    assert client.get(f"/changes.json{query}").status_code == 400


def test_the_change_log_tells_who_comes_from_another_history_to_start_again(
    client: FlaskClient, db: Database, post: Post, clock: Clock
) -> None:
    for number in range(3):
        post(at(3, number + 1), f"Tin {number}")
    before = json.loads(client.get("/changes.json?since=2").text)
    assert (before["reset"], before["complete"], len(before["changes"])) == (False, True, 1)
    with transaction(db):
        renew_epoch(db, now=clock.now)
        db.execute("UPDATE sqlite_sequence SET seq = 9 WHERE name = 'changes'")  # 4 to 9 were lost by the restore
    post(at(4), "Sau")
    for query in (f"since=2&epoch={before['epoch']}", "since=7", "since=99", "since=7&epoch=x&limit=1"):
        reset = json.loads(client.get(f"/changes.json?{query}").text)
        assert (reset["reset"], reset["complete"], reset["changes"]) == (True, False, [])
        again = json.loads(client.get(reset["next"].removeprefix(BASE)).text)
        assert again["epoch"] not in {"", before["epoch"]}
        assert again["changes"][0]["seq"] == 1
    # What both histories share needs no second reading by those who name no epoch.
    shared = json.loads(client.get("/changes.json?since=3").text)
    assert (shared["reset"], [change["seq"] for change in shared["changes"]]) == (False, [10])


def test_a_copy_that_is_a_moment_behind_says_so_and_sends_nobody_to_the_beginning(
    settings: Settings, db: Database, post: Post, clock: Clock
) -> None:
    post(at(3))
    app = create_app(replace(settings, read_only=True), clock=clock)
    behind = app.test_client().get("/changes.json?since=2")
    assert (behind.status_code, behind.headers["Retry-After"]) == (503, "1")
    app.extensions["feedsvc"].close()


# Deltas (RFC 3229)


@pytest.mark.parametrize("encoding", [{}, {"Accept-Encoding": "gzip"}])
def test_a_client_that_asks_for_a_delta_gets_only_what_is_new(
    client: FlaskClient, post: Post, encoding: dict[str, str]
) -> None:
    post(at(3), "Cũ")
    first = client.get("/feed.json", headers=encoding)
    post(at(4), "Mới")
    asked = {"A-IM": "feed, gzip", "If-None-Match": first.headers["ETag"], **encoding}
    delta = client.get("/feed.json", headers=asked)
    body = gzip.decompress(delta.data) if encoding else delta.data
    assert delta.status_code == 226
    assert delta.headers["IM"] == "feed"
    assert "no-store" in delta.headers["Cache-Control"]
    assert [item["title"] for item in json.loads(body)["items"]] == ["Mới"]
    assert delta.headers["ETag"] == client.get("/feed.json", headers=encoding).headers["ETag"]
    assert client.get("/feed.json", headers={**asked, "If-None-Match": delta.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    "headers",
    [{"A-IM": "feed"}, {"A-IM": "feed", "If-None-Match": '"1-x"'}, {"A-IM": "vcdiff", "If-None-Match": "{etag}"}],
)
def test_without_one_of_our_versions_or_the_request_header_there_is_no_delta(
    client: FlaskClient, post: Post, headers: dict[str, str]
) -> None:
    post(at(3), "Cũ")
    etag = client.get("/feed.json").headers["ETag"]
    post(at(4), "Mới")
    response = client.get("/feed.json", headers={name: value.format(etag=etag) for name, value in headers.items()})
    assert (response.status_code, len(json.loads(response.text)["items"])) == (200, 2)


def test_a_delta_has_what_changed_though_the_window_does_not_show_it(
    client: FlaskClient, db: Database, post: Post, clock: Clock
) -> None:
    post(at(1), "Cũ", external_id="old", backfill=True)
    gone = post(at(1, 11), "Nhầm", backfill=True)
    for number in range(98):
        post(at(11) + timedelta(minutes=number), f"Tin {number}", backfill=True)
    first = client.get("/feed.json")
    assert not {"Cũ", "Nhầm"} & set(titles(client, "/feed.json"))
    post(at(1), "Cũ, đã sửa", external_id="old")
    withdraw(db, gone, reason="Sai", now=clock.now)
    delta = client.get("/feed.json", headers={"A-IM": "feed", "If-None-Match": first.headers["ETag"]})
    assert delta.status_code == 226
    document = json.loads(delta.text)
    assert [item["title"] for item in document["items"]] == ["Đã thu hồi: Nhầm", "Cũ, đã sửa"]
    assert [item["id"].rpartition("/")[2] for item in document["_feedsvc"]["deleted"]] == [str(gone)]


def test_a_delta_holds_a_thousand_changes_and_one_more_is_the_whole_feed(
    client: FlaskClient, db: Database, site: Site, post: Post, clock: Clock
) -> None:
    post(at(3))
    headers = {"A-IM": "feed", "If-None-Match": client.get("/feed.json").headers["ETag"]}
    draft = Draft(title="Tin", published=at(4), ward="phuong-lang", content_text="Tin.")
    drafts = [(replace(draft, external_id=str(number)), None) for number in range(1000)]
    ingest_batch(db, drafts, catalogue=load_catalogue(db), site=site, now=clock.now)
    delta = client.get("/feed.json", headers=headers)
    assert (delta.status_code, len(json.loads(delta.text)["items"])) == (226, 1000)
    post(at(5))
    assert client.get("/feed.json", headers=headers).status_code == 200


def test_rss2email_which_dies_of_a_226_gets_the_whole_feed(client: FlaskClient, post: Post) -> None:
    post(at(3), "Cũ")
    etag = client.get("/feed.json").headers["ETag"]
    post(at(4), "Mới")
    agent = "rss2email/3.13 (https://github.com/rss2email/rss2email)"
    response = client.get("/feed.json", headers={"A-IM": "feed", "If-None-Match": etag, "User-Agent": agent})
    assert (response.status_code, len(json.loads(response.text)["items"])) == (200, 2)


def test_a_delta_after_a_rename_is_the_whole_feed(client: FlaskClient, db: Database, post: Post, clock: Clock) -> None:
    from feedsvc.registry.edit import change_category_label

    post(at(3), "Cũ")
    etag = client.get("/feed.json").headers["ETag"]
    change_category_label(db, "thong-bao", "Thông tin", now=clock.now)
    assert client.get("/feed.json", headers={"A-IM": "feed", "If-None-Match": etag}).status_code == 200


# Withdrawals that readers see


@pytest.mark.parametrize("filename", FORMATS)
def test_a_withdrawn_article_stays_under_its_guid_for_some_days_and_says_why(
    client: FlaskClient, db: Database, post: Post, clock: Clock, filename: str
) -> None:
    number = post(at(11), "Nhầm")
    withdraw(db, number, reason="Sai số", now=clock.now)
    body = client.get(f"/wards/phuong-lang/{filename}").text
    assert "Đã thu hồi: Nhầm" in body
    assert "Lý do: Sai số" in body
    assert "<p>Nhầm</p>" not in html.unescape(body)
    clock.now += timedelta(days=14)
    post(clock.now, "Tin mới")
    assert "Đã thu hồi: Nhầm" in client.get(f"/wards/phuong-lang/{filename}").text
    clock.now += timedelta(seconds=1)
    post(clock.now, "Tin mới hơn")
    assert "Đã thu hồi" not in client.get(f"/wards/phuong-lang/{filename}").text


def test_what_tells_of_a_withdrawal_stands_where_the_article_stood_whatever_the_window_shows(
    client: FlaskClient, db: Database, post: Post, clock: Clock
) -> None:
    numbers = [post(at(1, day), f"Cũ {day}", backfill=True) for day in (3, 4, 5)]
    withdraw(db, numbers[1], reason="Sai", now=clock.now)
    assert titles(client, "/feed.json") == ["Cũ 5", "Đã thu hồi: Cũ 4", "Cũ 3"]
    assert titles(client, "/feed.json?limit=2") == ["Cũ 5", "Đã thu hồi: Cũ 4"]
    for day in range(1, 25):
        post(at(11, day), f"Tin {day}")
        post(at(10, day), f"Tin tháng trước {day}")
    with transaction(db):  # what is older than the window is in an archive; a restore lost the other places of that
        db.execute("UPDATE scopes SET last_position = 100")
    assert "Đã thu hồi: Cũ 4" in titles(client, "/feed.json")
    assert "Cũ 5" not in titles(client, "/feed.json")


def test_an_article_that_comes_back_is_itself_again(
    client: FlaskClient, db: Database, post: Post, clock: Clock
) -> None:
    number = post(at(11), "Nhầm")
    withdraw(db, number, reason="Sai", now=clock.now)
    restore(db, number, now=clock.now)
    assert titles(client, "/feed.json") == ["Nhầm"]


def test_no_notice_is_shown_where_the_setting_says_so(
    settings: Settings, db: Database, post: Post, clock: Clock
) -> None:
    withdraw(db, post(at(11), "Nhầm"), reason="Sai", now=clock.now)
    app = create_app(replace(settings, withdrawn_days=0), clock=clock)
    assert app.test_client().get("/feed.json").get_json()["items"] == []
    app.extensions["feedsvc"].close()


# HTTP


@pytest.mark.parametrize("path", ["/rss.xml", "/wards/phuong-lang/atom.xml", "/changes.json", "/2026/03/feed.json"])
def test_a_page_elsewhere_may_read_feeds_and_send_validators(client: FlaskClient, post: Post, path: str) -> None:
    post(at(3))
    preflight = client.options(
        path, headers={"Origin": "https://x.vn", "Access-Control-Request-Headers": "If-None-Match"}
    )
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "If-None-Match" in preflight.headers["Access-Control-Allow-Headers"]
    got = client.get(path)
    assert got.headers["Access-Control-Allow-Origin"] == "*"
    assert "ETag" in got.headers["Access-Control-Expose-Headers"]


def test_a_hub_is_named_in_every_format_and_in_the_link_header(settings: Settings, db: Database, clock: Clock) -> None:
    from feedsvc import create_app

    app = create_app(replace(settings, hub_url="https://hub.example.vn/"), clock=clock)
    client = app.test_client()
    for filename in ("rss.xml", "atom.xml"):
        assert link(xml(client, f"/{filename}"), "hub") == "https://hub.example.vn/"
    response = client.get("/feed.json")
    assert json.loads(response.text)["hubs"] == [{"type": "WebSub", "url": "https://hub.example.vn/"}]
    assert response.headers["Link"] == f'<{BASE}/feed.json>; rel="self", <https://hub.example.vn/>; rel="hub"'
    app.extensions["feedsvc"].close()


# Isolation


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE articles SET content_html = 'x' || char(8) || 'y' WHERE id = 1",
        "UPDATE articles SET title = char(65534) WHERE id = 1",
        "UPDATE articles SET published = 999999999999999, updated = 999999999999999 WHERE id = 1",
    ],
)
@pytest.mark.parametrize("filename", ["rss.xml", "atom.xml"])
def test_a_damaged_article_is_left_out_logged_and_counted_and_the_feed_lives(
    client: FlaskClient,
    db: Database,
    post: Post,
    damage: str,
    filename: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    post(at(3), "Hỏng")
    post(at(4), "Lành")
    with transaction(db):
        db.execute(damage)
    response = client.get(f"/{filename}")
    assert response.status_code == 200
    assert "Lành" in response.text
    assert "Hỏng" not in response.text
    assert "article 1 is damaged and omitted" in caplog.text
    assert "feedsvc_damaged_articles 1\n" in client.get("/metrics").text


def test_metrics_count_articles_by_state(client: FlaskClient, db: Database, post: Post, clock: Clock) -> None:
    post(at(3))
    withdraw(db, post(at(4), "Hai"), reason="Nhầm", now=clock.now)
    text = client.get("/metrics").text
    assert 'feedsvc_articles{state="published"} 1\n' in text
    assert 'feedsvc_articles{state="withdrawn"} 1\n' in text
    assert re.search(r"^feedsvc_changes_total 3$", text, re.M)

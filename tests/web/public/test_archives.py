"""Sealed archives (RFC 5005, 4): a hundred places each; and the pages of months, which people look through."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from feedsvc.articles.ingest import ingest, ingest_batch, restore, withdraw
from feedsvc.config import Settings
from feedsvc.database import Database, transaction
from feedsvc.feeds import FORMATS
from feedsvc.models import VIETNAM, Draft, Month, Site
from feedsvc.registry.edit import add_area, change_category_label
from feedsvc.store.catalogue import load_catalogue
from feedsvc.store.scopes import record_registry_change, relist_ward
from feedsvc.store.wards import get_ward

from ...conftest import Clock

BASE = "https://tin.example.vn"
ATOM = "{http://www.w3.org/2005/Atom}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
TOMB = "{http://purl.org/atompub/tombstones/1.0}"
SCOPES = ["/", "/wards/phuong-lang/", "/wards/phuong-lang/thong-bao/", "/categories/thong-bao/", "/areas/ha-noi/"]
Fill = Callable[..., list[int]]


def at(month: int, day: int = 10, *, year: int = 2026) -> datetime:
    return datetime(year, month, day, 8, 30, tzinfo=VIETNAM)


MARCH = at(3)


@pytest.fixture
def fill(db: Database, site: Site, clock: Clock) -> Fill:
    """Take in `count` articles of old material, a minute apart and as they are numbered; returns their ids."""

    def call(count: int, begin: datetime = MARCH, *, ward: str = "phuong-lang", **more: Any) -> list[int]:
        draft = Draft(title="", published=None, ward=ward, categories=("thong-bao",), backfill=True)
        drafts = []
        for number in range(count):
            given = {"content_text": f"Nội dung {number}.", "external_id": f"{ward} {begin} {number}", **more}
            moment = begin + timedelta(minutes=number)
            drafts.append((replace(draft, title=f"Tin {number}", published=moment, **given), None))
        outcomes = ingest_batch(db, drafts, catalogue=load_catalogue(db), site=site, now=clock.now)
        return [outcome.article.id for outcome in outcomes]  # type: ignore[union-attr]

    return call


def xml(client: FlaskClient, path: str) -> ElementTree.Element:
    response = client.get(path.removeprefix(BASE))
    assert response.status_code == 200, path
    return ElementTree.fromstring(response.data)


def link(root: ElementTree.Element, rel: str) -> str | None:
    found = [node.get("href") for node in root.iter(f"{ATOM}link") if node.get("rel") == rel]
    return found[0] if found else None


def ids_of(root: ElementTree.Element) -> set[int]:
    return {int(str(node.text).rpartition("/")[2]) for node in root.iterfind(f"{ATOM}entry/{ATOM}id")}


def walk(client: FlaskClient, path: str) -> list[ElementTree.Element]:
    """Return the subscription document and every archive before it."""
    documents = [xml(client, path)]
    while (before := link(documents[-1], "prev-archive")) is not None:
        documents.append(xml(client, before))
    return documents


def items_of(client: FlaskClient, path: str) -> Any:
    return json.loads(client.get(path.removeprefix(BASE)).text)


@pytest.mark.parametrize("scope", SCOPES)
def test_subscription_document_and_archives_hold_every_article(client: FlaskClient, fill: Fill, scope: str) -> None:
    wanted = set(fill(250))
    documents = walk(client, f"{scope}atom.xml")
    assert [len(ids_of(document)) for document in documents[1:]] == [100, 100]
    assert set().union(*map(ids_of, documents)) == wanted
    # What no archive has is in the subscription document, and no archive has what another one has.
    assert ids_of(documents[0]) >= wanted - ids_of(documents[1]) - ids_of(documents[2])
    assert not ids_of(documents[1]) & ids_of(documents[2])


def test_json_feed_walks_through_the_archives_by_next_url(client: FlaskClient, fill: Fill) -> None:
    wanted = set(fill(230))
    path, seen = "/feed.json", []
    while path:
        document = items_of(client, path)
        seen.append({int(item["id"].rpartition("/")[2]) for item in document["items"]})
        path = document.get("next_url", "")
    assert len(seen) == 3
    assert set().union(*seen) == wanted


def test_a_reader_that_never_reads_an_archive_twice_ends_complete_after_each_poll(
    client: FlaskClient, db: Database, site: Site, fill: Fill, clock: Clock
) -> None:
    read: set[str] = set()
    have: set[int] = set()

    def poll() -> None:
        documents = [xml(client, "/atom.xml")]
        while (before := link(documents[-1], "prev-archive")) is not None and before not in read:
            read.add(before)
            documents.append(xml(client, before))
        have.update(*map(ids_of, documents))

    draft = Draft(title="Tin", published=clock.now, ward="phuong-lang", content_text="Tin.")
    wanted = set(fill(120))
    poll()
    assert have == wanted
    wanted |= set(fill(500, at(2)))  # older than all that was there
    poll()
    assert have == wanted
    for number in range(250):  # news, more than a feed shows
        clock.now += timedelta(seconds=1)
        late = replace(draft, external_id=f"news {number}", published=clock.now - timedelta(days=number))
        wanted.add(ingest(db, late, site=site, now=clock.now).article.id)
    poll()
    assert have == wanted
    withdraw(db, min(wanted), reason="Nhầm", now=clock.now)
    restore(db, min(wanted), now=clock.now)
    poll()
    assert have == wanted


@pytest.mark.parametrize("filename", ["atom.xml", "rss.xml"])
def test_an_archive_says_so_and_names_its_neighbours(client: FlaskClient, fill: Fill, filename: str) -> None:
    fill(300)
    root = xml(client, f"/wards/phuong-lang/archive/2/{filename}")
    assert next(root.iter(f"{HISTORY}archive"), None) is not None
    base = f"{BASE}/wards/phuong-lang/"
    assert link(root, "self") == f"{base}archive/2/{filename}"
    assert link(root, "current") == f"{base}{filename}"
    assert link(root, "prev-archive") == f"{base}archive/1/{filename}"
    assert link(root, "next-archive") == f"{base}archive/3/{filename}"
    assert "max-age=86400" in client.get(f"/archive/2/{filename}").headers["Cache-Control"]


def test_an_archive_exists_when_it_is_full(client: FlaskClient, fill: Fill) -> None:
    fill(99)
    assert client.get("/archive/1/atom.xml").status_code == 404
    assert link(xml(client, "/atom.xml"), "prev-archive") is None
    fill(1, at(4))
    assert len(ids_of(xml(client, "/archive/1/atom.xml"))) == 100
    assert link(xml(client, "/atom.xml"), "prev-archive") == f"{BASE}/archive/1/atom.xml"
    assert client.get("/archive/2/atom.xml").status_code == 404


def test_the_subscription_document_grows_for_what_no_archive_has(
    client: FlaskClient, fill: Fill, settings: Settings
) -> None:
    fill(100, at(9))
    late = fill(99, at(1))  # older than everything, so in no window
    shown = ids_of(xml(client, "/atom.xml"))
    assert shown >= set(late)
    assert len(shown) == 99 + settings.feed_min_entries


def test_a_document_with_a_limit_names_no_archive(client: FlaskClient, fill: Fill) -> None:
    fill(150)
    assert link(xml(client, "/atom.xml?limit=5"), "prev-archive") is None
    document = items_of(client, "/feed.json?limit=5")
    assert (len(document["items"]), "next_url" in document) == (5, False)


def test_an_archive_of_summaries_leads_to_another(client: FlaskClient, fill: Fill) -> None:
    fill(200)
    documents = walk(client, "/atom.xml?content=summary")
    assert [link(document, "self") for document in documents] == [
        f"{BASE}/{path}atom.xml?content=summary" for path in ("", "archive/2/", "archive/1/")
    ]
    assert not any(document.findall(f"{ATOM}entry/{ATOM}content") for document in documents)


@pytest.mark.parametrize("filename", FORMATS)
def test_an_archive_stays_the_same_document_while_its_scope_goes_on(
    client: FlaskClient, fill: Fill, filename: str
) -> None:
    fill(200)
    first = client.get(f"/archive/1/{filename}")
    fill(150, at(9))
    again = client.get(f"/archive/1/{filename}", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert client.get(f"/archive/1/{filename}").data == first.data


def test_only_the_archive_of_an_article_moves_with_it(
    client: FlaskClient, db: Database, site: Site, fill: Fill, clock: Clock
) -> None:
    ids = fill(200)
    paths = ("/archive/1/atom.xml", "/archive/2/atom.xml")

    def read() -> list[tuple[str, str]]:
        headers = [client.get(path).headers for path in paths]
        return [(each["ETag"], each["Last-Modified"]) for each in headers]

    seen = [read()]
    clock.now += timedelta(minutes=1)
    fill(1, content_text="Đã sửa.")  # the first of them again
    seen.append(read())
    assert "Đã sửa." in client.get(paths[0]).text
    clock.now += timedelta(minutes=1)
    withdraw(db, ids[0], reason="Nhầm", now=clock.now)
    seen.append(read())
    root = xml(client, paths[0])
    assert ids_of(root) == set(ids[1:100])
    (deleted,) = root.iterfind(f"{TOMB}deleted-entry")
    assert str(deleted.get("ref")).endswith(f"article/{ids[0]}")
    assert deleted.findtext(f"{TOMB}comment") == "Nhầm"
    clock.now += timedelta(days=400)
    restore(db, ids[0], now=clock.now)
    seen.append(read())
    assert ids_of(xml(client, paths[0])) == set(ids[:100])
    assert len({first for first, _ in seen}) == 4
    assert len({second[0] for _, second in seen}) == 1


def test_a_tombstone_in_an_archive_stays(client: FlaskClient, db: Database, fill: Fill, clock: Clock) -> None:
    withdraw(db, fill(100)[7], reason="Nhầm", now=clock.now)
    clock.now += timedelta(days=400)
    fill(1, at(9))
    assert "deleted-entry" not in client.get("/atom.xml").text
    archive = client.get("/archive/1/atom.xml").text
    assert "deleted-entry" in archive
    assert "Đã thu hồi" not in archive  # the notice is for those who follow, and for a time


def test_an_archive_moves_with_the_name_of_a_category_that_its_articles_carry(
    client: FlaskClient, db: Database, fill: Fill, clock: Clock
) -> None:
    fill(100)
    fill(100, at(5), categories=("khac",), ward="phuong-viet-hung")
    before = [client.get(f"/archive/{number}/atom.xml").headers["ETag"] for number in (1, 2)]
    change_category_label(db, "thong-bao", "Thông tin", now=clock.now)
    after = [client.get(f"/archive/{number}/atom.xml").headers["ETag"] for number in (1, 2)]
    assert (before[0] == after[0], before[1] == after[1]) == (False, True)
    assert "Thông tin" in client.get("/archive/1/atom.xml").text


def test_what_enters_an_area_gets_the_next_places_and_returns_to_them(
    client: FlaskClient, db: Database, fill: Fill, clock: Clock
) -> None:
    lang, viet_hung = get_ward(db, "phuong-lang"), get_ward(db, "phuong-viet-hung")
    fill(100, ward="phuong-viet-hung")
    area = add_area(db, "Khu mới", [viet_hung], now=clock.now)
    path = f"/areas/{area.slug}/archive/1/atom.xml"
    whole = ids_of(xml(client, path))
    assert len(whole) == 100
    others = fill(30, at(5))
    add_area(db, "Khu mới", [lang], now=clock.now)
    assert ids_of(xml(client, f"/areas/{area.slug}/atom.xml")) >= set(others)
    etag = client.get(path).headers["ETag"]
    member = [area.id, viet_hung.id]

    def relist(change: str) -> None:
        with transaction(db):
            db.execute(change, member)
            seq = record_registry_change(db, "members", "area", area.id, now=clock.now)
            relist_ward(db, viet_hung.id, seq=seq, now=clock.now)

    relist("DELETE FROM area_members WHERE area_id = ? AND ward_id = ?")  # the one that was there first leaves
    assert ids_of(xml(client, path)) == set()
    assert client.get(path).headers["ETag"] != etag
    assert ids_of(xml(client, f"/areas/{area.slug}/atom.xml")) == set(others)
    relist("INSERT INTO area_members (area_id, ward_id) VALUES (?, ?)")
    assert ids_of(xml(client, path)) == whole


def test_places_that_a_restore_left_out_are_places_of_nobody(client: FlaskClient, db: Database, fill: Fill) -> None:
    wanted = set(fill(150))
    with transaction(db):
        db.execute("UPDATE scopes SET last_position = last_position + 1000")
    wanted |= set(fill(60, at(9)))
    documents = walk(client, "/atom.xml")
    assert [len(ids_of(document)) for document in documents[1:]] == [50, 50, 100]
    assert set().union(*map(ids_of, documents)) == wanted


def test_a_feed_with_lineage_leads_through_the_archives_of_each_unit(
    client: FlaskClient, db: Database, fill: Fill
) -> None:
    wanted = {
        *fill(230, ward="phuong-phuc-loi"),
        *fill(120, at(5, year=2024), ward="phuong-sai-dong"),
        *fill(30, at(5, year=2025), ward="phuong-phuc-loi-2025"),
    }
    unit = get_ward(db, "phuong-sai-dong").id
    documents = walk(client, "/wards/phuong-phuc-loi/atom.xml?lineage=1")
    assert [link(document, "self") for document in documents[1:]] == [
        f"{BASE}/wards/phuong-phuc-loi/archive/{name}/atom.xml?lineage=1" for name in ("2", "1", f"{unit}-1")
    ]
    assert set().union(*map(ids_of, documents)) == wanted
    assert client.get(f"/wards/phuong-phuc-loi/archive/{unit}-1/atom.xml").status_code == 404
    assert client.get("/wards/phuong-phuc-loi/archive/99999-1/atom.xml?lineage=1").status_code == 404


def test_a_damaged_article_is_left_out_of_its_archive(client: FlaskClient, db: Database, fill: Fill) -> None:
    ids = fill(100)
    with transaction(db):
        db.execute("UPDATE articles SET content_html = 'x' || char(8) WHERE id = ?", [ids[3]])
    assert ids_of(xml(client, "/archive/1/atom.xml")) == set(ids) - {ids[3]}


# Months


def test_the_feed_of_a_month_redirects_to_the_archive_of_its_first_article(client: FlaskClient, fill: Fill) -> None:
    fill(150, at(3))
    fill(60, at(4))
    for month, block in (("03", 1), ("04", 2)):
        for filename in FORMATS:
            response = client.get(f"/wards/phuong-lang/2026/{month}/{filename}?content=summary")
            assert response.status_code == 301
            wanted = f"{BASE}/wards/phuong-lang/archive/{block}/{filename}?content=summary"
            assert response.headers["Location"] == wanted
            assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_the_feed_of_a_month_redirects_to_the_whole_feed_until_the_archive_is_full(
    client: FlaskClient, fill: Fill
) -> None:
    fill(20)
    response = client.get("/2026/03/atom.xml")
    assert (response.status_code, response.headers["Location"]) == (302, f"{BASE}/atom.xml")


@pytest.mark.parametrize(
    "path", ["/2026/13/", "/2026/00/atom.xml", "/1889/01/", "/2026/12/", "/2025/01/rss.xml", "/wards/x/2026/03/"]
)
def test_a_month_that_is_not_there_is_404(client: FlaskClient, fill: Fill, path: str) -> None:
    fill(1)
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("scope", SCOPES)
def test_every_scope_has_a_page_for_each_month(client: FlaskClient, fill: Fill, scope: str) -> None:
    fill(3)
    fill(1, at(9, year=2025))
    page = client.get(scope).text
    assert f'href="{scope}2026/03/"' in page
    assert page.index("<summary>Năm 2026") < page.index("<summary>Năm 2025")
    page = client.get(f"{scope}2026/03/").text
    assert "<h1>Tin tháng 03/2026</h1>" in page
    assert "Tin 2" in page
    assert f'href="{scope}2025/09/"' in page
    for filename in FORMATS:
        assert f'href="{BASE}{scope}{filename}"' in page


def test_the_pages_of_a_month_show_each_article_once(client: FlaskClient, fill: Fill) -> None:
    fill(5, at(2, 28))
    fill(100)
    fill(5, at(4, 1))
    path, seen = "/2026/03/", []
    while path:
        page = client.get(path).text
        seen += [f"Tin {number}" for number in range(100) if f">Tin {number}</a>" in page]
        path = page.partition('href="/2026/03/?before=')[2].partition('"')[0]
        path = path and f"/2026/03/?before={path}"
    assert sorted(seen) == sorted(f"Tin {number}" for number in range(100))
    assert client.get("/2026/03/?before=x").text == client.get("/2026/03/").text


def test_a_month_address_of_another_spelling_redirects(client: FlaskClient, fill: Fill) -> None:
    fill(1)
    response = client.get("/wards/PHUONG-LANG/2026/03/?lineage=1")
    assert response.headers["Location"] == f"{BASE}/wards/phuong-lang/2026/03/?lineage=1"


def test_a_month_has_its_days_in_viet_nam() -> None:
    assert Month.of(datetime.fromisoformat("2026-03-31T17:30:00+00:00")) == Month(2026, 4)
    assert Month(2026, 12).end == Month(2027, 1).start


def test_news_and_old_material_share_one_order_of_places(
    client: FlaskClient, db: Database, site: Site, fill: Fill, clock: Clock
) -> None:
    old = fill(60)
    draft = Draft(title="Mới", published=clock.now, ward="phuong-lang", content_text="Mới.")
    news = [
        ingest(db, replace(draft, external_id=str(each)), site=site, now=clock.now).article.id for each in range(60)
    ]
    assert ids_of(xml(client, "/archive/1/atom.xml")) == {*old, *news[:40]}

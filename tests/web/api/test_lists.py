"""Lists of articles: filters, pages."""

import pytest

from .program import OLD, RECORD, Program, fields


@pytest.fixture
def several(centre: Program) -> Program:
    """Seven articles: 1 to 4 of Láng (3 scheduled, 4 withdrawn), 5 and 6 of Bồ Đề, simultaneous, 7 of a former ward."""
    records = [
        {**RECORD, "published": "2026-11-20T08:00:00+07:00", "external_id": "1"},
        {**RECORD, "published": "2026-11-21", "category": "chinh-quyen", "external_id": "2"},
        {**RECORD, "published": "2026-12-01T08:00:00+07:00", "external_id": "3"},
        {**RECORD, "published": "2026-11-22T23:59:59+07:00", "external_id": "4"},
        {**RECORD, "ward": "phuong-bo-de", "external_id": "5"},
        {**RECORD, "ward": "phuong-bo-de", "external_id": "6"},
        {**OLD, "external_id": "7"},
    ]
    assert {item["status"] for item in centre.post(records).get_json()} == {201}
    centre.delete(4)
    return centre


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", [3, 4, 2, 6, 5, 1, 7]),
        ("?ward=phuong-bo-de", [6, 5]),
        ("?area=khu-vuc-long-bien", [6, 5]),
        ("?area=quan-long-bien", [7]),
        ("?category=chinh-quyen", [2]),
        ("?state=scheduled", [3]),
        ("?state=withdrawn", [4]),
        ("?state=draft", []),
        ("?since=2026-11-21", [3, 4, 2]),
        ("?until=2026-11-20", [6, 5, 1, 7]),
        ("?since=2026-11-20&until=2026-11-22&ward=phuong-lang", [4, 2, 1]),
        ("?limit=2", [3, 4]),
    ],
)
def test_a_list_is_filtered_and_newest_first(several: Program, query: str, ids: list[int]) -> None:
    assert [item["id"] for item in several.get(query).get_json()["items"]] == ids


def test_a_token_sees_the_articles_of_its_ward_in_every_state(lang: Program, several: Program) -> None:
    assert [item["id"] for item in lang.get().get_json()["items"]] == [3, 4, 2, 1]
    assert lang.get("?ward=phuong-bo-de").get_json()["items"] == []


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_paging_meets_every_article_once_also_those_of_one_time(several: Program, limit: int) -> None:
    path, found = f"?limit={limit}&since=2000-01-01", []
    while path:
        response = several.get(path)
        found += [item["id"] for item in response.get_json()["items"]]
        url = response.get_json()["next"]
        assert response.headers.get("Link") == (f'<{url}>; rel="next"' if url else None)
        path = url.removeprefix("https://tin.example.vn/api/articles") if url else ""
    assert found == [3, 4, 2, 6, 5, 1, 7]


def test_what_is_added_while_somebody_pages_shifts_nothing(several: Program) -> None:
    url = several.get("?limit=3").get_json()["next"]
    several.post({**RECORD, "published": "2026-11-23T08:00:00+07:00", "external_id": "new"})
    path = url.removeprefix("https://tin.example.vn/api/articles")
    assert [item["id"] for item in several.get(path).get_json()["items"]] == [6, 5, 1]


def test_every_wrong_parameter_is_named(lang: Program) -> None:
    response = lang.get("?limit=0&state=x&since=1694563200&wrad=x&until=2026-13-01&category=a&category=b")
    assert fields(response).keys() == {"limit", "state", "since", "wrad", "until", "category"}
    assert fields(lang.get("?ward=khong-co&area=x&category=y&after=!")) == {
        "ward": "ward_unknown",
        "area": "area_unknown",
        "category": "category_unknown",
        "after": "cursor",
    }
    assert fields(lang.get("?limit=1_0")).keys() == fields(lang.get("?limit=201")).keys() == {"limit"}

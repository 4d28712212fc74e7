"""/media/: files that never change, and nothing else."""

import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from feedsvc.articles.ingest import ingest
from feedsvc.config import Settings
from feedsvc.database import Database
from feedsvc.instance import load_media_folder
from feedsvc.media import beside
from feedsvc.models import Article, Draft, DraftImage, Site

from ...pictures import make_photo


@pytest.fixture
def article(db: Database, site: Site, settings: Settings, tmp_path: Path, now: datetime) -> Article:
    """An article with a photo that is wider than its small version."""
    (tmp_path / "1.jpg").write_bytes(make_photo(1200, 900))
    folder = replace(load_media_folder(settings), read=beside(tmp_path, max_bytes=settings.max_image_bytes))
    image = DraftImage(file="1.jpg", caption="Toàn cảnh hội nghị", alt="Hội trường")
    draft = Draft("Phường Láng họp", now, ward="phuong-lang", content_text="Nội dung.", images=(image,))
    return ingest(db, draft, site=site, now=now, media=folder).article


def test_it_works(client: FlaskClient, article: Article) -> None:
    url = article.images[0].url
    response = client.get(url)
    assert (response.status_code, response.mimetype) == (200, "image/jpeg")
    assert len(response.data) == article.images[0].length
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["ETag"] == f'"{article.images[0].media_hash}"'
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in response.headers
    assert client.head(url).headers["Content-Length"] == str(article.images[0].length)


def test_the_small_version_is_webp(client: FlaskClient, article: Article) -> None:
    response = client.get(f"/media/{article.images[0].media_hash}-640.webp")
    assert (response.status_code, response.mimetype, response.data[8:12]) == (200, "image/webp", b"WEBP")
    assert response.headers["ETag"] != client.get(article.images[0].url).headers["ETag"]


def test_who_has_the_file_gets_304(client: FlaskClient, article: Article) -> None:
    url = article.images[0].url
    etag = client.get(url).headers["ETag"]
    response = client.get(url, headers={"If-None-Match": etag})
    assert (response.status_code, response.data) == (304, b"")
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    "name",
    ["a.jpg", "..", "..%2Ffeedsvc.db", "%2e%2e/secret_key", f"{'a' * 64}.jpg", f"{'a' * 64}", f"{'A' * 64}.jpg", ""],
)
def test_a_name_of_another_form_is_not_found(client: FlaskClient, article: Article, name: str) -> None:
    assert client.get(f"/media/{name}").status_code == 404


def test_the_page_offers_the_small_version_and_the_size(client: FlaskClient, article: Article) -> None:
    image = article.images[0]
    page = client.get(f"/articles/{article.id}/{article.slug}").text
    assert (
        f'<figure><img loading="lazy" srcset="/media/{image.media_hash}-640.webp 640w, {image.url} 1200w" '
        f'sizes="(min-width: 46rem) 44rem, 100vw" src="{image.url}" alt="Hội trường" width="1200" height="900">'
        "<figcaption>Toàn cảnh hội nghị</figcaption></figure>"
    ) in page


def test_feeds_show_the_full_picture_by_its_absolute_address(client: FlaskClient, article: Article) -> None:
    url = f"https://tin.example.vn{article.images[0].url}"
    for path in ("/rss.xml", "/atom.xml", "/feed.json"):
        body = client.get(path).text
        assert url in body, path
        assert "-640.webp" not in re.sub("<media:thumbnail[^<>]*>", "", body)
        assert '"/media/' not in body

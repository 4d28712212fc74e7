"""Images of a draft: files become our own pictures, and the content shows every image."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from feedsvc.articles.figures import without_figures
from feedsvc.articles.ingest import Outcome, edit, ingest
from feedsvc.config import Settings
from feedsvc.database import Database
from feedsvc.feeds import build_entry
from feedsvc.instance import load_media_folder
from feedsvc.markup import clean_html
from feedsvc.media import MediaFolder, beside
from feedsvc.models import VIETNAM, Draft, DraftImage, Image, Site
from feedsvc.problems import RejectedError
from feedsvc.store.articles import find_article
from feedsvc.store.media import list_media

from ..pictures import make_bomb, make_photo

DRAFT = Draft(
    title="Phường Phúc Đồng ra quân tổng vệ sinh môi trường",
    published=datetime(2024, 3, 2, 8, 30, tzinfo=VIETNAM),
    content_text="Sáng 2/3/2024, phường Phúc Đồng ra quân./.",
)
TEXT = "<p>Sáng 2/3/2024, phường Phúc Đồng ra quân./.</p>"
REMOTE = "https://longbien.example.vn/anh/1.jpg"


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> MediaFolder:
    """The media folder of the instance; the files of drafts are in tmp_path/page."""
    (tmp_path / "page").mkdir()
    return replace(load_media_folder(settings), read=beside(tmp_path / "page", max_bytes=settings.max_image_bytes))


class Giver:
    """A sender of drafts: the vocabulary of these tests."""

    def __init__(self, db: Database, site: Site, now: datetime, folder: MediaFolder, page: Path) -> None:
        self.db, self.site, self.now, self.folder, self.page = db, site, now, folder, page

    def put(self, name: str, data: bytes) -> None:
        path = self.page / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)

    def give(self, *images: DraftImage, **changes: str | None) -> Outcome:
        draft = replace(DRAFT, images=images, **changes)  # type: ignore[arg-type]
        return ingest(self.db, draft, site=self.site, now=self.now, media=self.folder)

    def refused(self, *images: DraftImage, **changes: str | None) -> list[tuple[str, str]]:
        with pytest.raises(RejectedError) as error:
            self.give(*images, **changes)
        return [(problem.field, problem.code) for problem in error.value.problems]

    def files(self) -> list[str]:
        return [path.name for path in self.folder.list_files()]


@pytest.fixture
def giver(db: Database, site: Site, now: datetime, folder: MediaFolder, tmp_path: Path) -> Giver:
    return Giver(db, site, now, folder, tmp_path / "page")


def test_it_works(giver: Giver) -> None:
    giver.put("1.jpg", make_photo())
    article = giver.give(
        DraftImage(file="1.jpg", caption="Đoàn viên <quét> ngõ", credit="Lan", alt="Năm người")
    ).article
    (image,) = article.images
    (row,) = list_media(giver.db)
    assert image == replace(row.to_image(), caption="Đoàn viên <quét> ngõ", credit="Lan", alt="Năm người")
    assert (image.media_type, image.width, image.height) == ("image/jpeg", 80, 60)
    assert giver.files() == sorted([row.name, row.small_name])
    assert image.length == (giver.folder.path / row.name).stat().st_size
    assert article.content_html == (
        f'{TEXT}\n<figure><img src="/media/{row.name}" alt="Năm người" width="80" height="60">'
        "<figcaption>Đoàn viên &lt;quét&gt; ngõ (Ảnh: Lan)</figcaption></figure>"
    )
    assert clean_html(article.content_html) == article.content_html
    assert find_article(giver.db, article.id) == article


def test_feeds_carry_the_absolute_address_of_the_site_of_today(giver: Giver) -> None:
    giver.put("1.jpg", make_photo())
    article = giver.give(DraftImage(file="1.jpg")).article
    moved = replace(giver.site, url="https://tin-moi.example.vn")
    assert f'src="https://tin-moi.example.vn{article.images[0].url}"' in build_entry(article, site=moved).content_html


def test_giving_the_same_again_changes_nothing(giver: Giver) -> None:
    giver.put("1.jpg", make_photo())
    first = giver.give(DraftImage(file="1.jpg")).article
    outcome = giver.give(DraftImage(file="1.jpg"))
    assert (outcome.kind, outcome.article, len(giver.files())) == ("unchanged", first, 2)


def test_another_picture_or_caption_is_a_correction(giver: Giver) -> None:
    giver.put("1.jpg", make_photo())
    giver.give(DraftImage(file="1.jpg"))
    assert giver.give(DraftImage(file="1.jpg", caption="Ra quân")).kind == "corrected"
    giver.put("1.jpg", make_photo(colour="blue"))
    assert giver.give(DraftImage(file="1.jpg", caption="Ra quân")).kind == "corrected"


def test_one_picture_in_two_articles_is_stored_once(giver: Giver) -> None:
    giver.put("1.jpg", make_photo())
    giver.put("2.jpg", make_photo())
    giver.give(DraftImage(file="1.jpg"))
    second = giver.give(DraftImage(file="1.jpg"), DraftImage(file="2.jpg"), title="Phường Phúc Đồng: bài khác").article
    assert (len(second.images), len(list_media(giver.db)), len(giver.files())) == (1, 1, 2)


def test_an_image_elsewhere_is_kept_by_its_address_and_never_fetched(giver: Giver) -> None:
    article = giver.give(DraftImage(url=REMOTE, caption="Ra quân")).article
    assert article.images == (Image(REMOTE, caption="Ra quân"),)
    assert article.content_html == (
        f'{TEXT}\n<figure><img src="{REMOTE}" alt=""><figcaption>Ra quân</figcaption></figure>'
    )


def test_an_image_that_the_content_shows_stays_where_it_is(giver: Giver) -> None:
    giver.put("a b.jpg", make_photo())
    content = f'<p>Phường Phúc Đồng<img src="a b.jpg" alt="x"></p><p>hai</p><img src="{REMOTE}?a=1&amp;b=2"><p>ba</p>'
    article = giver.give(
        DraftImage(file="a b.jpg"), DraftImage(url=f"{REMOTE}?a=1&b=2"), content_text=None, content_html=content
    ).article
    ours = f'<img src="{article.images[0].url}" alt="x" width="80" height="60">'
    assert article.content_html == content.replace('<img src="a b.jpg" alt="x">', ours)


def test_a_relative_address_is_resolved_against_the_source(giver: Giver) -> None:
    article = giver.give(DraftImage(url="anh/1.jpg"), source_url="https://longbien.example.vn/tin/7").article
    assert article.images[0].url == "https://longbien.example.vn/tin/anh/1.jpg"


def test_an_image_of_a_saved_page_is_its_file_if_that_exists_and_otherwise_its_address(giver: Giver) -> None:
    both = DraftImage(file="page_files/1.jpg", url=REMOTE)
    content = '<p>Phường Phúc Đồng</p><img src="page_files/1.jpg">'
    there = giver.give(both, content_text=None, content_html=content).article
    assert there.images[0].url == REMOTE
    assert there.content_html == f'<p>Phường Phúc Đồng</p><img src="{REMOTE}">'
    giver.put("page_files/1.jpg", make_photo())
    ours = giver.give(both, content_text=None, content_html=content).article
    assert ours.images[0].media_hash is not None
    assert f'<img src="{ours.images[0].url}"' in ours.content_html


@pytest.mark.parametrize(
    ("image", "code"),
    [
        (DraftImage(file="none.jpg"), "image_missing"),
        (DraftImage(file="../secret.jpg"), "image_outside"),
        (DraftImage(file="/etc/passwd", url=REMOTE), "image_outside"),
        (DraftImage(file="page.html"), "image_unreadable"),
        (DraftImage(file="bomb.png"), "image_pixels"),
        (DraftImage(url="anh/1.jpg"), "image_url"),
        (DraftImage(url="javascript:alert(1)"), "image_url"),
        (DraftImage(url="data:image/png;base64,AA=="), "image_url"),
        (DraftImage(), "image_url"),
        (DraftImage(url=f"/media/{'a' * 64}.jpg"), "image_unknown"),
    ],
)
def test_an_image_that_cannot_be_taken_rejects_the_draft_and_is_named(
    giver: Giver, image: DraftImage, code: str
) -> None:
    giver.put("good.jpg", make_photo())
    giver.put("page.html", b"<html>")
    giver.put("bomb.png", make_bomb())
    field = "images" if code == "image_unknown" else "images[1]"
    assert giver.refused(DraftImage(file="good.jpg"), image) == [(field, code)]
    assert (giver.files(), list_media(giver.db)) == ([], [])


def test_every_problem_is_named_at_once(giver: Giver) -> None:
    found = giver.refused(DraftImage(file="a.jpg"), DraftImage(file="b.jpg"), title="")
    assert found == [("images[0]", "image_missing"), ("images[1]", "image_missing"), ("title", "title_missing")]


def test_without_a_folder_no_file_is_read(db: Database, site: Site, now: datetime) -> None:
    with pytest.raises(RejectedError, match="in the folder of the page"):
        ingest(db, replace(DRAFT, images=(DraftImage(file="/etc/hostname"),)), site=site, now=now)


def test_content_may_show_a_picture_that_is_here_and_no_other(giver: Giver) -> None:
    giver.put("1.jpg", make_photo())
    known = giver.give(DraftImage(file="1.jpg")).article.images[0]
    content = f'<p>Phường Phúc Đồng</p><img src="{known.url}" alt="">'
    article = giver.give(title="Phường Phúc Đồng: bài hai", content_text=None, content_html=content).article
    assert article.images == (known,)
    strange = content.replace(known.url, f"/media/{'b' * 64}.jpg")
    assert giver.refused(content_text=None, content_html=strange) == [("images", "image_unknown")]


def test_a_picture_that_comes_back_by_its_public_address_stays_ours(giver: Giver) -> None:
    giver.put("1.jpg", make_photo())
    before = giver.give(DraftImage(file="1.jpg", caption="Ra quân")).article
    public = build_entry(before, site=giver.site).content_html
    assert f'src="{giver.site.url}/media/' in public
    images = (DraftImage(url=giver.site.url + before.images[0].url, caption="Ra quân"),)
    assert giver.give(*images, content_text=None, content_html=public).kind == "unchanged"
    only_in_content = giver.give(content_text=None, content_html=public).article
    assert [image.media_hash for image in only_in_content.images] == [before.images[0].media_hash]
    stranger = f"{giver.site.url}.evil.example{before.images[0].url}"
    assert giver.give(DraftImage(url=stranger)).article.images == (Image(stranger),)


def test_an_article_that_is_only_a_picture_with_a_caption_is_one(giver: Giver) -> None:
    giver.put("1.jpg", make_photo())
    caption = "Phường Phúc Đồng ra quân"
    assert giver.give(DraftImage(file="1.jpg", caption=caption), content_text="").article.summary == caption


def test_an_edit_that_keeps_the_images_keeps_them_as_they_are(giver: Giver) -> None:
    giver.put("1.jpg", make_photo())
    before = giver.give(DraftImage(file="1.jpg", caption="Ra quân"), DraftImage(url=REMOTE)).article
    assert without_figures(before.content_html, before.images) == TEXT
    kept = tuple(DraftImage(url=image.url, caption=image.caption) for image in before.images)
    draft = replace(DRAFT, images=kept, title="Phường Phúc Đồng: tiêu đề mới")
    after = edit(giver.db, before.id, draft, seen_hash=before.content_hash, site=giver.site, now=giver.now).article
    assert (after.images, after.content_html) == (before.images, before.content_html)


def test_a_dry_run_writes_no_file(giver: Giver) -> None:
    giver.put("1.jpg", make_photo())
    giver.folder = replace(giver.folder, keeps=False)
    giver.give(DraftImage(file="1.jpg"))
    assert giver.files() == []


def test_a_file_that_was_lost_is_written_again(giver: Giver) -> None:
    giver.put("1.jpg", make_photo())
    giver.give(DraftImage(file="1.jpg"))
    for path in giver.folder.list_files():
        path.unlink()
    assert giver.give(DraftImage(file="1.jpg")).kind == "unchanged"
    assert len(giver.files()) == 2


@pytest.mark.parametrize("label", ["", "Ảnh: ", "ảnh : ", "Ảnh: Ảnh: "])
def test_the_word_for_the_photo_stands_once_before_its_credit(giver: Giver, label: str) -> None:
    article = giver.give(DraftImage(url=REMOTE, caption="Quét ngõ", credit=f"{label}Nguyễn Văn An")).article
    assert article.images[0].credit == "Nguyễn Văn An"
    assert "<figcaption>Quét ngõ (Ảnh: Nguyễn Văn An)</figcaption>" in article.content_html

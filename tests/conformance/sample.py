"""Fill a rich instance with every kind of content through ingest, and list what every reader must find.

The contents are already clean HTML, so that the output can be compared with the input letter by letter.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from feedsvc.articles.identity import hash_content
from feedsvc.articles.ingest import ingest, withdraw
from feedsvc.database import Database, transaction
from feedsvc.models import VIETNAM, Article, Draft, Image, Site
from feedsvc.store import articles as store
from feedsvc.store.articles import list_published

_FIGURE = (
    '<figure><img src="https://anh.example.vn/{name}" alt="{alt}"><figcaption>{caption}</figcaption></figure>'.format
)
_RICH_HTML = (
    "<h2>1. Thời gian &amp; địa điểm</h2>\n<p>Xem "
    '<a href="https://x.example.vn/?a=1&amp;b=2#c" rel="noopener noreferrer">đây</a>'
    " – diện tích &lt; 30 m², <strong>đậm</strong>, <em>nghiêng</em>, H<sub>2</sub>O, “ngoặc”, ]]&gt; và 😀𠀀.</p>\n"
    "<ul><li>Một</li><li>Hai<ol><li>Hai rưỡi</li></ol></li></ul>\n"
    '<table><caption>Lịch</caption><tbody><tr><th scope="col">Ngày</th><th scope="col">Việc</th></tr>'
    '<tr><td>1/3</td><td colspan="2">Họp</td></tr></tbody></table>\n'
    "<blockquote><p>Trích dẫn.<br>Dòng hai.</p></blockquote>\n<pre>giữ  nguyên\n  khoảng trắng</pre>"
)
_LONG_TITLE = ("Thông báo về việc tổ chức tiếp xúc cử tri trước kỳ họp thường lệ của Hội đồng nhân dân phường " * 6)[
    :500
]
IMAGES = (
    Image(
        url="https://anh.example.vn/1.jpg?a=1&b=2",
        media_type="image/jpeg",
        length=123_456,
        width=800,
        height=600,
        caption="Toàn cảnh “hội nghị” & <khách mời> 😀",
        credit="Nguyễn Văn A",
        alt="Hội trường",
    ),
    Image(url="https://anh.example.vn/2.png", media_type="image/png", length=99, width=1, height=2),
    Image(url="https://anh.example.vn/khong-ro"),  # as from a portal that states nothing else
)


def at(year: int, month: int, day: int, hour: int = 8, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=VIETNAM)


def _draft(title: str, published: datetime, ward: str, *categories: str, **more: str) -> Draft:
    values = {"content_html": f"<p>Nội dung của bài {published:%d/%m/%Y %H:%M}./.</p>", "author": "", "summary": title}
    return Draft(title=title, published=published, ward=ward, categories=categories, **(values | more))  # type: ignore[arg-type]


DRAFTS = (
    _draft("Bài của phường đã giải thể", at(2023, 9, 13, 16, 20), "phuong-phuc-dong", "thong-bao"),
    _draft("Việt Hưng cũ", at(2025, 3, 14), "phuong-viet-hung-2025", "van-hoa-xa-hoi", author="Trần Thị Ánh"),
    _draft(
        "Họp mặt <b>R&D</b> & “]]>” 😀",
        at(2025, 7, 15, 9, 30),
        "phuong-viet-hung",
        "thong-bao",
        "kinh-te-do-thi",
        author="Nguyễn Văn An & Cộng sự",
        summary="Diện tích < 30 m², “R&D” ]]> và 😀𠀀",
        content_html=_RICH_HTML,
        source_url="https://cu.example.vn/tin?id=7&lang=vi",
    ),
    _draft(_LONG_TITLE.strip(), at(2025, 8, 1), "phuong-lang", "thong-bao", summary="Tóm tắt của đề mục dài"),
    _draft(
        "Bài có ba ảnh",
        at(2025, 8, 22),
        "phuong-viet-hung",
        "van-hoa-xa-hoi",
        content_html="<p>Mở đầu.</p>\n"
        + _FIGURE(name="1.jpg?a=1&amp;b=2", alt="Hội trường", caption="Toàn cảnh “hội nghị” &amp; &lt;khách mời&gt; 😀")
        + "\n<p>Kết./.</p>",
    ),
    _draft("English bulletin", at(2025, 9, 2), "phuong-lang", "van-hoa-xa-hoi", language="en"),
    _draft("Chuyên mục chưa có tên", at(2025, 10, 10, 0, 0), "xa-bat-trang", "Gương người tốt, việc tốt"),
    _draft("Bản đầu, sẽ được đính chính", at(2025, 11, 14), "phuong-viet-hung", "thong-bao", external_id="sua"),
    _draft("Sẽ bị thu hồi", at(2025, 11, 15), "phuong-viet-hung", "thong-bao", external_id="thu-hoi"),
    _draft("Mới nhất", at(2025, 12, 12, 23, 59), "phuong-lang", "thong-bao"),
)
CORRECTION = replace(
    DRAFTS[7], title="Bản đã đính chính", content_html="<p>Số đúng là 14.</p>", correction_note="Sửa số người dự"
)
REASON = "Sai <số> liệu & ngày"


@dataclass(frozen=True)
class Expected:
    """The parts of an article that a reader must find: those of its draft, and those that the service added."""

    draft: Draft
    article: Article

    @property
    def content(self) -> str:
        note = self.draft.correction_note
        before = f"<p><strong>Đính chính lúc 08:00 ngày 20/12/2025:</strong> {note}</p>\n" if note else ""
        return before + (self.draft.content_html or "")

    @property
    def updated(self) -> datetime:
        return self.article.withdrawn_at or self.article.updated

    @property
    def author(self) -> str:
        return self.draft.author or self.article.ward.publisher

    @property
    def labels(self) -> list[str]:
        return [category.label for category in self.article.categories]

    @property
    def slugs(self) -> list[str]:
        return [category.slug for category in self.article.categories]


def fill(db: Database, *, site: Site, now: datetime) -> list[Expected]:
    """Ingest all drafts in the order of their days; return the published articles, the newest first."""
    ids: dict[int, Draft] = {}
    for draft in DRAFTS:
        assert draft.published is not None
        article = ingest(db, draft, site=site, now=draft.published).article
        ids[article.id] = draft
        if draft.title == "Bài có ba ảnh":
            with transaction(db):
                pictured = replace(article, images=IMAGES)
                store.save_article(db, replace(pictured, content_hash=hash_content(pictured)), now=draft.published)
    corrected = ingest(db, CORRECTION, site=site, now=at(2025, 12, 20)).article
    ids[corrected.id] = CORRECTION
    gone = ingest(db, DRAFTS[8], site=site, now=at(2025, 12, 20)).article
    gone = withdraw(db, gone.id, reason=REASON, now=now - timedelta(hours=1))
    with transaction(db):  # all of it is in an archive document; a restore lost those that had the other places
        db.execute("UPDATE scopes SET last_position = 100 WHERE last_position > 0")
    later = _draft("Hẹn giờ: chưa ai được thấy", now + timedelta(days=365), "phuong-lang", "thong-bao")
    assert ingest(db, later, site=site, now=now).article.state == "scheduled"
    found = [Expected(ids[article.id], article) for article in list_published(db)]
    for item in found:
        assert (item.article.title, item.article.content_html) == (item.draft.title, item.draft.content_html)
        assert item.article.summary == item.draft.summary
    found.append(Expected(_tell_of_withdrawal(DRAFTS[8], gone), gone))
    return sorted(found, key=lambda item: item.article.published, reverse=True)


def _tell_of_withdrawal(draft: Draft, article: Article) -> Draft:
    """Return what readers see of a withdrawn article for some days."""
    assert article.withdrawn_at is not None
    when = article.withdrawn_at.astimezone(VIETNAM)
    first = f"UBND phường Việt Hưng đã thu hồi bài này lúc {when:%H:%M} ngày {when:%d/%m/%Y}."
    return replace(
        draft,
        title="Đã thu hồi: Sẽ bị thu hồi",
        summary=f"{first} Lý do: {REASON}",
        content_html=f"<p>{first}</p>\n<p>Lý do: Sai &lt;số&gt; liệu &amp; ngày</p>",
    )


LONG_BIEN = {"phuong-viet-hung"}  # those of today's four wards that have published something


@dataclass(frozen=True)
class ScopeCase:
    """A scope: the path and the query of its feeds, and the articles that belong to it."""

    folder: str
    query: str
    belongs: Callable[[Expected], bool]
    is_closed: bool = False

    def path(self, filename: str) -> str:
        return self.folder + filename + self.query


def _in(ward: str = "", category: str = "") -> Callable[[Expected], bool]:
    return lambda item: (not ward or item.article.ward.slug == ward) and (not category or category in item.slugs)


def _in_archive(ward: str = "") -> Callable[[Expected], bool]:
    return lambda item: _in(ward)(item) and item.article.state == "published"


def _in_lineage(item: Expected) -> bool:
    return item.article.ward.slug in {"phuong-viet-hung", "phuong-viet-hung-2025", "phuong-phuc-dong"}


SCOPES = (
    ScopeCase("/", "", _in()),
    ScopeCase("/wards/phuong-viet-hung/", "", _in("phuong-viet-hung")),
    ScopeCase("/wards/phuong-phuc-dong/", "", _in("phuong-phuc-dong"), is_closed=True),
    ScopeCase("/wards/phuong-viet-hung-2025/", "", _in("phuong-viet-hung-2025"), is_closed=True),
    ScopeCase("/wards/phuong-ba-dinh/", "", lambda _: False),
    ScopeCase("/wards/phuong-lang/thong-bao/", "", _in("phuong-lang", "thong-bao")),
    ScopeCase("/wards/xa-bat-trang/khac/", "", _in("xa-bat-trang", "khac")),
    ScopeCase("/categories/thong-bao/", "", _in(category="thong-bao")),
    ScopeCase("/areas/quan-long-bien/", "", lambda item: item.article.ward.has_ended(date(2026, 11, 24))),
    ScopeCase("/areas/khu-vuc-long-bien/", "", lambda item: item.article.ward.slug in LONG_BIEN),
    ScopeCase(
        "/areas/khu-vuc-long-bien/thong-bao/",
        "",
        lambda item: item.article.ward.slug in LONG_BIEN and "thong-bao" in item.slugs,
    ),
    ScopeCase("/wards/phuong-viet-hung/", "?lineage=1", _in_lineage),
    ScopeCase("/search/", "?q=%22c%E1%BB%AD%20tri%22", lambda item: "cử tri" in item.draft.title),
    ScopeCase("/archive/1/", "", _in_archive()),
    ScopeCase("/wards/phuong-viet-hung/archive/1/", "", _in_archive("phuong-viet-hung")),
    ScopeCase("/wards/phuong-viet-hung/archive/1/", "?lineage=1", _in_archive("phuong-viet-hung")),
    ScopeCase("/", "?content=summary", _in()),
    ScopeCase("/wards/phuong-viet-hung/", "?lineage=1&content=summary", _in_lineage),
)

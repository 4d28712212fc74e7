"""Two feeds as values: one with every field, and an empty one."""

from datetime import datetime

from feedsvc.feeds import Entry, Feed, Term
from feedsvc.models import VIETNAM

ENTRIES = (
    Entry(
        guid="tag:tin.example.vn,2026-11-24:article/2",
        url="https://tin.example.vn/articles/2/hop-mat",
        title="Họp mặt <b>R&D</b> & “]]>” 😀",
        summary="Diện tích < 30 m² & hơn thế nữa",
        content_html='<p>Diện tích &lt; 30 m² ]]&gt; 😀</p>\n<p>Xem <a href="https://x.example.vn/?a=1&amp;b=2">đây</a>./.</p>',
        author="Nguyễn Văn An",
        publisher="UBND phường Việt Hưng",
        published=datetime(2026, 3, 2, 8, 30, tzinfo=VIETNAM),
        updated=datetime(2026, 3, 3, 9, 0, 5, 123456, tzinfo=VIETNAM),
        categories=(
            Term("thong-bao", "Thông báo", "https://tin.example.vn/categories/"),
            Term("khac", "Gương người tốt", "https://tin.example.vn/categories/"),
        ),
        source_url="https://cu.example.vn/tin?id=7&lang=vi",
    ),
    Entry(
        guid="tag:tin.example.vn,2026-11-24:article/1",
        url="https://tin.example.vn/articles/1/bai-cu",
        title="Bài cũ",
        summary="Tóm tắt",
        content_html="<p>Nội dung.</p>",
        author="UBND phường Phúc Đồng",
        publisher="UBND phường Phúc Đồng",
        published=datetime(2023, 9, 13, 16, 20, tzinfo=VIETNAM),
        updated=datetime(2023, 9, 13, 16, 20, tzinfo=VIETNAM),
        categories=(),
        source_url="",
    ),
)
RICH = Feed(
    guid="tag:tin.example.vn,2026-11-24:feed/everything",
    url="https://tin.example.vn/",
    title="Tin phường, xã",
    subtitle="Tin tức & thông báo",
    language="vi",
    rights="© 2026 UBND",
    publisher="Tin phường, xã",
    updated=datetime(2026, 11, 24, 10, 0, 0, 5, tzinfo=VIETNAM),
    ttl_minutes=5,
    generator="feedsvc",
    version="1.2.3",
    entries=ENTRIES,
)
EMPTY = Feed(
    guid="tag:tin.example.vn,2026-11-24:feed/ward/7",
    url="https://tin.example.vn/wards/phuong-lang/",
    title="Phường Láng",
    subtitle="",
    language="vi",
    rights="",
    publisher="UBND phường Láng",
    updated=datetime(2026, 11, 24, 10, 0, tzinfo=VIETNAM),
    ttl_minutes=5,
    generator="feedsvc",
    version="1.2.3",
    entries=(),
)

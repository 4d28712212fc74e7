"""Every page type in a real browser: axe-core in light and dark, keyboard, narrow screens, with and without scripts."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, expect

from feedsvc.text import fold

from ..conftest import Server, start_server, stop_server

pytestmark = pytest.mark.browser

PUBLIC_PAGES = {
    "index": "/",
    "wards": "/wards/",
    "wards, filtered": "/wards/?q=long bien",
    "wards, nothing found": "/wards/?q=khong-co",
    "areas": "/areas/",
    "area": "/areas/quan-long-bien/",
    "area and category": "/areas/quan-long-bien/thong-bao/",
    "ward, living": "/wards/phuong-viet-hung/",
    "ward, closed": "/wards/phuong-phuc-dong/",
    "ward, empty": "/wards/phuong-ba-dinh/",
    "ward and category": "/wards/phuong-viet-hung/van-hoa-xa-hoi/",
    "categories": "/categories/",
    "category": "/categories/thong-bao/",
    "article": "/articles/5",
    "article, withdrawn": "/articles/1",
    "not found": "/khong-co",
    "archive of a month": "/wards/phuong-viet-hung/2025/11/",
    "lineage": "/wards/phuong-viet-hung/?lineage=1",
    "search": "/search",
    "search, found": "/search?q=tiem chung",
    "search, nothing found": "/search?q=khong-co-tu-nay",
    "log in": "/admin/login",
}
ADMIN_PAGES = {"list": "/admin/", "new": "/admin/articles/new", "edit": "/admin/articles/5"}
AXE = Axe()
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
# Rules that axe-core omits by default but WCAG 2.2 AA requires.
OPTIONS = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server over the sample pages, the first of them withdrawn."""
    process, running = start_server(tmp_path_factory.mktemp("samples"), "--samples")
    running.run("articles", "withdraw", "1", "--reason", "Nhầm số liệu")
    yield running
    stop_server(process)


@contextmanager
def opened(browser: Browser, *, width: int = 1280, **options: Any) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": width, "height": 800}, locale="vi-VN", **options)
    yield context.new_page()
    context.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with opened(browser) as page:
        yield page


def log_in(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/admin/login")
    page.get_by_label("Tên đăng nhập").fill("quantri")
    page.get_by_label("Mật khẩu").fill(server.password)
    page.get_by_role("button", name="Đăng nhập").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bài viết")


def find_violations(page: Page, *, widths: Sequence[int] = (1280,)) -> list[str]:
    """Return the violations that axe-core finds in the present page, light and dark: each rule with its place."""
    page.evaluate(AXE.axe_script)
    found = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 800})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            for rule in page.evaluate("async (options) => (await axe.run(options)).violations", OPTIONS):
                found += [f"{width} {scheme} {rule['id']}: {node['html'][:200]}" for node in rule["nodes"]]
    return found


@pytest.mark.parametrize("path", PUBLIC_PAGES.values(), ids=list(PUBLIC_PAGES))
def test_axe_finds_nothing_on_any_public_page(page: Page, samples: Server, path: str) -> None:
    page.goto(samples.url + path)
    assert find_violations(page, widths=[320, 1280]) == []


def test_axe_finds_nothing_in_the_administration(page: Page, samples: Server) -> None:
    log_in(page, samples)
    for path in ADMIN_PAGES.values():
        page.goto(samples.url + path)
        assert find_violations(page) == [], path
    page.goto(f"{samples.url}/admin/articles/new")
    page.get_by_role("button", name="Đăng bài").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert find_violations(page) == []


def test_no_page_breaks_the_policy_complains_or_asks_another_host(page: Page, samples: Server) -> None:
    """JSON-LD is inline, but it is data: the policy does not allow inline scripts."""
    complaints: list[str] = []
    strangers: list[str] = []

    def look_at(request: Request) -> None:
        if not request.url.startswith((f"{samples.url}/", "data:")):
            strangers.append(request.url)

    page.on("console", lambda message: complaints.append(f"{page.url} {message.text}"))
    page.on("pageerror", lambda error: complaints.append(f"{page.url} {error}"))
    page.on("request", look_at)
    for path in PUBLIC_PAGES.values():
        page.goto(samples.url + path)
    log_in(page, samples)
    for path in ADMIN_PAGES.values():
        page.goto(samples.url + path)
    # Chromium logs a 404 or 410 to the console.
    assert [text for text in complaints if "the server responded with a status of 4" not in text] == []
    assert strangers == []


@pytest.mark.parametrize("javascript", [True, False])
def test_no_page_scrolls_sideways_at_320_pixels(browser: Browser, samples: Server, javascript: bool) -> None:
    with opened(browser, width=320, java_script_enabled=javascript) as page:
        for path in PUBLIC_PAGES.values():
            page.goto(samples.url + path)
            assert page.evaluate("document.documentElement.scrollWidth") == 320, path


def test_the_first_key_press_offers_to_skip_to_the_content(page: Page, samples: Server) -> None:
    page.goto(samples.url)
    page.keyboard.press("Tab")
    link = page.get_by_role("link", name="Chuyển đến nội dung chính")
    expect(link).to_be_focused()
    box = link.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/wards/phuong-viet-hung/", "/articles/5", "/admin/login"])
def test_focus_is_always_visible(
    browser: Browser, samples: Server, path: str, scheme: Literal["light", "dark"]
) -> None:
    with opened(browser, color_scheme=scheme) as page:
        page.goto(samples.url + path)
        for _ in range(25):
            page.keyboard.press("Tab")
            outline, name = page.evaluate(
                "(({outlineStyle, outlineWidth}, node) => [`${outlineStyle} ${outlineWidth}`, node.outerHTML])"
                "(getComputedStyle(document.activeElement), document.activeElement)"
            )
            assert outline == "solid 3px" or name.startswith("<body"), name


@pytest.mark.parametrize("path", ["/", "/wards/", "/wards/phuong-phuc-dong/", "/articles/5", "/admin/login"])
def test_every_line_leaves_room_for_the_tallest_vietnamese_letters(page: Page, samples: Server, path: str) -> None:
    """Nothing clips or overlaps the marks of Ằ and Ộ: a line or a field is as high as their ink."""
    page.goto(samples.url + path)
    narrow = page.evaluate(
        """() => {
          const pen = document.createElement("canvas").getContext("2d");
          const shown = [...document.body.querySelectorAll("*:not(script)")].filter((node) => node.checkVisibility()
            && (node.matches("input, button") || [...node.childNodes].some((part) => part.nodeType === 3)));
          return shown.filter((node) => {
            const style = getComputedStyle(node);
            pen.font = style.font;
            const ink = pen.measureText("ẰỘỮẴỌỰ");
            const room = node.matches("input")
              ? node.clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom)
              : parseFloat(style.lineHeight);
            return !(ink.actualBoundingBoxAscent + ink.actualBoundingBoxDescent <= room);
          }).map((node) => node.outerHTML.slice(0, 200));
        }"""
    )
    assert narrow == []


def test_names_are_filtered_while_one_types(page: Page, samples: Server) -> None:
    page.goto(f"{samples.url}/wards/")
    names = page.locator(".listing li:visible")
    every = names.count()
    field = page.get_by_label("Lọc theo tên")
    field.press_sequentially("dong d")
    expect(page.get_by_role("link", name="Phường Đống Đa")).to_be_visible()
    expect(page.get_by_role("link", name="Phường Ba Đình")).to_be_hidden()
    assert page.url == f"{samples.url}/wards/"
    expect(page.get_by_role("status")).to_have_text(f"Tìm thấy {names.count()} phường, xã.")
    field.fill("ĐỐNG   Đa")
    expect(names.filter(has_text="Phường Đống Đa")).to_be_visible()
    field.fill("khong co")
    expect(page.get_by_role("status")).to_have_text("Không có phường, xã nào khớp. Hãy thử gõ ít chữ hơn.")
    expect(page.get_by_role("heading", level=2, name="Đơn vị hiện nay")).to_be_hidden()
    field.fill("")
    expect(names).to_have_count(every)
    expect(page.get_by_role("status")).to_have_text("")


def test_typing_in_a_list_that_the_server_filtered_asks_it_again_and_keeps_the_cursor(
    page: Page, samples: Server
) -> None:
    page.goto(f"{samples.url}/wards/?q=long+bien")
    field = page.get_by_label("Lọc theo tên")
    field.fill("ba dinh")
    page.wait_for_url("**/wards/?q=ba+dinh#loc")
    expect(page.get_by_role("link", name="Phường Ba Đình")).to_be_visible()
    expect(field).to_be_focused()


def test_the_browser_folds_names_as_the_server_does(page: Page, samples: Server) -> None:
    page.goto(samples.url)
    names = [
        "Phường Đống Đa",
        "Xã Ðông Anh",
        "P. Văn Miếu - Quốc Tử Giám",
        "  ỦY_ban  ",
        "Thị trấn 24-CT/TU",
        "I\u0301",
    ]
    assert page.evaluate("(names) => names.map(fold)", names) == [fold(name) for name in names]


def test_names_are_filtered_without_scripts(browser: Browser, samples: Server) -> None:
    with opened(browser, java_script_enabled=False) as page:
        page.goto(f"{samples.url}/wards/")
        page.get_by_label("Lọc theo tên").fill("dong da")
        page.get_by_role("button", name="Lọc").click()
        expect(page.get_by_role("link", name="Phường Đống Đa")).to_be_visible()
        assert page.get_by_role("link", name="Phường Ba Đình").count() == 0
        page.get_by_role("link", name="Xem tất cả phường, xã").click()
        expect(page.get_by_role("link", name="Phường Ba Đình")).to_be_visible()


def test_an_address_is_copied_by_a_button(browser: Browser, samples: Server) -> None:
    with opened(browser, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto(f"{samples.url}/wards/phuong-viet-hung/")
        page.get_by_role("button", name="Sao chép địa chỉ Atom").click()
        expect(page.get_by_role("status")).to_have_text("Đã sao chép địa chỉ Atom.")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == f"{samples.url}/wards/phuong-viet-hung/atom.xml"


def test_an_address_is_copied_where_there_is_no_clipboard_too(browser: Browser, samples: Server) -> None:
    """A site without HTTPS has no clipboard."""
    with opened(browser, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.add_init_script("Object.defineProperty(Navigator.prototype, 'clipboard', {value: undefined})")
        page.goto(samples.url)
        page.get_by_role("button", name="Sao chép địa chỉ RSS").click()
        expect(page.get_by_role("status")).to_have_text("Đã sao chép địa chỉ RSS.")


def test_an_address_can_be_selected_without_scripts(browser: Browser, samples: Server) -> None:
    with opened(browser, java_script_enabled=False) as page:
        page.goto(f"{samples.url}/wards/phuong-viet-hung/")
        field = page.get_by_label("Địa chỉ kênh tin RSS")
        expect(field).to_have_value(f"{samples.url}/wards/phuong-viet-hung/rss.xml")
        expect(field).to_have_attribute("readonly", "")
        assert page.get_by_role("button", name="Sao chép").count() == 0


def test_a_printed_article_shows_its_address_and_no_navigation(page: Page, samples: Server) -> None:
    page.goto(f"{samples.url}/articles/5")
    page.emulate_media(media="print")
    expect(page.locator(".printed")).to_have_text(page.url)
    expect(page.locator(".printed")).to_be_visible()
    for selector in ("header nav", ".search", ".subscribe", ".crumbs", "footer"):
        expect(page.locator(selector)).to_be_hidden()

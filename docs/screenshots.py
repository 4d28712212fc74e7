"""Make the pictures in docs/screenshots/: every page type at 360 and 1280 px, light and dark (`make screenshots`).

Serves the sample pages from a fresh instance on a free port of loopback, under the real gunicorn.
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.conftest import CHROMIUM, start_server, stop_server  # noqa: E402 - the same server that the tests start

PAGES = {
    "index": "/",
    "ward": "/wards/phuong-viet-hung/",
    "ward-closed": "/wards/phuong-phuc-dong/",
    "ward-category": "/wards/phuong-viet-hung/van-hoa-xa-hoi/",
    "area": "/areas/quan-long-bien/",
    "category": "/categories/thong-bao/",
    "wards": "/wards/",
    "article": "/articles/5",
    "not-found": "/khong-co",
    "login": "/admin/login",
}
ADMIN_PAGES = {"admin-list": "/admin/", "admin-new": "/admin/articles/new"}


def main() -> None:
    """Start, picture, stop."""
    folder = ROOT / "docs" / "screenshots"
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as instance, sync_playwright() as playwright:
        process, server = start_server(Path(instance), "--samples")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        try:
            for width in (360, 1280):
                for scheme in ("light", "dark"):
                    context = browser.new_context(
                        viewport={"width": width, "height": 800},
                        color_scheme="dark" if scheme == "dark" else "light",
                        locale="vi-VN",
                    )
                    page = context.new_page()
                    pages = dict(PAGES)
                    page.goto(f"{server.url}/admin/login")
                    page.get_by_label("Tên đăng nhập").fill("quantri")
                    page.get_by_label("Mật khẩu").fill(server.password)
                    page.get_by_role("button", name="Đăng nhập").click()
                    pages |= ADMIN_PAGES
                    for name, path in pages.items():
                        page.goto(server.url + path)
                        page.screenshot(path=folder / f"{name}-{width}-{scheme}.png")
                    context.close()
                    print(f"{width} px, {scheme}: {len(pages)} pictures")
        finally:
            browser.close()
            stop_server(process)


if __name__ == "__main__":
    main()

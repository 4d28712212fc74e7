"""Make the pictures in docs/screenshots/: every page type at 360 and 1280 px, light and dark (`make screenshots`).

Serves the sample pages from a fresh instance on a free port of loopback, under the real gunicorn. `--to FOLDER` puts
the pictures elsewhere.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.conftest import CHROMIUM, Server, start_server, stop_server  # noqa: E402 - the server that the tests start

PAGES = {
    "index": "/",
    "wards": "/wards/",
    "wards-filtered": "/wards/?q=long bien",
    "areas": "/areas/",
    "area": "/areas/quan-long-bien/",
    "ward": "/wards/phuong-viet-hung/",
    "ward-closed": "/wards/phuong-phuc-dong/",
    "ward-category": "/wards/phuong-viet-hung/van-hoa-xa-hoi/",
    "categories": "/categories/",
    "category": "/categories/thong-bao/",
    "archive": "/wards/phuong-viet-hung/2025/11/",
    "search": "/search?q=tiem chung",
    "article": "/articles/5",
    "withdrawn": "/articles/1",
    "not-found": "/khong-co",
    "login": "/admin/login",
}
ADMIN_PAGES = {"admin-list": "/admin/", "admin-new": "/admin/articles/new", "admin-edit": "/admin/articles/5"}
WIDTHS = (360, 1280)
HEIGHT = 640  # all pictures together stay below 5 MB
SCHEMES = ("light", "dark")


def main() -> None:
    """Start, picture, stop."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "screenshots", help="folder of the pictures")
    folder = parser.parse_args().to
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as instance, sync_playwright() as playwright:
        process, server = start_server(Path(instance), "--samples")
        server.run("articles", "withdraw", "1", "--reason", "Nhầm số liệu")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        try:
            for width in WIDTHS:
                for scheme in SCHEMES:
                    context = browser.new_context(
                        viewport={"width": width, "height": HEIGHT},
                        color_scheme="dark" if scheme == "dark" else "light",
                        locale="vi-VN",
                    )
                    page = context.new_page()
                    picture(page, server, PAGES, folder, f"{width}-{scheme}")
                    log_in(page, server)
                    picture(page, server, ADMIN_PAGES, folder, f"{width}-{scheme}")
                    context.close()
        finally:
            browser.close()
            stop_server(process)
    files = list(folder.glob("*.png"))
    print(f"{len(files)} pictures, {sum(file.stat().st_size for file in files) / 1e6:.1f} MB, in {folder}")


def log_in(page: Page, server: Server) -> None:
    """Log in as the first administrator."""
    page.goto(f"{server.url}/admin/login")
    page.get_by_label("Tên đăng nhập").fill("quantri")
    page.get_by_label("Mật khẩu").fill(server.password)
    page.get_by_role("button", name="Đăng nhập").click()


def picture(page: Page, server: Server, pages: dict[str, str], folder: Path, variant: str) -> None:
    """Save the first screen of each page as NAME-VARIANT.png."""
    for name, path in pages.items():
        page.goto(server.url + path)
        page.screenshot(path=folder / f"{name}-{variant}.png")


if __name__ == "__main__":
    main()

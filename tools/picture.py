"""Takes the picture of the README from a running demo: python tools/picture.py URL [FILE]"""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.private_browser import ARGUMENTS, chromium

WIDTH, HEIGHT = 1280, 600
TARGET = Path(__file__).parent.parent / "docs" / "images" / "floor.png"


def take(url: str, target: Path) -> None:
    """The floor as a supervisor with an English browser sees it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium()), args=list(ARGUMENTS))
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, locale="en")
        page.goto(url)
        page.get_by_text("Agent 01").first.wait_for()
        target.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(target))
        browser.close()


if __name__ == "__main__":
    take(sys.argv[1], Path(sys.argv[2]) if len(sys.argv) > 2 else TARGET)

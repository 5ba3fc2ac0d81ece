"""The page in a real browser, where there is one: without it the tests are skipped, which CI does not allow."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from report.rendered import page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = os.environ.get("CHROMIUM") or next((found for name in NAMES if (found := shutil.which(name))), None)

pytestmark = [
    pytest.mark.skipif(BROWSER is None, reason=f"no Chromium: none of {', '.join(NAMES)} is on the path"),
    # playwright's own event loop leaves sockets to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1200, "height": 900}


@dataclass
class Visit:
    """A page that is open, what it complained about and what it asked for."""

    tab: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def go(self, path: Path) -> None:
        self.tab.on("console", lambda message: self.complaints.append(message.text))
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.on("request", lambda request: self.requests.append(request.url))
        # However slow the machine is: the suite's own time limit ends what hangs.
        self.tab.set_default_timeout(0)
        self.tab.goto(path.as_uri())


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Here and not on top: a module that is skipped as a whole would go unseen where skipping is not allowed.
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install playwright")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield launched
        launched.close()


def visit(browser: Browser, folder: Path, case: str, **options: object) -> Visit:
    path = folder / "index.html"
    path.write_text(page(case), encoding="utf-8")
    opened = Visit(browser.new_page(**options))
    opened.go(path)
    return opened


@pytest.mark.parametrize("case", ["ten_variants", "hostile"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_asks_for_nothing_and_complains_of_nothing(browser: Browser, tmp_path: Path, case: str, scheme: str) -> None:
    opened = visit(browser, tmp_path, case, viewport=DESK, color_scheme=scheme)
    assert opened.complaints == []
    assert [url.split(":")[0] for url in opened.requests] in (["file"], ["file", "data"])


@pytest.mark.parametrize("case", ["ten_variants", "hostile"])
def test_a_phone_scrolls_the_charts_and_not_the_page(browser: Browser, tmp_path: Path, case: str) -> None:
    opened = visit(browser, tmp_path, case, viewport=PHONE)
    assert opened.tab.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_phone_shows_the_source_of_a_factor_in_lines_of_several_words(browser: Browser, tmp_path: Path) -> None:
    opened = visit(browser, tmp_path, "ten_variants", viewport=PHONE)
    table = opened.tab.locator("table", has_text="Source, year, licence").first
    widths = table.locator("tbody td:last-child").evaluate_all("cells => cells.map(cell => cell.offsetWidth)")
    assert min(widths) > PHONE["width"] / 2


def test_the_page_follows_the_dark_scheme(browser: Browser, tmp_path: Path) -> None:
    opened = visit(browser, tmp_path, "ten_variants", viewport=DESK, color_scheme="dark")
    colours = opened.tab.evaluate(
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.querySelector('svg text')).fill]"
    )
    assert colours == ["rgb(20, 23, 26)", "rgb(232, 235, 238)"]


def test_the_table_sorts_both_ways_with_the_unknown_last(browser: Browser, tmp_path: Path) -> None:
    opened = visit(browser, tmp_path, "hostile", viewport=DESK)
    table = opened.tab.locator("table.sortable").first
    heading = table.locator("thead th", has_text="Energy per image")

    def names() -> list[str]:
        return [text[:4] for text in table.locator("tbody th").all_inner_texts()]

    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "ascending"
    assert names() == ["</sc", "=1+1", "xxxx", "fail"]
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "descending"
    assert names() == ["xxxx", "=1+1", "</sc", "fail"]


def test_without_scripts_everything_is_there(browser: Browser, tmp_path: Path) -> None:
    opened = visit(browser, tmp_path, "ten_variants", viewport=DESK, java_script_enabled=False)
    assert opened.tab.locator("svg.chart").count() == 8
    assert opened.tab.locator("tbody tr").first.is_visible()

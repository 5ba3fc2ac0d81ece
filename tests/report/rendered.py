"""Pages of the synthetic comparisons, each rendered once for the whole suite, and what a parser sees in them."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from report.synthetic import CASES

from energyprof.footprint.site import Site
from energyprof.report.assessment import Assessment, assess_comparison
from energyprof.report.page import page_html
from energyprof.report.summary import summary

_CHART = r'<section aria-labelledby="(\w+)-heading">\s*<h2[^>]*>[^<]*</h2>\s*<figure>(.*?)</figure>'

VOID = {"meta", "link", "br", "hr", "img", "input"}


@dataclass
class Document(HTMLParser):
    """The elements of a page; `unbalanced` names the first tag that does not close what is open."""

    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    unbalanced: str | None = None

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.unbalanced = self.unbalanced or tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.texts.append(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


@functools.cache
def assessed(case: str, grid: str | float | None = "FRA") -> Assessment:
    return assess_comparison(CASES[case](), Site(grid))


@functools.cache
def page(case: str, grid: str | float | None = "FRA") -> str:
    return page_html(assessed(case, grid))


@functools.cache
def document(case: str, grid: str | float | None = "FRA") -> Document:
    parsed = Document()
    parsed.feed(page(case, grid))
    return parsed


@functools.cache
def drawn(case: str, grid: str | float | None = "FRA") -> dict[str, str]:
    """The charts of a page by name, each with its caption."""
    return dict(re.findall(_CHART, page(case, grid), re.DOTALL))


@functools.cache
def summarised(case: str, grid: str | float | None = "FRA") -> dict[str, object]:
    return summary(assessed(case, grid))

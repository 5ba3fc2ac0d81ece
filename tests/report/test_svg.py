"""A matplotlib figure inside a page."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from report.synthetic import HOSTILE

from energyprof.report import canvas, look
from energyprof.report.svg import INK, Meaning


def drawn(name: str = "a", title: str = "Title", label: str = "label") -> str:
    with canvas.style():
        figure = canvas.sheet(100)
        ax = canvas.axes(figure, canvas.Margins(40, 10, 10, 30))
        ax.plot([1, 2, 3], [1, 2, 3], "o", gid="dots", color=INK)
        ax.bar([1], [2], facecolor=look.fill("cpu", estimated=False))
        ax.set_title(label)
        return canvas.element(figure, name, Meaning(title, "Description", {"dots": title}, look.HATCHES))


def test_the_same_figure_gives_the_same_bytes() -> None:
    assert drawn() == drawn()


def test_nothing_is_styled_by_css_that_a_policy_could_take_away() -> None:
    svg = drawn()
    assert "style" not in svg
    assert "font-family" not in svg


def test_inks_follow_the_theme_and_have_a_fallback() -> None:
    assert "var(--ink,#1a1d21)" in drawn()
    assert INK not in drawn()


def test_every_reference_has_its_target_under_the_charts_name() -> None:
    root = ET.fromstring(drawn("first"))
    ids = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
    references = {element.attrib["href"][1:] for element in root.iter() if "href" in element.attrib}
    references |= {
        value[5:-1] for element in root.iter() for value in element.attrib.values() if value.startswith("url(#")
    }
    assert references
    assert references <= set(ids)
    assert len(ids) == len(set(ids))
    assert all(each.startswith("first-") for each in ids)


def test_a_screen_reader_hears_title_and_description() -> None:
    root = ET.fromstring(drawn())
    assert root.attrib["role"] == "img"
    named = {element.attrib.get("id"): element.text for element in root}
    assert [named[each] for each in root.attrib["aria-labelledby"].split()] == ["Title", "Description"]


def test_a_hatch_takes_the_place_of_its_stand_in() -> None:
    svg = drawn()
    assert look.fill("cpu", estimated=False) not in svg
    assert "<pattern" in svg


@pytest.mark.parametrize("label", [HOSTILE.replace("\x00", ""), "$", "$\\frac{1}{2}$", "模型"])
def test_a_hostile_label_is_only_text(label: str) -> None:
    svg = drawn(title=label, label=label)
    root = ET.fromstring(svg)
    assert label in {"".join(element.itertext()) for element in root.iter("text")}
    assert "<b>" not in svg

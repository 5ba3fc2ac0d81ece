"""A matplotlib SVG made fit to stand inside a page: accessible, themed, small, and without inline CSS."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field

INK, MUTED, GRID, PAPER = "#010101", "#020202", "#030303", "#050505"
"""Stand-ins for the page's own inks: drawn with these, replaced by CSS variables that follow the theme."""

_INKS = {
    INK: "var(--ink,#1a1d21)",
    MUTED: "var(--muted,#5a6270)",
    GRID: "var(--grid,#d9dde3)",
    PAPER: "var(--bg,#ffffff)",
}


@dataclass(frozen=True, slots=True)
class Hatch:
    """A hatched filling: `lines` in a tile of 8 x 8 points, light on `colour`, or coloured on paper where `open`.

    matplotlib's own hatches take 3 to 30 KB each, these 0.2.
    """

    colour: str
    lines: str
    open: bool = False


DIAGONAL, CROSSED, DOTTED, LEVEL, SOLID = (
    "M0 8L8 0M-2 2L2 -2M6 10L10 6",
    "M0 8L8 0M0 0L8 8",
    "M2 2h.1M6 6h.1",
    "M0 4H8",
    "",
)

_DEFAULTS = {"stroke-linejoin": "round", "stroke-linecap": "butt", "font-size": "9px", "fill": _INKS[INK]}
"""On the root, for everything that does not say otherwise."""

_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_LONG_NUMBER = re.compile(r"-?\d+\.\d{2,}")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a chart says to those who do not see it, and how its stand-in colours are filled.

    Attributes:
        title, description: what a screen reader says.
        tips: hover text by the gid of the artist it belongs to.
        hatches: by the colour that stands in for each.
    """

    title: str
    description: str
    tips: Mapping[str, str] = field(default_factory=dict)
    hatches: Mapping[str, Hatch] = field(default_factory=dict)


def inline(svg: str, name: str, meaning: Meaning) -> str:
    """The figure as an `<svg>` element for HTML.

    Args:
        svg: as matplotlib writes it with `svg.fonttype="none"`.
        name: prefix of every id, unique within the page.
    """
    root = ET.fromstring(svg.encode())
    _drop_namespaces(root)
    _drop_frames(root)
    for element in root.iter():
        _plain_attributes(element)
    _add_tips(root, meaning.tips)
    _add_hatches(root, meaning.hatches)
    _rename_ids(root, name)
    _describe(root, name, meaning)
    _flatten(root)
    return ET.tostring(root, encoding="unicode", short_empty_elements=True)


def _drop_namespaces(root: ET.Element) -> None:
    """HTML needs none, and `href` without a prefix is understood by every browser in use."""
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        for key in [key for key in element.attrib if "}" in key]:
            element.set(key.rpartition("}")[2], element.attrib.pop(key))


def _drop_frames(root: ET.Element) -> None:
    """Takes out metadata, the style sheet and the unfilled rectangles behind figure and axes."""
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in ("metadata", "style") or child.get("style") == "fill: none":
                parent.remove(child)
    root.attrib.update(_DEFAULTS)


def _plain_attributes(element: ET.Element) -> None:
    """`style` becomes presentation attributes, which a policy against inline CSS leaves alone."""
    for declaration in element.attrib.pop("style", "").split(";"):
        key, _, value = declaration.partition(":")
        if value and key.strip() != "font-family":
            element.set(key.strip(), value.strip())
    if "d" in element.attrib:
        element.set("d", _compact(element.attrib["d"]))
    if element.get("transform", "").startswith("rotate(-0 "):
        del element.attrib["transform"]
    for key in ("x", "y", "transform"):
        if key in element.attrib:
            element.set(key, _rounded(element.attrib[key]))
    for key in ("fill", "stroke"):
        if element.get(key) in _INKS:
            element.set(key, _INKS[element.attrib[key]])
    if element.tag == "text":
        for key in ("fill", "font-size"):
            if element.get(key) == _DEFAULTS[key]:
                del element.attrib[key]


def _compact(path: str) -> str:
    """The same path with one decimal, without the `L` that a line's further points may leave out."""
    words = _rounded(path).split()
    kept, last = [], ""
    for word in words:
        if not (word == last == "C") and (word != "L" or last not in ("M", "L")):
            kept.append(word)
        if word.isalpha():
            last = word
    return " ".join(kept)


def _rounded(text: str) -> str:
    return _LONG_NUMBER.sub(lambda match: f"{float(match.group()):.1f}".removesuffix(".0"), text)


def _add_tips(root: ET.Element, tips: Mapping[str, str]) -> None:
    for element in list(root.iter()):
        if element.get("id") in tips:
            tip = ET.Element("title")
            tip.text = tips[element.attrib["id"]]
            element.insert(0, tip)


def _add_hatches(root: ET.Element, hatches: Mapping[str, Hatch]) -> None:
    """Fills what was drawn in a stand-in colour with its pattern."""
    used: dict[str, Hatch] = {}
    for element in list(root.iter()):
        fill = element.get("fill", "")
        if fill in hatches:
            used[fill] = hatches[fill]
            element.set("fill", f"url(#hatch{fill[1:]})")
    if used:
        definitions = ET.SubElement(root, "defs")
        definitions.extend(_pattern(f"hatch{fill[1:]}", hatch) for fill, hatch in used.items())


def _pattern(pattern_id: str, hatch: Hatch) -> ET.Element:
    ground, line = (_INKS[PAPER], hatch.colour) if hatch.open else (hatch.colour, _INKS[PAPER])
    pattern = ET.Element("pattern", {"id": pattern_id, "width": "8", "height": "8", "patternUnits": "userSpaceOnUse"})
    ET.SubElement(pattern, "rect", {"width": "8", "height": "8", "fill": ground})
    stroke = {"stroke": line, "stroke-width": "1.6" if hatch.open else "0.9", "stroke-linecap": "square"}
    ET.SubElement(pattern, "path", {"d": hatch.lines, "fill": "none", **stroke})
    return pattern


def _rename_ids(root: ET.Element, name: str) -> None:
    """Ids that something refers to become short ones with the chart's name in front; the others go."""
    wanted = set(_REFERENCE.findall(ET.tostring(root, encoding="unicode")))
    wanted |= {element.get("href", "")[1:] for element in root.iter()}
    names: dict[str, str] = {}
    for element in root.iter():
        own = element.attrib.pop("id", None)
        if own in wanted and own is not None:
            names.setdefault(own, f"{name}-{len(names)}")
            element.set("id", names[own])
    for element in root.iter():
        if "href" in element.attrib:
            element.set("href", f"#{names[element.attrib['href'][1:]]}")
        for key in ("fill", "stroke", "clip-path"):
            if key in element.attrib:
                element.set(key, _REFERENCE.sub(lambda match: f"url(#{names[match[1]]})", element.attrib[key]))


def _describe(root: ET.Element, name: str, meaning: Meaning) -> None:
    for key in ("width", "height", "version"):
        root.attrib.pop(key, None)
    root.attrib.update({"role": "img", "class": "chart", "aria-labelledby": f"{name}-title {name}-desc"})
    for place, (tag, text) in enumerate((("title", meaning.title), ("desc", meaning.description))):
        element = ET.Element(tag, {"id": f"{name}-{tag}"})
        element.text = text
        root.insert(place, element)


def _flatten(root: ET.Element) -> None:
    """Attributes that all children of a group share move to the group; groups without attributes dissolve."""
    for group in list(root.iter("g")):
        uses = [child for child in group if child.tag == "use"]
        if len(uses) > 1 and len(uses) == len(group):
            _hoist(group, uses)
    for parent in list(root.iter()):
        parent.text = parent.text if parent.tag in ("text", "title", "desc") else None
        for child in parent:
            child.tail = None
        parent[:] = [inner for child in parent for inner in _dissolved(child)]


def _hoist(group: ET.Element, uses: list[ET.Element]) -> None:
    for key in ("fill", "stroke", "stroke-width", "stroke-linejoin", "fill-opacity", "opacity", "stroke-opacity"):
        values = {use.get(key) for use in uses}
        if len(values) == 1 and None not in values:
            group.set(key, values.pop() or "")
            for use in uses:
                del use.attrib[key]


def _dissolved(element: ET.Element) -> list[ET.Element]:
    if element.tag != "g" or element.attrib or any(child.tag == "title" for child in element):
        return [element]
    return [inner for child in element for inner in _dissolved(child)]

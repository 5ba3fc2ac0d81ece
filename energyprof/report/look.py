"""How variants and domains look in every chart: a colour, a marker, a hatch. Never by colour alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from energyprof.analysis.comparison import VariantResult
from energyprof.report.svg import CROSSED, DIAGONAL, DOTTED, LEVEL, SOLID, Hatch
from energyprof.report.text import shown

BLUE, VERMILLION, GREEN, PURPLE = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
"""The four of Okabe and Ito's eight (2008) that reach a contrast of 3:1 on white and on the dark page."""

IDLE_FILL = "#7d8794"
"""A grey with 3:1 on both pages."""

COLOURS = (BLUE, VERMILLION, GREEN, PURPLE)

MARKERS = ("o", "s", "D", "^", "v", "P", "X", "<", ">", "p", "h", "*")


@dataclass(frozen=True, slots=True)
class Look:
    """A variant's colour stands for its model, its marker for the rest of how it was built.

    Attributes:
        model, build: what the two say, for a legend.
    """

    colour: str
    marker: str
    model: str
    build: str


_METERED = {
    "gpu": Hatch(VERMILLION, SOLID),
    "module": Hatch(VERMILLION, LEVEL),
    "cpu": Hatch(BLUE, DIAGONAL),
    "core": Hatch(BLUE, LEVEL),
    "dram": Hatch(GREEN, DOTTED),
    "idle": Hatch(IDLE_FILL, CROSSED),
    "other": Hatch(PURPLE, LEVEL),
}
_ESTIMATED = {kind: Hatch(hatch.colour, hatch.lines or LEVEL, open=True) for kind, hatch in _METERED.items()}

HATCHES = {
    f"#06{number:02d}{place:02d}": hatch
    for number, table in enumerate((_METERED, _ESTIMATED))
    for place, hatch in enumerate(table.values())
}
"""Every hatching by the colour that stands in for it while drawing."""


def looks(variants: Iterable[VariantResult]) -> dict[str, Look]:
    """The look of each variant by name; no two share both colour and marker while the markers last."""
    models: list[str] = []
    builds: list[str] = []
    found: dict[str, Look] = {}
    for variant in variants:
        model, build = model_of(variant), build_of(variant)
        colour = COLOURS[_place(models, model) % len(COLOURS)]
        taken = {look.marker for look in found.values() if look.colour == colour}
        first = _place(builds, build)
        marker = next((each for each in _from(first) if each not in taken), MARKERS[first % len(MARKERS)])
        found[variant.record.name] = Look(colour, marker, model, build)
    return found


def fill(kind: str, *, estimated: bool) -> str:
    """The stand-in colour for a domain kind's joules in a bar; open hatching where they are not metered."""
    place = list(_METERED).index(kind if kind in _METERED else "other")
    return f"#06{int(estimated):02d}{place:02d}"


def model_of(variant: VariantResult) -> str:
    """The model's name, or the variant's where it never loaded."""
    description = variant.record.description
    return shown(description.model if description else variant.record.name)


def build_of(variant: VariantResult) -> str:
    """Backend, precision, device and batch in few words: "onnx int8", "torch bf16 cuda:0, batch 32"."""
    description = variant.record.description
    if description is None:
        return ""
    words = [description.backend, description.precision, "" if description.device == "cpu" else description.device]
    batch = f", batch {variant.record.batch_size}" if variant.record.batch_size != 1 else ""
    return shown(" ".join(word for word in words if word) + batch)


def _place(names: list[str], name: str) -> int:
    if name not in names:
        names.append(name)
    return names.index(name)


def _from(first: int) -> list[str]:
    start = first % len(MARKERS)
    return [*MARKERS[start:], *MARKERS[:start]]

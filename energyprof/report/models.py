"""What ran: the runtime, licence and weights of each variant, and how far its outputs are from PyTorch's."""

from __future__ import annotations

from dataclasses import dataclass

from energyprof.analysis.comparison import Comparison
from energyprof.model.run import ModelDescription
from energyprof.report import figures
from energyprof.report.text import shown

NONE = "–"
"""PyTorch in fp32 is what the others are held against."""


@dataclass(frozen=True, slots=True)
class ModelLine:
    """One variant that was loaded.

    Attributes:
        parity: largest absolute difference of its outputs to PyTorch's in fp32, on a few inputs.
    """

    name: str
    runtime: str
    weights: str
    licence: str
    parity: str


@dataclass(frozen=True, slots=True)
class Remark:
    """What a reader must know of some variants."""

    variants: list[str]
    text: str


def model_lines(comparison: Comparison) -> list[ModelLine]:
    """One line for each variant that was loaded, in the profile's order."""
    records = [variant.record for variant in comparison.variants]
    return [_line(record.name, record.description) for record in records if record.description is not None]


def _line(name: str, description: ModelDescription) -> ModelLine:
    return ModelLine(
        name=shown(name),
        runtime=shown(description.runtime or figures.UNKNOWN),
        weights=description.weights,
        licence=shown(description.licence or figures.UNKNOWN),
        parity=_parity(description),
    )


def remarks(comparison: Comparison) -> list[Remark]:
    """What the backends remarked, each sentence once with all variants that it is about."""
    names: dict[str, list[str]] = {}
    for record in (variant.record for variant in comparison.variants):
        for note in record.description.notes if record.description is not None else []:
            names.setdefault(shown(note), []).append(shown(record.name))
    return [Remark(variants, text) for text, variants in names.items()]


def _parity(description: ModelDescription) -> str:
    if description.parity is not None:
        return f"{description.parity:.1g}"
    return NONE if (description.backend, description.precision) == ("torch", "fp32") else figures.UNKNOWN

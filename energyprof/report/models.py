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
        remarks: what a reader must know of it, as sentences.
    """

    name: str
    runtime: str
    weights: str
    licence: str
    parity: str
    remarks: list[str]


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
        remarks=[shown(note) for note in description.notes],
    )


def _parity(description: ModelDescription) -> str:
    if description.parity is not None:
        return f"{description.parity:.1g}"
    return NONE if (description.backend, description.precision) == ("torch", "fp32") else figures.UNKNOWN

"""Whether the parts of a profile fit each other: model and task, precision, device and backend. Nothing is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from energyprof.backends import catalogue as backends
from energyprof.model.errors import InvalidValue
from energyprof.model.workload import Kind
from energyprof.tasks import catalogue as tasks
from energyprof.zoo import catalogue as zoo

if TYPE_CHECKING:
    from energyprof.runner.profile import ProfileFile, VariantSettings


def misfits(profile: ProfileFile, base: Path) -> list[str]:
    """One sentence for each variant that could not run on any machine, with the key and the remedy.

    Args:
        base: what a model's folder is relative to.
    """
    kind = tasks.get(profile.task).kind
    found = [
        (place, _wrong_model(variant, profile.task, kind, base) or _wrong_placement(variant, kind))
        for place, variant in enumerate(profile.variants, start=1)
    ]
    return [f"[[variants]] number {place}: {sentence}" for place, sentence in found if sentence is not None]


def _wrong_model(variant: VariantSettings, task: str, kind: Kind, base: Path) -> str | None:
    try:
        own = zoo.kind(variant.model, base=base)
    except InvalidValue as error:
        return f"`model`: {error}"
    if own is None or own == kind:
        return None
    return (
        f'`model` = "{variant.model}" is a model for {own}, but the task "{task}" is {kind}; use a model of that kind.'
    )


def _wrong_placement(variant: VariantSettings, kind: Kind) -> str | None:
    supported = backends.precisions(variant.backend, kind, variant.device)
    if not supported:
        return (
            f'`device` = "{variant.device}" is not used by backend "{variant.backend}"; use "cpu", or another backend.'
        )
    if variant.precision in supported:
        return None
    listed = ", ".join(f'"{precision}"' for precision in supported)
    return (
        f'`precision` = "{variant.precision}" is not what backend "{variant.backend}" runs for {kind} on '
        f"{variant.device}; use one of {listed}, or another backend or device."
    )

"""CO2e and water of the same joules on several grids: small against large."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from energyprof.footprint.assess import Footprint
from energyprof.footprint.grid import Accounting
from energyprof.model.quantity import Quantity
from energyprof.report import figures, forest, look
from energyprof.report.assessment import Assessment, GridFootprints
from energyprof.report.canvas import Chart
from energyprof.report.figures import Scale
from energyprof.report.text import plural, shortened, shown, unit_noun

COUNTED: dict[Accounting, str] = {
    "lifecycle": "lifecycle emissions",
    "direct": "direct emissions of combustion only",
    "CO2 only": "CO₂ of combustion only",
    "mixed": "lifecycle emissions, but oil by its combustion only",
    "as given": "what the number that you gave counts, which is not known here",
}

_HEADING_LENGTH = 16

Impact = Callable[[Footprint], Quantity]


@dataclass(frozen=True, slots=True)
class Side:
    """The small or the large side of the comparison."""

    name: str
    colour: str
    marker: str
    footprint: Callable[[GridFootprints], Footprint | None]


def carbon_chart(assessment: Assessment) -> Chart | None:
    """CO2e by grid; None where no joules are known."""
    sides, grids = _sides(assessment), _like_for_like(assessment.grids)
    rows = _rows([(_counted(grid), grid) for grid in grids], sides, (lambda footprint: footprint.co2e,), figures.GRAMS)
    if not rows:
        return None
    return Chart(
        "carbon",
        "CO₂e by electricity grid",
        _carbon_caption(assessment, grids),
        forest.draw(_forest("carbon", f"CO₂e per million {_units(assessment)}", sides, rows, figures.GRAMS)),
    )


def water_chart(assessment: Assessment) -> Chart | None:
    """Water by grid, with and without the evaporation of reservoirs; None where no joules are known."""
    sides = _sides(assessment)
    impacts: tuple[Impact, ...] = (_water_without_hydro, lambda footprint: footprint.water_with_hydro)
    rows = _rows([(_named(grid), grid) for grid in assessment.grids], sides, impacts, figures.LITRES)
    if not rows:
        return None
    return Chart(
        "water",
        "Water by electricity grid",
        f"{_onsite_sentence(assessment)} Filled: without the evaporation of hydropower's reservoirs. Open: with it. "
        "How much of it hydropower answers for is contested, so both are shown. The figures on the right are without.",
        forest.draw(_forest("water", f"Water per million {_units(assessment)}", sides, rows, figures.LITRES)),
    )


def _like_for_like(grids: list[GridFootprints]) -> list[GridFootprints]:
    """The grids whose intensity counts what that of the first counts, which is the site's own where it is known."""
    return [grid for grid in grids if grid.accounting == grids[0].accounting]


def _carbon_caption(assessment: Assessment, grids: list[GridFootprints]) -> str:
    whiskers = "Thin whiskers span the range that energyprof estimates for {} together with the interval of the energy."
    if len(grids) == len(assessment.grids):
        return (
            "The same joules everywhere: only the electricity differs. "
            f"{whiskers.format('the intensity of each grid')} "
            "A clean grid shrinks both sides, not their ratio."
        )
    left_out = (
        f"Your grid alone: its intensity counts {COUNTED[grids[0].accounting]}, those of the other grids lifecycle "
        "emissions, so side by side a dirtier grid could look cleaner."
    )
    if grids[0].accounting == "as given":
        return f"{left_out} Your number is taken as exact, so the whiskers are those of the energy."
    return f"{left_out} {whiskers.format('its intensity')}"


def _named(grid: GridFootprints) -> str:
    return shown(grid.label) + (" (yours)" if grid.own else "")


def _counted(grid: GridFootprints) -> str:
    """The grid with what its intensity counts; a number that was given counts what the giver knows."""
    if grid.accounting == "as given":
        return _named(grid)
    return f"{shown(grid.label)} ({'yours, ' if grid.own else ''}{grid.accounting})"


def _units(assessment: Assessment) -> str:
    return plural(unit_noun(assessment.comparison.run.profile.unit))


def _onsite_sentence(assessment: Assessment) -> str:
    wue = assessment.site.wue_l_per_kwh
    if wue == 0:
        return "Water consumed by power plants; on site none, as on a desk (WUE 0)."
    return f"Water consumed by power plants, and on site by cooling (WUE {wue:g} L/kWh)."


def _water_without_hydro(footprint: Footprint) -> Quantity:
    return footprint.water


def _sides(assessment: Assessment) -> list[Side]:
    looks = look.looks(assessment.comparison.variants)
    pairs = [(assessment.subject, _of_subject), (assessment.baseline, _of_baseline)]
    sides: list[Side] = []
    for variant, footprint in pairs:
        if (
            variant is None
            or variant.energy_per_task.value is None
            or any(side.name == variant.record.name for side in sides)
        ):
            continue
        appearance = looks[variant.record.name]
        sides.append(Side(variant.record.name, appearance.colour, appearance.marker, footprint))
    return sides


def _of_subject(grid: GridFootprints) -> Footprint | None:
    return grid.subject


def _of_baseline(grid: GridFootprints) -> Footprint | None:
    return grid.baseline


def _rows(
    grids: list[tuple[str, GridFootprints]], sides: list[Side], impacts: tuple[Impact, ...], scales: tuple[Scale, ...]
) -> tuple[forest.Row, ...]:
    rows = [_row(label, grid, sides, impacts, scales) for label, grid in grids]
    return tuple(row for row in rows if any(dot.quantity.value is not None for lane in row.lanes for dot in lane))


def _row(
    label: str, grid: GridFootprints, sides: list[Side], impacts: tuple[Impact, ...], scales: tuple[Scale, ...]
) -> forest.Row:
    lanes, cells = [], []
    for side in sides:
        footprint = side.footprint(grid)
        quantities = [figures.per_million(impact(footprint)) for impact in impacts] if footprint else []
        texts = [figures.figure(quantity, scales) for quantity in quantities]
        lanes.append(
            tuple(
                forest.Dot(quantity, side.colour, side.marker, f"{shown(side.name)}, {label}: {text}", hollow=place > 0)
                for place, (quantity, text) in enumerate(zip(quantities, texts, strict=True))
            )
        )
        cells.append(texts[0].value if texts else figures.UNKNOWN)
    return forest.Row(label, tuple(lanes), tuple(cells))


def _forest(
    name: str, x_label: str, sides: list[Side], rows: tuple[forest.Row, ...], scales: tuple[Scale, ...]
) -> forest.Forest:
    spoken = "; ".join(f"{row.label} {' and '.join(row.cells)}" for row in rows)
    names = [shortened(shown(side.name), _HEADING_LENGTH) for side in sides]
    keys = tuple((side.colour, side.marker) for side in sides)
    description = f"Dots with ranges for {' and '.join(names)}. {spoken}."
    return forest.Forest(
        name, f"{x_label}, by electricity grid", description, x_label, scales, tuple(names), rows, keys=keys
    )

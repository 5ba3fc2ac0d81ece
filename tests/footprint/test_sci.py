"""The worked examples of the specifications, and what they forbid."""

from __future__ import annotations

import pytest

from energyprof.footprint.device import given_device
from energyprof.footprint.factor import given
from energyprof.footprint.formula import central, used, with_overrides
from energyprof.footprint.sci import UNITS, Reservation, embodied_g, operational_g, sci, sci_for_ai
from energyprof.model.errors import InvalidValue

PUE = given("site.pue", 1.0, "ratio")
YEARS_4 = given("lifetime.datacentre", 4.0, "years")
KILOGRAM = 1000.0


def hour_of(kg, reserved=1.0, total=1.0):
    """M of a device of `kg` that lives four years and was reserved for an hour."""
    held = Reservation(given_device(kg), given("task.reserved", 3600.0, "s"), reserved, total)
    return with_overrides(embodied_g([held]), [YEARS_4])


def grams(value):
    return lambda pick: value


def of_kwh(kwh, g_per_kwh):
    return operational_g(given("task.energy", kwh * 3.6e6, "J"), PUE, given("grid.given", g_per_kwh, "g/kWh"))


def test_the_time_share_of_the_specification():
    """SPEC.md, Embodied emissions: 1000 kg over four years, one hour: "1000 * 1/(4*365*24) or around 28 g"."""
    assert central(hour_of(1000)) == pytest.approx(28, abs=0.6)
    assert central(hour_of(1000)) == pytest.approx(1000 * KILOGRAM / (4 * 365 * 24))


def test_the_application_server_of_the_eshoppen_case_study():
    """0.0656 kWh at 951 g/kWh; 1205.52 kg, 2 of 16 vCPUs, an hour of 35,040. Printed: M 4.305 g, SCI 66.6906 g.

    The printed M is rounded up from 4.3005 g.
    """
    score = sci(of_kwh(0.0656, 951), hour_of(1205.52, 2, 16), 1, unit="500 users", boundary="application server")
    assert central(score.embodied) == pytest.approx(4.305, rel=0.0011)
    assert central(score.grams) == pytest.approx(66.6906, rel=1e-4)


def test_the_database_server_of_the_eshoppen_case_study():
    """0.048 kWh at 951 g/kWh; 1433.12 kg, 2 of 16 vCPUs. Printed: M 5.112 g, SCI 50.76 g."""
    score = sci(of_kwh(0.048, 951), hour_of(1433.12, 2, 16), 1, unit="500 users", boundary="database server")
    assert central(score.embodied) == pytest.approx(5.112, abs=0.001)
    assert central(score.grams) == pytest.approx(50.76, abs=0.001)


def test_the_client_of_the_eshoppen_case_study():
    """350 kg, all of it, an hour. Printed: M 9.98 g."""
    assert central(hour_of(350)) == pytest.approx(9.98, abs=0.01)


def test_sci_for_ai_of_a_language_model():
    """SPEC.md 9.1.1: 5,000 + 1,500 kg a week over 50e9 tokens, printed as 0.13 g per million tokens; it is 130 g."""
    o, m = grams(5000 * KILOGRAM), grams(1500 * KILOGRAM)
    score = sci_for_ai(o, m, 50e9, system="LLM", boundary="inference, gateways, monitoring, storage")
    assert score.unit == "g/token"
    assert 1e6 * central(score.grams) == pytest.approx(130)
    assert 1e6 * central(score.operational) == pytest.approx(100)
    assert 1e6 * central(score.embodied) == pytest.approx(30)


def test_sci_for_ai_of_a_classifier():
    """SPEC.md 9.2.1: 3,200 kg a month over 40 million inferences: 0.08 g."""
    score = sci_for_ai(grams(3200 * KILOGRAM), grams(0), 40e6, system="classical", boundary="runtime operations")
    assert central(score.grams) == pytest.approx(0.08)


def test_the_provider_examples_by_the_general_score():
    """SPEC.md 9.1.2 and 9.2.2, whose quotients are printed a thousand times too small in their last step:
    200,000 kg / 5e22 FLOP = 4e-18 kg = 4 kg per 1e18 FLOP; 75,000 kg / 2.5e9 = 30,000 kg per 1e9 parameters."""
    flop = sci(grams(180_000 * KILOGRAM), grams(20_000 * KILOGRAM), 5e22, unit="FLOP", boundary="provider")
    assert central(flop.grams) / KILOGRAM == pytest.approx(4e-18)
    assert 1e18 * central(flop.grams) / KILOGRAM == pytest.approx(4)
    parameter = sci(grams(75_000 * KILOGRAM), grams(0), 2.5e9, unit="parameter", boundary="provider")
    assert 1e9 * central(parameter.grams) / KILOGRAM == pytest.approx(30_000)


def test_the_energy_holds_the_building():
    pue = given("site.pue", 1.5, "ratio")
    o = operational_g(given("task.energy", 3.6e6, "J"), pue, given("grid.given", 100.0, "g/kWh"))
    assert central(o) == pytest.approx(150)


def test_embodied_carbon_by_the_standard_counts_the_calendar_and_no_active_fraction():
    assert "active.datacentre" not in {factor.id for factor in used(hour_of(1000))}


def test_parts_of_a_score_add_up():
    score = sci(of_kwh(2, 400), hour_of(1000), 100, unit="request", boundary="inference")
    assert central(score.grams) == pytest.approx(central(score.operational) + central(score.embodied))


@pytest.mark.parametrize("signal", ["market-based", "free"])
def test_no_market_instrument_lowers_a_score(signal):
    with pytest.raises(InvalidValue, match="SCI takes no market-based intensity"):
        operational_g(given("e", 1.0, "J"), PUE, given("i", 1.0, "g/kWh"), signal=signal)


@pytest.mark.parametrize("signal", ["average", "long-run marginal", "short-run marginal"])
def test_average_and_marginal_intensities_are_admitted(signal):
    assert operational_g(given("e", 1.0, "J"), PUE, given("i", 1.0, "g/kWh"), signal=signal)


@pytest.mark.parametrize("units", [0, -1, float("nan"), float("inf")])
def test_a_score_without_units_is_refused(units):
    with pytest.raises(InvalidValue, match="rate per functional unit"):
        sci(grams(1), grams(1), units, unit="token", boundary="inference")


@pytest.mark.parametrize(("unit", "boundary"), [("", "inference"), ("token", " ")])
def test_a_score_names_its_unit_and_its_boundary(unit, boundary):
    with pytest.raises(InvalidValue, match="functional unit and its software boundary"):
        sci(grams(1), grams(1), 1, unit=unit, boundary=boundary)


@pytest.mark.parametrize(("reserved", "total"), [(0, 1), (3, 2), (-1, 2), (1, float("inf")), (float("nan"), 1)])
def test_a_share_above_the_whole_is_refused(reserved, total):
    with pytest.raises(InvalidValue, match="cannot be reserved"):
        hour_of(1000, reserved, total)


def test_a_negative_time_is_refused():
    with pytest.raises(InvalidValue, match="below 0"):
        Reservation(given_device(1), given("t", -1.0, "s"))


def test_a_consumers_boundary_says_what_it_leaves_out():
    score = sci_for_ai(grams(1), grams(1), 1, system="agent", boundary="inference on the measured machine")
    assert score.unit == "g/execution"
    for part in ("inference on the measured machine", "orchestration", "training", "location-based"):
        assert part in score.boundary
    with pytest.raises(InvalidValue, match="names no functional unit"):
        sci_for_ai(grams(1), grams(1), 1, system="oracle", boundary="x")
    assert set(UNITS.values()) == {"token", "image", "second", "execution", "page", "inference"}

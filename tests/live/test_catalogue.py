"""What is asked for by name, and what is said before anything is measured where it cannot be had."""

from __future__ import annotations

from importlib.util import find_spec

import pytest
from live.recorded import RecordedClient

from energyprof.live.catalogue import OFFERS, Wanted, provider, wanted
from energyprof.model.errors import InvalidValue, UnknownName

TOKENS = {
    "ELECTRICITYMAPS_TOKEN": "t",
    "WATTTIME_USER": "u",
    "WATTTIME_PASSWORD": "p",
    "ENTSOE_API_KEY": "k",
    "EIA_API_KEY": "k",
}


def test_a_service_and_its_zone_are_parted_by_a_colon() -> None:
    assert wanted("electricity-maps:US-CAL-CISO") == Wanted("electricity-maps", "US-CAL-CISO")
    assert wanted("neso") == wanted("neso:GB") == Wanted("neso", "GB")


def test_an_unknown_service_has_its_nearest_name() -> None:
    with pytest.raises(UnknownName, match="Did you mean electricity-maps"):
        wanted("electricitymaps:FR")
    with pytest.raises(UnknownName, match="Use one of electricity-maps, neso, watttime, entsoe, eia"):
        wanted("")


@pytest.mark.parametrize(
    "text", ["electricity-maps", "watttime:", "neso:FR", "eia:../../x", "entsoe:F R", "eia:\x1b[2J", "eia:" + "x" * 33]
)
def test_a_zone_that_cannot_be_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidValue, match="Name one, such as ") as refusal:
        wanted(text)
    assert "\x1b" not in str(refusal.value)


@pytest.mark.parametrize("service", [name for name, offer in OFFERS.items() if offer.variables])
def test_a_missing_token_names_its_variable_and_where_to_get_one(service: str) -> None:
    offer = OFFERS[service]
    with pytest.raises(InvalidValue, match=f"{offer.variables[-1]} is not set, so nothing was measured") as refusal:
        provider(wanted(f"{service}:{offer.example}"), {**TOKENS, offer.variables[-1]: " "}, RecordedClient({}))
    assert offer.url in str(refusal.value)
    assert refusal.value.exit_code == 2


def test_a_token_that_cannot_be_one_is_refused_and_not_told() -> None:
    with pytest.raises(InvalidValue, match="holds characters that no token has") as refusal:
        provider(wanted("electricity-maps:FR"), {"ELECTRICITYMAPS_TOKEN": "s3cret\r\nHost: x"}, RecordedClient({}))
    assert "s3cret" not in str(refusal.value)


@pytest.mark.parametrize("service", OFFERS)
def test_with_its_token_a_service_is_made_or_names_the_extra_it_needs(service: str) -> None:
    offer = OFFERS[service]
    asked = wanted(f"{service}:{offer.example}")
    if offer.extra is None or find_spec(offer.extra[1]):
        assert callable(provider(asked, TOKENS, RecordedClient({})).readings)
    else:
        with pytest.raises(InvalidValue, match=rf"pip install energyprof\[{service}\]"):
            provider(asked, TOKENS, RecordedClient({}))

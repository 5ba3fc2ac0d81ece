"""A profile file: what to compare, on which task, for how long. Read from TOML and checked before anything runs."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from energyprof.footprint.factor import Factor
from energyprof.model.errors import EnergyprofError, InvalidProfile
from energyprof.model.names import nearest
from energyprof.runner.fit import misfits

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""What a profile may be called: its name becomes a folder."""

MIN_TRIALS = 10
"""Fewer trials make an interval that covers less often than it says (simulated: 90 % instead of 95 % at 3)."""

Text = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$")]
"""One line that is not empty and cannot steer a terminal."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class QualitySettings(_Section):
    """`[quality]`: how much quality may be lost."""

    margin: float = Field(ge=0, description="the loss of quality that is still good enough, in the metric's unit")


class TrialSettings(_Section):
    """`[trials]`: how long and how often is measured."""

    min: int = Field(
        default=MIN_TRIALS, ge=MIN_TRIALS, description=f"trials before the first check, at least {MIN_TRIALS}"
    )
    max: int = Field(default=60, ge=MIN_TRIALS, le=10_000, description="trials after which measuring a variant ends")
    seconds: float = Field(default=1.0, gt=0, le=3600, description="seconds that one trial should last")
    half_width: float = Field(default=0.02, gt=0, lt=1, description="relative half-width at which a variant is done")
    budget_s: float | None = Field(
        default=None,
        gt=0,
        description="seconds of trials after which the run ends; preparing, loading and scoring are not counted",
    )
    seed: int = Field(default=0, ge=0, description="a whole number from 0, which decides the order of trials and items")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.max < self.min:
            raise _problem(f"[trials]: `max` = {self.max} is below `min` = {self.min}; raise `max` or lower `min`")
        return self


class GridSettings(_Section):
    """`[grid]`: where the electricity comes from and what the building adds."""

    zone: str | float | None = Field(
        default=None, description='a country such as "FRA", a region such as "US-CA", or a number of g CO2e per kWh'
    )
    pue: float = Field(default=1.0, description="total energy of the building over that of the machines, 1.0 or more")
    wue_l_per_kwh: float = Field(default=0.0, description="litres of water evaporated on site per kWh of the machines")
    hydro_l_per_kwh: float = Field(default=0.0, description="evaporation of hydropower's reservoirs, 0 or 17")
    market_g_per_kwh: float | None = Field(
        default=None, description="g CO2e per kWh by the site's contracts, a number of 0 or more"
    )
    electricity_price: str | None = Field(
        default=None, description='the price of a kWh with its currency, such as "0.25EUR"'
    )
    live: Text | None = Field(
        default=None, description='a service and a zone of it that is asked over HTTP, such as "electricity-maps:FR"'
    )

    @field_validator("live")
    @classmethod
    def _known_service(cls, live: str | None) -> str | None:
        from energyprof.live.catalogue import wanted

        try:
            if live is not None:
                wanted(live)
        except EnergyprofError as error:
            raise _problem(f"`live`: {error}") from error
        return live

    @model_validator(mode="after")
    def _known(self) -> Self:
        from energyprof.footprint.cost import given_electricity_price
        from energyprof.footprint.site import Site

        try:
            if self.electricity_price is not None:
                given_electricity_price(self.electricity_price)
            Site(
                self.zone,
                self.pue,
                self.wue_l_per_kwh,
                self.hydro_l_per_kwh,
                market_g_per_kwh=self.market_g_per_kwh,
            )
        except EnergyprofError as error:
            raise _problem(f"[grid]: {error}") from error
        return self


class HardwareSettings(_Section):
    """`[hardware]`: what a task holds while it runs, for embodied carbon and for what that costs."""

    devices: list[str] = Field(
        default_factory=list, description='names of devices with their share, such as ["h100-sxm", "server=0.125"]'
    )
    price_per_hour: str | None = Field(
        default=None, description='the price of all of it with its currency, such as "2.10USD"'
    )

    @model_validator(mode="after")
    def _known(self) -> Self:
        from energyprof.footprint.cost import given_device_price
        from energyprof.footprint.embodied import holding_from_text

        try:
            for device in self.devices:
                holding_from_text(device)
            if self.price_per_hour is not None:
                given_device_price(self.price_per_hour)
        except EnergyprofError as error:
            raise _problem(f"[hardware]: {error}") from error
        return self


class VariantSettings(_Section):
    """One `[[variants]]` table: a model x backend x precision x device."""

    name: Text = Field(max_length=80, description="what the report calls this variant")
    model: Text = Field(description="a model of the zoo, a folder relative to the profile, or a Hugging Face Hub id")
    backend: Text = Field(description='the runtime: "torch" or "onnx"')
    precision: Literal["fp32", "bf16", "fp16", "int8", "int4"] = Field(
        default="fp32", description='one of "fp32", "bf16", "fp16", "int8", "int4"'
    )
    device: str = Field(default="cpu", pattern=r"^(cpu|cuda:\d+)$", description='"cpu" or "cuda:0"')
    threads: int = Field(default=1, ge=1, le=1024, description="CPU threads the backend may use, a whole number from 1")
    batch_size: int = Field(default=1, ge=1, le=65536, description="items asked for in one call, a whole number from 1")

    @field_validator("model")
    @classmethod
    def _known_model(cls, model: str, info: ValidationInfo) -> str:
        from energyprof.zoo.catalogue import names
        from energyprof.zoo.folder import is_hub_id

        base = (info.context or {}).get("base", Path())
        if (base / Path(model).expanduser()).is_dir() or is_hub_id(model):
            return model
        return _one_of(model, names(), "model", f"use a folder below {base}, a Hub id, or one of ")

    @field_validator("backend")
    @classmethod
    def _known_backend(cls, backend: str) -> str:
        from energyprof.backends.catalogue import names

        return _one_of(backend, names(), "backend")


class ProfileFile(_Section):
    """The whole file, key by key."""

    title: Text = Field(description="the heading of the report")
    question: Text | None = Field(default=None, description="one sentence that says what the report answers")
    task: Text = Field(description="the name of a task")
    baseline: Text = Field(description="the name of the variant that the others are held against")
    quality: QualitySettings | None = Field(default=None, description="a `[quality]` table with `margin`")
    trials: TrialSettings = Field(default_factory=TrialSettings, description="a `[trials]` table")
    grid: GridSettings = Field(default_factory=GridSettings, description="a `[grid]` table")
    hardware: HardwareSettings = Field(default_factory=HardwareSettings, description="a `[hardware]` table")
    sensors: list[str] | None = Field(
        default=None, min_length=1, description='names of sensors, such as ["rapl", "plug"]; left out: all that work'
    )
    factors: tuple[Factor, ...] = Field(
        default=(), description='a `[factors]` table of ids and numbers, or the path of a CSV table, "mine.csv"'
    )
    variants: list[VariantSettings] = Field(description="one `[[variants]]` table for each variant", min_length=1)

    @model_validator(mode="wrap")
    @classmethod
    def _named_building(cls, shape: Any, check: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        """A data centre's name in `[grid]` gives the number, and its range among the factors."""
        from energyprof.footprint.overrides import first_of

        shape, named = _with_building(shape, (info.context or {}).get("file", "profile"))
        checked = check(shape)
        return checked.model_copy(update={"factors": first_of(checked.factors, named)}) if named else checked

    @field_validator("task")
    @classmethod
    def _known_task(cls, task: str) -> str:
        from energyprof.tasks.catalogue import names

        return _one_of(task, names(), "task")

    @field_validator("sensors")
    @classmethod
    def _known_sensors(cls, sensors: list[str] | None) -> list[str] | None:
        from energyprof.sensors.discovery import NAMES

        return sensors and [_one_of(name, NAMES, "sensors") for name in sensors]

    @field_validator("factors", mode="before")
    @classmethod
    def _known_factors(cls, shape: object, info: ValidationInfo) -> object:
        from energyprof.footprint.overrides import factors_from_mapping

        if not isinstance(shape, str | Mapping):
            return shape
        context = info.context or {}
        try:
            return factors_from_mapping(shape, context.get("file", "profile"), context.get("base", Path()))
        except EnergyprofError as error:
            raise _problem(f"[factors]: {error}") from error

    @field_validator("variants")
    @classmethod
    def _distinct_names(cls, variants: list[VariantSettings]) -> list[VariantSettings]:
        names = [variant.name for variant in variants]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise _problem(f"[[variants]]: `name` = {_listed(twice)} is used twice; give each variant its own")
        return variants

    @model_validator(mode="after")
    def _baseline_exists(self) -> Self:
        names = [variant.name for variant in self.variants]
        if self.baseline not in names:
            raise _problem(f'`baseline` = "{self.baseline}" is no variant; use one of {_listed(names)}')
        return self


def _with_building(shape: Any, file: str) -> tuple[Any, list[Factor]]:
    """The shape of a file with numbers where its `[grid]` names a data centre, and what the names stand for."""
    from energyprof.footprint.data_centre import pue_of, wue_of

    grid = shape.get("grid") if isinstance(shape, Mapping) else None
    if not isinstance(grid, Mapping):
        return shape, []
    found: dict[str, Factor] = {}
    try:
        for key, look_up in (("pue", pue_of), ("wue_l_per_kwh", wue_of)):
            if isinstance(name := grid.get(key), str):
                found[key] = look_up(name, file)
    except EnergyprofError as error:
        raise _problem(f"[grid]: {error}") from error
    numbers = {key: factor.value for key, factor in found.items()}
    return {**shape, "grid": {**grid, **numbers}}, list(found.values())


class Profile(ProfileFile):
    """A profile file with what surrounds it.

    Attributes:
        name: the file's name without ".toml"; the folder of the results.
        path: of the file; model folders are relative to its folder.
        sha256: of the file's bytes.
    """

    name: str
    path: Path
    sha256: str

    def with_options(
        self,
        *,
        zone: str | float | None = None,
        pue: float | None = None,
        wue_l_per_kwh: float | None = None,
        hydro_l_per_kwh: float | None = None,
        market_g_per_kwh: float | None = None,
        devices: list[str] | None = None,
        electricity_price: str | None = None,
        price_per_hour: str | None = None,
        factors: tuple[Factor, ...] | None = None,
        budget_s: float | None = None,
        seed: int | None = None,
        sensors: list[str] | None = None,
        live: str | None = None,
    ) -> Profile:
        """The same profile with what was given on the command line in place of what the file says."""
        site = {
            "zone": zone,
            "pue": pue,
            "wue_l_per_kwh": wue_l_per_kwh,
            "hydro_l_per_kwh": hydro_l_per_kwh,
            "market_g_per_kwh": market_g_per_kwh,
            "electricity_price": electricity_price,
            "live": live,
        }
        held = {"devices": devices, "price_per_hour": price_per_hour}
        grid = _overlaid("grid", self.grid, site)
        hardware = _overlaid("hardware", self.hardware, held)
        trials = _overlaid("trials", self.trials, {"budget_s": budget_s, "seed": seed})
        chosen = self.sensors if sensors is None else sensors
        replaced = {"site.pue": pue, "site.wue": wue_l_per_kwh}
        kept = tuple(factor for factor in self.factors if replaced.get(factor.id) is None)
        given = kept if factors is None else factors
        return self.model_copy(
            update={"grid": grid, "hardware": hardware, "trials": trials, "sensors": chosen, "factors": given}
        )


def load_profile(path: Path) -> Profile:
    """The checked profile of a TOML file.

    Raises:
        InvalidProfile: one line for each problem, with the file, the key and the remedy.
    """
    raw = _read(path)
    shape = _parsed(raw, path)
    if not NAME.fullmatch(path.stem):
        raise InvalidProfile(
            f"{path}: the file's name becomes a folder, so only letters, digits, '.', '_' and '-' may be in it."
        )
    try:
        checked = ProfileFile.model_validate(shape, context={"base": path.parent, "file": path.name})
    except ValidationError as error:
        lines = dict.fromkeys(f"{path}: {_sentence(problem)}" for problem in error.errors())
        raise InvalidProfile("\n".join(lines)) from error
    unfit = [f"{path}: {sentence}" for sentence in misfits(checked, path.parent)]
    if unfit:
        raise InvalidProfile("\n".join(unfit))
    surroundings = {"name": path.stem, "path": path, "sha256": hashlib.sha256(raw).hexdigest()}
    return Profile.model_validate(dict(checked) | surroundings)


def _read(path: Path) -> bytes:
    if path.is_dir():
        raise InvalidProfile(f"{path} is a folder, not a profile; name a TOML file, such as {path}/*.toml.")
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        near = nearest(path.name, (other.name for other in path.parent.glob("*.toml")))
        hint = f"did you mean {path.parent / near[0]}?" if near else "check its name."
        raise InvalidProfile(f"{path} does not exist; {hint}") from error
    except OSError as error:
        raise InvalidProfile(f"{path} cannot be read ({error.strerror}); check its path and permissions.") from error


def _parsed(raw: bytes, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InvalidProfile(f"{path}: line {line} is not UTF-8, as TOML must be; save the file as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise InvalidProfile(f"{path} is not TOML: {error}; mend that line.") from error


def _overlaid(name: str, section: _Section, given: Mapping[str, Any]) -> _Section:
    """The section `name` with the given values; raises InvalidProfile for one that it refuses."""
    changes = {key: value for key, value in given.items() if value is not None}
    try:
        return type(section).model_validate(dict(section) | changes)
    except ValidationError as error:
        located = [problem | {"loc": (name, *problem["loc"])} for problem in error.errors()]
        raise InvalidProfile("\n".join(_sentence(problem) for problem in located)) from error


_SECTIONS: dict[str, type[BaseModel]] = {
    "quality": QualitySettings,
    "trials": TrialSettings,
    "grid": GridSettings,
    "variants": VariantSettings,
}


def _sentence(problem: ErrorDetails) -> str:
    """One pydantic error as a sentence: which key, what is wrong, what to do."""
    place, section, key = _located(problem["loc"])
    if problem["type"] == "problem":
        return f"{place}{problem['msg']}{'' if problem['msg'].endswith('?') else '.'}"
    if problem["type"] == "extra_forbidden":
        return f"{place}{_unknown_key(section, key)}"
    if not key:
        return f"{place}{problem['input']!r} is no table; write its keys below a `[[variants]]` line of its own."
    remedy = section.model_fields[key].description
    if problem["type"] == "missing":
        return f"{place}`{key}` is missing; add it: {remedy}."
    return f"{place}`{key}` = {problem['input']!r} is not valid ({problem['msg']}); it must be {remedy}."


def _located(loc: tuple[int | str, ...]) -> tuple[str, type[BaseModel], str]:
    """Where in the file, the model of that section, and the key; "" is the key of a section as a whole."""
    head, key = (str(loc[0]) if loc else ""), next((part for part in loc[1:] if isinstance(part, str)), "")
    if len(loc) > 1 and head == "variants":
        return f"[[variants]] number {int(loc[1]) + 1}: ", VariantSettings, key
    if len(loc) > 1:
        return f"[{head}]: ", _SECTIONS[head], key
    return "", ProfileFile, head


def _unknown_key(section: type[BaseModel], key: str) -> str:
    near = nearest(key, section.model_fields)
    if near:
        return f"unknown key `{key}`; did you mean `{near[0]}`?"
    return f"unknown key `{key}`; remove it, or use one of {', '.join(section.model_fields)}."


def _one_of(name: str, names: Sequence[str], noun: str, otherwise: str = "use one of ") -> str:
    if name not in names:
        near = nearest(name, names)
        hint = f'did you mean "{near[0]}"?' if near else f"{otherwise}{_listed(names)}"
        raise _problem(f'`{noun}` = "{name}" is not known; {hint}')
    return name


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _problem(sentence: str) -> PydanticCustomError:
    """A finding whose sentence is complete; braces are kept as they are."""
    return PydanticCustomError("problem", "{sentence}", {"sentence": sentence.removesuffix(".")})

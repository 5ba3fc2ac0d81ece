"""Measures how the meters of this machine follow a square wave of load, and what a reference meter says of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime

from energyprof.analysis.curve import Curve, curve
from energyprof.analysis.gain_fit import ReferenceFit, reference_fit
from energyprof.analysis.square_wave import Response, Wave, response
from energyprof.capture.pace import DENSE_S
from energyprof.capture.sampler import Sampler
from energyprof.model.domain import Domain, outermost, uncalibrated
from energyprof.model.errors import NotMeasurable, UnknownName
from energyprof.model.gain import FittedGain
from energyprof.model.meter import MeterRecord
from energyprof.model.names import either, nearest
from energyprof.model.run import SensorRecord
from energyprof.model.timeline import Timeline
from energyprof.runner.load import Load, drive, halves
from energyprof.sensors import discovery

POLL_S = 0.01
HALF_S = 1.5
"""Long enough for the plateaus of a meter that averages over a second."""

PERIODS_A_HALF = 6
MOST_HALF_S = 12.0
MIN_CYCLES = 4
"""Nine plateaus: enough for a line with an interval."""

LOOK_S = DENSE_S + 0.3
LONGEST_LOOK_S = 10.0
LOOKED_TICKS = 4
"""Slow counters are looked at until they have moved so often, or for so long."""

KINDS = {"cpu": ("cpu", "dram", "platform", "module"), "gpu": ("gpu", "module", "board")}
"""What a load on a device draws from."""

WHOLE = ("battery", "wall")
"""What follows any load."""

WIDENING = ("module", "board", "platform", *WHOLE)
"""What may feed a device with load and others besides, the narrowest first."""


@dataclass(frozen=True, slots=True)
class MeterResponse:
    """One domain: what was seen of its meter, and how it followed the load, or why that cannot be told.

    Attributes:
        period_s: of the counter; None where it moves at every poll.
    """

    domain: Domain
    meter: MeterRecord
    period_s: float | None
    response: Response | str


@dataclass(frozen=True, slots=True)
class Calibration:
    """What came of it.

    Attributes:
        reference: the reference meter; None where none was asked for.
        fit: its line; None where there is none, for `refusal`.
        gains: for each domain that the fit holds for, what is to be stored.
    """

    wave: Wave
    meters: list[MeterResponse]
    reference: MeterResponse | None = None
    fit: ReferenceFit | None = None
    refusal: str | None = None
    gains: list[tuple[Domain, FittedGain]] | None = None


def calibrate(
    load: AbstractContextManager[Load],
    device: str,
    *,
    seconds: float,
    reference: str | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Calibration:
    """Watches all meters while a load on a device goes on and off.

    Args:
        device: "cpu" or "gpu"; decides which domains a reference speaks for.
        seconds: for the wave; it takes longer where a counter is slow.
        reference: a device family or the id of a domain.
        tell: is given sentences on the progress.

    Raises:
        NotMeasurable: only a model, or no meter of the device, is there; or the reference cannot see the load.
        UnknownName: there is no such reference.
    """
    with _sampler(reference) as sampler:
        standard = None if reference is None else _named(reference, sampler.domains)
        concerned = _concerned(sampler, device, standard)
        tell("looking at the meters without load")
        half_s = _half_s(_looked_at(sampler, concerned))
        cycles = max(MIN_CYCLES, int(seconds / (2 * half_s)))
        tell(f"load on and off {cycles} times, {half_s:.3g} s each: {half_s * (2 * cycles + 1):.0f} s")
        with load as switch:
            wave = drive(switch, halves(half_s, cycles))
        sampler.wait_past(time.monotonic() + half_s / 2)
        timelines, meters = sampler.timelines(), {record.domain: record for record in sampler.meters}
    curves = {line.domain.id: curve(_own(line)) for line in timelines}
    answers = [_answer(line, curves[line.domain.id], meters[line.domain.id], wave) for line in timelines]
    if standard is None:
        return Calibration(wave, answers)
    return _against(standard, device, answers, curves, wave)


def _sampler(reference: str | None) -> AbstractContextManager[Sampler]:
    """One that reads all that it can, and the reference where that is a family that is not read by itself."""
    if reference not in discovery.NAMES:
        return Sampler(period_s=POLL_S)
    with Sampler() as first:
        used = [record.name for record in first.records if record.status == "used"]
    return Sampler(list(dict.fromkeys([*used, reference])), period_s=POLL_S)


def _named(reference: str, domains: Sequence[Domain]) -> Domain:
    found = [domain for domain in domains if reference in (domain.sensor, domain.id)]
    if len(found) == 1:
        return found[0]
    ids = ", ".join(domain.id for domain in (found or domains))
    if found:
        raise UnknownName(
            f"{reference!r} reads {len(found)} domains, so nothing was calibrated. Name one of these domains: {ids}."
        )
    near = either(map(repr, nearest(reference, [*(domain.id for domain in domains), *discovery.NAMES])))
    guess = f" Did you mean {near}?" if near else ""
    raise UnknownName(
        f"There is no reference {reference!r} here, so nothing was calibrated.{guess} Name plug, which is read only "
        f"where it is named, or one of these domains: {ids}."
    )


def _concerned(sampler: Sampler, device: str, reference: Domain | None) -> list[Domain]:
    """The metered domains that a load on the device draws from, and the reference."""
    metered = [domain for domain in sampler.domains if domain.model is None]
    kinds = KINDS[device] if reference is not None else (*KINDS[device], *WHOLE)
    own = [domain for domain in metered if domain.kind in kinds and domain != reference]
    if own and reference is None:
        return own
    if own and reference is not None and reference.model is None:
        _require_feeding(reference, own)
        return [*own, reference]
    if not metered:
        what = "Only a model of the processor is there, which has no counter, so there is nothing to calibrate."
    elif own:
        what = "The reference is a model and no meter, so nothing can be calibrated against it."
    else:
        what = f"No meter here reads the {device}, so there is nothing to calibrate; there are: " + (
            ", ".join(domain.id for domain in metered) + "."
        )
    raise NotMeasurable(" ".join([what, *_remedies(sampler.records)]))


def _require_feeding(reference: Domain, domains: Sequence[Domain]) -> None:
    beside = [domain.id for domain in domains if not _may_feed(reference, domain)]
    if beside:
        raise NotMeasurable(
            f"{reference.id} does not meter what {', '.join(beside)} draws, so a gain against it would say "
            "nothing, and nothing was calibrated. Name a reference that feeds the devices that are given load: a "
            "wall plug (--reference plug), a battery, or a domain of the whole machine."
        )


def _may_feed(outer: Domain, inner: Domain) -> bool:
    """Whether all that `inner` draws may pass through `outer` as well, as far as their kinds tell."""
    width, inner_width = (WIDENING.index(domain.kind) if domain.kind in WIDENING else -1 for domain in (outer, inner))
    return inner.parent == outer.id or width > inner_width


def _remedies(records: Sequence[SensorRecord]) -> list[str]:
    return [f"{record.name}: {record.reason} Remedy: {record.remedy}" for record in records if record.remedy]


def _looked_at(sampler: Sampler, domains: Sequence[Domain]) -> list[float]:
    """The periods of these counters, without load, as far as they could be seen."""
    ids = {domain.id for domain in domains}
    start_s = time.monotonic()
    sampler.wait_past(start_s + LOOK_S)
    while time.monotonic() < start_s + LONGEST_LOOK_S and sampler.running:
        lines = [line for line in sampler.timelines() if line.domain.id in ids]
        if all(len(line.seen_s) > LOOKED_TICKS for line in lines):
            break
        sampler.wait_past(time.monotonic() + 0.2)
    lines = [line for line in sampler.timelines() if line.domain.id in ids]
    return [period_s for line in lines if (period_s := _period_s(line, curve(line))) is not None]


def _period_s(line: Timeline, made: Curve | None) -> float | None:
    """As seen, or else as documented; of a counter with few ticks what its last ones say."""
    if made is not None and made.period_s is not None:
        return made.period_s
    if line.domain.period_s is not None or len(line.seen_s) < 3:
        return line.domain.period_s
    return None if made is None else float(made.times_s[-1] - made.times_s[1]) / (len(made.times_s) - 2)


def _half_s(periods_s: Sequence[float]) -> float:
    """Long enough for the slowest counter that can be waited for."""
    usable_s = [period_s for period_s in periods_s if PERIODS_A_HALF * period_s <= MOST_HALF_S]
    return max(HALF_S, PERIODS_A_HALF * max(usable_s, default=0.0))


def _own(line: Timeline) -> Timeline:
    """The timeline without any gain that was fitted before."""
    return Timeline(uncalibrated(line.domain), line.after_s, line.seen_s, line.counts, line.end_s, line.gaps)


def _answer(line: Timeline, made: Curve | None, meter: MeterRecord, wave: Wave) -> MeterResponse:
    domain = line.domain
    if domain.model is not None:
        return MeterResponse(domain, meter, None, "estimated by a model, which has no counter to calibrate")
    if made is None:
        return MeterResponse(domain, meter, domain.period_s, "its counter did not move")
    return MeterResponse(domain, meter, made.period_s or domain.period_s, response(made, wave))


def _against(
    reference: Domain, device: str, answers: list[MeterResponse], curves: dict[str, Curve | None], wave: Wave
) -> Calibration:
    standard = next(answer for answer in answers if answer.domain == reference)
    others = [answer for answer in answers if answer is not standard]
    following = {a.domain.id: a for a in others if isinstance(a.response, Response) and a.domain.kind in KINDS[device]}
    summed = [following[domain.id] for domain in outermost([answer.domain for answer in following.values()])]
    try:
        fit = _fit(standard, summed, curves, wave)
    except NotMeasurable as error:
        return Calibration(wave, others, standard, refusal=str(error))
    return Calibration(wave, others, standard, fit, gains=_gains(standard.domain, summed, fit))


def _fit(
    standard: MeterResponse, summed: Sequence[MeterResponse], curves: dict[str, Curve | None], wave: Wave
) -> ReferenceFit:
    pairs = [(curves[answer.domain.id], answer.response) for answer in [*summed, standard]]
    known = [(made, answer) for made, answer in pairs if made is not None and isinstance(answer, Response)]
    if not isinstance(standard.response, Response):
        raise NotMeasurable(f"No gain was fitted: {standard.domain.label}: {standard.response}.")
    if not summed:
        raise NotMeasurable("No gain was fitted: no domain's power followed the load.")
    return reference_fit(known[:-1], known[-1], wave)


def _gains(reference: Domain, summed: Sequence[MeterResponse], fit: ReferenceFit) -> list[tuple[Domain, FittedGain]]:
    """One gain for all whose sum was fitted: a single load cannot tell them apart."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    reference = uncalibrated(reference)  # as its curve is
    found = []
    for answer in summed:
        domain = uncalibrated(answer.domain)
        fitted = FittedGain(
            reference.label,
            now,
            fit.gain,
            fit.gain_half_width,
            fit.offset_w,
            fit.offset_half_width_w,
            reference.gain,
            domain.gain,
            len(fit.plateaus),
        )
        found.append((domain, fitted))
    return found

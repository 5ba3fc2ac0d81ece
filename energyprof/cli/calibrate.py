"""`energyprof calibrate`: how each meter follows a load that goes on and off, and its gain against a reference."""

from __future__ import annotations

import argparse
import json
import math
import sys
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energyprof.cli import options as shared
from energyprof.model.errors import InvalidValue, UnknownName

if TYPE_CHECKING:
    from energyprof.analysis.square_wave import Estimate
    from energyprof.runner.calibration import Calibration, MeterResponse
    from energyprof.runner.load import Load

DEVICES = ("cpu", "gpu")
SECONDS = 30.0
LEAST_SECONDS, MOST_SECONDS = 5.0, 3600.0
UNRESOLVED_EXIT = 3

EXAMPLES = """\
  energyprof calibrate                        how the processor's meters follow a load
  energyprof calibrate --device gpu           the same for GPUs that PyTorch sees
  energyprof calibrate --reference plug       their gain against a wall plug; later measurements apply it
  energyprof calibrate --forget               measure without it again"""

DESCRIPTION = """\
Turns a load on and off at known times and says of every meter how often it moves, how late it follows, over how long it
averages, and how much its readings scatter. With a reference meter it fits reference = gain x meter + offset over the
times of constant load and keeps the gain for this very device: later measurements apply it and say so. Keep the machine
quiet meanwhile. It takes longer than --seconds where a counter is slow."""


def add_to(commands: shared.Commands) -> None:
    """Adds the command."""
    parser = shared.command(
        commands, "calibrate", summary="how the meters follow a load", description=DESCRIPTION, examples=EXAMPLES
    )
    parser.add_argument("--seconds", type=float, default=SECONDS, metavar="S", help="of load on and off; default: 30")
    parser.add_argument("--device", default="cpu", metavar="cpu|gpu", help="what is given load; default: cpu")
    parser.add_argument("--reference", metavar="NAME", help='the sensor or domain to hold them against, such as "plug"')
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="keep the gain there, where it is not applied by itself"
    )
    parser.add_argument(
        "--forget", action="store_true", help="remove the gains of the devices here, and measure nothing"
    )
    shared.add_json(parser, "the result")
    parser.set_defaults(command=calibrate)


def calibrate(options: argparse.Namespace, load: AbstractContextManager[Load] | None = None) -> int:
    """Calibrates and prints what came of it.

    Args:
        load: what is turned on and off; None = the device's own.

    Returns:
        0, or 3 where no meter could be told anything of, or a gain was asked for and none found.
    """
    _check(options)
    if options.forget:
        return _forget(options)
    from energyprof.runner import calibration

    found = calibration.calibrate(
        load or _load(options.device),
        options.device,
        seconds=options.seconds,
        reference=options.reference,
        tell=lambda sentence: print(f"energyprof: {sentence}", file=sys.stderr, flush=True),
    )
    show(found, options)
    resolved = any(not isinstance(meter.response, str) for meter in found.meters)
    return 0 if resolved and (options.reference is None or found.fit is not None) else UNRESOLVED_EXIT


def show(found: Calibration, options: argparse.Namespace) -> None:
    """Keeps the gains and prints what was found.

    Raises:
        UnwritableOutput: a gain cannot be kept; what was found is printed all the same.
    """
    from energyprof.capture.meter_cache import store_gain

    stored: list[Path] = []
    try:
        for domain, fitted in found.gains or []:
            stored.append(store_gain(domain, fitted, out=options.out))
    finally:
        document = _document(options.device, found, stored)
        print(json.dumps(document) if options.json else "\n".join(_lines(found, stored)), flush=True)


def _check(options: argparse.Namespace) -> None:
    if options.device not in DEVICES:
        raise UnknownName(
            f"There is no device {options.device!r} that can be given load, so nothing was calibrated. "
            f"Use --device {' or --device '.join(DEVICES)}."
        )
    if not (math.isfinite(options.seconds) and LEAST_SECONDS <= options.seconds <= MOST_SECONDS):
        raise InvalidValue(
            f"--seconds {options.seconds:g} cannot be: a wave lasts {LEAST_SECONDS:g} to {MOST_SECONDS:g} s. Nothing "
            f"was calibrated. Leave it out for {SECONDS:g} s."
        )


def _load(device: str) -> AbstractContextManager[Load]:
    if device == "gpu":
        from energyprof.backends.gpu_load import GpuLoad

        return GpuLoad()
    from energyprof.runner.load import CpuLoad

    return CpuLoad()


def _forget(options: argparse.Namespace) -> int:
    from energyprof.capture.meter_cache import folder, forget_gains
    from energyprof.capture.sampler import Sampler

    with Sampler() as sampler:
        domains = sampler.domains
    forgotten = forget_gains(domains, out=options.out)
    if options.json:
        print(json.dumps({"schema": 1, "forgotten": [domain.id for domain in forgotten]}))
    else:
        at = options.out or folder()
        print(
            "\n".join(f"{domain.label}: its gain is forgotten" for domain in forgotten) or f"no gain of theirs in {at}"
        )
    return 0


def _lines(found: Calibration, stored: list[Path]) -> list[str]:
    answers = [*found.meters, *([found.reference] if found.reference else [])]
    lines = [line for answer in answers for line in _told(answer)]
    if found.fit is not None and found.reference is not None:
        fit = found.fit
        names = " + ".join(domain.id for domain, _ in found.gains or [])
        lines.append(
            f"{found.reference.domain.id} = {fit.gain:.4g} (±{fit.gain_half_width:.2g}) x ({names}) "
            f"{fit.offset_w:+.3g} W (±{fit.offset_half_width_w:.2g}), over {len(fit.plateaus)} plateaus"
        )
        for domain, fitted in found.gains or []:
            lines.append(
                f"  {domain.label}: {fitted}; its joules are good to ±{100 * fitted.half_width:.2g} % from now"
            )
        lines += [f"  kept in {path}" for path in stored]
    return lines + ([found.refusal] if found.refusal else [])


def _told(answer: MeterResponse) -> list[str]:
    period = "" if answer.period_s is None else f"; moves every {_ms(answer.period_s)}"
    lines = [f"{answer.domain.id}  {answer.domain.label}, {answer.domain.basis}{period}"]
    response = answer.response
    if isinstance(response, str):
        return [*lines, f"  {response}"]
    noise = "unknown" if response.noise_w is None else f"{response.noise_w:.2g} W in one step of the counter"
    return [
        *lines,
        f"  power: {response.low_w:.4g} W without load, {response.high_w:.4g} W with it",
        f"  lag: {_interval(response.lag_s)}; then it moves for {_interval(response.ramp_s)}, its averaging window",
        f"  noise without load: {noise}",
    ]


def _ms(seconds: float) -> str:
    return f"{1e3 * seconds:.3g} ms" if abs(seconds) < 1 else f"{seconds:.3g} s"


def _interval(estimate: Estimate) -> str:
    return f"{_ms(estimate.value)} ({_ms(estimate.low)} to {_ms(estimate.high)})"


def _document(device: str, found: Calibration, stored: list[Path]) -> dict[str, Any]:
    """The result for programs."""
    fit = found.fit
    return {
        "schema": 1,
        "device": device,
        "edges_s": found.wave.edges_s,
        "domains": [_domain(answer) for answer in found.meters],
        "reference": None if found.reference is None else _domain(found.reference),
        "fit": None if fit is None else asdict(fit),
        "gains": {
            domain.id: {**asdict(fitted), "half_width": fitted.half_width} for domain, fitted in found.gains or []
        },
        "refusal": found.refusal,
        "stored": [str(path) for path in stored],
    }


def _domain(answer: MeterResponse) -> dict[str, Any]:
    domain, response = answer.domain, answer.response
    return {
        "id": domain.id,
        "label": domain.label,
        "sensor": domain.sensor,
        "basis": domain.basis,
        "period_s": answer.period_s,
        "meter": asdict(answer.meter),
        "response": None if isinstance(response, str) else asdict(response),
        "reason": response if isinstance(response, str) else None,
    }

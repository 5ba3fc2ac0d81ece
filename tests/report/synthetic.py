"""Comparisons whose every number is made up, for the report's tests and for looking at pages."""

from __future__ import annotations

from dataclasses import replace

from report.synthetic_comparison import comparison
from report.synthetic_run import BARE, MIXED, MODELLED, NVML, RAPL, Shape

from energyprof.analysis.comparison import Comparison

HOSTILE = "</script><b>\"O'Neill\" & =cmd|' /C calc'!A0 $x^2$ | `pwd` \u202egpj.exe\u202c 🦙 été\x00"

_TEN = [
    ("mlp", "torch", "fp32", 0.004, 0.0011, 0.903),
    ("mlp", "onnx", "fp32", 0.0021, 0.0006, 0.903),
    ("mlp", "onnx", "int8", 0.0018, 0.0005, 0.901),
    ("cnn", "torch", "fp32", 0.019, 0.0035, 0.962),
    ("cnn", "onnx", "fp32", 0.011, 0.0022, 0.962),
    ("cnn", "onnx", "int8", 0.0072, 0.0016, 0.958),
    ("resnet", "torch", "fp32", 0.31, 0.041, 0.981),
    ("resnet", "onnx", "fp32", 0.24, 0.031, 0.981),
    ("resnet", "onnx", "int8", 0.13, 0.018, 0.979),
    ("resnet-wide", "torch", "fp32", 0.92, 0.13, 0.983),
]
_PARAMETERS = {"mlp": 2_410, "cnn": 21_600, "resnet": 692_000, "resnet-wide": 2_750_000}


def ten_variants() -> Comparison:
    """Ten variants of four models, CPU package and DRAM metered, with quality."""
    shapes = [
        Shape(
            f"{model}-{backend}-{precision}",
            model,
            backend,
            precision,
            {"cpu:package-0": joules, "dram:0": 0.12 * joules},
            latency_s,
            quality,
            _PARAMETERS[model],
        )
        for model, backend, precision, joules, latency_s, quality in _TEN
    ]
    return comparison(shapes, RAPL, baseline="resnet-wide-torch-fp32", groups=("easy", "medium", "hard"))


def gpu_and_cpu() -> Comparison:
    """Four decoders on a GPU, board and CPU package metered."""
    rows = [("small", "bf16", 0.9, 0.021, 0.941), ("small", "fp32", 1.9, 0.025, 0.944)]
    rows += [("large", "bf16", 9.0, 0.091, 0.962), ("large", "fp32", 17.0, 0.14, 0.963)]
    shapes = [
        Shape(
            f"{model}-{precision}",
            model,
            "torch",
            precision,
            {"gpu:0": joules, "cpu:package-0": 0.15 * joules},
            latency_s,
            quality,
            {"small": 86_000, "large": 648_000}[model],
            "cuda:0",
            noise=0.04,
        )
        for model, precision, joules, latency_s, quality in rows
    ]
    return comparison(shapes, NVML, baseline="large-fp32", metric="exact_match", tokens=True)


def all_estimated() -> Comparison:
    """Five variants on a machine without any meter."""
    rows = [("small", "int4", 0.21, 0.031, 0.61), ("small", "fp32", 0.35, 0.052, 0.66)]
    rows += [
        ("middle", "int4", 0.9, 0.12, 0.958),
        ("middle", "fp32", 1.6, 0.22, 0.967),
        ("large", "fp32", 7.9, 1.1, 0.991),
    ]
    shapes = [
        Shape(f"{model}-{precision}", model, "onnx", precision, {"cpu:model": joules}, latency_s, quality)
        for model, precision, joules, latency_s, quality in rows
    ]
    groups = ("plain", "worded", "relative")
    return comparison(shapes, MODELLED, baseline="large-fp32", metric="exact_match", tokens=True, groups=groups)


def partly_estimated() -> Comparison:
    """Two variants: the GPU is metered, the CPU is modelled."""
    shapes = [
        Shape("small", "small", "torch", "bf16", {"gpu:0": 1.2, "cpu:model": 0.2}, 0.02, 0.95, device="cuda:0"),
        Shape("large", "large", "torch", "bf16", {"gpu:0": 8.1, "cpu:model": 0.6}, 0.09, 0.96, device="cuda:0"),
    ]
    return comparison(shapes, MIXED, baseline="large")


def without_quality() -> Comparison:
    """Two variants with random weights: joules, and nothing about quality."""
    shapes = [
        Shape(
            "135m-int4", "llama-135m", "onnx", "int4", {"cpu:package-0": 11.0, "dram:0": 1.2}, 0.4, None, 134_500_000
        ),
        Shape("1b-int4", "llama-1b", "onnx", "int4", {"cpu:package-0": 83.0, "dram:0": 13.0}, 3.1, None, 1_236_000_000),
    ]
    return comparison(shapes, RAPL, baseline="1b-int4", metric=None, tokens=True)


def one_failed() -> Comparison:
    """The baseline alone: the other variant ran out of memory."""
    error = "The worker was ended by the system: it ran out of memory. Use a smaller batch, or a machine with more."
    shapes = [
        Shape("large-fp32", "large", "torch", "fp32", {"cpu:package-0": 3.1, "dram:0": 0.3}, 0.4, 0.97),
        Shape("huge-fp32", "huge", "torch", "fp32", {}, 0.0, None, error=error),
    ]
    return comparison(shapes, RAPL, baseline="large-fp32")


def nothing_measurable() -> Comparison:
    """Latency and quality, but no joules at all."""
    shapes = [
        Shape("small", "small", "onnx", "int8", {}, 0.02, 0.95),
        Shape("large", "large", "torch", "fp32", {}, 0.09, 0.96),
    ]
    return comparison(shapes, BARE, baseline="large")


def cut_off() -> Comparison:
    """Three variants of which two were ended early."""
    shapes = [
        Shape("small", "small", "onnx", "int8", {"cpu:package-0": 0.4, "dram:0": 0.05}, 0.02, 0.95),
        Shape("middle", "middle", "onnx", "fp32", {"cpu:package-0": 1.4, "dram:0": 0.1}, 0.04, 0.955, stopped=True),
        Shape("large", "large", "torch", "fp32", {"cpu:package-0": 4.1, "dram:0": 0.3}, 0.09, 0.96, stopped=True),
    ]
    result = comparison(shapes, RAPL, baseline="large")
    run = replace(result.run, complete=False, stop_reason="Ctrl-C ended the run after 4 of 10 blocks.")
    return replace(result, run=run)


def nothing_saved() -> Comparison:
    """The only other variant is good enough and draws more than the baseline."""
    shapes = [
        Shape("padded", "padded", "torch", "fp32", {"cpu:package-0": 4.6, "dram:0": 0.4}, 0.1, 0.965),
        Shape("large", "large", "torch", "fp32", {"cpu:package-0": 2.1, "dram:0": 0.3}, 0.09, 0.96),
    ]
    return comparison(shapes, RAPL, baseline="large")


def saving_not_settled() -> Comparison:
    """The only other variant is good enough and draws about as much as the baseline."""
    shapes = [
        Shape("twin", "twin", "torch", "fp32", {"cpu:package-0": 2.1, "dram:0": 0.3}, 0.09, 0.965),
        Shape("large", "large", "torch", "fp32", {"cpu:package-0": 2.1, "dram:0": 0.3}, 0.09, 0.96),
    ]
    return comparison(shapes, RAPL, baseline="large")


def hostile() -> Comparison:
    """Names that break pages, tables and spreadsheets."""
    long = "x" * 38 + " über-großes 模型 " + "y" * 38
    shapes = [
        Shape(HOSTILE, HOSTILE, HOSTILE, "int8", {"cpu:package-0": 0.4, "dram:0": 0.05}, 0.02, 0.95),
        Shape("=1+1", long, "@onnx", "-fp32", {"cpu:package-0": 0.8, "dram:0": 0.05}, 0.02, 0.951),
        Shape(long, "large", "torch", "fp32", {"cpu:package-0": 4.1, "dram:0": 0.3}, 0.09, 0.96),
        Shape("failed", "huge", "torch", "fp32", {}, 0.0, error=f"{HOSTILE} in /home/alice/models/secret.bin"),
    ]
    result = comparison(shapes, RAPL, baseline=long, groups=(HOSTILE, "b"))
    profile = replace(
        result.run.profile,
        name="hostile",
        title=HOSTILE,
        question=HOSTILE,
        task=HOSTILE,
        source="/home/alice/work/profiles/hostile.toml",
    )
    warnings = [HOSTILE, "The cache /home/alice/.cache/energyprof is on a slow disk."]
    return replace(result, run=replace(result.run, profile=profile), warnings=warnings)


CASES = {
    "ten_variants": ten_variants,
    "gpu_and_cpu": gpu_and_cpu,
    "all_estimated": all_estimated,
    "partly_estimated": partly_estimated,
    "without_quality": without_quality,
    "one_failed": one_failed,
    "nothing_measurable": nothing_measurable,
    "cut_off": cut_off,
    "nothing_saved": nothing_saved,
    "saving_not_settled": saving_not_settled,
    "hostile": hostile,
}

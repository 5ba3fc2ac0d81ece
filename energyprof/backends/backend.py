"""The small interface behind which every runtime lives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from energyprof.model.run import ModelDescription, Weights
from energyprof.model.workload import Answer, Generation, Kind


@dataclass(frozen=True, slots=True)
class ModelSource:
    """A model on disk, before any backend has touched it.

    Attributes:
        name: as the profile names it.
        kind: what it does.
        folder: where its files are. In Hugging Face layout (config.json, safetensors, tokenizer files) for
            text generation and sentence embeddings.
        build: makes the PyTorch fp32 module in eval mode, for kinds without a Hugging Face layout
            (image-classification: float32 (batch, channels, height, width) -> logits (batch, classes)).
        digest: SHA-256 over everything that decides its outputs; the key of exports and quantisations.
        weights: "random" is never given a quality score.
        calibration: loads training images, float32 (n, channels, height, width), from which static
            quantisation takes the ranges of activations; None = quantise dynamically.
        image_shape: (channels, height, width) of an image, where `calibration` does not show it.
    """

    name: str
    kind: Kind
    folder: Path
    digest: str
    weights: Weights
    licence: str | None
    build: Callable[[], Any] | None = None
    calibration: Callable[[], Any] | None = None
    image_shape: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class Placement:
    """Where and how a variant runs: device "cpu" or "cuda:0", precision "fp32", "bf16", "fp16", "int8", "int4"."""

    backend: str
    precision: str
    device: str
    threads: int
    batch_size: int


class LoadedModel(Protocol):
    """A model ready to run."""

    @property
    def description(self) -> ModelDescription: ...

    def run(self, batch: Sequence[Any]) -> list[Answer]:
        """Answers for a batch of items, in order; returns when the device has finished."""

    def close(self) -> None:
        """Gives back what it holds."""


class Backend(Protocol):
    """One runtime: prepares a source once (export, quantise; cached) and loads it."""

    name: str

    def prepare(self, source: ModelSource, placement: Placement) -> None:
        """Does all slow, cacheable work, such as export, quantisation and the parity check."""

    def load(self, source: ModelSource, placement: Placement, generation: Generation | None) -> LoadedModel:
        """Loads what `prepare` made; prepares it first where that has not been done."""

"""ONNX Runtime on the CPU."""

from __future__ import annotations

import functools
import gc

from energyprof.backends.backend import LoadedModel, ModelSource, Placement
from energyprof.backends.loaded import Classifier, Embedder, Generator, generation_of, prompts_of, sentences_of
from energyprof.backends.onnx_exports import Export, exported
from energyprof.backends.onnx_session import GRAPH, OnnxDecoder, outputs, session
from energyprof.model.errors import InvalidValue, NotMeasurable
from energyprof.model.run import ModelDescription
from energyprof.model.workload import Generation, Kind

PRECISIONS: dict[Kind, tuple[str, ...]] = {
    "text-generation": ("fp32", "int8", "int4"),
    "sentence-embedding": ("fp32", "int8"),
    "image-classification": ("fp32", "int8"),
}
SPIN_NOTE = (
    "ONNX Runtime's threads spin for some 50 ms after a call before they sleep, as is its default: calls that "
    "come one after the other pay little for it, calls with pauses between them many times their own CPU time."
)
BATCH_NOTE = (
    "Prompts of unequal length in one batch are read one after the other, where PyTorch reads them in one padded pass; "
    "only the tokens that follow are made together. That takes more calls and no padding, so a difference between the "
    "two backends at this batch size is partly one of batching; batch_size = 1 compares like with like."
)


class OnnxBackend:
    """Exports a source once, checks the export against PyTorch, and runs it in ONNX Runtime."""

    name = "onnx"

    def prepare(self, source: ModelSource, placement: Placement) -> None:
        """Exports and quantises, where the cache does not hold the result already.

        Raises:
            NotMeasurable: the device is not the CPU, or no right export can be made.
            InvalidValue: the precision is not supported.
        """
        _check(source, placement)
        exported(source, placement.precision, placement.threads)

    def load(self, source: ModelSource, placement: Placement, generation: Generation | None) -> LoadedModel:
        """The exported model in a session with a fixed number of threads.

        Raises:
            NotMeasurable, InvalidValue: as for `prepare`.
        """
        _check(source, placement)
        export = exported(source, placement.precision, placement.threads)
        description = _description(source, placement, export)
        if source.kind == "text-generation":
            decoder = OnnxDecoder(export.folder, placement.threads)
            length, prompts = generation_of(source, generation), prompts_of(source.folder)
            return Generator(description, decoder, prompts, length, gc.collect)
        run = functools.partial(outputs, session(export.folder / GRAPH, placement.threads))
        if source.kind == "sentence-embedding":
            return Embedder(description, run, sentences_of(source.folder)[1], gc.collect)
        return Classifier(description, lambda images: run(images).argmax(-1), gc.collect)


def _description(source: ModelSource, placement: Placement, export: Export) -> ModelDescription:
    import onnxruntime  # type: ignore[import-untyped]

    return ModelDescription(
        model=source.name,
        backend=OnnxBackend.name,
        precision=placement.precision,
        device="cpu",
        parameters=export.parameters,
        size_bytes=export.size_bytes,
        threads=placement.threads,
        weights=source.weights,
        licence=source.licence,
        parity=export.parity,
        runtime=f"onnxruntime {onnxruntime.__version__}",
        notes=[*export.notes, *_notes(source, placement)],
    )


def _notes(source: ModelSource, placement: Placement) -> list[str]:
    """What about this placement costs joules otherwise than a reader would expect."""
    batched = source.kind == "text-generation" and placement.batch_size > 1
    return [*([SPIN_NOTE] if placement.threads > 1 else []), *([BATCH_NOTE] if batched else [])]


def _check(source: ModelSource, placement: Placement) -> None:
    if placement.device not in ("auto", "cpu"):
        raise NotMeasurable(
            f"The backend 'onnx' runs on the CPU only, so nothing can be measured on {placement.device!r}. "
            "Use device = 'cpu', or backend 'torch'."
        )
    supported = PRECISIONS[source.kind]
    if placement.precision not in supported:
        raise InvalidValue(
            f"The backend 'onnx' does not run {source.kind} in precision {placement.precision!r}. "
            f"Use one of: {', '.join(supported)}."
        )

"""Exported models, kept by content: made once, checked against PyTorch, and verified whenever they are used."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import re
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energyprof.backends import onnx_recipes, probes
from energyprof.backends.backend import ModelSource
from energyprof.backends.cache import atomic_folder, cache_folder
from energyprof.backends.loaded import sentences_of
from energyprof.backends.onnx_session import GRAPH, OnnxDecoder, outputs, session
from energyprof.backends.text import text_config
from energyprof.backends.torch_models import module, parameters
from energyprof.model.errors import InvalidValue, NotMeasurable

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

RECORD = "export.json"
MAKERS = ("onnx", "onnxruntime", "onnxruntime-genai", "onnxscript", "torch", "transformers")
"""Packages whose version may change what is made."""

TOLERATED = 1e-3
"""Largest difference of an fp32 export to PyTorch, in standard deviations of the outputs; 1e-5 is usual."""

HEAD_SIZE_STEP = 16
"""ONNX Runtime's attention with rotary positions needs a multiple of this."""


@dataclass(frozen=True, slots=True)
class Export:
    """One exported model.

    Attributes:
        parameters: number of weights of the PyTorch module.
        size_bytes: bytes of the constants in the graph.
        parity: largest absolute difference of its outputs to those of PyTorch in fp32, on a few inputs.
        files: SHA-256 of each file.
    """

    folder: Path
    parameters: int
    size_bytes: int
    parity: float
    notes: list[str]
    files: dict[str, str]


def exported(source: ModelSource, precision: str, threads: int) -> Export:
    """The export of a source, from the cache where it is there and whole.

    Raises:
        NotMeasurable: it cannot be made, or its fp32 outputs are not those of PyTorch.
        InvalidValue: the source does not say enough to export it.
    """
    folder = cache_folder("exports") / _entry(source, precision)
    found = _read(folder)
    if found is not None:
        return found
    shutil.rmtree(folder, ignore_errors=True)
    with atomic_folder(folder) as draft:
        _write_record(draft, _made(source, precision, threads, draft))
    found = _read(folder)
    if found is None:
        raise NotMeasurable(
            f"The export in {folder} changed while it was written, so it cannot be trusted. Measure again."
        )
    return found


def _made(source: ModelSource, precision: str, threads: int, folder: Path) -> Export:
    import torch

    torch.set_num_threads(threads)
    model = module(source, torch.float32)
    count, reference = parameters(model), _reference(source, model)
    notes = probes.remarks(reference)
    if source.kind == "text-generation":
        _refuse_wrong_widths(source, model)
        del model
        onnx_recipes.build_decoder(source.folder, precision, threads, folder)
    elif precision == "fp32":
        axes = (0,) if source.kind == "image-classification" else (0, 1)
        onnx_recipes.export(model, _inputs(source), axes, folder)
    else:
        notes.append(_quantise(source, exported(source, "fp32", threads).folder / GRAPH, folder))
    parity, spread = _difference(_outputs(source, folder, threads), reference), float(reference.std())
    if precision == "fp32":
        _refuse_wrong_outputs(source, parity, spread)
    else:
        notes.append(f"Outputs differ from PyTorch fp32 by up to {parity:.2g}, where their spread is {spread:.2g}.")
    return Export(folder, count, onnx_recipes.weight_bytes(folder / GRAPH), parity, notes, _digests(folder))


def _quantise(source: ModelSource, graph: Path, folder: Path) -> str:
    import numpy as np

    if source.calibration is None:
        onnx_recipes.quantise_dynamically(graph, folder)
        return "int8: weights for each channel in 7 bits, activations quantised as they come."
    images = np.asarray(source.calibration(), np.float32)
    onnx_recipes.quantise_statically(graph, images, folder)
    return "int8: weights for each channel in 7 bits, activations by the ranges seen on training images."


def _reference(source: ModelSource, model: torch.nn.Module) -> NDArray[Any]:
    """PyTorch's outputs on the probes: logits after the prompt and after each token that follows it."""
    import numpy as np
    import torch

    with torch.inference_mode():
        if source.kind != "text-generation":
            reference: NDArray[Any] = model(*map(torch.from_numpy, _inputs(source).values())).numpy()
            return reference
        kept = probes.CONTINUATION + 1
        prompts = [prompt + probes.CONTINUATION * prompt[:1] for prompt in probes.prompts(text_config(source.folder))]
        return np.concatenate([model(torch.tensor([prompt])).logits[0, -kept:].numpy() for prompt in prompts])


def _outputs(source: ModelSource, folder: Path, threads: int) -> NDArray[Any]:
    """The export's outputs on the probes, in the reference's order."""
    import numpy as np

    if source.kind != "text-generation":
        return outputs(session(folder / GRAPH, threads), *_inputs(source).values())
    decoder, found = OnnxDecoder(folder, threads), []
    for prompt in probes.prompts(text_config(source.folder)):
        found.append(decoder.read_logits([prompt]))
        found += [decoder.step_logits(prompt[:1]) for _ in range(probes.CONTINUATION)]
    return np.concatenate(found)


def _inputs(source: ModelSource) -> dict[str, NDArray[Any]]:
    if source.kind == "sentence-embedding":
        ids, mask = sentences_of(source.folder)[1].encoded(probes.SENTENCES)
        return {"input_ids": ids, "attention_mask": mask}
    images = probes.images(source)
    if images is None:
        raise InvalidValue(
            f"The size of an image is not known for the model {source.name!r}, so it cannot be exported. "
            "Give its source `calibration` or `image_shape`."
        )
    return {"images": images}


def _difference(found: NDArray[Any], reference: NDArray[Any]) -> float:
    return float(abs(found - reference).max())


def _refuse_wrong_outputs(source: ModelSource, parity: float, spread: float) -> None:
    # Written so that NaN is refused too.
    if not parity <= TOLERATED * spread + 1e-6:
        raise NotMeasurable(
            f"The ONNX export of {source.name!r} is wrong: its outputs differ from PyTorch by {parity:.3g}, where "
            f"their spread is {spread:.3g}. This variant is not measured. Use backend 'torch'."
        )


def _refuse_wrong_widths(source: ModelSource, model: torch.nn.Module) -> None:
    """The builder takes every linear layer as wide as the vocabulary for the output layer, and says nothing."""
    import torch

    config: Any = model.config
    head = model.get_output_embeddings()  # type: ignore[operator]
    layers = [layer for layer in model.modules() if isinstance(layer, torch.nn.Linear) and layer is not head]
    if any(layer.out_features == config.vocab_size for layer in layers):
        raise NotMeasurable(
            f"{source.name!r} has {config.vocab_size} tokens and a layer of the same width, from which the "
            "onnxruntime-genai builder makes a wrong model. This variant is not measured. Pad the vocabulary to "
            "another size, or use backend 'torch'."
        )
    head_size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    if head_size % HEAD_SIZE_STEP:
        raise NotMeasurable(
            f"{source.name!r} has attention heads of size {head_size}, but ONNX Runtime needs a multiple of "
            f"{HEAD_SIZE_STEP}. This variant is not measured. Use backend 'torch'."
        )


def _entry(source: ModelSource, precision: str) -> str:
    """The entry's folder name: readable, and unique for what decides its content."""
    versions = [f"{package} {importlib.metadata.version(package)}" for package in MAKERS]
    calibrated = source.calibration is not None
    key = json.dumps([source.digest, source.kind, precision, calibrated, onnx_recipes.RECIPE, versions])
    readable = re.sub(r"[^A-Za-z0-9.]+", "-", source.name).strip("-.")[-40:]
    return f"{readable}-{precision}-{hashlib.sha256(key.encode()).hexdigest()[:24]}"


def _write_record(folder: Path, export: Export) -> None:
    shape = asdict(export)
    del shape["folder"]
    (folder / RECORD).write_text(json.dumps(shape, indent=1), encoding="utf-8")


def _read(folder: Path) -> Export | None:
    """The entry in a folder; None where it is missing or not as it was written."""
    try:
        export = Export(folder, **json.loads((folder / RECORD).read_text(encoding="utf-8")))
        return export if _digests(folder) == export.files else None
    except (OSError, ValueError, TypeError):
        return None


def _digests(folder: Path) -> dict[str, str]:
    digests = {}
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.name != RECORD:
            with path.open("rb") as file:
                digests[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests

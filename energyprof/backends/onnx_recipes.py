"""How ONNX graphs are made: export from PyTorch, the onnxruntime-genai builder, quantisation."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energyprof.backends.onnx_session import GRAPH
from energyprof.backends.torch_models import quiet
from energyprof.model.errors import NotMeasurable

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

RECIPE = 1
"""Part of every cache key: raise it whenever something here changes what is made."""

CALIBRATION_IMAGES = 256
CALIBRATION_BATCH = 32
TAIL_CHARACTERS = 600


def export(model: torch.nn.Module, inputs: dict[str, NDArray[Any]], dynamic_axes: Sequence[int], folder: Path) -> None:
    """Writes the module's graph, in fp32.

    Args:
        inputs: an example of each input, by name and in order, with at least two items in the batch.
        dynamic_axes: axes of every input whose length may vary.

    Raises:
        NotMeasurable: PyTorch cannot export the module.
    """
    import torch

    shapes = tuple(dict.fromkeys(dynamic_axes, torch.export.Dim.DYNAMIC) for _ in inputs)
    try:
        with quiet():
            torch.onnx.export(
                model,
                tuple(torch.from_numpy(array) for array in inputs.values()),
                folder / GRAPH,
                dynamo=True,
                dynamic_shapes=shapes,
                input_names=list(inputs),
                verbose=False,
            )
    except torch.onnx.OnnxExporterError as error:
        raise NotMeasurable(
            f"PyTorch cannot export this model to ONNX ({str(error).strip().splitlines()[0]}), so this variant cannot "
            "be measured. Use backend 'torch'."
        ) from error


def build_decoder(source: Path, precision: str, threads: int, folder: Path) -> None:
    """Writes a decoder with KV cache, by the onnxruntime-genai builder in a process of its own.

    int8 and int4 are MatMulNBits: symmetric weights in blocks of 32, activations quantised as they come. Only
    the last position's logits are computed, as in generation with PyTorch.

    Raises:
        NotMeasurable: the builder failed.
    """
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "onnxruntime_genai.models.builder", "-i", str(source), "-o", str(folder)]
        command += ["-p", precision, "-e", "cpu", "-c", scratch, "--extra_options", "prune_lm_head=true"]
        environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": str(threads)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode or not (folder / GRAPH).is_file():
        raise NotMeasurable(
            f"The onnxruntime-genai builder cannot make this model in {precision} (exit code {done.returncode}), so "
            f"this variant cannot be measured. Use backend 'torch'. It said: {done.stderr.strip()[-TAIL_CHARACTERS:]}"
        )


def quantise_dynamically(graph: Path, folder: Path) -> None:
    """Writes the graph with int8 weights for each channel; activations are quantised as they come.

    `reduce_range` keeps weights to 7 bits: without it, CPUs that lack VNNI saturate when they add pairs of
    products, so that one file answers differently on different CPUs.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic  # type: ignore[import-untyped]

    with quiet():
        quantize_dynamic(graph, folder / GRAPH, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8)


def quantise_statically(graph: Path, images: NDArray[Any], folder: Path) -> None:
    """Writes the graph in QDQ form: int8 weights for each channel, uint8 activations of calibrated range.

    On a small network with saturation (see `quantise_dynamically`), accuracy fell from .984 to .940.
    """
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process  # type: ignore[import-untyped]

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        """Feeds the images batch by batch."""

        def __init__(self, name: str) -> None:
            self._batches: Iterator[dict[str, NDArray[Any]]] = (
                {name: images[start : start + CALIBRATION_BATCH]}
                for start in range(0, min(len(images), CALIBRATION_IMAGES), CALIBRATION_BATCH)
            )

        def get_next(self) -> dict[str, NDArray[Any]] | None:
            return next(self._batches, None)

    with quiet(), tempfile.TemporaryDirectory() as scratch:
        prepared = Path(scratch) / GRAPH
        quant_pre_process(graph, prepared)
        quantize_static(
            prepared,
            folder / GRAPH,
            Reader(_input_name(graph)),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )


def weight_bytes(graph: Path) -> int:
    """Bytes of all constants in a graph, as they are stored."""
    import math

    import onnx

    loaded = onnx.load(graph, load_external_data=False)
    sizes = (
        math.prod(tensor.dims) * onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
        for tensor in loaded.graph.initializer
    )
    return sum(sizes)


def _input_name(graph: Path) -> str:
    import onnx

    name: str = onnx.load(graph, load_external_data=False).graph.input[0].name
    return name

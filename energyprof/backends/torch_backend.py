"""PyTorch, eager: on CUDA where there is one, else on the CPU."""

from __future__ import annotations

import functools
import gc
import inspect
import itertools
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from energyprof.backends import probes
from energyprof.backends.backend import LoadedModel, ModelSource, Placement
from energyprof.backends.loaded import Classifier, Embedder, Generator, generation_of, prompts_of, sentences_of
from energyprof.backends.text import text_config
from energyprof.backends.torch_models import module, parameters, quiet
from energyprof.model.errors import InvalidValue, NotMeasurable
from energyprof.model.run import ModelDescription
from energyprof.model.workload import Generation

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

PRECISIONS = {"cpu": ("fp32", "bf16", "int8"), "cuda": ("fp32", "bf16", "fp16")}
"""fp16 is left out on CPUs: few compute in it, and the rest convert to fp32 and back, at more than the cost of fp32."""


class TorchBackend:
    """Loads a source as it is; nothing needs to be exported."""

    name = "torch"

    def prepare(self, source: ModelSource, placement: Placement) -> None:
        """Checks that the placement exists here; there is nothing slow to do.

        Raises:
            NotMeasurable: the device is not there.
            InvalidValue: PyTorch has no such device or precision.
        """
        _check_precision(placement.precision, _device(placement.device))

    def load(self, source: ModelSource, placement: Placement, generation: Generation | None) -> LoadedModel:
        """The model on its device, its precision and thread count fixed, tried once on a few inputs.

        Raises:
            NotMeasurable: the device is not there.
            InvalidValue: the precision, the model's files or `generation` do not fit.
        """
        import torch

        device = _device(placement.device)
        _check_precision(placement.precision, device)
        torch.set_num_threads(placement.threads)
        model = module(source, _dtype(placement.precision))
        count, notes = parameters(model), _instruction_notes(placement.precision, device)
        if placement.precision == "int8":
            notes += _quantise_linear_layers(model, source.name)
        model.requires_grad_(False).to(device)
        description = ModelDescription(
            model=source.name,
            backend=self.name,
            precision=placement.precision,
            device=str(device),
            parameters=count,
            size_bytes=_stored_bytes(model),
            threads=torch.get_num_threads(),
            weights=source.weights,
            licence=source.licence,
            runtime=f"torch {torch.__version__}",
            notes=notes + _remarks(source, model, device),
        )
        return _loaded(source, model, device, description, generation)


class TorchDecoder:
    """A causal language model with its KV cache; a batch is padded on the left."""

    def __init__(self, model: torch.nn.Module, device: torch.device) -> None:
        self._model = model
        self._device = device
        # transformers 5.24 gave the argument a new name.
        self._cache_name = "cache" if "cache" in inspect.signature(model.forward).parameters else "past_key_values"
        self._cache: Any = None
        self._mask: torch.Tensor | None = None

    def read(self, prompts: Sequence[Sequence[int]], banned: Sequence[int]) -> list[int]:
        """Forgets everything, reads the prompts, and returns the likeliest next tokens."""
        import torch

        longest = max(len(prompt) for prompt in prompts)
        padding = [longest - len(prompt) for prompt in prompts]
        ids = [[0] * short + list(prompt) for short, prompt in zip(padding, prompts, strict=True)]
        self._cache = None
        # Without padding the model makes its own causal mask, which is quicker and the same.
        self._mask = None
        if any(padding):
            mask = [[0] * short + [1] * (longest - short) for short in padding]
            self._mask = torch.tensor(mask, device=self._device)
        return self._next(ids, banned)

    def step(self, tokens: Sequence[int], banned: Sequence[int]) -> list[int]:
        """Reads one more token a row, and returns the likeliest next tokens."""
        if self._mask is not None:
            self._mask = _with_ones(self._mask)
        return self._next([[token] for token in tokens], banned)

    def _next(self, ids: list[list[int]], banned: Sequence[int]) -> list[int]:
        import torch

        inputs = {"input_ids": torch.tensor(ids, device=self._device), self._cache_name: self._cache}
        if self._mask is not None:
            positions = (self._mask.cumsum(-1) - 1).clamp(min=0)[:, -len(ids[0]) :]
            inputs |= {"attention_mask": self._mask, "position_ids": positions}
        with torch.inference_mode():
            found = self._model(**inputs, use_cache=True, logits_to_keep=1)
            self._cache, logits = found[self._cache_name], found.logits[:, -1]
            if banned:
                logits[:, list(banned)] = -torch.inf
            chosen: list[int] = logits.argmax(-1).tolist()
        return chosen


def _with_ones(mask: torch.Tensor) -> torch.Tensor:
    import torch

    return torch.cat([mask, mask.new_ones(len(mask), 1)], -1)


def _loaded(
    source: ModelSource,
    model: torch.nn.Module,
    device: torch.device,
    description: ModelDescription,
    generation: Generation | None,
) -> LoadedModel:
    if source.kind == "image-classification":
        return Classifier(description, functools.partial(_classify, model, device), _release)
    if source.kind == "sentence-embedding":
        codec = sentences_of(source.folder)[1]
        return Embedder(description, functools.partial(_embed, model, device), codec, _release)
    decoder, length = TorchDecoder(model, device), generation_of(source, generation)
    return Generator(description, decoder, prompts_of(source.folder), length, _release)


def _classify(model: torch.nn.Module, device: torch.device, images: NDArray[Any]) -> NDArray[Any]:
    indices: NDArray[Any] = _logits(model, device, images).argmax(-1).cpu().numpy()
    return indices


def _logits(model: torch.nn.Module, device: torch.device, images: NDArray[Any]) -> torch.Tensor:
    import torch

    weight = next(model.parameters(), None)
    dtype = torch.float32 if weight is None else weight.dtype
    with torch.inference_mode():
        logits: torch.Tensor = model(torch.from_numpy(images).to(device, dtype))
    return logits


def _embed(model: torch.nn.Module, device: torch.device, ids: NDArray[Any], mask: NDArray[Any]) -> NDArray[Any]:
    import torch

    with torch.inference_mode():
        vectors = model(torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device))
        embeddings: NDArray[Any] = vectors.cpu().numpy()
    return embeddings


def _remarks(source: ModelSource, model: torch.nn.Module, device: torch.device) -> list[str]:
    """What the outputs on the probes give away; nothing where no input is known."""
    if source.kind == "image-classification":
        images = probes.images(source)
        return [] if images is None else probes.remarks(_logits(model, device, images).float().cpu().numpy())
    if source.kind == "sentence-embedding":
        return probes.remarks(_embed(model, device, *sentences_of(source.folder)[1].encoded(probes.SENTENCES)))
    import torch

    prompt = probes.prompts(text_config(source.folder))[-1]
    with torch.inference_mode():
        logits = model(torch.tensor([prompt], device=device), logits_to_keep=1).logits
    return probes.remarks(logits.float().cpu().numpy())


def _device(name: str) -> torch.device:
    """The device of that name; "auto" is CUDA where it works, else the CPU."""
    import torch

    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", name):
        raise InvalidValue(f"PyTorch is run here on no device {name!r}. Use auto, cpu, cuda or cuda:N.")
    if name == "cpu" or (name == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    _check_cuda(name)
    index = int(name.partition(":")[2] or 0)
    if index >= torch.cuda.device_count():
        raise NotMeasurable(
            f"There is no device {name}: PyTorch sees {torch.cuda.device_count()} CUDA device(s), counted from 0. "
            "Use a lower number, or check CUDA_VISIBLE_DEVICES."
        )
    return torch.device("cuda", index)


def _check_cuda(name: str) -> None:
    import torch

    if torch.version.cuda is None and torch.version.hip is None:
        raise NotMeasurable(
            f"The device {name} is not there: the installed PyTorch {torch.__version__} is built for CPUs only, so "
            "nothing can run on a GPU. Install its CUDA build, or use device = 'cpu'."
        )
    if not torch.cuda.is_available():
        raise NotMeasurable(
            f"The device {name} is not there: PyTorch finds no usable GPU, so nothing can run on it. "
            "Check `nvidia-smi` and CUDA_VISIBLE_DEVICES, or use device = 'cpu'."
        )


def _check_precision(precision: str, device: torch.device) -> None:
    supported = PRECISIONS[device.type]
    if precision not in supported:
        why = ": CPUs convert it to fp32 and back, at more than the cost of fp32" if precision == "fp16" else ""
        raise InvalidValue(
            f"The backend 'torch' does not run precision {precision!r} on {device.type}{why}. "
            f"Use one of: {', '.join(supported)}."
        )


def _dtype(precision: str) -> torch.dtype:
    import torch

    return {"bf16": torch.bfloat16, "fp16": torch.float16}.get(precision, torch.float32)


def _instruction_notes(precision: str, device: torch.device) -> list[str]:
    import torch

    if device.type != "cpu" or precision != "bf16":
        return []
    able = torch.cpu.get_capabilities()
    if able.get("avx512_bf16") or able.get("amx_bf16") or able.get("bf16"):
        return []
    return ["This CPU has no bf16 instructions: bf16 is emulated, and costs more than on a CPU that has them."]


def _quantise_linear_layers(model: torch.nn.Module, name: str) -> list[str]:
    """Makes the linear layers' weights int8, in place; activations are quantised as they come.

    torch.ao is deprecated in favour of torchao, whose eager int8 runs at half the speed of fp32 on CPUs; it
    is used for as long as PyTorch has it.
    """
    import torch

    linear = [layer for layer in model.modules() if isinstance(layer, torch.nn.Linear)]
    if not linear:
        raise InvalidValue(
            f"PyTorch's int8 covers linear layers only, and {name!r} has none, so it would stay fp32. "
            "Use backend 'onnx' with precision 'int8'."
        )
    packed = sum(layer.weight.numel() for layer in linear)
    total = parameters(model)
    quantize: Any = getattr(torch.ao.quantization, "quantize_dynamic", None)
    if quantize is None:
        raise NotMeasurable(
            f"PyTorch {torch.__version__} no longer has dynamic int8 quantisation, so this variant cannot be made. "
            "Run: pip install 'torch==2.13.0', or use backend 'onnx'."
        )
    with quiet():
        quantize(model, {torch.nn.Linear}, dtype=torch.qint8, inplace=True)
    return [f"int8 covers the linear layers: {packed:,} of {total:,} weights; the rest is fp32."]


def _stored_bytes(model: torch.nn.Module) -> int:
    """Bytes of weights and buffers in memory; shared ones count once."""
    tensors = {id(tensor): tensor for tensor in itertools.chain(model.parameters(), model.buffers())}
    return sum(tensor.nbytes for tensor in tensors.values()) + sum(map(_packed_bytes, model.modules()))


def _packed_bytes(layer: Any) -> int:
    # A quantised layer keeps its weight out of reach of `parameters`, behind a method.
    if not callable(getattr(layer, "weight", None)):
        return 0
    weight, bias = layer.weight(), layer.bias()
    return int(weight.numel() * weight.element_size() + (0 if bias is None else bias.nbytes))


def _release() -> None:
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()

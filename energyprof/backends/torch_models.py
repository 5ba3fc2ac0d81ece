"""PyTorch modules from a model source: what the PyTorch backend runs and what is exported to ONNX."""

from __future__ import annotations

import contextlib
import importlib
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energyprof.backends.backend import ModelSource
from energyprof.backends.loaded import sentences_of
from energyprof.backends.text import SentenceConfig
from energyprof.model.errors import InvalidValue

if TYPE_CHECKING:
    import torch


def module(source: ModelSource, dtype: torch.dtype) -> torch.nn.Module:
    """The source's PyTorch module in eval mode on the CPU, its weights in `dtype`.

    text-generation: a Hugging Face causal language model. sentence-embedding: (ids, mask) -> embeddings,
    float32. image-classification: images -> logits.

    Raises:
        InvalidValue: the files of the model cannot be loaded.
    """
    if source.kind == "image-classification":
        return _classifier(source).to(dtype).eval()
    with quiet():
        try:
            if source.kind == "text-generation":
                return _causal_lm(source.folder, dtype).eval()
            return _sentence_encoder(source.folder, dtype, sentences_of(source.folder)[0]).eval()
        except (OSError, ValueError, KeyError) as error:
            raise InvalidValue(
                f"The model {source.name!r} in {source.folder} cannot be loaded ({error}). "
                "Check that the folder holds config.json and safetensors of an architecture that transformers knows."
            ) from error


def parameters(model: torch.nn.Module) -> int:
    """Number of weights; shared ones count once."""
    return sum(weight.numel() for weight in model.parameters())


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keeps the libraries' progress bars, warnings and prints from stdout and stderr."""
    transformers_logging: Any = importlib.import_module("transformers.utils.logging")
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _classifier(source: ModelSource) -> torch.nn.Module:
    if source.build is None:
        raise InvalidValue(
            f"The model {source.name!r} has no function that builds its PyTorch module, so it cannot be loaded. "
            "Give its source a `build`."
        )
    built: torch.nn.Module = source.build()
    return built


def _causal_lm(folder: Path, dtype: torch.dtype) -> torch.nn.Module:
    from transformers import AutoModelForCausalLM

    loaded: torch.nn.Module = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, local_files_only=True)
    return loaded


def _sentence_encoder(folder: Path, dtype: torch.dtype, config: SentenceConfig) -> torch.nn.Module:
    import torch
    from transformers import AutoModel

    class SentenceEncoder(torch.nn.Module):
        """Token vectors pooled to one vector a sentence."""

        def __init__(self, encoder: torch.nn.Module) -> None:
            super().__init__()
            self.encoder = encoder

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            vectors = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state.float()
            if config.pooling == "cls":
                pooled = vectors[:, 0]
            else:
                weights = attention_mask.unsqueeze(-1).to(vectors.dtype)
                pooled = (vectors * weights).sum(1) / weights.sum(1).clamp(min=1e-9)
            return torch.nn.functional.normalize(pooled, dim=-1) if config.normalise else pooled

    return SentenceEncoder(AutoModel.from_pretrained(folder, dtype=dtype, local_files_only=True))

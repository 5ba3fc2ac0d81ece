"""Decoders with the published shape of a real model and seeded random weights: the cost is real, the text is not."""

from __future__ import annotations

import inspect
import logging
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from energyprof.backends.backend import ModelSource
from energyprof.backends.cache import atomic_folder, cache_folder
from energyprof.zoo.digest import text_sha256

SEED = 0
DEVIATION = 0.02
"""Standard deviation of the weights, the usual one for these models."""

SPECIAL_TOKENS = ("<pad>", "<bos>", "<eos>")
PAD, BOS, EOS = range(len(SPECIAL_TOKENS))
RANDOM_LICENCE = "Apache-2.0"
"""Of the weights drawn here. A shape is a list of numbers; nothing of the real model is in the files."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PublishedShape:
    """What the model's published configuration says of its size; input and output embeddings are one matrix."""

    hidden: int
    intermediate: int
    layers: int
    heads: int
    key_value_heads: int
    vocabulary: int
    rope_theta: float
    head_width: int = 64


SHAPES = {
    "llama-3.2-1b-shape": PublishedShape(2048, 8192, 16, 32, 8, 128_256, 500_000.0),
    "smollm2-135m-shape": PublishedShape(576, 1536, 30, 9, 3, 49_152, 100_000.0),
}


def resolve_shape(name: str) -> ModelSource:
    """A random model in Hugging Face layout, in bf16; written now where the cache does not have it.

    Raises:
        UnwritableOutput: the cache folder cannot be written.
    """
    digest = recipe_sha256(name)
    folder = cache_folder("random") / f"{name}-{digest[:16]}"
    if not folder.is_dir():
        _log.info("drawing random weights for %s once; they are kept in %s", name, folder)
        with atomic_folder(folder) as draft:
            write_random(SHAPES[name], draft)
    return ModelSource(name, "text-generation", folder, digest, "random", RANDOM_LICENCE)


def recipe_sha256(name: str) -> str:
    """A digest over all that decides the files: the shape, and the functions that write them."""
    sources = [inspect.getsource(function) for function in (build_empty, write_random, build_byte_tokenizer)]
    return text_sha256("\0".join([str(asdict(SHAPES[name])), str((SEED, DEVIATION, SPECIAL_TOKENS)), *sources]))


def build_empty(shape: PublishedShape) -> Any:
    """The `LlamaForCausalLM` without memory for its weights, on torch's meta device."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        intermediate_size=shape.intermediate,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.key_value_heads,
        head_dim=shape.head_width,
        max_position_embeddings=8192,
        rms_norm_eps=1e-5,
        rope_parameters={"rope_type": "default", "rope_theta": shape.rope_theta},
        tie_word_embeddings=True,
        pad_token_id=PAD,
        bos_token_id=BOS,
        eos_token_id=EOS,
    )
    with torch.device("meta"):
        return LlamaForCausalLM(config).bfloat16()


def write_random(shape: PublishedShape, folder: Path) -> None:
    """Draws the weights and writes them with configuration and tokenizer; needs memory for one copy in bf16."""
    import torch
    from transformers.utils.logging import disable_progress_bar

    model = build_empty(shape)
    generator = torch.Generator().manual_seed(SEED)
    for name, parameter in sorted(model.named_parameters()):
        values = torch.empty(parameter.shape, dtype=parameter.dtype)
        values = values.fill_(1.0) if parameter.ndim == 1 else values.normal_(0.0, DEVIATION, generator=generator)
        owner, _, leaf = name.rpartition(".")
        setattr(model.get_submodule(owner), leaf, torch.nn.Parameter(values, requires_grad=False))
    model.tie_weights()
    disable_progress_bar()
    model.save_pretrained(folder)
    build_byte_tokenizer().save_pretrained(folder)


def build_byte_tokenizer() -> Any:
    """One token a byte: exporters ask for a tokenizer, and prompts of the task are token ids already."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: index for index, token in enumerate((*SPECIAL_TOKENS, *alphabet))}
    tokenizer = Tokenizer(models.BPE(vocabulary, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    pad, bos, eos = SPECIAL_TOKENS
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token=pad, bos_token=bos, eos_token=eos)

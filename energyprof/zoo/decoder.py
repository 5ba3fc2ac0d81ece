"""The dates decoders: Llama-architecture models of three sizes that read and write single characters."""

from __future__ import annotations

import string
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from energyprof.backends.backend import ModelSource
from energyprof.zoo.digest import files_sha256

WEIGHTS = Path(__file__).parent / "dates"
"""One folder a size in Hugging Face layout, written by `python -m energyprof.zoo.train_dates`."""

CHARACTERS = string.ascii_lowercase + string.digits + " ,./-="
SPECIAL_TOKENS = ("<pad>", "<bos>", "<eos>", "<unk>")
PAD, BOS, EOS, UNKNOWN = range(len(SPECIAL_TOKENS))

VOCABULARY_SIZE = 48
"""Padded from 46. It must differ from every layer's width, or the onnxruntime-genai builder takes that layer
for the output head and writes a wrong model without an error."""

INITIALIZER_RANGE = 0.1
"""Near 1/sqrt(width) at these widths. The library's 0.02 is meant for widths of thousands and cost tens of points."""


@dataclass(frozen=True, slots=True)
class DecoderShape:
    """The numbers that fix one decoder; heads are 16 wide, the least that grouped-query kernels take."""

    hidden: int
    intermediate: int
    layers: int
    heads: int
    key_value_heads: int
    head_width: int = 16


SHAPES = {
    "nano": DecoderShape(hidden=32, intermediate=32, layers=2, heads=2, key_value_heads=1),
    "small": DecoderShape(hidden=64, intermediate=160, layers=2, heads=4, key_value_heads=2),
    "large": DecoderShape(hidden=128, intermediate=288, layers=4, heads=8, key_value_heads=4),
}


def resolve_dates(size: str) -> ModelSource:
    """A trained decoder, as it is committed beside this file."""
    folder = WEIGHTS / size
    digest = files_sha256(folder, folder.iterdir())
    return ModelSource(f"dates-{size}", "text-generation", folder, digest, "trained", "Apache-2.0")


def build_decoder(shape: DecoderShape) -> Any:
    """A freshly initialised `LlamaForCausalLM`; seed torch beforehand."""
    from transformers import LlamaConfig, LlamaForCausalLM

    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=VOCABULARY_SIZE,
            hidden_size=shape.hidden,
            intermediate_size=shape.intermediate,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            num_key_value_heads=shape.key_value_heads,
            head_dim=shape.head_width,
            max_position_embeddings=128,
            tie_word_embeddings=True,
            initializer_range=INITIALIZER_RANGE,
            pad_token_id=PAD,
            bos_token_id=BOS,
            eos_token_id=EOS,
        )
    )


def build_tokenizer() -> Any:
    """A fast tokenizer with one token a character, and the begin-of-sequence token before the text."""
    from tokenizers import Tokenizer, decoders, models, processors
    from transformers import PreTrainedTokenizerFast

    vocabulary = {token: index for index, token in enumerate((*SPECIAL_TOKENS, *CHARACTERS))}
    pad, bos, eos, unknown = SPECIAL_TOKENS
    tokenizer = Tokenizer(models.BPE(vocabulary, [], unk_token=unknown))
    tokenizer.decoder = decoders.Fuse()
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{bos} $A", special_tokens=[(bos, BOS)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=pad,
        bos_token=bos,
        eos_token=eos,
        unk_token=unknown,
        padding_side="left",
        model_max_length=128,
        clean_up_tokenization_spaces=False,
    )


def save(model: Any, folder: Path) -> None:
    """Writes the model with its tokenizer in Hugging Face layout, weights in fp32 safetensors."""
    model.save_pretrained(folder)
    build_tokenizer().save_pretrained(folder)

"""Tiny models with seeded weights, and the tokenizer that they share."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from energyprof.backends.backend import ModelSource, Placement

CHARACTERS = ["<pad>", "<eos>", *(chr(code) for code in range(32, 127))]
HIDDEN = 64


def placed(precision: str = "fp32", *, backend: str = "torch", device: str = "cpu", batch_size: int = 1) -> Placement:
    return Placement(backend, precision, device, threads=1, batch_size=batch_size)


def llama(folder: Path, *, vocabulary: int, head_size: int = 16) -> ModelSource:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=HIDDEN,
        intermediate_size=112,
        num_hidden_layers=2,
        num_attention_heads=HIDDEN // head_size,
        num_key_value_heads=2,
        head_dim=head_size,
        max_position_embeddings=128,
        initializer_range=0.3,
        bos_token_id=None,
        eos_token_id=1,
        pad_token_id=0,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    character_tokenizer().save_pretrained(folder)
    return ModelSource("tiny/llama", "text-generation", folder, digest(folder), "random", "Apache-2.0")


def character_tokenizer():
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {character: index for index, character in enumerate(CHARACTERS)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<pad>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>")


def convolutional(folder: Path) -> ModelSource:
    def build():
        from torch import nn

        layers = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(2),
            nn.Flatten(),
            nn.Linear(128, 10),
        )
        return seeded(layers)

    return ModelSource("cnn", "image-classification", folder, "cnn-1", "random", None, build, images)


def seeded(module):
    import torch

    generator = torch.Generator().manual_seed(0)
    for weight in module.parameters():
        weight.data = torch.randn(weight.shape, generator=generator) / max(1, weight[0].numel()) ** 0.5
    for _ in range(30):
        module(torch.from_numpy(images()))
    return module.eval()


def images() -> np.ndarray:
    return np.random.default_rng(1).random((64, 1, 8, 8), np.float32)


def digest(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()

"""ONNX Runtime sessions on the CPU, and a causal language model in one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import onnxruntime  # type: ignore[import-untyped]
    from numpy.typing import NDArray

GRAPH = "model.onnx"
GENERATION_CONFIG = "genai_config.json"
SILENT_BELOW_ERROR = 3


def session(graph: Path, threads: int) -> onnxruntime.InferenceSession:
    """A session on the CPU with that many threads, all of them for one operator at a time.

    Denormals are computed, not flushed to zero, as PyTorch does; and threads spin between operators, which is
    the runtime's default and part of what it costs.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = SILENT_BELOW_ERROR
    return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])


def outputs(loaded: onnxruntime.InferenceSession, *inputs: NDArray[Any]) -> NDArray[Any]:
    """The first output for the inputs in the graph's order."""
    names = [entry.name for entry in loaded.get_inputs()]
    first: NDArray[Any] = loaded.run(None, dict(zip(names, inputs, strict=True)))[0]
    return first


class OnnxDecoder:
    """A decoder of the onnxruntime-genai builder with its KV cache; rows are padded on the right.

    Its attention (GroupQueryAttention) takes the first sum(mask) entries of a row as the valid ones, so that
    padding on the left would be read as text. Prompts of unequal length are read one by one, and their caches
    padded, so that the graph, which keeps the last position's logits alone, need not know of padding.
    """

    def __init__(self, folder: Path, threads: int) -> None:
        import numpy as np

        decoder = json.loads((folder / GENERATION_CONFIG).read_text(encoding="utf-8"))["model"]["decoder"]
        self._session = session(folder / GRAPH, threads)
        self._outputs = [entry.name for entry in self._session.get_outputs()]
        self._inputs = {entry.name for entry in self._session.get_inputs()}
        self._cache_shape = (decoder["num_key_value_heads"], 0, decoder["head_size"])
        self._cache: dict[str, NDArray[Any]] = {}
        self._lengths = np.zeros(0, np.int64)

    def read(self, prompts: Sequence[Sequence[int]], banned: Sequence[int]) -> list[int]:
        """Forgets everything, reads the prompts, and returns the likeliest next tokens."""
        return _likeliest(self.read_logits(prompts), banned)

    def step(self, tokens: Sequence[int], banned: Sequence[int]) -> list[int]:
        """Reads one more token a row, and returns the likeliest next tokens."""
        return _likeliest(self.step_logits(tokens), banned)

    def read_logits(self, prompts: Sequence[Sequence[int]]) -> NDArray[Any]:
        """Forgets everything, reads the prompts, and returns the logits after each, (batch, vocabulary)."""
        import numpy as np

        if len({len(prompt) for prompt in prompts}) == 1:
            return self._read_equal(prompts)
        logits, caches = [], []
        for prompt in prompts:
            logits.append(self._read_equal([prompt]))
            caches.append(self._cache)
        self._lengths = np.array([len(prompt) for prompt in prompts], np.int64)
        self._cache = {name: _stacked([cache[name] for cache in caches]) for name in caches[0]}
        return np.concatenate(logits)

    def step_logits(self, tokens: Sequence[int]) -> NDArray[Any]:
        """Reads one more token a row, and returns the logits after it, (batch, vocabulary)."""
        import numpy as np

        ids = np.array(tokens, np.int64)[:, None]
        width = next(iter(self._cache.values())).shape[2] + 1
        self._lengths = self._lengths + 1
        return self._run(ids, width)

    def _read_equal(self, prompts: Sequence[Sequence[int]]) -> NDArray[Any]:
        import numpy as np

        ids = np.array(prompts, np.int64)
        empty = np.zeros((len(ids), *self._cache_shape), np.float32)
        self._cache = {name: empty for name in self._inputs if name.startswith("past_key_values.")}
        self._lengths = np.full(len(ids), ids.shape[1], np.int64)
        return self._run(ids, ids.shape[1])

    def _run(self, ids: NDArray[Any], width: int) -> NDArray[Any]:
        import numpy as np

        mask = (np.arange(width) < self._lengths[:, None]).astype(np.int64)
        feed = {"input_ids": ids, "attention_mask": mask, **self._cache}
        if "position_ids" in self._inputs:
            feed["position_ids"] = self._lengths[:, None] - ids.shape[1] + np.arange(ids.shape[1])
        found = dict(zip(self._outputs, self._session.run(None, feed), strict=True))
        logits: NDArray[Any] = found.pop("logits")[:, -1]
        self._cache = {name.replace("present.", "past_key_values.", 1): value for name, value in found.items()}
        return logits


def _likeliest(logits: NDArray[Any], banned: Sequence[int]) -> list[int]:
    import numpy as np

    if banned:
        logits[:, list(banned)] = -np.inf
    chosen: list[int] = logits.argmax(-1).tolist()
    return chosen


def _stacked(caches: list[NDArray[Any]]) -> NDArray[Any]:
    """Caches (1, heads, length, size) of unequal length as one, padded with zeros on the right."""
    import numpy as np

    longest = max(cache.shape[2] for cache in caches)
    return np.concatenate([np.pad(cache, ((0, 0), (0, 0), (0, longest - cache.shape[2]), (0, 0))) for cache in caches])

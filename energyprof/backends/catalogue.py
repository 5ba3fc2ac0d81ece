"""The backends by name, each imported only when it is asked for."""

from __future__ import annotations

import importlib.util

from energyprof.backends.backend import Backend
from energyprof.model.errors import NotMeasurable, UnknownName
from energyprof.model.names import either, nearest
from energyprof.model.workload import Kind

PACKAGES: dict[str, dict[str, str]] = {
    "torch": {"torch": "torch", "transformers": "transformers", "tokenizers": "tokenizers", "numpy": "numpy"},
    "onnx": {
        "onnxruntime": "onnxruntime",
        "onnxruntime_genai": "onnxruntime-genai",
        "onnx": "onnx",
        "onnxscript": "onnxscript",
        "torch": "torch",
        "transformers": "transformers",
        "tokenizers": "tokenizers",
        "numpy": "numpy",
    },
}
"""For each backend, the modules that it needs and the packages that bring them."""


def names() -> list[str]:
    """The backends' names."""
    return list(PACKAGES)


def get(name: str) -> Backend:
    """The backend of that name.

    Raises:
        UnknownName: there is none.
        NotMeasurable: a package that it needs is not installed.
    """
    if name not in PACKAGES:
        raise UnknownName(f"There is no backend {name!r}.{_nearest(name)} Use one of: {', '.join(names())}.")
    missing = absent(PACKAGES[name])
    if missing:
        raise NotMeasurable(
            f"The backend {name!r} needs {', '.join(missing)}, not installed here, so its variants cannot be measured. "
            f"Run: pip install {' '.join(missing)}"
        )
    if name == "torch":
        from energyprof.backends.torch_backend import TorchBackend

        return TorchBackend()
    from energyprof.backends.onnx_backend import OnnxBackend

    return OnnxBackend()


def precisions(name: str, kind: Kind, device: str) -> tuple[str, ...]:
    """The precisions in which a backend runs a kind of model on a device, known without loading a runtime.

    Args:
        device: "cpu" or "cuda:N"; whether this machine has it is not asked.

    Returns:
        Empty where the backend never uses such a device.
    """
    if name == "torch":
        from energyprof.backends import torch_backend

        return torch_backend.PRECISIONS[device.partition(":")[0]]
    from energyprof.backends import onnx_backend

    return onnx_backend.PRECISIONS[kind] if device == "cpu" else ()


def absent(packages: dict[str, str]) -> list[str]:
    """The packages whose module cannot be found."""
    return [package for module, package in packages.items() if importlib.util.find_spec(module) is None]


def _nearest(name: str) -> str:
    near = nearest(name.lower(), PACKAGES)
    return f" Did you mean {either(map(repr, near))}?" if near else ""

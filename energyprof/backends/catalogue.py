"""The backends by name, each imported only when it is asked for."""

from __future__ import annotations

import importlib.util

from energyprof.backends.backend import Backend
from energyprof.model.errors import NotMeasurable, UnknownName
from energyprof.model.names import either, nearest

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


def absent(packages: dict[str, str]) -> list[str]:
    """The packages whose module cannot be found."""
    return [package for module, package in packages.items() if importlib.util.find_spec(module) is None]


def _nearest(name: str) -> str:
    near = nearest(name.lower(), PACKAGES)
    return f" Did you mean {either(map(repr, near))}?" if near else ""

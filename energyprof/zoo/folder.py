"""Models that are already somewhere: a folder in Hugging Face layout, or the Hugging Face Hub."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from energyprof.backends.backend import ModelSource
from energyprof.model.errors import InvalidValue, NotMeasurable
from energyprof.model.workload import Kind
from energyprof.zoo.digest import files_sha256

HUB_ID = re.compile(r"[\w][\w.-]*/[\w][\w.-]*")
WANTED_FILES = ("*.json", "*.safetensors", "*.txt", "*.model", "README.md")
"""What a model needs; weights only as safetensors, since loading a pickle runs code that is in it."""


def is_hub_id(name: str) -> bool:
    """Whether it reads like "organisation/model"."""
    return HUB_ID.fullmatch(name) is not None


def resolve_folder(name: str, folder: Path) -> ModelSource:
    """A model in a local folder.

    Args:
        name: as the profile names it; in every error.

    Raises:
        InvalidValue: the folder does not hold a model that can be run.
    """
    kind = kind_of(name, folder)
    if not any(folder.glob("*.safetensors")):
        raise InvalidValue(
            f"The model {name!r} has no *.safetensors in {folder}, so there are no weights to run. "
            "Save it with save_pretrained(folder), which writes them; other formats are not read."
        )
    files = (file for pattern in WANTED_FILES for file in folder.rglob(pattern) if file.name != "README.md")
    return ModelSource(name, kind, folder, files_sha256(folder, files), "pretrained", licence_of(folder))


def resolve_hub(name: str) -> ModelSource:
    """A model of the Hugging Face Hub, from its local cache or downloaded; `HF_HUB_OFFLINE` is honoured.

    Raises:
        NotMeasurable: it is not in the local cache and cannot be downloaded.
        InvalidValue: it is not a model that can be run.
    """
    return resolve_folder(name, _snapshot(name))


def kind_of(name: str, folder: Path) -> Kind:
    """What the model in a folder does, by its configuration.

    Raises:
        InvalidValue: there is no configuration, or its architecture is of another kind.
    """
    architectures = _configuration(name, folder).get("architectures") or []
    if any(architecture.endswith("ForCausalLM") for architecture in architectures):
        return "text-generation"
    if (folder / "modules.json").is_file() or any(_is_encoder(architecture) for architecture in architectures):
        return "sentence-embedding"
    raise InvalidValue(
        f"The model {name!r} is of architecture {', '.join(architectures) or 'unknown'} by its config.json, which "
        "energyprof cannot run. Use a decoder (...ForCausalLM), a sentence-transformers folder or an encoder."
    )


def licence_of(folder: Path) -> str | None:
    """The licence in the front matter of the model's README; None where it does not say."""
    readme = folder / "README.md"
    if not readme.is_file():
        return None
    front = re.match(r"---\n(.*?)\n---\n", readme.read_text(encoding="utf-8", errors="replace"), re.DOTALL)
    licence = front and re.search(r"^license:\s*[\"']?([\w.+-]+)", front[1], re.MULTILINE)
    return licence[1] if licence else None


def _is_encoder(architecture: str) -> bool:
    return architecture.endswith(("Model", "ForMaskedLM"))


def _configuration(name: str, folder: Path) -> dict[str, Any]:
    try:
        configuration = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidValue(
            f"The model {name!r} has no readable config.json in {folder} ({error}), so it is not known what to run. "
            "Name a folder in Hugging Face layout, as save_pretrained(folder) writes it."
        ) from error
    return configuration if isinstance(configuration, dict) else {}


def _snapshot(name: str) -> Path:
    """The model's folder in the Hub's cache; asks the network only for what is not there."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, allow_patterns=list(WANTED_FILES), local_files_only=True))
    except LocalEntryNotFoundError:
        pass
    try:
        return Path(snapshot_download(name, allow_patterns=list(WANTED_FILES)))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise NotMeasurable(
            f"The model {name!r} is neither in the local cache of the Hugging Face Hub nor can it be downloaded "
            f"({_first_line(error)}), so nothing can be measured with it. Check the name and the network, unset "
            f"HF_HUB_OFFLINE, or run `hf download {name}` where there is a network."
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]

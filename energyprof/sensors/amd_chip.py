"""AMD processors with graphics: what they say as a GPU is the power of the whole chip, its CPU included."""

from __future__ import annotations

from pathlib import Path

from energyprof.sensors.number_file import text

WHOLE_CHIP = "a processor with graphics reports the whole chip, its CPU too"
NORTHBRIDGE_VOLTAGE = "in1_label"
"""Only such chips show it (Linux, drivers/gpu/drm/amd/pm/amdgpu_pm.c, 2024), but for the MI300A."""

MI300A = "0x74a0"
"""Its PCI device (pci.ids, 2024)."""


def is_whole_chip(hwmon: Path) -> bool:
    """Whether the GPU of a folder of amdgpu's in the hwmon tree has a CPU beside it."""
    return (hwmon / NORTHBRIDGE_VOLTAGE).exists() or text(hwmon / "device" / "device") == MI300A

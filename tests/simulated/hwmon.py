"""Simulated folders of the kernel's hwmon and power_supply trees."""

from __future__ import annotations

from pathlib import Path


def chip(sysfs: Path, number: int, name: str, device: str | None = None, **files: object) -> Path:
    """One chip with these files, such as power1_input=95_000_000."""
    folder = sysfs / "class" / "hwmon" / f"hwmon{number}"
    folder.mkdir(parents=True)
    (folder / "name").write_text(f"{name}\n")
    if device is not None:
        target = sysfs / "devices" / device
        target.mkdir(parents=True, exist_ok=True)
        (folder / "device").symlink_to(target)
    write(folder, **files)
    return folder


def battery(sysfs: Path, name: str = "BAT0", **files: object) -> Path:
    """One battery with these files, such as power_now=12_000_000."""
    folder = sysfs / "class" / "power_supply" / name
    folder.mkdir(parents=True)
    write(folder, **{"type": "Battery", "status": "Discharging", **files})
    return folder


def write(folder: Path, **files: object) -> None:
    """Sets files, in place, as kept-open descriptors expect it."""
    for name, value in files.items():
        (folder / name).write_text(f"{value}\n")

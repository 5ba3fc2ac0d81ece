"""Simulated folders of the kernel's hwmon and power_supply trees."""

from __future__ import annotations

from pathlib import Path


def chip(sysfs: Path, number: int, name: str, device: str | None = None, **files: object) -> Path:
    """One chip with these files, such as power1_input=95_000_000."""
    folder = sysfs / "class" / "hwmon" / f"hwmon{number}"
    folder.mkdir(parents=True)
    if device is not None:
        target = sysfs / "devices" / device
        target.mkdir(parents=True, exist_ok=True)
        (folder / "device").symlink_to(target)
    write(folder, **{"name": name, **files})
    return folder


def grace(sysfs: Path, socket: int = 0, **watts: float) -> None:
    """The ACPI meters of one NVIDIA Grace module with these watts, such as Module=300; their files are the device's."""
    for name, power_w in watts.items():
        number = len(list(sysfs.glob("class/hwmon/hwmon*")))
        folder = chip(sysfs, number, "power_meter", f"ACPI000D:{number:02}")
        label = f"{name} Power Socket {socket}"
        write(folder / "device", power1_oem_info=label, power1_average=round(power_w * 1e6))


def battery(sysfs: Path, name: str = "BAT0", **files: object) -> Path:
    """One battery with these files, such as power_now=12_000_000."""
    folder = sysfs / "class" / "power_supply" / name
    folder.mkdir(parents=True)
    write(folder, **{"type": "Battery", "status": "Discharging", **files})
    return folder


WIDTH = 32
"""Of every file: one that a reader never sees half written."""


def write(folder: Path, **files: object) -> None:
    """Sets files, each at once and in place, as readers that keep them open expect it."""
    for name, value in files.items():
        with (folder / name).open("r+b" if (folder / name).exists() else "wb", buffering=0) as file:
            file.write(f"{value!s:{WIDTH - 1}}\n".encode())

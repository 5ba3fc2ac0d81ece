"""Stands in for `amdsmi` 7.0: the functions that are used of it, with GPUs as the file SIM_AMD describes them.

The file is JSON: a list with, for each GPU, `name`, `serial`, `idle_w`, `started_s` on the monotonic clock, and
`bdf` (its PCI address), `counter` (false: not supported), `power` (which field is given; null: none), `fails_from_s`
and `fails_to_s`.
"""

import json
import os
import time
from pathlib import Path

RESOLUTION_UJ = 15.259


class AmdSmiException(Exception):
    pass


class AmdSmiLibraryException(AmdSmiException):
    def __init__(self, err_code):
        super().__init__(err_code)
        self.err_code = err_code
        names = {
            2: "AMDSMI_STATUS_NOT_SUPPORTED - Feature not supported",
            34: "AMDSMI_STATUS_DRIVER_NOT_LOADED - Driver not loaded",
            12: "AMDSMI_STATUS_IO - I/O Error",
        }
        self.err_info = names[err_code]

    def __str__(self):
        return f"Error code:\n\t{self.err_code} | {self.err_info}"


def _gpus():
    return json.loads(Path(os.environ["SIM_AMD"]).read_text())


def amdsmi_init(flag=None):
    if "SIM_AMD" not in os.environ:
        raise AmdSmiLibraryException(34)


def amdsmi_shut_down():
    pass


def amdsmi_get_processor_handles():
    return list(range(len(_gpus())))


def amdsmi_get_gpu_asic_info(handle):
    gpu = _gpus()[handle]
    return {"market_name": gpu["name"], "asic_serial": gpu["serial"]}


def amdsmi_get_gpu_device_bdf(handle):
    return _gpus()[handle].get("bdf", f"0000:{handle + 1:02x}:00.0")


def amdsmi_get_power_cap_info(handle):
    return {"power_cap": 750_000_000, "max_power_cap": 750_000_000}


def _alive(handle):
    gpu = _gpus()[handle]
    now_s = time.monotonic()
    if gpu.get("fails_from_s", now_s + 1) <= now_s < gpu.get("fails_to_s", now_s):
        raise AmdSmiLibraryException(12)
    return gpu, now_s


def amdsmi_get_energy_count(handle):
    gpu, now_s = _alive(handle)
    if not gpu.get("counter", True):
        raise AmdSmiLibraryException(2)
    drawn_uj = gpu["idle_w"] * (now_s - gpu["started_s"]) * 1e6
    return {
        "energy_accumulator": int(drawn_uj / RESOLUTION_UJ),
        "counter_resolution": RESOLUTION_UJ,
        "timestamp": int(now_s * 1e9),
    }


def amdsmi_get_power_info(handle):
    gpu, _ = _alive(handle)
    powers = dict.fromkeys(("socket_power", "current_socket_power", "average_socket_power"), "N/A")
    if gpu.get("power"):
        powers[gpu["power"]] = gpu["idle_w"]
    return {**powers, "gfx_voltage": 800, "power_limit": 750}

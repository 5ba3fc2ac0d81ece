"""Stands in for `zeus_apple_silicon` 1.1: a chip whose parts draw the constant watts that SIM_APPLE says as JSON.

Beside the fields of the metrics SIM_APPLE may hold `error`, with which every reading fails.
"""

import json
import os
import time

FIELDS = ("cpu_total_mj", "gpu_mj", "gpu_sram_mj", "dram_mj", "ane_mj")


class AppleEnergyMetrics:
    def __init__(self, **fields):
        for name in FIELDS:
            setattr(self, name, fields.get(name))


class AppleEnergyMonitor:
    def get_cumulative_energy(self):
        chip = json.loads(os.environ.get("SIM_APPLE", '{"error": "no Apple chip"}'))
        if "error" in chip:
            raise RuntimeError(chip["error"])
        now_s = time.monotonic()
        return AppleEnergyMetrics(**{name: int(watts * now_s * 1000) for name, watts in chip.items()})

"""A simulated machine whose true energy is known in closed form: GPUs behind NVML, CPUs behind powercap."""

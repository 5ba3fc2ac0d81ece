"""Capture: the sampler process, the profiler and its decorator; the only layer with a clock."""

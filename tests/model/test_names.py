"""Names that were most likely meant."""

from __future__ import annotations

from energyprof.model.names import either, nearest


def test_the_nearest_come_first_and_the_others_not_at_all() -> None:
    assert nearest("tourch", ["onnx", "torch", "touch"], most=3) == ["touch", "torch"]
    assert nearest("tourch", ["onnx", "torch", "touch"]) == ["touch"]
    assert nearest("xyz", ["onnx", "torch"]) == []
    assert nearest("NVML", ["amd", "nvml"]) == ["nvml"]
    assert nearest("gesi", ["amd", "GESI"]) == ["GESI"]
    assert nearest("digit", []) == []


def test_names_are_joined_as_one_would_say_them() -> None:
    assert either(["a", "b"]) == "a or b"
    assert either(["a"]) == "a"

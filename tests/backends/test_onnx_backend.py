"""ONNX Runtime: its answers are PyTorch's, its exports are checked, kept and verified."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from backends.tiny_models import convolutional, images, llama, placed

from energyprof.backends.backend import LoadedModel, ModelSource
from energyprof.backends.onnx_backend import BATCH_NOTE, OnnxBackend
from energyprof.backends.torch_backend import TorchBackend
from energyprof.model.errors import InvalidValue, NotMeasurable
from energyprof.model.workload import Generation

BACKEND = OnnxBackend()
PROMPTS = ["3 days after 27 feb=", "hello", "a b c d e f g"]
TWELVE = Generation(12, 12)


def load(source: ModelSource, precision: str = "fp32", generation: Generation | None = None) -> LoadedModel:
    return BACKEND.load(source, placed(precision, backend="onnx"), generation)


def values(model: LoadedModel, items: list) -> list:
    return [answer.value for answer in model.run(items)]


@pytest.mark.parametrize("generation", [TWELVE, Generation(60)])
def test_greedy_text_is_that_of_pytorch_token_for_token(decoder: ModelSource, generation: Generation) -> None:
    reference = TorchBackend().load(decoder, placed(), generation)
    ours = load(decoder, "fp32", generation)
    for prompt in PROMPTS:
        (expected,), (found,) = reference.run([prompt]), ours.run([prompt])
        assert (found.value, found.tokens_in, found.tokens_out) == (
            expected.value,
            expected.tokens_in,
            expected.tokens_out,
        )


def test_a_batch_of_unequal_prompts_answers_as_single_ones_do(decoder: ModelSource) -> None:
    model = load(decoder, "fp32", TWELVE)
    assert values(model, PROMPTS) == [values(model, [prompt])[0] for prompt in PROMPTS]
    assert values(model, ["abc", "xyz"]) == [values(model, [prompt])[0] for prompt in ("abc", "xyz")]


def test_batched_generation_says_that_prompts_are_read_otherwise_than_by_pytorch(
    decoder: ModelSource, network: ModelSource
) -> None:
    def notes(source: ModelSource, batch_size: int) -> list[str]:
        generation = TWELVE if source is decoder else None
        placement = placed(backend="onnx", batch_size=batch_size)
        return BACKEND.load(source, placement, generation).description.notes

    assert BATCH_NOTE in notes(decoder, 2)
    assert BATCH_NOTE not in notes(decoder, 1)
    assert BATCH_NOTE not in notes(network, 2)


def test_smaller_precisions_store_fewer_bytes_for_the_same_weights(decoder: ModelSource) -> None:
    full, eight, four = (load(decoder, precision, TWELVE) for precision in ("fp32", "int8", "int4"))
    assert full.description.size_bytes > eight.description.size_bytes > four.description.size_bytes
    assert full.description.parameters == four.description.parameters
    assert full.description.parity < 1e-3 < eight.description.parity < four.description.parity
    assert any("differ from PyTorch fp32" in note for note in four.description.notes)
    assert [answer.tokens_out for answer in four.run(PROMPTS)] == [12, 12, 12]
    assert (four.description.device, four.description.threads) == ("cpu", 1)
    assert four.description.runtime.startswith("onnxruntime ")


def test_embeddings_are_those_of_pytorch_and_int8_is_near(minilm: ModelSource) -> None:
    sentences = ["A cat sleeps.", "A kitten is asleep on the sofa in the living room.", "Shares fell."]
    expected = np.stack(values(TorchBackend().load(minilm, placed(), None), sentences))
    full, eight = load(minilm), load(minilm, "int8")
    assert np.abs(np.stack(values(full, sentences)) - expected).max() < 1e-5
    assert np.stack(values(full, sentences[:1])) == pytest.approx(expected[:1], abs=1e-5)
    found = np.stack(values(eight, sentences))
    cosines = (found * expected).sum(1) / np.linalg.norm(found, axis=1)
    assert cosines.min() > 0.98
    assert eight.description.size_bytes < 0.3 * full.description.size_bytes


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_images_get_the_class_that_pytorch_gives(network: ModelSource, precision: str) -> None:
    expected = values(TorchBackend().load(network, placed(), None), list(images()))
    model = load(network, precision)
    agreement = np.mean(np.equal(values(model, list(images())), expected))
    assert agreement > 0.9 if precision == "int8" else agreement == 1
    assert values(model, list(images())[:1]) == expected[:1]
    assert any("training images" in note for note in model.description.notes) == (precision == "int8")


def test_without_calibration_images_int8_is_dynamic(network: ModelSource) -> None:
    source = dataclasses.replace(network, calibration=None, image_shape=(1, 8, 8), digest="cnn-uncalibrated")
    model = load(source, "int8")
    assert any("quantised as they come" in note for note in model.description.notes)
    assert len(model.run(list(images()))) == len(images())


def test_an_image_of_unknown_size_is_refused(tmp_path: Path) -> None:
    source = dataclasses.replace(convolutional(tmp_path), calibration=None, digest="cnn-unknown")
    with pytest.raises(InvalidValue, match="`calibration` or `image_shape`"):
        load(source)


def test_a_vocabulary_as_large_as_a_layer_is_refused(tmp_path: Path, cache: Path) -> None:
    source = dataclasses.replace(llama(tmp_path, vocabulary=112), name="clash")
    with pytest.raises(NotMeasurable, match="not measured"):
        BACKEND.prepare(source, placed("int4", backend="onnx"))
    assert not list((cache / "exports").glob("*clash*"))


def test_attention_heads_that_the_runtime_cannot_turn_are_refused(tmp_path: Path) -> None:
    source = dataclasses.replace(llama(tmp_path, vocabulary=99, head_size=8), name="narrow")
    with pytest.raises(NotMeasurable, match="heads of size 8"):
        BACKEND.prepare(source, placed("fp32", backend="onnx"))


def test_what_the_builder_says_is_in_the_error(tmp_path: Path) -> None:
    from transformers import GPT2Config, GPT2LMHeadModel

    GPT2LMHeadModel(GPT2Config(vocab_size=99, n_embd=64, n_head=4, n_layer=1)).save_pretrained(tmp_path)
    source = ModelSource("gpt2", "text-generation", tmp_path, "gpt2", "random", None)
    with pytest.raises(NotMeasurable, match=r"builder cannot make this model(.|\n)*not currently supported"):
        BACKEND.prepare(source, placed("fp32", backend="onnx"))


def test_an_export_whose_outputs_are_not_those_of_pytorch_is_refused(tmp_path: Path, cache: Path) -> None:
    """The module's answers change from call to call, as those of a wrong export would."""

    def drifting():
        import torch

        class Drifting(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.layer = torch.nn.Linear(64, 10)
                self.calls = 0

            def forward(self, image):
                self.calls += 1
                return self.layer(image.flatten(1)) * self.calls

        return Drifting()

    source = dataclasses.replace(convolutional(tmp_path), build=drifting, digest="drift", name="drifting")
    with pytest.raises(NotMeasurable, match="is wrong: its outputs differ"):
        load(source)
    assert not list((cache / "exports").glob("*drifting*"))


def test_a_second_prepare_makes_nothing(network: ModelSource, cache: Path) -> None:
    placement = placed(backend="onnx")
    BACKEND.prepare(network, placement)
    before = {path: path.stat().st_mtime_ns for path in (cache / "exports").rglob("*")}

    def never():
        raise AssertionError("a cached export was made again")

    BACKEND.prepare(dataclasses.replace(network, build=never), placement)
    assert {path: path.stat().st_mtime_ns for path in (cache / "exports").rglob("*")} == before


def test_other_content_is_another_entry(network: ModelSource, cache: Path) -> None:
    BACKEND.prepare(network, placed(backend="onnx"))
    before = set((cache / "exports").iterdir())
    BACKEND.prepare(dataclasses.replace(network, digest="other"), placed(backend="onnx"))
    (added,) = set((cache / "exports").iterdir()) - before
    assert added.name.startswith("cnn-fp32-")


def test_a_damaged_entry_is_made_again(network: ModelSource, cache: Path) -> None:
    source = dataclasses.replace(network, name="harmed", digest="harmed")
    expected = values(load(source), list(images()))
    (entry,) = (cache / "exports").glob("harmed-*")
    flip(entry / "model.onnx.data")
    assert values(load(source), list(images())) == expected
    (entry / "export.json").write_text('{"parameters": 1')
    assert values(load(source), list(images())) == expected
    (entry / "model.onnx").unlink()
    assert values(load(source), list(images())) == expected


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[99] ^= 1
    path.write_bytes(content)


def test_preparing_says_nothing(network: ModelSource, capfd: pytest.CaptureFixture) -> None:
    load(dataclasses.replace(network, digest="quiet", name="quiet"), "int8").run(list(images()))
    assert tuple(capfd.readouterr()) == ("", "")


@pytest.mark.parametrize("device", ["cuda", "cuda:0", "tpu"])
def test_another_device_than_the_cpu_is_refused(network: ModelSource, device: str) -> None:
    with pytest.raises(NotMeasurable, match="runs on the CPU only"):
        BACKEND.prepare(network, placed(device=device))


@pytest.mark.parametrize(
    ("kind", "precision", "supported"),
    [
        ("image-classification", "int4", "fp32, int8"),
        ("sentence-embedding", "int4", "fp32, int8"),
        ("text-generation", "bf16", "fp32, int8, int4"),
        ("text-generation", "", "fp32, int8, int4"),
    ],
)
def test_a_precision_that_is_not_supported_names_those_that_are(
    network: ModelSource, kind: str, precision: str, supported: str
) -> None:
    with pytest.raises(InvalidValue, match=f"Use one of: {supported}"):
        BACKEND.prepare(dataclasses.replace(network, kind=kind), placed(precision))

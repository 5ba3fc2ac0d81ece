"""Profile files: what is read from a good one, and one sentence for everything that can be wrong."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from energyprof.model.errors import InvalidProfile
from energyprof.runner.profile import load_profile

GOOD = """\
title = "Digits"
question = "Is the small one good enough?"
task = "digits"
baseline = "large"

[quality]
margin = 0.01

[[variants]]
name = "large"
model = "digits-resnet"
backend = "torch"

[[variants]]
name = "small"
model = "digits-mlp"
backend = "onnx"
precision = "int8"
threads = 2
batch_size = 32
"""


def _write(folder: Path, text: str, name: str = "digits.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _problems(folder: Path, text: str) -> list[str]:
    path = _write(folder, text)
    with pytest.raises(InvalidProfile) as caught:
        load_profile(path)
    assert caught.value.exit_code == 2
    lines = str(caught.value).splitlines()
    assert all(line.startswith(f"{path}") for line in lines)
    return [line.removeprefix(f"{path}: ") for line in lines]


def test_a_good_file_is_read_with_its_defaults(tmp_path: Path) -> None:
    profile = load_profile(_write(tmp_path, GOOD))
    assert profile.name == "digits"
    assert profile.sha256 == hashlib.sha256(GOOD.encode()).hexdigest()
    assert (profile.trials.min, profile.trials.max, profile.trials.seconds) == (10, 60, 1.0)
    assert profile.grid.zone is None
    large, small = profile.variants
    assert (large.precision, large.device, large.threads, large.batch_size) == ("fp32", "cpu", 1, 1)
    assert (small.precision, small.threads, small.batch_size) == ("int8", 2, 32)


def test_a_grid_may_be_a_name_or_a_number(tmp_path: Path) -> None:
    assert load_profile(_write(tmp_path, GOOD + '[grid]\nzone = "FRA"\n')).grid.zone == "FRA"
    assert load_profile(_write(tmp_path, GOOD + "[grid]\nzone = 400\n")).grid.zone == 400


def test_an_unknown_key_is_named_with_the_one_that_was_meant(tmp_path: Path) -> None:
    assert _problems(tmp_path, GOOD + "[trials]\nsecnds = 2.0\n") == [
        "[trials]: unknown key `secnds`; did you mean `seconds`?"
    ]
    assert _problems(tmp_path, GOOD.replace('precision = "int8"', 'quantised = "int8"'))[0].startswith(
        "[[variants]] number 2: unknown key `quantised`; remove it, or use one of name, model, "
    )


def test_a_missing_key_is_named_with_what_it_means(tmp_path: Path) -> None:
    assert _problems(tmp_path, GOOD.replace('model = "digits-mlp"\n', "")) == [
        "[[variants]] number 2: `model` is missing; add it: a model of the zoo, a folder relative to the profile, "
        "or a Hugging Face Hub id."
    ]


@pytest.mark.parametrize(
    ("good", "bad", "start"),
    [
        ("threads = 2", 'threads = "2"', "[[variants]] number 2: `threads` = '2' is not valid"),
        ("threads = 2", "threads = true", "[[variants]] number 2: `threads` = True is not valid"),
        ("threads = 2", "threads = 0", "[[variants]] number 2: `threads` = 0 is not valid"),
        ("margin = 0.01", 'margin = "one point"', "[quality]: `margin` = 'one point' is not valid"),
        ("margin = 0.01", "margin = nan", "[quality]: `margin` = nan is not valid"),
        ('precision = "int8"', 'precision = "int7"', "[[variants]] number 2: `precision` = 'int7' is not valid"),
        ('title = "Digits"', "title = 3", "`title` = 3 is not valid"),
        ('title = "Digits"', 'title = " "', "`title` = ' ' is not valid"),
        ('name = "small"', 'name = "\\u001b[2J"', "[[variants]] number 2: `name` = '\\x1b[2J' is not valid"),
        ('name = "small"', 'name = ""', "[[variants]] number 2: `name` = '' is not valid"),
    ],
)
def test_a_value_of_the_wrong_type_or_size_is_shown_with_the_remedy(
    tmp_path: Path, good: str, bad: str, start: str
) -> None:
    (problem,) = _problems(tmp_path, GOOD.replace(good, bad))
    assert problem.startswith(start)
    assert "; it must be " in problem


def test_the_remedy_of_a_seed_is_a_sentence(tmp_path: Path) -> None:
    (problem,) = _problems(tmp_path, GOOD + "[trials]\nseed = -1\n")
    assert problem.endswith("; it must be a whole number from 0, which decides the order of trials and items.")


def test_an_unknown_service_is_told_with_its_place_once(tmp_path: Path) -> None:
    (problem,) = _problems(tmp_path, GOOD + '[grid]\nlive = "foo"\n')
    assert problem.startswith("[grid]: `live`: There is no service 'foo'")


def test_an_unknown_task_or_backend_is_named_with_the_nearest(tmp_path: Path) -> None:
    assert _problems(tmp_path, GOOD.replace('task = "digits"', 'task = "digts"')) == [
        '`task` = "digts" is not known; did you mean "digits"?'
    ]
    assert _problems(tmp_path, GOOD.replace('backend = "onnx"', 'backend = "tensorflow"')) == [
        '[[variants]] number 2: `backend` = "tensorflow" is not known; use one of "torch", "onnx".'
    ]


def test_sensors_are_names_that_exist(tmp_path: Path) -> None:
    assert load_profile(_write(tmp_path, GOOD)).sensors is None
    chosen = load_profile(_write(tmp_path, 'sensors = ["rapl", "plug"]\n' + GOOD))
    assert chosen.sensors == ["rapl", "plug"]
    assert chosen.with_options(sensors=["nvml"]).sensors == ["nvml"]
    assert chosen.with_options(seed=7).sensors == ["rapl", "plug"]
    assert _problems(tmp_path, 'sensors = ["raple"]\n' + GOOD) == [
        '`sensors` = "raple" is not known; did you mean "rapl"?'
    ]


def test_an_unknown_model_is_named_with_the_nearest(tmp_path: Path) -> None:
    assert _problems(tmp_path, GOOD.replace('"digits-mlp"', '"digit-mlp"')) == [
        '[[variants]] number 2: `model` = "digit-mlp" is not known; did you mean "digits-mlp"?'
    ]
    assert "a Hub id, or one of " in _problems(tmp_path, GOOD.replace('"digits-mlp"', '"xyz"'))[0]


def test_a_model_may_be_a_folder_beside_the_profile_or_a_hub_id(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "config.json").write_text('{"architectures": ["LlamaForCausalLM"]}')
    text = GOOD.replace('task = "digits"', 'task = "dates"').replace("digits-resnet", "dates-nano")
    load_profile(_write(tmp_path, text.replace('"digits-mlp"', '"mine"')))
    load_profile(_write(tmp_path, text.replace('"digits-mlp"', '"organisation/model"')))


def test_a_model_of_another_kind_than_the_task_is_refused(tmp_path: Path) -> None:
    assert _problems(tmp_path, GOOD.replace('"digits-mlp"', '"dates-nano"')) == [
        '[[variants]] number 2: `model` = "dates-nano" is a model for text-generation, but the task "digits" is '
        "image-classification; use a model of that kind."
    ]
    (tmp_path / "empty").mkdir()
    (problem,) = _problems(tmp_path, GOOD.replace('"digits-mlp"', '"empty"'))
    assert problem.startswith("[[variants]] number 2: `model`: ")
    assert "config.json" in problem


def test_a_precision_that_the_backend_does_not_run_is_refused_with_those_that_it_does(tmp_path: Path) -> None:
    text = GOOD.replace('precision = "int8"', 'precision = "int4"')
    assert _problems(tmp_path, text.replace('backend = "torch"', 'backend = "torch"\nprecision = "fp16"')) == [
        '[[variants]] number 1: `precision` = "fp16" is not what backend "torch" runs for image-classification on cpu; '
        'use one of "fp32", "bf16", "int8", or another backend or device.',
        '[[variants]] number 2: `precision` = "int4" is not what backend "onnx" runs for image-classification on cpu; '
        'use one of "fp32", "int8", or another backend or device.',
    ]


def test_a_precision_may_depend_on_the_device_and_on_the_kind_of_model(tmp_path: Path) -> None:
    fp16 = GOOD.replace('backend = "torch"', 'backend = "torch"\nprecision = "fp16"\ndevice = "cuda:0"')
    assert load_profile(_write(tmp_path, fp16)).variants[0].precision == "fp16"
    generation = GOOD.replace('"digits"', '"dates"').replace("digits-resnet", "dates-large")
    int4 = generation.replace("digits-mlp", "dates-nano").replace('"int8"', '"int4"')
    assert load_profile(_write(tmp_path, int4)).variants[1].precision == "int4"


def test_a_device_that_the_backend_never_uses_is_refused(tmp_path: Path) -> None:
    assert _problems(tmp_path, GOOD.replace("threads = 2", 'device = "cuda:0"')) == [
        '[[variants]] number 2: `device` = "cuda:0" is not used by backend "onnx"; use "cpu", or another backend.'
    ]


def test_a_profile_needs_a_variant(tmp_path: Path) -> None:
    head = GOOD.split("[[variants]]")[0]
    assert _problems(tmp_path, head) == ["`variants` is missing; add it: one `[[variants]]` table for each variant."]
    assert _problems(tmp_path, "variants = []\n" + head)[0].startswith("`variants` = [] is not valid")


def test_a_single_bracket_table_is_told_from_a_list_of_variants(tmp_path: Path) -> None:
    text = GOOD.split("[[variants]]")[0] + '[variants]\nname = "small"\n'
    assert "one `[[variants]]` table" in _problems(tmp_path, text)[0]
    assert "is no table" in _problems(tmp_path, "variants = [3]\n" + GOOD.split("[[variants]]")[0])[0]


def test_two_variants_of_one_name_are_refused(tmp_path: Path) -> None:
    assert _problems(tmp_path, GOOD.replace('"small"', '"large"')) == [
        '[[variants]]: `name` = "large" is used twice; give each variant its own.'
    ]


def test_the_baseline_must_be_a_variant(tmp_path: Path) -> None:
    assert _problems(tmp_path, GOOD.replace('baseline = "large"', 'baseline = "larger"')) == [
        '`baseline` = "larger" is no variant; use one of "large", "small".'
    ]


@pytest.mark.parametrize("budget", ["-5", "0", "inf"])
def test_a_budget_is_a_positive_time(tmp_path: Path, budget: str) -> None:
    (problem,) = _problems(tmp_path, GOOD + f"[trials]\nbudget_s = {budget}\n")
    assert problem.startswith("[trials]: `budget_s` = ")


def test_fewer_than_ten_trials_and_more_at_least_than_at_most_are_refused(tmp_path: Path) -> None:
    assert "at least 10" in _problems(tmp_path, GOOD + "[trials]\nmin = 3\n")[0]
    assert _problems(tmp_path, GOOD + "[trials]\nmin = 20\nmax = 15\n") == [
        "[trials]: `max` = 15 is below `min` = 20; raise `max` or lower `min`."
    ]


def test_a_grid_that_does_not_exist_and_an_absurd_pue_are_refused(tmp_path: Path) -> None:
    assert _problems(tmp_path, GOOD + '[grid]\nzone = "Atlantis"\n')[0].startswith("[grid]: ")
    assert _problems(tmp_path, GOOD + "[grid]\npue = 15.0\n")[0].startswith("[grid]: A PUE of 15.0 cannot be")


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace('task = "digits"', 'task = "digts"').replace("threads = 2", "threads = -2")
    problems = _problems(tmp_path, text + "[trials]\nbudget_s = -1\n[grid]\npue = 0.2\n")
    assert len(problems) == 4


def test_what_is_not_toml_is_told_with_its_line(tmp_path: Path) -> None:
    path = _write(tmp_path, 'title = "a"\ntask : digits\n')
    with pytest.raises(InvalidProfile, match=r"is not TOML: .*line 2"):
        load_profile(path)


def test_what_is_not_utf8_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "latin.toml"
    path.write_bytes(b'task = "digits"\ntitle = "\xe9nergie"\n')
    with pytest.raises(InvalidProfile, match="line 2 is not UTF-8"):
        load_profile(path)


def test_a_folder_and_a_file_that_is_not_there_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(InvalidProfile, match="is a folder, not a profile"):
        load_profile(tmp_path)
    _write(tmp_path, GOOD)
    with pytest.raises(InvalidProfile, match=r"does not exist; did you mean .*digits.toml"):
        load_profile(tmp_path / "digts.toml")


@pytest.mark.parametrize("name", ["..toml", ".hidden.toml", "a b.toml", "-x.toml"])
def test_a_name_that_is_no_safe_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidProfile, match="becomes a folder"):
        load_profile(_write(tmp_path, GOOD, name))


def test_options_replace_what_the_file_says_and_are_checked_like_it(tmp_path: Path) -> None:
    profile = load_profile(_write(tmp_path, GOOD + '[grid]\nzone = "FRA"\npue = 1.2\n'))
    changed = profile.with_options(zone=300.0, budget_s=60.0, seed=7)
    assert (changed.grid.zone, changed.grid.pue) == (300.0, 1.2)
    assert (changed.trials.budget_s, changed.trials.seed) == (60.0, 7)
    with pytest.raises(InvalidProfile, match="PUE"):
        profile.with_options(pue=0.5)
    with pytest.raises(InvalidProfile, match="budget_s"):
        profile.with_options(budget_s=-1.0)


def test_factors_of_ones_own_are_a_table_or_a_file(tmp_path: Path) -> None:
    header = "id,value,low,high,unit,distribution,source,year,url,licence,note\n"
    (tmp_path / "mine.csv").write_text(header + "water.coal.pond,1,1,1,L/kWh,exact,me,2025,,own,\n")
    table = GOOD + '\n[factors]\nwater.coal.tower = 2\n"range.grid" = "1:0.9:1.1"\nfile = "mine.csv"\n'
    profile = load_profile(_write(tmp_path, table))
    assert {factor.id: factor.value for factor in profile.factors} == {
        "water.coal.tower": 2,
        "range.grid": 1,
        "water.coal.pond": 1,
    }
    assert profile.factors[0].source == "given by the user (digits.toml)"
    file = load_profile(_write(tmp_path, 'factors = "mine.csv"\n' + GOOD))
    assert [factor.source for factor in file.factors] == ["given by the user (mine.csv row 2): me"]
    assert load_profile(_write(tmp_path, GOOD)).factors == ()


def test_a_factor_that_cannot_be_is_named(tmp_path: Path) -> None:
    (problem,) = _problems(tmp_path, GOOD + "\n[factors]\nwater.coal.towr = 2\n")
    assert problem.startswith("[factors]: There is no factor named 'water.coal.towr'")
    (problem,) = _problems(tmp_path, "factors = 3\n" + GOOD)
    assert problem.startswith("`factors` = 3 is not valid")


def test_a_building_may_be_a_data_centre_by_name_which_comes_with_its_range(tmp_path: Path) -> None:
    named = GOOD + '\n[grid]\npue = "aws"\nwue_l_per_kwh = "unknown"\n'
    profile = load_profile(_write(tmp_path, named))
    pue, wue = profile.factors
    assert (pue.id, profile.grid.pue) == ("site.pue", pue.value)
    assert (wue.id, profile.grid.wue_l_per_kwh) == ("site.wue", wue.value)
    assert wue.low < wue.value < wue.high
    assert pue.source.startswith("given by the user (digits.toml): pue.aws")
    own = load_profile(_write(tmp_path, named + "\n[factors]\nsite.pue = 1.4\n"))
    assert [factor.value for factor in own.factors if factor.id == "site.pue"] == [1.4]
    other = profile.with_options(pue=1.5)
    assert (other.grid.pue, [factor.id for factor in other.factors]) == (1.5, ["site.wue"])
    (problem,) = _problems(tmp_path, named.replace("aws", "awz"))
    assert problem.startswith("[grid]: There is no data centre named 'awz' whose PUE is known.")

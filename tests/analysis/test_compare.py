"""A run whose joules are known in closed form becomes the figures, intervals and verdicts it must."""

from __future__ import annotations

import math
import random
import re
from dataclasses import replace

import pytest
from simulated.readings import Course, polled

from energyprof.analysis.compare import compare
from energyprof.analysis.comparison import Comparison
from energyprof.analysis.quality import difference, quality, wilson
from energyprof.analysis.verdict import ratio_text
from energyprof.model.domain import Domain
from energyprof.model.quantity import Basis, Quantity
from energyprof.model.run import (
    Host,
    IdleWindow,
    ModelDescription,
    ProfileRecord,
    Run,
    Score,
    Trial,
    VariantRecord,
    Weights,
)
from energyprof.model.timeline import Gap
from energyprof.report import figures

POWER_W = {"large": 400.0, "small": 200.0, "tiny": 100.0}
TASKS = {"large": 10, "small": 20, "tiny": 40}
RIGHT = {"large": 0.98, "small": 0.97, "tiny": 0.70}
ITEMS = 1000
IDLE_W = 70.0


def described(name: str, weights: Weights = "trained") -> VariantRecord:
    description = ModelDescription(name, "torch", "fp32", "cuda:0", 1000, 4000, 2, weights)
    return VariantRecord(name, 1, "done", description, requests_per_trial=TASKS[name])


def score(name: str) -> Score:
    generator = random.Random(7)
    difficulty = [generator.random() for _ in range(ITEMS)]
    return Score(name, "exact_match", "mean", [float(hard < RIGHT[name]) for hard in difficulty])


def recorded(trials: int = 10, *, names: tuple[str, ...] = ("large", "small", "tiny")) -> Run:
    """Trials of 1 s in a row, 0.5 s of quiet between them, each 1 % off at random."""
    generator = random.Random(1)
    course, now_s, done, idle = Course(idle_w=IDLE_W), 2.0, [], [IdleWindow("before", 0.3, 2.0)]
    for block in range(trials):
        for name in generator.sample(names, len(names)):
            course.pulse(now_s, 1.0, POWER_W[name] * (1 + 0.01 * generator.gauss(0, 1)))
            latencies_s = [1.0 / TASKS[name]] * TASKS[name]
            done.append(Trial(name, len(done), block, now_s, now_s + 1, TASKS[name], None, None, latencies_s, 0.5, 0.0))
            idle.append(IdleWindow("between", now_s + 1, now_s + 1.5))
            now_s += 1.5
    idle[-1] = IdleWindow("after", now_s - 0.5, now_s + 2)
    timeline = polled(course, now_s + 2, domain=replace(polled(course, 1).domain, gain=0.05))
    profile = ProfileRecord(
        "p", "P", "t", None, "image", names[0], 0.03, "exact_match", None, 1.0, 0.0, "0" * 64, "p.toml"
    )
    return Run(
        1,
        "0.1.0",
        "2026-01-01T00:00:00Z",
        0.0,
        True,
        None,
        profile,
        Host("Linux", "CPU", 2, None, "3.11"),
        [],
        None,
        [timeline],
        idle,
        [described(name) for name in names],
        done,
        [score(name) for name in names],
    )


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return compare(recorded())


def figure(quantity: Quantity | None) -> float:
    assert quantity is not None
    assert quantity.value is not None
    return quantity.value


@pytest.mark.parametrize("name", ["large", "small", "tiny"])
def test_joules_per_task_are_those_drawn(comparison: Comparison, name: str) -> None:
    result = comparison.variant(name)
    assert result is not None
    assert figure(result.energy_per_task) == pytest.approx(POWER_W[name] / TASKS[name], rel=0.01)
    assert figure(result.energy_per_task_net) == pytest.approx((POWER_W[name] - IDLE_W) / TASKS[name], rel=0.015)
    assert figure(result.idle_per_task) == pytest.approx(IDLE_W / TASKS[name], rel=0.01)
    assert figure(result.power_w) == pytest.approx(POWER_W[name], rel=0.01)
    assert result.latency_p50_s == pytest.approx(1 / TASKS[name])
    assert result.tasks_per_s == pytest.approx(TASKS[name])
    assert result.trials == 10


def test_calibration_widens_the_total_interval_and_not_repeatability(comparison: Comparison) -> None:
    result = comparison.variant("large")
    assert result is not None
    energy = result.energy_per_task
    assert energy.low is not None
    assert energy.high is not None
    assert energy.total_low is not None
    assert energy.total_high is not None
    assert energy.low < 40 < energy.high
    assert (energy.high - energy.low) / 2 == pytest.approx(0.007 * 40, rel=0.6)
    assert energy.total_high - figure(energy) == pytest.approx(0.05 * 40, rel=0.05)


def test_the_gain_of_a_shared_sensor_cancels_in_a_ratio(comparison: Comparison) -> None:
    result = comparison.variant("small")
    assert result is not None
    assert result.versus is not None
    ratio = result.versus.energy_ratio
    assert figure(ratio) == pytest.approx(0.25, rel=0.01)
    assert ratio.high is not None
    assert ratio.low is not None
    assert ratio.high / ratio.low < 1.03
    assert result.versus.cheaper is True


def test_verdicts_follow_the_paired_difference_and_the_margin(comparison: Comparison) -> None:
    verdicts = {result.record.name: result.versus.verdict for result in comparison.variants if result.versus}
    assert verdicts == {"small": "good_enough", "tiny": "not_good_enough"}
    assert (comparison.best, comparison.verdict) == ("small", "good_enough")
    assert re.match(r"small uses 4\.0\d*x less \(95 % interval 3\.9\d*-4\.0\d*x\) energy", comparison.energy_claim)
    assert "good enough" in comparison.quality_claim


def test_joules_per_right_answer(comparison: Comparison) -> None:
    tiny = comparison.variant("tiny")
    assert tiny is not None
    assert tiny.quality is not None
    assert figure(tiny.energy_per_correct) == pytest.approx(figure(tiny.energy_per_task) / tiny.quality.value)


def test_joules_per_right_answer_are_as_uncertain_as_energy_and_quality_together(comparison: Comparison) -> None:
    tiny = comparison.variant("tiny")
    assert tiny is not None
    assert tiny.quality is not None
    assert tiny.energy_per_correct is not None
    energy, found, quality_found = tiny.energy_per_task, tiny.energy_per_correct, tiny.quality
    for per_correct, per_task in ((found.high, energy.high), (found.total_high, energy.total_high)):
        assert per_correct is not None
        assert per_task is not None
        parts = per_task / figure(energy), quality_found.value / quality_found.low
        assert per_correct / figure(found) == pytest.approx(math.exp(math.hypot(*map(math.log, parts))))
    assert found.high is not None
    assert found.high / figure(found) > 1.03


def test_a_difference_that_the_items_cannot_settle_is_not_settled() -> None:
    run = recorded(names=("large", "small"))
    few = [replace(one, values=one.values[:40]) for one in run.scores]
    values = few[1].values
    few[1] = replace(few[1], values=[0.0 if index in (0, 1) else value for index, value in enumerate(values)])
    comparison = compare(replace(run, scores=few))
    assert comparison.verdict == "not_settled"
    assert "not settled at 40 test items" in comparison.quality_claim


def test_without_scores_there_is_no_quality_verdict() -> None:
    comparison = compare(replace(recorded(), scores=[]))
    assert comparison.verdict == "no_quality"
    assert comparison.best == "tiny"
    assert "Quality was not measured" in comparison.quality_claim


def test_a_failed_variant_is_named_and_the_others_stand() -> None:
    run = recorded(names=("large", "small"))
    broken = VariantRecord("broken", 1, "failed", error="its worker was killed, most likely for want of memory")
    comparison = compare(replace(run, variants=[*run.variants, broken]))
    result = comparison.variant("broken")
    assert result is not None
    assert result.energy_per_task.value is None
    assert result.energy_per_task.reason == broken.error
    assert comparison.verdict == "good_enough"
    assert any("broken (missing: its worker was killed" in warning for warning in comparison.warnings)


def test_without_the_baseline_nothing_is_compared() -> None:
    run = recorded(names=("large", "small"))
    alone = [trial for trial in run.trials if trial.variant == "small"]
    comparison = compare(replace(run, trials=alone))
    assert comparison.best is None
    assert "baseline large could not be measured" in comparison.energy_claim


def test_one_trial_gives_a_value_and_no_interval() -> None:
    comparison = compare(recorded(1))
    result = comparison.variant("small")
    assert result is not None
    energies = (result.energy_per_task, result.energy_per_task_net, result.power_w, *result.domains.values())
    for quantity in energies:
        assert quantity.value is not None
        assert (quantity.low, quantity.high, quantity.total_low, quantity.total_high) == (None, None, None, None)
    assert result.versus is not None
    assert result.versus.cheaper is None


def test_warm_up_and_replaced_trials_are_shown_and_not_counted() -> None:
    run = recorded(names=("large", "small"))
    first, second, *rest = run.trials
    marked = [replace(first, warm_up=True), replace(second, replaced=True), *rest]
    comparison = compare(replace(run, trials=marked))
    assert sum(result.trials for result in comparison.variants) == len(run.trials) - 2
    assert sum(len(result.trial_energies) for result in comparison.variants) == len(run.trials)


def test_a_trial_in_a_time_whose_joules_are_lost_is_left_out() -> None:
    run = recorded(names=("large", "small"))
    lost = Gap(run.trials[3].start_s + 0.1, run.trials[3].start_s + 0.3, "driver reload", energy_known=False)
    [timeline] = run.timelines
    comparison = compare(replace(run, timelines=[replace(timeline, gaps=[lost])]))
    assert sum(result.trials for result in comparison.variants) == len(run.trials) - 1
    assert any("driver reload" in warning for warning in comparison.warnings)


def test_a_run_without_any_reading_is_unknown_everywhere() -> None:
    comparison = compare(replace(recorded(), timelines=[]))
    assert all(result.energy_per_task.value is None for result in comparison.variants)
    assert all(result.energy_per_task.reason for result in comparison.variants)
    assert comparison.best is None


def test_a_child_domain_is_not_added_to_its_parent() -> None:
    run = recorded(names=("large", "small"))
    [timeline] = run.timelines
    core = replace(timeline, domain=replace(timeline.domain, id="core", parent="gpu:0"))
    assert compare(replace(run, timelines=[timeline, core])).variants[0].energy_per_task == (
        compare(run).variants[0].energy_per_task
    )


def test_a_meter_that_stands_apart_is_held_against_the_total_and_in_none_of_it() -> None:
    run = recorded()
    [gpu] = run.timelines
    plug = Domain("wall:plug", "wall", "plug", "Wall plug", joules_per_count=2e-3, apart="a reference")
    beside = replace(gpu, domain=plug, gaps=[Gap(0.1, 0.2, "no answer", energy_known=False)])
    alone, both = compare(run), compare(replace(run, timelines=[gpu, beside]))
    assert both.variant("large") == alone.variant("large")
    [sentence] = both.coverage.references
    assert sentence.startswith("Wall plug, in no total (a reference): ")
    assert sentence.endswith(" J counted here are 50 % of it")
    assert any("it is in no total, so no trial is touched" in warning for warning in both.warnings)
    assert not any("Wall plug" in measured for measured in both.coverage.measured)


def test_a_drift_over_the_trials_is_a_warning() -> None:
    run = recorded(names=("large", "small"))
    rising = [trial for trial in run.trials if trial.variant == "large"]
    fewer = {trial.index: 20 - place for place, trial in enumerate(rising)}
    trials = [replace(trial, requests=fewer.get(trial.index, trial.requests)) for trial in run.trials]
    warnings = compare(replace(run, trials=trials)).warnings
    assert any("from the first to the last trial: large (+" in warning for warning in warnings)


def test_one_sentence_speaks_of_all_variants_it_holds_for() -> None:
    run = recorded(names=("large", "small"))
    trials = [replace(trial, contaminated=trial.block < 4) for trial in run.trials]
    warnings = compare(replace(run, trials=trials)).warnings
    [sentence] = [warning for warning in warnings if "Other processes" in warning]
    assert "large (4 of 10), small (4 of 10)" in sentence


def test_ranks_that_agree_are_one_and_reversed_ones_minus_one() -> None:
    values = [0.1, 0.5, 0.3, 0.9, 0.7]
    same = quality(Score("a", "spearman", "spearman", values, values))
    turned = quality(Score("a", "spearman", "spearman", values, [-value for value in values]))
    assert same is not None
    assert turned is not None
    assert (same.value, turned.value) == (pytest.approx(1), pytest.approx(-1))
    assert quality(Score("a", "spearman", "spearman", values)) is None


def test_groups_have_their_own_values() -> None:
    found = quality(Score("a", "accuracy", "mean", [1, 1, 0, 1], groups=["easy", "easy", "hard", "hard"]))
    assert found is not None
    assert found.groups == {"easy": 1.0, "hard": 0.5}


def test_wilsons_interval_as_published() -> None:
    low, high = wilson(81 / 263, 263)
    assert (low, high) == (pytest.approx(0.2553, abs=5e-4), pytest.approx(0.3662, abs=5e-4))
    assert wilson(1.0, 50)[0] < 0.95


def test_newcombes_paired_interval_as_published() -> None:
    """Newcombe (1998), Statistics in Medicine 17:2635, table II, 36 12 2 0, method 10."""
    ours = [1.0] * 36 + [1.0] * 12 + [0.0] * 2
    theirs = [1.0] * 36 + [0.0] * 12 + [1.0] * 2
    gap = difference(Score("a", "m", "mean", ours), Score("b", "m", "mean", theirs))
    assert gap.value == pytest.approx(0.2)
    assert (gap.low, gap.high) == (pytest.approx(0.0569, abs=2e-3), pytest.approx(0.3404, abs=2e-3))


def test_different_items_cannot_be_paired() -> None:
    gap = difference(Score("a", "m", "mean", [1.0]), Score("b", "m", "mean", [1.0, 0.0]))
    assert gap.value is None
    assert gap.reason is not None


def test_items_of_different_classes_cannot_be_paired() -> None:
    easy, hard = (Score("a", "m", "mean", [1.0, 0.0], groups=[group] * 2) for group in ("easy", "hard"))
    gap = difference(easy, hard)
    assert (gap.value, gap.reason) == (None, "the two variants were scored on items of different classes")


def test_a_ratio_in_words() -> None:
    less = Quantity(0.125, 0.115, 0.137, "ratio", "measured")
    assert ratio_text(less) == "8.00x less (95 % interval 7.30-8.70x)"
    assert ratio_text(Quantity(1.5, None, None, "ratio", "measured")) == "1.50x more"


@pytest.mark.parametrize("basis", ["measured", "estimated"])
@pytest.mark.parametrize("value", [0.0082, 0.1267, 0.99, 1.31, 42.0])
def test_the_verdict_rounds_a_ratio_as_the_table_does(value: float, basis: Basis) -> None:
    ratio = Quantity(value, 0.93 * value, 1.06 * value, "ratio", basis, None, 0.7 * value, 1.3 * value)
    shown = figures.ratio(ratio)
    said = ratio_text(ratio).replace("x", "×").replace("-", "–")
    assert said == f"{shown.value} (95 % interval {shown.total})"


def spearman(name: str, values: list[float], references: list[float]) -> Score:
    return Score(name, "spearman", "spearman", values, references)


@pytest.mark.parametrize("odd", [0.5, math.nan, math.inf], ids=["all-equal", "nan", "infinite"])
def test_a_score_that_has_no_rank_correlation_is_unknown_and_stops_nobody(odd: float) -> None:
    run = recorded(names=("large", "small", "tiny"))
    ranks = [float(item) for item in range(50)]
    fallen = [odd] * 50 if odd == 0.5 else [odd, *ranks[1:]]
    scores = [spearman("large", ranks, ranks), spearman("small", fallen, ranks), spearman("tiny", ranks, ranks)]
    compared = compare(replace(run, profile=replace(run.profile, metric="spearman"), scores=scores))
    small, tiny = compared.variant("small"), compared.variant("tiny")
    assert small is not None
    assert small.quality is None
    assert small.versus is not None
    assert small.versus.quality_difference is not None
    assert small.versus.quality_difference.value is None
    assert small.versus.quality_difference.reason
    assert small.versus.verdict == "no_quality"
    assert tiny is not None
    assert tiny.versus is not None
    assert tiny.versus.verdict == "good_enough"


def test_the_claim_says_why_a_quality_is_unknown() -> None:
    run = recorded(names=("large", "small"))
    ranks = [float(item) for item in range(50)]
    scores = [spearman("large", ranks, ranks), spearman("small", [0.5] * 50, ranks)]
    compared = compare(replace(run, profile=replace(run.profile, metric="spearman"), scores=scores))
    assert compared.quality_claim.startswith("The quality of small is not known: spearman is undefined")


def test_no_items_have_no_difference() -> None:
    gap = difference(Score("a", "m", "mean", []), Score("b", "m", "mean", []))
    assert (gap.value, gap.reason) == (None, "no item was scored")


def test_a_class_without_a_rank_correlation_is_left_out() -> None:
    values, groups = [0.1, 0.5, 0.3, 0.3], ["varied", "varied", "alike", "alike"]
    found = quality(Score("a", "spearman", "spearman", values, values, groups))
    assert found is not None
    assert found.groups == {"varied": pytest.approx(1.0)}

"""The table of all variants."""

from __future__ import annotations

from dataclasses import replace

from report.rendered import assessed

from energyprof.report import figures
from energyprof.report.listing import detail, variants_listing


def test_a_modelled_figure_without_a_column_of_its_own_for_the_model_shows_the_models_range() -> None:
    listing = variants_listing(assessed("all_estimated"))
    variants = assessed("all_estimated").comparison.variants
    for line, variant in zip(listing.lines, variants, strict=True):
        cells = dict(zip(listing.headings, line.cells, strict=True))
        for heading, quantity in (
            ("above idle", variant.energy_per_task_net),
            ("Per token", variant.energy_per_token),
            ("Per correct answer", variant.energy_per_correct),
        ):
            assert cells[heading].note == figures.figure(quantity, figures.JOULES).total
        assert cells["Energy per image"].note == figures.figure(variant.energy_per_task, figures.JOULES).interval


def test_one_thread_is_one_thread() -> None:
    assessment = assessed("ten_variants")
    variant = assessment.comparison.variants[0]
    assert variant.record.description is not None
    assert "2 threads" in detail(variant, assessment)
    alone = replace(variant.record, description=replace(variant.record.description, threads=1))
    assert "1 thread," in detail(replace(variant, record=alone), assessment)

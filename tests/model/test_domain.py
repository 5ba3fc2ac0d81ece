"""Totals add each joule once."""

from __future__ import annotations

from energyprof.model.domain import Domain, outermost


def domain(name: str, parent: str | None = None) -> Domain:
    return Domain(name, "cpu", "rapl", name, parent=parent)


def test_a_domain_inside_another_is_not_added() -> None:
    assert [d.id for d in outermost([domain("package"), domain("core", "package"), domain("dram")])] == [
        "package",
        "dram",
    ]


def test_a_domain_whose_parent_is_not_metered_is_added() -> None:
    assert [d.id for d in outermost([domain("core", "package")])] == ["core"]

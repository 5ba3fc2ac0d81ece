"""Why a service gave nothing that could be used."""

from __future__ import annotations


class NoAnswer(Exception):
    """Its text is a clause that holds no token and no address with one: it ends up in records that are published."""

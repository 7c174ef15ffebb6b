"""Modules that are made from another are what it makes."""

from __future__ import annotations

import inspect

import pytest

from navien_anyio.calls import HeaterCalls as AsyncCalls
from navien_sync.calls import HeaterCalls as BlockingCalls
from tests.support.blocking import ROOT, TWINS, blocking


@pytest.mark.parametrize(("origin", "twin"), TWINS.items())
def test_a_blocking_twin_is_what_its_origin_makes(origin: str, twin: str) -> None:
    made = blocking((ROOT / origin).read_text(encoding="utf-8"), origin)
    assert (ROOT / twin).read_text(encoding="utf-8") == made, "run: python -m tests.support.blocking"
    assert "await" not in made
    assert "async " not in made


def test_both_have_the_same_methods_with_the_same_arguments() -> None:
    for name, method in inspect.getmembers(AsyncCalls, inspect.isfunction):
        twin = getattr(BlockingCalls, name)
        assert inspect.signature(method).parameters.keys() == inspect.signature(twin).parameters.keys()

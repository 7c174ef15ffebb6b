"""The API reference shows what is public: its pages name modules that exist, and leave no public name out."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

from tests.support.reference.roles import readable

PAGES = Path(__file__).resolve().parents[2] / "docs" / "api"
SHOWN = re.compile(r"^::: (\S+)$", re.MULTILINE)
PACKAGES = (
    "navien_proto",
    "navien_anyio",
    "navien_anyio.mqtt",
    "navien_sync",
    "navien_sync.mqtt",
    "navien_sync.stores",
)
# Facts of the wire, which have pages of their own; a union of classes that are all shown.
ELSEWHERE = {"FEATURE_FIELDS", "STATUS_FIELDS", "__version__", "Message"}


def shown() -> list[str]:
    return [name for page in sorted(PAGES.glob("*.md")) for name in SHOWN.findall(page.read_text("utf-8"))]


def test_every_module_stands_on_one_page_and_says_what_it_is() -> None:
    names = shown()
    assert len(names) > 50
    assert len(set(names)) == len(names)
    for name in names:
        assert import_module(name).__doc__, name


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_on_a_page(package: str) -> None:
    there = {
        id(thing)
        for module in map(import_module, shown())
        for thing in vars(module).values()
        if getattr(thing, "__module__", "") == module.__name__
    }
    missing = [
        name
        for name in import_module(package).__all__
        if name not in ELSEWHERE and id(getattr(import_module(package), name)) not in there
    ]
    assert not missing


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (
            "See :class:`~a.b.C`.",
            'See <autoref optional identifier="a.b.C"><code>C</code></autoref>.',
        ),
        (":mod:`a.b`", '<autoref optional identifier="a.b"><code>a.b</code></autoref>'),
        ("So::\n\n    code\n", "So:\n\n    code\n"),
        ("Before.\n\n::\n\n    code", "Before.\n\n\n\n    code"),
        ("Raises:\n    X: never, a::b\n", "Raises:\n    X: never, a::b\n"),
        ("All raise:\n    X: never\n    Y: at times\n", "All raise:\n\n- `X`: never\n- `Y`: at times\n"),
    ],
)
def test_what_docstrings_say_for_other_tools_becomes_markdown(written: str, meant: str) -> None:
    assert readable(written) == meant

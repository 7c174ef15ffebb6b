"""A pytest plugin: with ``--row f06`` the tests that are named after that failure come first."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--row``."""
    parser.addoption("--row", default="", help="part of the names of the tests that come first")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Bring them to the front; otherwise the order stays."""
    row = config.getoption("--row")
    items.sort(key=lambda item: f"_{row}_" not in item.name)

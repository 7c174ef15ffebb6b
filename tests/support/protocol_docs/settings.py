"""The table of settings, made of the class that holds them."""

from __future__ import annotations

from navien_proto.config import SETTINGS
from navien_proto.settings import Setting
from tests.support.protocol_docs.table import code, number, table

__all__ = ["settings_table"]


def settings_table() -> str:
    """Each setting: its name, default, what is expected, the variable of older programs, its meaning."""
    return table(
        ("name", "default", "expected", "older variable", "meaning"),
        (
            (code(one.name), code(_default(one)), one.kind.expected, code(one.older or ""), one.meaning)
            for one in SETTINGS.values()
        ),
    )


def _default(setting: Setting) -> str:
    match setting.default:
        case None:
            return ""
        case bool():
            return str(setting.default).lower()
        case int() | float():
            return number(setting.default)
        case _:
            return str(setting.default)

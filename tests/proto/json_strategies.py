"""Text that is JSON, nearly JSON, or was JSON before something happened to it."""

from __future__ import annotations

import json
import sys
from typing import Any

from hypothesis import strategies as st

from navien_proto import jsontext
from navien_proto.jsontext import STANDARD

ENGINES = [engine for engine in (STANDARD, jsontext.FAST) if engine is not None]


def strict(value: Any) -> str:
    """``value`` written so that 1, 1.0 and True differ."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{key!r}:{strict(member)}" for key, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(strict, value)) + "]"
    return f"{type(value).__name__} {value!r}"


NUMBERS = st.one_of(
    st.integers(-1000, 1000).map(str),
    st.integers().map(str),
    st.integers(-(1 << 66), 1 << 66).map(str),
    st.sampled_from(
        [str(sign * ((1 << 63) + step)) for sign in (1, -1) for step in (-1, 0, 1)]
        + [str((1 << 64) + step) for step in (-1, 0, 1)]
        + ["9" * count for count in (18, 19, 20, 40, 308, 309, 310, 640, 4300, 5000)]
        + ["-" + "9" * count for count in (19, 309, 5000)]
        + [
            "1" + "0" * 308,
            "1" + "0" * 309,
            str(int(sys.float_info.max)),
            str(int(sys.float_info.max) + (1 << 969)),
        ]
        + [
            "-0",
            "-0.0",
            "1e308",
            "1e309",
            "-1e999",
            "1e-999",
            "1E5",
            "0.1e1",
            "1e400000",
            "12345678901234567890.5",
        ]
        + ["NaN", "Infinity", "-Infinity", "01", "1.", ".5", "+1", "0x1", "1_000", "1e", "--1", "- 1"],
    ),
    st.floats().map(repr),
    st.from_regex(r"-?[0-9]{1,25}(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?", fullmatch=True),
)
STRINGS = st.one_of(
    st.text().map(lambda text: json.dumps(text, ensure_ascii=False)),
    st.text().map(json.dumps),
    st.lists(
        st.sampled_from(
            [
                r"\ud83d",
                r"\ude00",
                r"\uD83D\uDE00",
                r"\\",
                r"\\ud83d",
                r"\"",
                r"\u0000",
                "x",
                "é",
                r"\x",
                r"\u12",
                "\t",
            ]
        )
    ).map(lambda parts: f'"{"".join(parts)}"'),
)
SPACE = st.sampled_from(["", "", "", " ", "\n\t", "\r", "\x0b", "\u00a0"])
WORDS = st.sampled_from(["true", "false", "null", "True", "nul", ""])


def _containers(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    members = st.lists(st.tuples(STRINGS, inner, SPACE), max_size=4)
    objects = members.map(lambda found: "{" + ",".join(f"{k}{s}:{s}{v}" for k, v, s in found) + "}")
    return objects | st.lists(inner, max_size=4).map(lambda items: "[" + ",".join(items) + "]")


TEXTS = st.recursive(NUMBERS | STRINGS | WORDS, _containers, max_leaves=12)


@st.composite
def damaged(draw: st.DrawFn, messages: list[bytes]) -> bytes:
    """A message with something cut out and something put in, perhaps in another encoding."""
    data = draw(st.sampled_from(messages))
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(data)))
        stop = min(len(data), start + draw(st.integers(0, 20)))
        put = draw(TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=4))
        data = data[:start] + put + data[stop:]
    if draw(st.booleans()):
        data = data[: draw(st.integers(0, len(data)))]
    if draw(st.integers(0, 20)) == 0:
        data = data.decode("utf-8", "replace").encode(
            draw(st.sampled_from(["utf-16", "utf-8-sig", "utf-32", "latin-1"])), "replace"
        )
    return data

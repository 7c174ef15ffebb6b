"""What one setting may be: reading text or a typed value into the value used, or saying what was expected.

Text comes from the environment, ``.env`` and the command line; typed values from TOML and from Python.
Whatever is given, a reader answers with a value of its type or raises ``ValueError``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from attrs import frozen

from navien_proto.errors import UsageError
from navien_proto.redact import redact_text

__all__ = ["Kind", "Setting", "choice", "number", "optional", "pattern", "shown", "switch", "text", "url", "whole"]

N = TypeVar("N", int, float)

DECIMAL = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,12})?")
# Below space, DEL, C1 controls; lone surrogates are bytes of the environment that are not UTF-8.
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
LONGEST_SHOWN = 40


@frozen
class Kind:
    """One kind of value.

    ``expected`` completes the sentence "expected …"; ``read`` turns text or a typed value into the value,
    or raises ``ValueError``.
    """

    expected: str
    read: Callable[[object], object]


@frozen(kw_only=True)
class Setting:
    """One setting: its names, its default and its meaning.

    ``variable`` names it in the environment and in ``.env``, ``flag`` on the command line, ``name`` in Python
    and in the TOML table ``[navien]``; ``older`` is a variable of older programs that is understood too. A
    ``secret`` may instead be given as the path of a file that holds it: the same names with ``_FILE``,
    ``-file`` and ``_file`` added. ``simulated`` is the kind that holds when the service is a simulated one.
    """

    name: str
    default: object
    meaning: str
    kind: Kind
    simulated: Kind
    older: str | None = None
    secret: bool = False

    @property
    def variable(self) -> str:
        """Its name in the environment: ``NAVIEN_INTERVAL``."""
        return f"NAVIEN_{self.name.upper()}"

    @property
    def flag(self) -> str:
        """Its name on the command line: ``--log-level``."""
        return f"--{self.name.replace('_', '-')}"

    def read(self, label: str, value: object, *, simulated: bool = False) -> object:
        """The value that ``value``, known to the user as ``label``, stands for.

        Raises:
            UsageError: it stands for none; the sentence shows it unless it is a secret.
        """
        kind = self.simulated if simulated else self.kind
        try:
            return kind.read(value)
        except ValueError:
            raise self._refusal(label, kind, value) from None

    def check(self, label: str, value: object, *, simulated: bool = False) -> None:
        """Whether ``value`` is one that :meth:`read` gives, of the right type already.

        Raises:
            UsageError: as :meth:`read`.
        """
        if self.read(label, value, simulated=simulated) != value:
            raise self._refusal(label, self.simulated if simulated else self.kind, value)

    def _refusal(self, label: str, kind: Kind, value: object) -> UsageError:
        found = "" if self.secret else f", found {shown(value)}"
        return UsageError(f"{label}: expected {kind.expected}{found}")


def shown(value: object) -> str:
    """``value`` for an error message: short, one line, without what may be a secret."""
    if isinstance(value, str):
        if "@" in value:
            return "text with an @ in it"
        short = value if len(value) <= LONGEST_SHOWN else value[:LONGEST_SHOWN] + "…"
        return redact_text(ascii(short) if UNPRINTABLE.search(short) else repr(short))
    # A number of thousands of digits may not even be printed (CPython refuses).
    if isinstance(value, bool | float) or (isinstance(value, int) and value.bit_length() <= 64):
        return redact_text(str(value).lower())
    return f"a value of type {type(value).__name__}"


def _stripped(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("not text")  # noqa: TRY004 (a reader raises ValueError and nothing else)
    return value.strip()


def text(expected: str, longest: int, *, strip: bool = True) -> Kind:
    """Any text of 1 to ``longest`` characters without control characters."""

    def read(value: object) -> str:
        found = _stripped(value)
        if not strip and isinstance(value, str):
            found = value
        if not 1 <= len(found) <= longest or UNPRINTABLE.search(found):
            raise ValueError("empty, too long or with control characters")
        return found

    return Kind(expected, read)


def pattern(expected: str, shape: str) -> Kind:
    """Text that the regular expression ``shape`` matches as a whole."""
    compiled = re.compile(shape)

    def read(value: object) -> str:
        found = _stripped(value)
        if UNPRINTABLE.search(found) or not compiled.fullmatch(found):
            raise ValueError("of another shape")
        return found

    return Kind(expected, read)


def url() -> Kind:
    """An http or https URL without user, query and fragment; when read, a ``/`` at its end is dropped."""
    host = r"(?:[A-Za-z0-9_][\w.\-]*|\[[0-9a-fA-F:]+\])"
    expected = "an http or https URL without query and without / at its end"
    shape = pattern(expected, rf"https?://{host}(?::[0-9]{{1,5}})?(?:/[\w.~\-]*)*")
    return Kind(expected, lambda value: str(shape.read(value)).rstrip("/"))


def choice(*names: str) -> Kind:
    """One of ``names``, in any case; the value is in lower case."""

    def read(value: object) -> str:
        found = _stripped(value).lower()
        if found not in names:
            raise ValueError("not among the choices")
        return found

    return Kind(" or ".join((", ".join(names[:-1]), names[-1])), read)


def switch() -> Kind:
    """True or false; as text also yes/no, on/off, 1/0."""
    words = {"true": True, "yes": True, "on": True, "1": True}
    words |= {"false": False, "no": False, "off": False, "0": False}

    def read(value: object) -> bool:
        if isinstance(value, bool):
            return value
        found = words.get(_stripped(value).lower())
        if found is None:
            raise ValueError("neither true nor false")
        return found

    return Kind("true or false", read)


def _within(value: N, low: float, high: float) -> N:
    if not low <= value <= high:  # false for NaN as well
        raise ValueError("out of range")
    return value


def number(unit: str, low: float, high: float) -> Kind:
    """A decimal number from ``low`` to ``high``; the value is a float."""

    def read(value: object) -> float:
        if isinstance(value, str) and DECIMAL.fullmatch(value.strip()):
            return _within(float(value), low, high)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(_within(value, low, high))  # compared first: a huge int has no float
        raise ValueError("not a number")

    return Kind(f"{unit} from {low:g} to {high:g}", read)


def whole(unit: str, low: int, high: int) -> Kind:
    """A whole number from ``low`` to ``high``."""

    def read(value: object) -> int:
        if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,12}", value.strip()):
            return _within(int(value), low, high)
        if isinstance(value, int) and not isinstance(value, bool):
            return _within(value, low, high)
        raise ValueError("not a whole number")

    return Kind(f"{unit} from {low} to {high}", read)


def optional(kind: Kind) -> Kind:
    """``kind``, or the word ``none``, whose value is ``None``."""

    def read(value: object) -> object:
        return None if isinstance(value, str) and value.strip().lower() == "none" else kind.read(value)

    return Kind(f"{kind.expected}, or none", read)

"""What every fault is: a value whose ``repr`` is code. The kinds are in :mod:`navien_proto.sim.faults`."""

from __future__ import annotations

from typing import Any

from attrs import fields, frozen, validators

__all__ = ["NOT_NEGATIVE", "SHARE", "Fault"]

# Validators of fields.
SHARE: Any = [validators.ge(0.0), validators.le(1.0)]
NOT_NEGATIVE: Any = validators.ge(0.0)


@frozen(repr=False)
class Fault:
    """Any fault. Its ``repr`` is its construction, what is left at its default left out.

    Raises:
        ValueError: a share outside 0 to 1, a negative time, or an unknown frame.
    """

    def __repr__(self) -> str:
        given = [
            f"{a.name}={value!r}"
            for a in fields(type(self))
            if a.default != (value := getattr(self, a.name)) and a.repr
        ]
        return f"{type(self).__name__}({', '.join(given)})"

"""What the REST service answers, as data. Any member may be ``None``: the cloud left it out, or sent nonsense.

Every answer has ``problems``, the members that could not be understood, and ``extra``, the members this code
does not know, by path. Together with the attributes they hold all that was sent. The answers about one unit
stand in `navien_proto.cloud.records`.

Source: ``docs/protocol/rest.md``.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from navien_proto.cloud.tokens import TokenGrant, Tokens
from navien_proto.model.device import Device
from navien_proto.model.fields import Problem

__all__ = [
    "Acknowledged",
    "Answer",
    "DevicePage",
    "Refreshed",
    "SignIn",
    "UserInfo",
]


@frozen(kw_only=True)
class Answer:
    """What all answers have: ``problems`` and ``extra``."""

    problems: tuple[Problem, ...] = ()
    extra: Mapping[str, object] = field(factory=dict, repr=lambda extra: f"<{len(extra)} members>")


@frozen(kw_only=True)
class UserInfo:
    """The account's owner. ``user_type`` ``O`` is the owner and goes into TOU requests."""

    user_type: str | None = None
    first_name: str | None = field(default=None, repr=False)
    last_name: str | None = field(default=None, repr=False)
    status: str | None = None
    user_seq: int | None = field(default=None, repr=False)


@frozen(kw_only=True)
class SignIn(Answer):
    """Signed in. ``legal`` are the vendor's documents as they came; nothing depends on them."""

    tokens: Tokens
    user: UserInfo
    legal: object = field(default=None, repr=False)


@frozen(kw_only=True)
class Refreshed(Answer):
    """What a refresh grants; :meth:`Tokens.refreshed` joins it with the tokens at hand."""

    grant: TokenGrant


@frozen(kw_only=True)
class DevicePage(Answer):
    """One page of the device list, other products of the vendor included.

    An entry without a usable MAC address is left out and stands in ``problems``.
    """

    devices: tuple[Device, ...]


@frozen(kw_only=True)
class Acknowledged(Answer):
    """Done, and nothing to tell; ``data`` is what came all the same."""

    data: object = field(default=None, repr=False)

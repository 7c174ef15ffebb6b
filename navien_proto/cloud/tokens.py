"""What an account holds while it is signed in: the access token, the refresh token, AWS credentials.

Two clocks run apart (``docs/protocol/rest.md`` section 4): the access token's restarts at every refresh, the
AWS credentials' only at a sign-in. Both ends are kept as absolute times, so that they survive a restart.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from attrs import Attribute, evolve, field, frozen

from navien_proto.cloud.sigv4 import Credentials
from navien_proto.errors import UsageError

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = ["TokenGrant", "Tokens", "make_converter"]

LIFETIME = 3600.0
"""Seconds a token lives when the cloud does not say."""

# No token lives for longer than this; a number beyond it is a mistake, and would leave the calendar.
LONGEST_LIFETIME = 366 * 86400.0


def _bearable(_instance: object, attribute: Attribute[Any], value: object) -> None:
    """Refuse what cannot stand in an HTTP header or a signature: no line break may be smuggled in."""
    if value is None and attribute.default is None:
        return
    if not isinstance(value, str) or not value or not value.isascii() or not value.isprintable():
        raise UsageError(f"{attribute.name} must be printable ASCII text that is not empty")


def _aware(_instance: object, attribute: Attribute[Any], value: datetime) -> None:
    if value.utcoffset() is None:
        raise UsageError(f"{attribute.name} must be an aware datetime")


def _to_utc(value: datetime) -> datetime:
    if value.utcoffset() is None:
        return value  # the validator refuses it by name
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise UsageError("an expiry must be a time that exists in UTC") from None


@frozen(kw_only=True)
class TokenGrant:
    """What one answer of the cloud grants, as it came. A refresh grants no AWS members.

    The two lifetimes are in seconds from the moment of the answer; ``None`` when the cloud did not say or
    said nonsense.

    Raises:
        UsageError: a member that is present is empty or not printable ASCII text.
    """

    access_token: str = field(repr=False, validator=_bearable)
    refresh_token: str | None = field(default=None, repr=False, validator=_bearable)
    id_token: str | None = field(default=None, repr=False, validator=_bearable)
    authentication_expires_in: float | None = None
    access_key_id: str | None = field(default=None, repr=False, validator=_bearable)
    secret_key: str | None = field(default=None, repr=False, validator=_bearable)
    session_token: str | None = field(default=None, repr=False, validator=_bearable)
    authorization_expires_in: float | None = None


@frozen(kw_only=True)
class Tokens:
    """Everything needed to speak for an account. The ``repr`` shows the two expiries alone.

    ``authentication_expires_at`` ends the access token, ``authorization_expires_at`` the AWS credentials; both
    are aware, in UTC. ``id_token`` is kept and not used.

    Raises:
        UsageError: a member is not text that can be sent, or an expiry is naive; the message names it.
    """

    access_token: str = field(repr=False, validator=_bearable)
    refresh_token: str | None = field(default=None, repr=False, validator=_bearable)
    id_token: str | None = field(default=None, repr=False, validator=_bearable)
    authentication_expires_at: datetime = field(converter=_to_utc, validator=_aware)
    access_key_id: str = field(repr=False, validator=_bearable)
    secret_key: str = field(repr=False, validator=_bearable)
    session_token: str | None = field(default=None, repr=False, validator=_bearable)
    authorization_expires_at: datetime = field(converter=_to_utc, validator=_aware)

    @classmethod
    def granted(cls, grant: TokenGrant, now: datetime) -> Tokens:
        """The tokens of a sign-in answered at ``now`` (aware).

        Raises:
            UsageError: the grant has no AWS credentials.
        """
        if grant.access_key_id is None or grant.secret_key is None:
            raise UsageError("a sign-in grants AWS credentials, and this one has none")
        return cls(
            access_token=grant.access_token,
            refresh_token=grant.refresh_token,
            id_token=grant.id_token,
            authentication_expires_at=_end(grant.authentication_expires_in, now),
            access_key_id=grant.access_key_id,
            secret_key=grant.secret_key,
            session_token=grant.session_token,
            authorization_expires_at=_end(grant.authorization_expires_in, now),
        )

    def refreshed(self, grant: TokenGrant, now: datetime) -> Tokens:
        """These tokens after a refresh answered at ``now`` (aware).

        What the answer leaves out keeps its value; the clock of the AWS credentials goes on unless new ones
        came (a key id together with its secret: half a pair signs nothing).
        """
        tokens = evolve(
            self,
            access_token=grant.access_token,
            refresh_token=grant.refresh_token or self.refresh_token,
            id_token=grant.id_token or self.id_token,
            authentication_expires_at=_end(grant.authentication_expires_in, now),
        )
        if grant.access_key_id is None or grant.secret_key is None:
            return tokens
        return evolve(
            tokens,
            access_key_id=grant.access_key_id,
            secret_key=grant.secret_key,
            session_token=grant.session_token or self.session_token,
            authorization_expires_at=_end(grant.authorization_expires_in, now),
        )

    @property
    def credentials(self) -> Credentials:
        """The AWS credentials, to sign with."""
        return Credentials(self.access_key_id, self.secret_key, self.session_token)

    def access_fresh(self, now: datetime, margin: timedelta = timedelta(0)) -> bool:
        """Whether the access token is good for more than ``margin`` after ``now`` (aware)."""
        return self.authentication_expires_at - now > margin

    def aws_fresh(self, now: datetime, margin: timedelta = timedelta(0)) -> bool:
        """Whether the AWS credentials are good for more than ``margin`` after ``now`` (aware)."""
        return self.authorization_expires_at - now > margin

    def to_dict(self) -> dict[str, object]:
        """The tokens as plain text members, for a token store. All of it is secret."""
        plain: dict[str, object] = make_converter().unstructure(self)
        return plain

    @classmethod
    def from_dict(cls, data: object) -> Tokens:
        """Tokens from what ``to_dict`` gave; unknown members are left aside.

        A token store can save a sign-in and must never prevent one: whoever reads a store takes the error for
        an empty store.

        Raises:
            UsageError: ``data`` is something else; the message names the first member that is wrong.
        """
        if not isinstance(data, Mapping):
            raise UsageError("stored tokens: expected a table of members")
        from cattrs import BaseValidationError, transform_error

        try:
            return make_converter().structure(data, cls)
        except BaseValidationError as error:
            reason, _, place = transform_error(error, "tokens", _format)[0].rpartition(" @ ")
        # Raised here and not above, so that no traceback leads to the values.
        raise UsageError(f"stored {place}: {reason}")


def make_converter() -> Converter:
    """A cattrs converter for :class:`Tokens` and classes that hold them: strict about types, times as ISO 8601."""
    # cattrs takes some 50 ms to import, four times attrs; most programs never store a token.
    from cattrs import Converter

    converter = Converter()
    converter.register_structure_hook(str, _structure_text)
    converter.register_structure_hook(datetime, _structure_time)
    converter.register_unstructure_hook(datetime, datetime.isoformat)
    return converter


def _structure_text(value: object, _type: object) -> str:
    if not isinstance(value, str):
        raise TypeError("expected text")
    return value


def _structure_time(value: object, _type: object) -> datetime:
    if not isinstance(value, str):
        raise TypeError("expected text")
    return datetime.fromisoformat(value)


def _format(error: BaseException, _type: object) -> str:
    """One reason in words, without the value."""
    if isinstance(error, UsageError | TypeError):
        return str(error)
    return "missing" if isinstance(error, KeyError) else "not a time in ISO 8601"


def _end(lifetime: float | None, now: datetime) -> datetime:
    """When something granted at ``now`` ends."""
    seconds = lifetime if lifetime is not None and lifetime > 0 else LIFETIME
    return now + timedelta(seconds=min(seconds, LONGEST_LIFETIME))

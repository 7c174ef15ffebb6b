"""Every error of navien, by whose fault it is.

::

    NavienError
    ├── UsageError (ValueError)          ours: a bad argument, out of range, unsupported by the device
    │   └── GuardError                   a guard that the user set forbids it
    ├── AuthError                        the account's
    │   ├── BadCredentials               proven: retrying is wrong and may lock the account
    │   └── TokenExpired                 signing in again helps
    ├── CloudError                       the REST service's
    │   ├── Throttled                    too many requests; wait
    │   └── HttpStatusError              an answer that is not success
    ├── LinkError (ConnectionError)      the MQTT connection's
    │   ├── LinkClosed                   we closed it
    │   └── LinkBroken                   the outside broke it
    ├── RemoteProtocolError              the peer said something that is not the protocol
    │   └── DecodeError                  … in the payload of one message
    ├── StoreError                       a database or file of ours cannot be used
    └── CommandError                     a command did not come to its end
        ├── CommandRefused               the device or the broker said no
        ├── CommandTimedOut (TimeoutError)
        ├── CommandMismatch              the device confirmed something else than was written
        ├── ScheduleConflict             an edit does not fit the list the device has
        ├── CommandExpired               it waited for a connection longer than allowed
        └── CommandCancelled             withdrawn: by its caller, or because the session closed

A public function lists what it raises; any other exception is a bug. ``str(error)`` is a sentence for a
person and holds no secret: topics are shown with their MAC masked, payloads not at all.
"""

from __future__ import annotations

from typing import Any, ClassVar

from navien_proto.redact import redact_text

__all__ = [
    "AccountLocked",
    "AuthError",
    "BadCredentials",
    "CloudError",
    "CommandCancelled",
    "CommandError",
    "CommandExpired",
    "CommandMismatch",
    "CommandRefused",
    "CommandTimedOut",
    "DecodeError",
    "GuardError",
    "HttpStatusError",
    "LinkBroken",
    "LinkClosed",
    "LinkError",
    "NavienError",
    "RemoteProtocolError",
    "ScheduleConflict",
    "StoreError",
    "Throttled",
    "TokenExpired",
    "UsageError",
]


class NavienError(Exception):
    """The base of all errors raised on purpose; ``retryable`` says whether the same call may yet succeed."""

    retryable: ClassVar[bool] = False

    def __init__(self, sentence: str) -> None:
        super().__init__(redact_text(sentence))

    def __reduce__(self) -> tuple[Any, ...]:
        # As an exception is pickled by itself, its class is called with what it said: ours want more by name.
        return _made_again, (type(self), self.args, vars(self))


def _made_again(kind: type[NavienError], args: tuple[object, ...], members: dict[str, object]) -> NavienError:
    error = kind.__new__(kind, *args)
    error.args = args
    vars(error).update(members)
    return error


class UsageError(NavienError, ValueError):
    """The call was wrong: a bad argument, a value out of range, something this device cannot do."""


class GuardError(UsageError):
    """A guard forbids the command; ``guard`` is the name of its setting (``docs/settings.md``)."""

    def __init__(self, sentence: str, guard: str) -> None:
        super().__init__(sentence)
        self.guard = guard


class AuthError(NavienError):
    """The account was not let in."""


class BadCredentials(AuthError):
    """The cloud proved the e-mail address or the password wrong. Do not retry: the account may be locked."""


class TokenExpired(AuthError):
    """The session's tokens are no longer accepted; a new sign-in helps."""

    retryable = True


class CloudError(NavienError):
    """The REST service could not be reached or did not do what was asked."""

    retryable = True


class Throttled(CloudError):
    """Too many requests. ``retry_after`` is how long to wait in seconds, ``None`` when nobody said."""

    def __init__(self, sentence: str, *, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class AccountLocked(Throttled):
    """The cloud keeps the account locked for a while, after too many wrong sign-ins; trying on keeps it so."""


class HttpStatusError(CloudError):
    """The REST service answered, but not with success.

    ``status`` is the HTTP status, ``code`` the number in the body (``None`` when there was none); the body
    decides where HTTP says that all is well. ``retryable`` is false for 400 to 499, which say that the request
    is wrong (``docs/protocol/rest.md`` section 10); servers mend themselves, and unknown codes may mean anything.
    """

    def __init__(self, sentence: str, *, status: int, code: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code

    @property
    def retryable(self) -> bool:  # type: ignore[override]
        """Whether the same request may succeed later."""
        meant = self.code if 200 <= self.status < 300 and self.code is not None else self.status
        return not 400 <= meant < 500


class LinkError(NavienError, ConnectionError):
    """The MQTT connection is not there."""

    retryable = True


class LinkClosed(LinkError):
    """We closed the connection."""

    retryable = False


class LinkBroken(LinkError):
    """The connection was refused or lost from outside."""


class RemoteProtocolError(NavienError):
    """The peer sent something that is not the protocol."""

    retryable = True


class DecodeError(RemoteProtocolError):
    """A payload that is no message: ``reason`` says why, ``path`` where in it (``""`` for the whole).

    ``topic`` is kept with its MAC masked.
    """

    def __init__(self, topic: str, path: str, reason: str) -> None:
        self.topic = redact_text(topic)
        self.path = path
        self.reason = redact_text(reason)
        where = f" at {path}" if path else ""
        super().__init__(f"message on {self.topic or '(no topic)'} cannot be decoded{where}: {reason}")


class StoreError(NavienError):
    """A database or file of ours cannot be used: locked, read-only, gone. Nothing is half-written."""

    retryable = True


class CommandError(NavienError):
    """A command ended without being confirmed."""


class CommandRefused(CommandError):
    """The device or the broker refused the command; ``code`` is the number given, if any."""

    def __init__(self, sentence: str, *, code: int | None = None) -> None:
        super().__init__(sentence)
        self.code = code


class CommandTimedOut(CommandError, TimeoutError):
    """No answer came in time. The device may be off line; the command may still have been obeyed."""

    retryable = True


class CommandMismatch(CommandError):
    """The device confirmed another schedule than was written: ``differences`` entries or switches differ."""

    def __init__(self, sentence: str, *, differences: int) -> None:
        super().__init__(sentence)
        self.differences = differences


class ScheduleConflict(CommandError):
    """An edit does not fit the device's list: changed by somebody else, without the entry, full, or not
    understood.

    Read the list again and decide anew. ``differences`` is in how many entries or switches it differs from what
    was written; ``None`` when nothing was written.
    """

    def __init__(self, sentence: str, *, differences: int | None = None) -> None:
        super().__init__(sentence)
        self.differences = differences


class CommandExpired(CommandError):
    """The command waited for a connection longer than allowed and was not sent."""

    retryable = True


class CommandCancelled(CommandError):
    """The command was withdrawn before its end: by its caller, a cleared queue, or a closing session."""

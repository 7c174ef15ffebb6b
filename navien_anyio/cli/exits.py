"""What a command ends with: an exit code that tells the truth, and a line or two for a person. Pure."""

from __future__ import annotations

from enum import IntEnum

from navien_proto.errors import (
    AccountLocked,
    AuthError,
    BadCredentials,
    CloudError,
    CommandError,
    LinkError,
    NavienError,
    RemoteProtocolError,
    Throttled,
    UsageError,
)

__all__ = ["CliError", "ExitCode", "advice", "exit_code"]


class ExitCode(IntEnum):
    """What the shell is told."""

    FINE = 0
    INTERNAL = 1  # a bug of ours
    USAGE = 2  # the call, a setting or a file was wrong
    CREDENTIALS = 3  # the account did not let us in, or is locked
    NETWORK = 4  # the service could not be reached, or a port could not be had
    DEVICE = 5  # the heater is off line, does not answer, or the account has none such


class CliError(NavienError):
    """A command cannot go on: ``code`` is its exit code, ``advice`` what to do, if there is more to say."""

    def __init__(self, sentence: str, code: ExitCode, *, advice: str = "") -> None:
        super().__init__(sentence)
        self.code = code
        self.advice = advice


def exit_code(error: BaseException) -> ExitCode:
    """The exit code for ``error``, by whose fault it is."""
    if isinstance(error, CliError):
        return error.code
    for kinds, code in (
        ((UsageError,), ExitCode.USAGE),
        ((AuthError, AccountLocked), ExitCode.CREDENTIALS),
        ((CloudError, LinkError, RemoteProtocolError), ExitCode.NETWORK),
        ((CommandError,), ExitCode.DEVICE),
    ):
        if isinstance(error, kinds):
            return code
    return ExitCode.INTERNAL


def advice(error: BaseException) -> str:
    """What to do about ``error``: a sentence, or nothing when its own says it all."""
    if isinstance(error, CliError):
        return error.advice
    if isinstance(error, BadCredentials):
        return "Sign in with the NaviLink app to be sure of the password; too many wrong ones lock the account."
    if isinstance(error, Throttled):
        return "Wait a little: more attempts would only make it last longer."
    if isinstance(error, UsageError | AuthError):
        return ""
    if isinstance(error, CloudError | LinkError | RemoteProtocolError):
        return "'navien check' finds out where it fails."
    if isinstance(error, CommandError):
        return "Is it powered, and does the NaviLink app show it as connected?"
    return "This is a bug. With --debug there is more to report."

"""Why a connection could not be made or was lost, as a person would say it.

Transports meet exceptions of several libraries wrapped in each other. What they have in common (error numbers,
names, the verifier's message) is read here, once for both transports; no I/O module is imported for it.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator

from navien_proto.redact import redact_text

__all__ = ["describe_failure"]

# Wrapped deeper than this, an exception tells nobody anything.
DEEPEST = 12

# Names, because the classes live in socket, ssl and AnyIO.
BY_NAME = {
    "gaierror": "the host name {host} cannot be resolved",
    "UnicodeError": "the host name {host} cannot be resolved",
    "UnicodeEncodeError": "the host name {host} cannot be resolved",
    "EndOfStream": "the other side closed the connection",
    "IncompleteRead": "the other side closed the connection in the middle of an answer",
    "ClosedResourceError": "the connection was closed",
}
BY_NUMBER = {
    errno.ECONNREFUSED: "{where} refused the connection",
    errno.ECONNRESET: "the connection was reset by the other side",
    errno.ECONNABORTED: "the connection was aborted",
    errno.EPIPE: "the connection was reset by the other side",
    errno.ETIMEDOUT: "{where} did not answer in time",
    errno.EHOSTUNREACH: "there is no route to {host}",
    errno.ENETUNREACH: "the network is unreachable",
    errno.ENETDOWN: "the network is down",
    errno.EADDRNOTAVAIL: "the network is unreachable",
    errno.EMFILE: "too many files and connections are open",
    errno.ENFILE: "too many files and connections are open",
}
# OpenSSL's words for what is met in practice.
BY_TLS_REASON = {
    "WRONG_VERSION_NUMBER": "{where} does not speak TLS",
    "HTTP_REQUEST": "{where} does not speak TLS",
    "UNEXPECTED_EOF_WHILE_READING": "the other side closed the connection during the TLS handshake",
}


def describe_failure(error: BaseException, host: str, port: int | None = None) -> str:
    """A few plain words for ``error``, met while talking to ``host``; no secret is in them.

    Exceptions wrapped in ``error`` (causes, groups) are looked at when it says nothing itself.
    """
    where = host if port is None else f"{host}:{port}"
    for inner in _unwrapped(error, DEEPEST):
        words = _known(inner)
        if words is not None:
            return redact_text(words.format(host=host, where=where))
    for inner in _unwrapped(error, DEEPEST):
        if isinstance(inner, OSError) and inner.strerror:
            return redact_text(inner.strerror[:1].lower() + inner.strerror[1:])
    return f"the connection failed ({type(error).__name__})"


def _unwrapped(error: BaseException, depth: int) -> Iterator[BaseException]:
    """``error``, then what is inside it."""
    yield error
    if depth == 0:
        return
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _unwrapped(inner, depth - 1)
    # httpcore's pool hides the cause ("from None"), though it is all there is to tell.
    reason = error.__cause__ or error.__context__
    if reason is not None:
        yield from _unwrapped(reason, depth - 1)


def _known(error: BaseException) -> str | None:
    name = type(error).__name__
    if name == "SSLCertVerificationError":
        message = str(getattr(error, "verify_message", "")).rstrip(".").replace("{", "").replace("}", "")
        return "the certificate of {host} is not trusted" + (f": {message}" if message else "")
    tls_reason = getattr(error, "reason", None)
    if isinstance(error, OSError) and name.startswith("SSL"):
        return BY_TLS_REASON.get(str(tls_reason), f"TLS with {{host}} failed ({tls_reason or name})")
    if name in BY_NAME:
        return BY_NAME[name]
    if isinstance(error, OSError) and error.errno in BY_NUMBER:
        return BY_NUMBER[error.errno]
    if isinstance(error, ConnectionRefusedError):
        return BY_NUMBER[errno.ECONNREFUSED]
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        return BY_NUMBER[errno.ECONNRESET]
    if isinstance(error, TimeoutError):
        return BY_NUMBER[errno.ETIMEDOUT]
    return None

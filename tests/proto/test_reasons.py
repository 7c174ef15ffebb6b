from __future__ import annotations

import errno
import socket
import ssl

import anyio
import pytest

from navien_proto.reasons import describe_failure


def wrapped(inner: BaseException) -> BaseException:
    outer = OSError("All connection attempts failed")
    outer.__cause__ = inner
    return outer


def certificate_error() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    error.verify_message = "self-signed certificate"
    return error


def tls_error(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, f"[SSL: {reason}]")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (socket.gaierror(-2, "Name or service not known"), "the host name cloud.invalid cannot be resolved"),
        (ConnectionRefusedError(), "cloud.invalid:443 refused the connection"),
        (OSError(errno.ECONNREFUSED, "x"), "cloud.invalid:443 refused the connection"),
        (ConnectionResetError(), "the connection was reset by the other side"),
        (BrokenPipeError(), "the connection was reset by the other side"),
        (TimeoutError(), "cloud.invalid:443 did not answer in time"),
        (OSError(errno.ENETUNREACH, "x"), "the network is unreachable"),
        (OSError(errno.EHOSTUNREACH, "x"), "there is no route to cloud.invalid"),
        (OSError(errno.EMFILE, "x"), "too many files and connections are open"),
        (certificate_error(), "the certificate of cloud.invalid is not trusted: self-signed certificate"),
        (tls_error("WRONG_VERSION_NUMBER"), "cloud.invalid:443 does not speak TLS"),
        (tls_error("TLSV1_ALERT_ACCESS_DENIED"), "TLS with cloud.invalid failed (TLSV1_ALERT_ACCESS_DENIED)"),
        (anyio.EndOfStream(), "the other side closed the connection"),
        (anyio.ClosedResourceError(), "the connection was closed"),
        (OSError(errno.EPERM, "Operation not permitted"), "operation not permitted"),
        (anyio.BrokenResourceError(), "the connection failed (BrokenResourceError)"),
    ],
)
def test_what_is_met_in_practice_is_said_plainly(error: BaseException, words: str) -> None:
    assert describe_failure(error, "cloud.invalid", 443) == words


def test_causes_and_groups_are_looked_into() -> None:
    inner = ExceptionGroup("several", [ConnectionRefusedError(), OSError(errno.ENETUNREACH, "x")])
    assert describe_failure(wrapped(inner), "h", 1) == "h:1 refused the connection"
    assert describe_failure(wrapped(socket.gaierror(-2, "x")), "h", 1) == "the host name h cannot be resolved"


def test_a_cause_that_was_hidden_is_found() -> None:
    error = RuntimeError("x")
    error.__context__, error.__suppress_context__ = ConnectionRefusedError(), True
    assert describe_failure(error, "h") == "h refused the connection"


def test_no_secret_is_repeated() -> None:
    error = OSError(errno.EPERM, "Cannot reach user@example.com")
    assert "user@example.com" not in describe_failure(error, "h")


def test_an_endless_chain_ends() -> None:
    error = OSError("a")
    other = OSError("b")
    error.__cause__, other.__cause__ = other, error
    assert describe_failure(error, "h") == "the connection failed (OSError)"

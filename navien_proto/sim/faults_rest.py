"""Faults of the REST service, of tokens and accounts, and of clocks."""

from __future__ import annotations

from attrs import field, frozen

from navien_proto.sim.fault import NOT_NEGATIVE, SHARE, Fault

__all__ = [
    "AccountLocked",
    "ClockDrift",
    "ClockStep",
    "RefreshTokenMissing",
    "RestErrorBody",
    "RestFault",
    "RestGarbled",
    "RestHtml",
    "RestLost",
    "RestSilent",
    "RestSlow",
    "RestStatus",
    "RestThrottled",
    "RestTruncated",
    "TokensExpire",
    "TokensRevoked",
    "Unreachable",
]


# --- the REST service --------------------------------------------------------------------------------------


@frozen(repr=False, kw_only=True)
class RestFault(Fault):
    """A fault of those REST requests whose path ends in one of ``paths``."""

    paths: tuple[str, ...] = ()

    def concerns(self, path: str) -> bool:
        """Whether a request for ``path`` is hit."""
        return not self.paths or path.endswith(self.paths)


@frozen(repr=False, kw_only=True)
class Unreachable(RestFault):
    """No connection comes to stand (DNS, TCP, TLS): no REST request leaves, no link opens. F03, F16, F18.

    Links that stand already are left alone. ``rest`` and ``link`` choose what is unreachable.
    """

    reason: str = "connection refused"
    rest: bool = True
    link: bool = True


@frozen(repr=False, kw_only=True)
class RestSilent(RestFault):
    """The request is lost on the way and nothing ever comes back: only a time-out helps. F03."""


@frozen(repr=False, kw_only=True)
class RestLost(RestFault):
    """The cloud does what was asked, and its answer is lost in a reset. F18, F19.

    Of a refresh this costs both tokens: the old one is used up and the new one never arrived.
    """


@frozen(repr=False, kw_only=True)
class RestSlow(RestFault):
    """Answers come ``seconds`` late, or, beyond the session's time-out, too late. F03."""

    seconds: float = field(default=20.0, validator=NOT_NEGATIVE)


@frozen(repr=False, kw_only=True)
class RestStatus(RestFault):
    """HTTP ``status`` (500, 503, 401, 403 …) and the same code in a JSON body. F03, F18."""

    status: int = 503


@frozen(repr=False, kw_only=True)
class RestThrottled(RestFault):
    """HTTP 429 with ``Retry-After``, a number of seconds; ``None`` leaves the header out. F17."""

    retry_after: int | None = 60


@frozen(repr=False, kw_only=True)
class RestHtml(RestFault):
    """A web page in place of JSON, as proxies and captive portals answer; HTTP ``status``. F03, F18."""

    status: int = 200


@frozen(repr=False, kw_only=True)
class RestErrorBody(RestFault):
    """HTTP 200 with an error in the body: ``code`` and ``message``. F17."""

    code: int = 9999
    message: str = "SOMETHING_NEW"


@frozen(repr=False, kw_only=True)
class RestTruncated(RestFault):
    """The body ends after this share of its bytes, under an HTTP status that says all is well. F03, F36."""

    kept: float = field(default=0.5, validator=SHARE)


@frozen(repr=False, kw_only=True)
class RestGarbled(RestFault):
    """Some bytes of the body are others. F03, F36."""


# --- tokens and the account --------------------------------------------------------------------------------


@frozen(repr=False)
class RefreshTokenMissing(Fault):
    """The cloud does not rotate: refresh answers come without a refresh token, the old one stays good. F19."""


@frozen(repr=False, kw_only=True)
class TokensExpire(Fault):
    """Access tokens and AWS credentials, those that are out and those issued meanwhile, die early. F02, F20.

    So many seconds before the moment the cloud told; negative: they live on after it.
    """

    access: float = 1800.0
    aws: float = 1800.0


@frozen(repr=False, kw_only=True)
class TokensRevoked(Fault):
    """At its begin the cloud forgets what it has issued, of the kinds chosen. F02, F03, F20.

    ``TokensRevoked(access=False, refresh=False)`` leaves AWS credentials that are no longer good beside a valid
    JWT.
    """

    access: bool = True
    refresh: bool = True
    aws: bool = True


@frozen(repr=False)
class AccountLocked(Fault):
    """Every sign-in of every account is refused as locked; tokens that are out stay good. F17."""


# --- clocks ------------------------------------------------------------------------------------------------


@frozen(repr=False)
class ClockStep(Fault):
    """The wall clock that the sessions see is ``seconds`` ahead of the cloud's. F12, F21."""

    seconds: float = 600.0


@frozen(repr=False)
class ClockDrift(Fault):
    """That clock runs fast by ``rate`` seconds a second, and is right again in the end. F12."""

    rate: float = 0.01

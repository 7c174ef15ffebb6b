"""Success or not: the two status codes of an answer, and whose fault it is when it is not.

The HTTP status alone decides nothing: a wrong password has come as HTTP 200 with an error in the body
(``docs/protocol/rest.md`` sections 1, 3 and 10; F17 and F18 of the failure catalogue).
"""

from __future__ import annotations

import re

from navien_proto.cloud.dates import parse_date
from navien_proto.cloud.http import HttpReply
from navien_proto.errors import (
    AccountLocked,
    BadCredentials,
    DecodeError,
    HttpStatusError,
    NavienError,
    RemoteProtocolError,
    Throttled,
    TokenExpired,
)
from navien_proto.jsontext import MAX_BYTES, loads
from navien_proto.redact import redact_text

__all__ = ["json_object", "refused_refresh", "retry_after", "success_data"]

SUCCESS = 200
INVALID_USER_PASSWORD = 1001
# An account that was locked after too many sign-ins; how long nobody knows. Trying on keeps it locked.
LOCK_PAUSE = 3600.0
# A Retry-After beyond a day is a mistake, and must not silence us for ever.
LONGEST_PAUSE = 86400.0
LONGEST_MESSAGE = 80

# The texts for v2.1 are not fully known, so words are looked for and not whole texts.
WRONG = re.compile(r"\b(INVALID|WRONG|INCORRECT|MISMATCH|MISMATCHED|FAIL|FAILED|NOT MATCH\w*|BAD)\b")
ABSENT = re.compile(r"\b(NOT FOUND|NOT EXIST\w*|UNKNOWN|NO SUCH|INVALID|UNREGISTERED|NOT REGISTERED)\b")
LOCKED = re.compile(r"\b(LOCK|LOCKED|BLOCKED)\b")
# Of what: in an answer of 429 of requests, by whomever; in another of sign-ins, which locks the account.
TOO_MANY = re.compile(r"\bTOO MANY\b")


def success_data(reply: HttpReply, doing: str, *, signing_in: bool = False) -> object:
    """The member ``data`` of an answer that is success: HTTP 2xx and ``code`` 200. May be ``None``.

    ``doing`` names the request in a sentence: "signing in". ``signing_in`` tells a sign-in from a request that
    carried a token, because 401 means another thing there.

    Raises:
        BadCredentials: a sign-in was refused because of the account or its password.
        TokenExpired: any other request was refused with 401.
        Throttled: too many requests, or an account locked after too many sign-ins.
        HttpStatusError: any other answer that is not success.
        RemoteProtocolError: HTTP says success, and the body is not what the cloud sends.
    """
    envelope, reason = json_object(reply.body)
    code, message = envelope.get("code"), _message(envelope.get("msg"))
    if isinstance(code, bool) or not isinstance(code, int):
        code = None
    fine = 200 <= reply.status < 300
    if fine and code == SUCCESS:
        return envelope.get("data")
    if fine and code is None:
        raise RemoteProtocolError(f"{doing} failed: the answer {reason or 'has no code'}")
    raise _refusal(reply, doing, code, message, signing_in=signing_in)


def refused_refresh(error: NavienError) -> bool:
    """Whether ``error``, met while refreshing, says that these tokens will never be refreshed.

    The account's fault or the request's is; the network's, the server's and a broken answer's is not.
    """
    if isinstance(error, HttpStatusError):
        server = (error.code if 200 <= error.status < 300 else None) or error.status
        return not 500 <= server < 600
    return isinstance(error, TokenExpired)


def json_object(body: bytes, max_bytes: int = MAX_BYTES) -> tuple[dict[str, object], str]:
    """The members of the body; none, and what it is instead, when it is no JSON object."""
    try:
        envelope = loads(body, max_bytes=max_bytes)
    except DecodeError as error:
        if not body.strip():
            return {}, "is empty"
        return {}, "is a web page" if body.lstrip().startswith(b"<") else f"cannot be read ({error.reason})"
    return (envelope, "") if isinstance(envelope, dict) else ({}, "is no JSON object")


def _message(value: object) -> str:
    """What the cloud says in words, fit for a sentence.

    Without secrets: what an e-mail address spells must not decide what the cloud means.
    """
    if not isinstance(value, str):
        return ""
    return redact_text("".join(filter(str.isprintable, value)))[:LONGEST_MESSAGE]


def _refusal(reply: HttpReply, doing: str, code: int | None, message: str, *, signing_in: bool) -> NavienError:
    """The error that an answer which is not success stands for."""
    # What counts is the body's code where HTTP says that all is well.
    status = code if 200 <= reply.status < 300 and code is not None else reply.status
    said = [f"HTTP {reply.status}"]
    said += [f"code {code}"] if code is not None and code != reply.status else []
    said += [message] if message else []
    answered = ", ".join(said)
    if signing_in and not 500 <= status < 600:
        words = _words(message)
        if LOCKED.search(words) or (status != 429 and TOO_MANY.search(words)):
            return AccountLocked(
                f"the cloud has locked this account for a while ({answered}); the vendor's app can unlock it",
                retry_after=retry_after(reply) or LOCK_PAUSE,
            )
        if status == 401 or code == INVALID_USER_PASSWORD or _names_credentials(message):
            return BadCredentials(f"the cloud refused the e-mail address or the password ({answered})")
    if status == 429:
        return Throttled(f"{doing} failed: too many requests ({answered})", retry_after=retry_after(reply))
    if status == 401 and not signing_in:
        return TokenExpired(f"{doing} failed: the access token is not accepted ({answered})")
    return HttpStatusError(f"{doing} failed: the cloud answered {answered}", status=reply.status, code=code)


def _words(message: str) -> str:
    """The words in capitals, whichever way they were joined."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", message)
    return " ".join(re.findall(r"[A-Z]+", apart.upper()))


def _names_credentials(message: str) -> bool:
    words = _words(message)
    if re.search(r"\b(PASSWORD|CREDENTIAL|CREDENTIALS)\b", words) and WRONG.search(words):
        return True
    return bool(re.search(r"\b(USER|ACCOUNT|MEMBER|EMAIL)\b", words) and ABSENT.search(words))


def retry_after(reply: HttpReply) -> float | None:
    """Seconds to wait as the cloud asks for: a number, or a date counted from the answer's own."""
    text = reply.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,10}", text):
        return min(float(text), LONGEST_PAUSE)
    until, sent = parse_date(text), parse_date(reply.headers.get("date", ""))
    if until is None or sent is None:
        return None
    return min(max((until - sent).total_seconds(), 0.0), LONGEST_PAUSE)

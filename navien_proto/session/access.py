"""Getting in and staying in: tokens, sign-in, refresh, and the breaker that never locks an account.

Pure bookkeeping around the requests of :mod:`navien_proto.cloud.endpoints`. The session owns the exchanges and
the timers; this decides which request is right, and what an answer means.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from random import Random

from attrs import evolve

from navien_proto.cloud import endpoints
from navien_proto.cloud.account import Refusal, SavedAccount
from navien_proto.cloud.http import HttpReply, HttpRequest
from navien_proto.cloud.tokens import Tokens
from navien_proto.errors import AuthError, BadCredentials, HttpStatusError, Throttled, TokenExpired, UsageError
from navien_proto.instant import Instant

__all__ = ["Access"]

# docs/protocol/rest.md section 4: renew when five minutes or less are left.
RENEW_MARGIN = timedelta(minutes=5)
# Below this a token may die on the way.
USABLE_MARGIN = timedelta(seconds=30)
# However short tokens live, renewals keep this distance.
RENEW_PAUSE = timedelta(minutes=1)
# Renewals come up to this much sooner, at random: programs started together do not renew together.
RENEW_JITTER = timedelta(minutes=1)
# A refresh brings no AWS credentials: it is only worth its while when those outlive the next renewal by far.
REFRESH_PAYS = RENEW_MARGIN + 2 * RENEW_JITTER + RENEW_PAUSE
# Accounts are locked after too many wrong sign-ins; nobody knows how many, so we stay far below.
SIGN_INS = 5
SIGN_IN_WINDOW = timedelta(minutes=10)
# A password proven wrong is tried again once a day, in case the account was mended instead of the password.
REFUSAL_HOLDS = timedelta(hours=24)


class Access:
    """The account's tokens and the right to sign in."""

    def __init__(self, email: str, password: str | None, base_url: str, *, rng: Random) -> None:
        self._email = email
        self._password = password
        self._base_url = base_url
        self._rng = rng
        self._asked_by_refresh = False
        self._refresh_failed = False
        self._obtained: datetime | None = None
        self._sign_ins: deque[float] = deque(maxlen=SIGN_INS)
        self.account = SavedAccount()

    def restore(self, account: SavedAccount) -> None:
        """Take what a token store kept. It can save a sign-in, never prevent one that is right."""
        self.account = account

    @property
    def tokens(self) -> Tokens | None:
        """The present tokens; they may have expired."""
        return self.account.tokens

    def usable(self, now: Instant) -> Tokens | None:
        """The tokens, when both the access token and the AWS credentials are good for a while yet."""
        tokens = self.account.tokens
        if tokens is None or not tokens.access_fresh(now.utc, USABLE_MARGIN):
            return None
        return tokens if tokens.aws_fresh(now.utc, USABLE_MARGIN) else None

    def renewal_in(self, now: Instant) -> float:
        """Seconds until the tokens should be renewed, five minutes or more before the earlier of both expiries."""
        tokens = self.account.tokens
        if tokens is None:
            return 0.0
        earlier = min(tokens.authentication_expires_at, tokens.authorization_expires_at)
        jitter = RENEW_JITTER * self._rng.random()
        return max(RENEW_PAUSE, earlier - RENEW_MARGIN - jitter - now.utc).total_seconds()

    def request(self, now: Instant) -> HttpRequest:
        """The request that brings fresh tokens: a refresh when that is enough, a sign-in otherwise.

        Raises:
            BadCredentials: this very password was proven wrong within the last day.
            UsageError: a sign-in is needed and there is no password.
            Throttled: five sign-ins in ten minutes are used up; ``retry_after`` says when one is free.
        """
        tokens = self.account.tokens
        self._asked_by_refresh = bool(
            tokens is not None
            and tokens.refresh_token
            and not self._refresh_failed
            and tokens.aws_fresh(now.utc, REFRESH_PAYS)
        )
        if tokens is not None and self._asked_by_refresh:
            return endpoints.refresh(self._base_url, tokens)
        if not self._password:
            raise UsageError("signing in needs a password, and none is configured")
        self._check_breaker(now, self._password)
        recent = tuple(at for at in self.account.sign_ins if now.utc - at < SIGN_IN_WINDOW)
        self.account = evolve(self.account, sign_ins=(*recent, now.utc))
        self._sign_ins.append(now.monotonic)
        return endpoints.sign_in(self._base_url, self._email, self._password)

    def never_left(self) -> None:
        """The request certainly did not reach the cloud: a sign-in that nobody saw does not count."""
        if not self._asked_by_refresh and self._sign_ins:
            self._sign_ins.pop()
            self.account = evolve(self.account, sign_ins=self.account.sign_ins[:-1])

    def answer(self, reply: HttpReply, now: Instant) -> None:
        """Take the answer to ``request``.

        Raises:
            BadCredentials: the account's answer proves the password wrong; remembered.
            TokenExpired: a refresh was refused; the next request signs in.
            CloudError, RemoteProtocolError: anything else that is not success.
        """
        if self._asked_by_refresh and self.account.tokens is not None:
            try:
                tokens = endpoints.parse_refresh(reply, self.account.tokens, now.utc)
            except (AuthError, HttpStatusError) as error:
                if isinstance(error, HttpStatusError) and error.retryable:
                    raise
                self._refresh_failed = True
                raise TokenExpired("the cloud refused to refresh the tokens") from None
        else:
            tokens = self._signed_in(reply, now)
        self._refresh_failed = False
        self._obtained = now.utc
        self.account = evolve(self.account, tokens=tokens)

    def _signed_in(self, reply: HttpReply, now: Instant) -> Tokens:
        try:
            signed_in = endpoints.parse_sign_in(reply, now.utc)
        except BadCredentials:
            salt = f"{self._rng.getrandbits(128):032x}"
            self.account = evolve(
                self.account, tokens=None, refusal=Refusal.of(self._password or "", at=now.utc, salt=salt)
            )
            raise
        self.account = evolve(self.account, refusal=None)
        return signed_in.tokens

    def rejected(self, now: Instant) -> None:
        """The tokens were not accepted: sign in anew, unless they are so fresh that they cannot be at fault."""
        if self._obtained is None or now.utc - self._obtained > RENEW_PAUSE:
            self.account = evolve(self.account, tokens=None)

    def _check_breaker(self, now: Instant, password: str) -> None:
        refusal = self.account.refusal
        if refusal is not None and now.utc - refusal.at < REFUSAL_HOLDS and refusal.matches(password):
            raise BadCredentials(
                f"the cloud refused this e-mail address and password at {refusal.at:%Y-%m-%d %H:%M} UTC; "
                "they are not tried again for a day, so that the account is not locked"
            )
        # A wall clock that is set, or steps, must not loosen the breaker: this process counts on the other one.
        if len(self._sign_ins) == SIGN_INS:
            self._wait(self._sign_ins[0] + SIGN_IN_WINDOW.total_seconds() - now.monotonic)
        # And one set back must not hold it open for ever: sign-ins in the future do not count.
        recent = [at for at in self.account.sign_ins if timedelta(0) <= now.utc - at < SIGN_IN_WINDOW]
        if len(recent) >= SIGN_INS:
            self._wait((recent[-SIGN_INS] + SIGN_IN_WINDOW - now.utc).total_seconds())

    @staticmethod
    def _wait(seconds: float) -> None:
        if seconds > 0:
            raise Throttled(
                f"{SIGN_INS} sign-ins in ten minutes are enough; the next one is due in {seconds:.0f} s",
                retry_after=seconds,
            )

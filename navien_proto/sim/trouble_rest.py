"""Troubles of the REST service, of tokens, of accounts and of clocks."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from navien_proto.cloud.dates import format_date
from navien_proto.cloud.http import HttpReply
from navien_proto.jsontext import dumps
from navien_proto.sim import faults as f
from navien_proto.sim.faults import Fault
from navien_proto.sim.trouble import SILENCE, NoAnswer, Refusal, RestTrouble, Silence, Trouble, garbled

__all__ = ["REST_TROUBLES"]


class _Unreachable(RestTrouble[f.Unreachable]):
    def answer(self) -> NoAnswer | None:
        return NoAnswer(self.fault.reason, sent=False) if self.fault.rest else None

    def upgrade(self, line: object) -> Refusal | None:  # noqa: ARG002
        return Refusal(self.fault.reason) if self.fault.link else None


class _RestSilent(RestTrouble[f.RestSilent]):
    def answer(self) -> NoAnswer:
        return NoAnswer()


class _RestLost(RestTrouble[f.RestLost]):
    def spoil(self, reply: HttpReply) -> NoAnswer:  # noqa: ARG002
        return NoAnswer("connection reset by peer")


class _RestSlow(RestTrouble[f.RestSlow]):
    def lateness(self, path: str) -> float:
        return self.fault.seconds if self.fault.concerns(path) else 0.0


class _Answering(RestTrouble[Any]):
    """One that answers in the cloud's place, as all that answer at all do with a Date."""

    def reply_with(self, status: int, body: bytes, **headers: str) -> HttpReply:
        return HttpReply(status, {"date": format_date(self.now.utc), **headers}, body)


class _RestStatus(_Answering):
    def answer(self) -> HttpReply:
        status = self.fault.status
        return self.reply_with(status, dumps({"code": status, "msg": "SIMULATED"}))


class _RestThrottled(_Answering):
    def answer(self) -> HttpReply:
        after = self.fault.retry_after
        headers = {} if after is None else {"retry-after": str(after)}
        return self.reply_with(429, dumps({"code": 429, "msg": "TOO_MANY_REQUESTS"}), **headers)


class _RestHtml(_Answering):
    def answer(self) -> HttpReply:
        page = b"<!DOCTYPE html><html><head><title>Sorry</title></head><body>Please sign in</body></html>"
        return self.reply_with(self.fault.status, page, **{"content-type": "text/html"})


class _RestErrorBody(_Answering):
    def answer(self) -> HttpReply:
        return self.reply_with(200, dumps({"code": self.fault.code, "msg": self.fault.message}))


class _RestTruncated(RestTrouble[f.RestTruncated]):
    def spoil(self, reply: HttpReply) -> HttpReply:
        return evolve(reply, body=reply.body[: int(len(reply.body) * self.fault.kept)])


class _RestGarbled(RestTrouble[f.RestGarbled]):
    def spoil(self, reply: HttpReply) -> HttpReply:
        return evolve(reply, body=garbled(reply.body, self.rng))


# --- tokens and accounts -----------------------------------------------------------------------------------


class _RefreshTokenMissing(Trouble[f.RefreshTokenMissing]):
    def begin(self) -> None:
        if self.hold("rotation"):
            self.cloud.service.rotates = False

    def end(self) -> None:
        if self.release("rotation"):
            self.cloud.service.rotates = True


class _TokensExpire(Trouble[f.TokensExpire]):
    def begin(self) -> None:
        self.cloud.service.hasten(self.fault.access, self.fault.aws)

    def end(self) -> None:
        self.cloud.service.hasten(-self.fault.access, -self.fault.aws, issued=False)


class _TokensRevoked(Trouble[f.TokensRevoked]):
    def begin(self) -> None:
        self.cloud.service.revoke(access=self.fault.access, refresh=self.fault.refresh, aws=self.fault.aws)


class _AccountLocked(Trouble[f.AccountLocked]):
    def begin(self) -> None:
        if self.hold("account"):
            self._lock(True)

    def end(self) -> None:
        if self.release("account"):
            self._lock(False)

    def _lock(self, locked: bool) -> None:
        for account in self.cloud.service.accounts:
            account.locked = locked


# --- clocks ------------------------------------------------------------------------------------------------


class _ClockStep(Trouble[f.ClockStep]):
    def clock(self) -> float:
        return self.fault.seconds


class _ClockDrift(Trouble[f.ClockDrift]):
    def begin(self) -> None:
        self._since = self.now.monotonic

    def clock(self) -> float:
        return self.fault.rate * (self.now.monotonic - self._since)


# --- the upgrade, which is HTTP as well ----------------------------------------------------------------------


class _UpgradeRefused(Trouble[f.UpgradeRefused]):
    def upgrade(self, line: object) -> Refusal:  # noqa: ARG002
        return Refusal("the upgrade was refused", status=self.fault.status, date=self.fault.date)


class _ConnackLost(Trouble[f.ConnackLost]):
    def connack(self, line: object) -> Silence:  # noqa: ARG002
        return SILENCE


class _ConnackRefused(Trouble[f.ConnackRefused]):
    def connack(self, line: object) -> Refusal:  # noqa: ARG002
        return Refusal("the broker refused CONNECT", code=self.fault.code)


REST_TROUBLES: dict[type[Fault], type[Trouble[Any]]] = {
    f.Unreachable: _Unreachable,
    f.RestSilent: _RestSilent,
    f.RestLost: _RestLost,
    f.RestSlow: _RestSlow,
    f.RestStatus: _RestStatus,
    f.RestThrottled: _RestThrottled,
    f.RestHtml: _RestHtml,
    f.RestErrorBody: _RestErrorBody,
    f.RestTruncated: _RestTruncated,
    f.RestGarbled: _RestGarbled,
    f.RefreshTokenMissing: _RefreshTokenMissing,
    f.TokensExpire: _TokensExpire,
    f.TokensRevoked: _TokensRevoked,
    f.AccountLocked: _AccountLocked,
    f.ClockStep: _ClockStep,
    f.ClockDrift: _ClockDrift,
    f.UpgradeRefused: _UpgradeRefused,
    f.ConnackLost: _ConnackLost,
    f.ConnackRefused: _ConnackRefused,
}
"""What plays which fault, of those that have to do with HTTP, and of clocks."""

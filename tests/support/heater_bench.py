"""A heater on the bench: requests written by hand, messages read back, nothing of the session in between."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any

from attrs import define, field, frozen

from navien_proto.sim.heater import Heater, HeaterConfig, Household, Outgoing

MAC = "aabbccddeeff"
ROOT = f"cmd/52/navilink-{MAC}"
ACK = f"{ROOT}/client-0001/res"
PUSH = f"{ROOT}/res"
LOCAL = timezone(timedelta(hours=-7))
STARTED = datetime(2025, 9, 26, 13, 41, 39, tzinfo=LOCAL)

ST, MODE, OFF, ON, SET_POINT = 0x01000003, 0x02000005, 0x02000001, 0x02000002, 0x02000020
DID, RSV_READ, RSV_WRITE = 0x01000001, 0x01000006, 0x0100000A


@frozen
class Heard:
    """One message of the heater, taken apart."""

    at: float
    topic: str
    envelope: dict[str, Any] = field(repr=False)

    @classmethod
    def read(cls, outgoing: Outgoing) -> Heard:
        return cls(outgoing.at, outgoing.topic, json.loads(outgoing.payload))

    @property
    def response(self) -> dict[str, Any]:
        response: dict[str, Any] = self.envelope["response"]
        return response

    @property
    def status(self) -> dict[str, int]:
        status: dict[str, int] = self.response["status"]
        return status

    @property
    def pushed(self) -> bool:
        return len(self.envelope["sessionID"]) == 1


@define
class Bench:
    """A heater, and whoever talks to it."""

    heater: Heater
    session: int = 1758919299363

    @classmethod
    def with_config(cls, household: Household | None = None, seed: int = 1, **config: Any) -> Bench:
        heater = Heater(HeaterConfig(**config), rng=Random(seed), started=STARTED, household=household)
        return cls(heater)

    def envelope(self, suffix: str, command: int, *, reply: str | None = ACK, **members: Any) -> dict[str, Any]:
        self.session += 1
        return {
            "clientID": "client-0001",
            "sessionID": str(self.session),
            "protocolVersion": 2,
            "requestTopic": f"{ROOT}/{suffix}",
            **({} if reply is None else {"responseTopic": reply}),
            "request": {
                "command": command,
                "deviceType": 52,
                "macAddress": MAC,
                "additionalValue": "1234",
                **members,
            },
        }

    def ask(self, at: float, suffix: str, command: int, *, reply: str | None = ACK, **members: Any) -> list[Heard]:
        """Send a request at heater second ``at``; what the heater has said since the last call."""
        envelope = self.envelope(suffix, command, reply=reply, **members)
        self.heater.receive(f"{ROOT}/{suffix}", envelope, at)
        return self.heard()

    def status(self, at: float) -> dict[str, int]:
        """The answer to a status request; what else was said meanwhile is dropped."""
        self.heater.advance(at)
        self.heater.take()
        return self.ask(at, "st", ST)[0].status

    def control(self, at: float, command: int, mode: str, *param: int) -> list[Heard]:
        return self.ask(at, "ctrl", command, mode=mode, param=list(param), paramStr="")

    def mode(self, at: float, *param: int) -> list[Heard]:
        return self.control(at, MODE, "dhw-mode", *param)

    def set_point(self, at: float, raw: int) -> list[Heard]:
        return self.control(at, SET_POINT, "dhw-temperature", raw)

    def wait(self, until: float) -> list[Heard]:
        self.heater.advance(until)
        return self.heard()

    def heard(self) -> list[Heard]:
        return [Heard.read(outgoing) for outgoing in self.heater.take()]


def shown(status: Mapping[str, Any], *names: str) -> tuple[Any, ...]:
    """The members of these names."""
    return tuple(status[name] for name in names)

"""The cloud's side of the soak: accounts and heaters on a port, behind a relay that breaks things when told.

Says where it is in one JSON line, then takes one fault a line from standard input, and ends with it.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from functools import cache
from random import Random

from navien_anyio.clock import system_clock
from navien_anyio.simserver import SimServer
from navien_proto.sim.cloud import SimCloud, SimCloudConfig
from navien_proto.sim.heater import Heater, HeaterConfig, Household
from tests.support.relay import Relay

__all__ = ["PASSWORD", "SWITCHING", "email", "mac", "switched"]

SWITCHING = "heaters off line"
PASSWORD = "not-a-real-password"
# Every chunk of it is one too few for a WebSocket frame to be whole.
GARBAGE = b"\xff\x00garbage"


def email(account: int) -> str:
    """The address of an account."""
    return f"user{account}@example.com"


def mac(account: int, heater: int) -> str:
    """The MAC of a heater; the end of it tells the account."""
    return f"aabbcc{heater:04x}{account:02x}"


@cache
def switched(accounts: int, heaters: int) -> frozenset[str]:
    """The heaters that lose their network now and then: one of seven."""
    all_of_them = [mac(account, heater) for account in range(accounts) for heater in range(heaters)]
    return frozenset(all_of_them[::7])


def furnished(accounts: int, heaters: int) -> SimCloud:
    """The cloud with ``heaters`` in each of ``accounts``."""
    rng = Random(1)
    cloud = SimCloud(SimCloudConfig(delay=(0.05, 0.5)), rng=rng)
    for account in range(accounts):
        owner = cloud.add_account(email(account), PASSWORD)
        for number in range(heaters):
            heater = Heater(
                HeaterConfig(mac=mac(account, number), name=f"Heater {number}"),
                rng=Random(rng.getrandbits(64)),
                started=datetime.now(UTC),
                household=Household.seeded(rng),
            )
            cloud.add_heater(owner, heater, system_clock())
    return cloud


def main(accounts: int, heaters: int) -> None:
    """Serve until standard input ends."""
    with (
        SimServer(furnished(accounts, heaters)) as server,
        Relay(("127.0.0.1", server.port)) as relay,
    ):
        print(json.dumps({"base_url": server.base_url, "relay": relay.port}), flush=True)
        for line in sys.stdin:
            name, _, seconds = line.rpartition(" ")
            break_something(name, float(seconds), server, relay)
            print(json.dumps({"over": name}), flush=True)


def break_something(name: str, seconds: float, server: SimServer, relay: Relay) -> None:
    """One fault; returns when it is over."""
    match name:
        case "reset":
            relay.reset()
        case "close":
            relay.close()
        case "black hole":
            relay.black_hole = True
            time.sleep(seconds)
            relay.black_hole = False
            relay.reset()
        case "garble":
            relay.garble = lambda data: GARBAGE + data
            time.sleep(seconds)
            relay.garble = None
        case name if name == SWITCHING:
            for online in (False, True):
                server.call(lambda cloud, _, online=online: _switch(cloud, online))  # type: ignore[misc]
                time.sleep(0 if online else seconds)
        case _:
            raise ValueError(name)


def _switch(cloud: SimCloud, online: bool) -> None:
    accounts = len(cloud.service.accounts)
    for one in switched(accounts, len(cloud.heaters) // accounts):
        cloud.set_online(one, online)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

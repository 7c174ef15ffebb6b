"""One heater, asked once: connecting to the account's cloud or a simulated one, and finding the heater meant."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from attrs import evolve, frozen

from navien_anyio.cli.asking import one_question
from navien_anyio.cli.choosing import choose_one
from navien_anyio.cli.exits import CliError, ExitCode
from navien_anyio.cli.options import Given, say_store_problem
from navien_anyio.cli.words import label
from navien_anyio.client import NavienClient
from navien_anyio.heater import Heater
from navien_anyio.http import LARGEST_ANSWER, exchange, new_client, quiet_httpx
from navien_anyio.tls import client_context
from navien_proto.cloud.http import HttpReply, HttpRequest
from navien_proto.config import Config
from navien_proto.errors import CloudError
from navien_proto.session.inputs import HttpFailed
from navien_sync.stores import MemoryStore, TokenStore

__all__ = ["Service", "call", "fetch"]

T = TypeVar("T")


@frozen
class Service:
    """The cloud of one account, for one question or control."""

    config: Config
    store: TokenStore

    @asynccontextmanager
    async def heater(self) -> AsyncIterator[Heater]:
        """The heater meant, connected.

        Raises:
            CliError: the account has none, not that one, or several and none was named; or it is off line.
            NavienError: what is in the way; nothing is tried twice.
        """
        async with one_question(self.config, self.store) as client:
            yield self._chosen(client)

    def _chosen(self, client: NavienClient) -> Heater:
        wanted = choose_one(tuple(heater.device for heater in client.devices), self.config.device)
        heater = next(one for one in client.devices if one.mac == wanted.mac)
        if heater.online is False:
            advice = "Is it powered, and does the NaviLink app show it as connected?"
            raise CliError(
                f"{label(wanted)} is off line: the cloud does not reach it", ExitCode.DEVICE, advice=advice
            )
        return heater


async def fetch(request: HttpRequest, *, largest: int = LARGEST_ANSWER, doing: str = "asking") -> HttpReply:
    """Send one request that needs no account, and return the answer, of at most ``largest`` bytes.

    Raises:
        CloudError: none came; the sentence begins with ``doing``.
    """
    import anyio

    quiet_httpx()
    client, close = new_client(await client_context() if request.url.startswith("https:") else None)
    try:
        with anyio.fail_after(TIMEOUT):
            report = await exchange(client, 1, request, largest=largest)
    except TimeoutError:
        raise CloudError(f"{doing} failed: no answer in {TIMEOUT:g} s") from None
    finally:
        with anyio.CancelScope(shield=True):
            await close()
    if isinstance(report, HttpFailed):
        raise CloudError(f"{doing} failed: {report.reason}")
    return report.reply


TIMEOUT = 30.0
"""Seconds for one answer, as a session allows."""


def call(given: Given, work: Callable[[Service], Awaitable[T]]) -> T:
    """Do ``work`` with the account's cloud, or with a simulated one when that was wished.

    Raises:
        NavienError: what is in the way.
    """
    import anyio

    if given.simulate:
        return anyio.run(_simulated, given, work)
    config = given.account()
    store = given.store()
    try:
        return anyio.run(work, Service(config, store))
    finally:
        say_store_problem(store)


async def _simulated(given: Given, work: Callable[[Service], Awaitable[T]]) -> T:
    import secrets
    from datetime import datetime
    from random import Random

    from navien_anyio.cli.simulated import EMAIL, PASSWORD, simulated_cloud
    from navien_anyio.clock import system_clock
    from navien_anyio.simserver import SimServer

    given.flags.pop("password_file", None)
    config = given.config(simulated=True, email=EMAIL, password=PASSWORD)
    cloud = simulated_cloud(
        system_clock(),
        datetime.now().astimezone(),
        rng=Random(secrets.randbits(64)),
        delay=QUICK,
        pump=True,
        past_days=400,
    )
    async with SimServer(cloud) as server:
        return await work(Service(evolve(config, device=None, **server.settings), MemoryStore()))


# Quicker than the real way to a heater: nobody waits for a rehearsal.
QUICK = (0.05, 0.3)

"""One heater, asked once: connecting to the account's cloud or a simulated one, and finding the heater meant."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from attrs import define, evolve

from navien_anyio.cli.asking import one_question
from navien_anyio.cli.choosing import choose_one
from navien_anyio.cli.exits import CliError, ExitCode
from navien_anyio.cli.options import Given, say_store_problem
from navien_anyio.cli.words import label
from navien_anyio.client import NavienClient
from navien_anyio.heater import Heater
from navien_anyio.http import LARGEST_ANSWER, exchange, new_client, quiet_httpx
from navien_anyio.tls import client_context
from navien_proto.cloud.account import SavedAccount, account_key
from navien_proto.cloud.http import HttpReply, HttpRequest
from navien_proto.cloud.tokens import Tokens
from navien_proto.config import Config
from navien_proto.errors import CloudError, TokenExpired
from navien_proto.session.inputs import HttpFailed
from navien_sync.stores import MemoryStore, TokenStore

__all__ = ["Service", "call", "fetch"]

T = TypeVar("T")


class _Remembering:
    """A token store that has the account at hand even when the disk has not."""

    def __init__(self, store: TokenStore) -> None:
        self._store = store
        self._latest: dict[str, SavedAccount] = {}

    @property
    def problem(self) -> str | None:
        """See `TokenStore`."""
        return self._store.problem

    def load(self, account: str) -> SavedAccount | None:
        """See `TokenStore`."""
        found = self._latest.get(account) or self._store.load(account)
        if found is not None:
            self._latest[account] = found
        return found

    def save(self, account: str, saved: SavedAccount) -> bool:
        """See `TokenStore`."""
        self._latest[account] = saved
        return self._store.save(account, saved)

    def forget(self, account: str) -> bool:
        """See `TokenStore`."""
        self._latest.pop(account, None)
        return self._store.forget(account)


@define
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

    async def rest(self, build: Callable[[Tokens], HttpRequest]) -> HttpReply:
        """Ask the REST service something of the account that was connected just before.

        Raises:
            CloudError: no answer came.
            TokenExpired: nobody is signed in.
        """
        saved = self.store.load(account_key(self.config.email or "", self.config.base_url))
        if saved is None or saved.tokens is None:
            raise TokenExpired("the account is not signed in")
        return await fetch(build(saved.tokens))


async def fetch(
    request: HttpRequest, *, largest: int = LARGEST_ANSWER, doing: str = "asking the cloud"
) -> HttpReply:
    """Send one request and return the answer, of at most ``largest`` bytes.

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
"""Seconds for one REST answer, as the session allows."""


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
        return anyio.run(work, Service(config, _Remembering(store)))
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

"""Asking once: the account's heaters, and one status of each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import anyio
from attrs import evolve, frozen

from navien_anyio.cli.choosing import choose
from navien_anyio.client import NavienClient
from navien_anyio.clock import system_clock
from navien_anyio.heater import Heater
from navien_proto.config import Config
from navien_proto.errors import CommandError, LinkBroken
from navien_proto.model.device import Device
from navien_proto.model.status import DeviceStatus
from navien_proto.session.events import DevicesListed
from navien_proto.session.settings import session_config
from navien_sync.stores import TokenStore

__all__ = ["Answer", "ask_devices", "ask_statuses", "one_question"]


@frozen(kw_only=True)
class Answer:
    """What one heater answered: a status, or why there is none."""

    device: Device
    at: datetime
    status: DeviceStatus | None = None
    problem: str = ""


async def ask_devices(config: Config, store: TokenStore) -> tuple[Device, ...]:
    """The account's heaters, as soon as they are listed.

    Raises:
        NavienError: what is in the way; nothing is tried twice.
    """
    async with one_question(config, store, wait=False) as client:
        async for event in client.events():
            if isinstance(event, DevicesListed):
                return event.devices
    raise LinkBroken("the session ended before the devices were listed")


async def ask_statuses(config: Config, store: TokenStore) -> list[Answer]:
    """A status of each heater that is meant, all asked at once; one that is off line is not waited for.

    Raises:
        CliError: no such heater.
        NavienError: what is in the way; nothing is tried twice.
    """
    answers: dict[str, Answer] = {}
    async with one_question(config, store) as client:
        chosen = choose(tuple(heater.device for heater in client.devices), config.device)
        macs = {device.mac for device in chosen}
        async with anyio.create_task_group() as tasks:
            for heater in client.devices:
                if heater.mac in macs:
                    tasks.start_soon(_ask, heater, answers)
    return [answers[device.mac] for device in chosen]


async def _ask(heater: Heater, answers: dict[str, Answer]) -> None:
    status: DeviceStatus | None = None
    problem = ""
    if heater.online is False:
        problem = "off line: the cloud does not reach it"
    else:
        try:
            status = await heater.status()
        except CommandError as error:
            problem = str(error)
    at = system_clock().utc
    answers[heater.mac] = Answer(device=heater.device, at=at, status=status, problem=problem)


@asynccontextmanager
async def one_question(config: Config, store: TokenStore, *, wait: bool = True) -> AsyncIterator[NavienClient]:
    """A client for one question: no polling, and no second attempt that would keep somebody waiting."""
    session = evolve(session_config(config), fail_fast=True, status_interval=None)
    async with NavienClient(config=session, token_store=store, wait=wait) as client:
        yield client

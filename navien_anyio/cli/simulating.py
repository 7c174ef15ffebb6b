"""Watching a simulated cloud that this very process serves on loopback."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from random import Random

from attrs import evolve, frozen

from navien_anyio.cli.simulated import EMAIL, PASSWORD, heater_clock, simulated_cloud
from navien_anyio.cli.watching import Plan, watch
from navien_anyio.clock import system_clock
from navien_anyio.simserver import SimServer
from navien_proto.config import Config
from navien_proto.session.settings import session_config
from navien_sync.stores import MemoryStore

__all__ = ["Furnishing", "watch_simulated"]


@frozen(kw_only=True)
class Furnishing:
    """What is simulated: ``started`` is the heaters' local time at first; see ``simulated_cloud``."""

    started: datetime
    heaters: int = 1
    speed: float = 1.0
    delay: tuple[float, float] | None = None


async def watch_simulated(plan: Callable[..., Plan], config: Config, furnishing: Furnishing) -> None:
    """Serve a simulated cloud and watch it; ``plan`` is completed with where and whom to watch.

    Raises:
        NavienError: as :func:`navien_anyio.cli.watching.watch`.
    """
    cloud = simulated_cloud(
        system_clock(),
        furnishing.started,
        rng=Random(secrets.randbits(64)),
        heaters=furnishing.heaters,
        speed=furnishing.speed,
        delay=furnishing.delay,
    )
    async with SimServer(cloud) as server:
        settings = evolve(config, email=EMAIL, password=PASSWORD, **server.settings)
        await watch(
            plan(
                session=session_config(settings),
                store=MemoryStore(),
                clocks=lambda mac: heater_clock(cloud, mac, system_clock()),
            )
        )

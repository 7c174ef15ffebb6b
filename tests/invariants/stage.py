"""A cloud, heaters, a watched session and an application that does as it likes: what the trials play on."""

from __future__ import annotations

from contextlib import suppress
from datetime import time
from itertools import count
from random import Random
from typing import cast

from attrs import frozen

from navien_proto.cloud.http import HttpReply
from navien_proto.errors import NavienError
from navien_proto.instant import Instant
from navien_proto.model.codes import DhwOperationSetting as Mode
from navien_proto.model.schedules import WEEKDAYS, WEEKEND, Reservation
from navien_proto.mqtt.connection import ConnectionConfig
from navien_proto.session import Session, SessionConfig, State
from navien_proto.session.edits import EditReservations
from navien_proto.session.events import CommandId, Level
from navien_proto.session.inputs import (
    ConnectSent,
    HttpAnswered,
    HttpFailed,
    Input,
    LinkLost,
    LinkOpened,
    LinkRefused,
    MessageReceived,
    PongReceived,
    PublishAnswered,
    SubscribeAnswered,
    UnsubscribeAnswered,
)
from navien_proto.session.saved import SavedSession
from navien_proto.sim.cloud import SimCloud
from navien_proto.sim.fault_plan import FaultPlan
from navien_proto.sim.faults import AccountLocked, ClockDrift, ClockStep
from navien_proto.sim.heater import Heater
from navien_proto.sim.heater_config import HeaterConfig
from navien_proto.sim.household import Household
from navien_proto.sim.world import Peer, World
from navien_proto.wire.commands import (
    Command,
    EndSession,
    PowerOff,
    PowerOn,
    PressHotButton,
    RequestDailyEnergy,
    RequestDeviceInfo,
    RequestMonthlyEnergy,
    RequestReservations,
    RequestStatus,
    SetMode,
    SetTemperature,
    TouOff,
    TouOn,
    UseReservations,
)
from tests.invariants.rules import Broken, SignIns
from tests.invariants.watched import Watched

__all__ = ["EMAIL", "PASSWORD", "Stage", "any_command", "old_report"]

EMAIL, PASSWORD = "canary@example.com", "canary-password-7c1e"
FIRST_MAC = 0xAABBCCDDEE00
# How long a heater may be silent once nothing is wrong: the longest wait for a sign-in (ten minutes at the
# breaker, an hour when the account was locked), the longest backoff, and the time to be found again.
RECOVERY, LOCKED_RECOVERY = 900.0, 4500.0
RENEWAL = 30.0


def any_command(rng: Random) -> Command:
    """A command, most of them unlike the one before."""
    celsius = rng.randrange(70, 131) / 2
    return rng.choice(
        (
            lambda: SetTemperature(celsius=celsius),
            lambda: SetTemperature(celsius=celsius),
            PowerOn,
            PowerOff,
            lambda: SetMode(rng.choice((Mode.HEAT_PUMP, Mode.ENERGY_SAVER, Mode.HIGH_DEMAND))),
            RequestStatus,
            RequestDeviceInfo,
            RequestReservations,
            lambda: RequestMonthlyEnergy(years=(rng.randrange(2020, 2027),)),
            lambda: RequestDailyEnergy(year=rng.randrange(2020, 2027), months=(rng.randrange(1, 13),)),
            lambda: EditReservations.adding(_reservation(rng)),
            lambda: EditReservations.switching(on=rng.random() < 0.5),
            UseReservations,
            PressHotButton,
            TouOn,
            TouOff,
            EndSession,
        )
    )()


def _reservation(rng: Random) -> Reservation:
    days = rng.choice((WEEKDAYS, WEEKEND))
    return Reservation.at(days, time(rng.randrange(24), rng.randrange(60)), Mode.HEAT_PUMP, celsius=50)


def old_report(rng: Random, link: int, exchange: int) -> Input:
    """A report of a link or an exchange that is no more."""
    number = rng.randrange(1, 200)
    return cast(
        Input,
        rng.choice(
            (
                lambda: ConnectSent(link),
                lambda: LinkOpened(link, rng.random() < 0.5),
                lambda: LinkRefused(link, "the upgrade was refused", 403),
                lambda: LinkLost(link, "connection reset by peer"),
                lambda: SubscribeAnswered(link, number, (0x80,)),
                lambda: UnsubscribeAnswered(link, number),
                lambda: PublishAnswered(link, number),
                lambda: PongReceived(link),
                lambda: MessageReceived(link, f"cmd/52/navilink-{FIRST_MAC:012x}/res", b"{}"),
                lambda: HttpFailed(exchange, "connection refused", sent=False),
                lambda: HttpAnswered(exchange, HttpReply(200, {}, b'{"code":200}')),
                lambda: HttpAnswered(exchange, HttpReply(401, {}, b'{"code":401,"msg":"USER_NOT_FOUND"}')),
            )
        )(),
    )


@frozen(kw_only=True)
class Setting:
    """What a session of a trial is told, as far as it differs from trial to trial."""

    status_interval: float | None = 60.0
    adaptive: bool = False
    queue: bool = True
    queue_limit: int = 100
    lifetime: float = 23 * 3600.0

    @classmethod
    def drawn(cls, rng: Random) -> Setting:
        """Any, most of them usual."""
        return cls(
            status_interval=rng.choice((10.0, 30.0, 60.0, 60.0, 300.0)),
            adaptive=rng.random() < 0.3,
            queue=rng.random() < 0.9,
            queue_limit=rng.choice((3, 100, 100)),
            lifetime=rng.choice((1800.0, 23 * 3600.0)),
        )

    def config(self) -> SessionConfig:
        """As a session takes it."""
        return SessionConfig(
            email=EMAIL,
            password=PASSWORD,
            status_interval=self.status_interval,
            adaptive=self.adaptive,
            queue=self.queue,
            queue_limit=self.queue_limit,
            connection=ConnectionConfig(lifetime=self.lifetime, lifetime_jitter=60.0),
        )


class Stage:
    """See the module docstring.

    Args:
        seed: decides everything that is left to chance.
        heaters: how many the account has.
        setting: the session's.
        plan: what goes wrong, from the first moment on.
        recorded: whether a transcript is kept and played again.
        thorough: whether every output's text is searched for secrets.
    """

    def __init__(
        self,
        seed: int,
        *,
        heaters: int = 1,
        setting: Setting | None = None,
        plan: FaultPlan | None = None,
        recorded: bool = False,
        thorough: bool = False,
    ) -> None:
        self.rng = Random(seed)
        self.cloud = SimCloud(rng=Random(self.rng.getrandbits(64)))
        self.world = World(self.cloud, plan=plan)
        account = self.cloud.add_account(EMAIL, PASSWORD)
        for number in range(heaters):
            config = HeaterConfig(mac=f"{FIRST_MAC + number:012x}", name=f"Heater {number}")
            home = Household.seeded(Random(self.rng.getrandbits(64)))
            heater = Heater(
                config, rng=Random(self.rng.getrandbits(64)), started=self.world.now.utc, household=home
            )
            self.cloud.add_heater(account, heater, self.world.now)
        self._config = (setting or Setting()).config()
        self._recorded, self._thorough = recorded, thorough
        self._ids = count(1)
        self._sign_ins = SignIns.none()
        self._began = self.world.now.monotonic
        self._submitted: list[CommandId] = []
        self._earlier = 0
        self.locked = plan is not None and any(isinstance(one.fault, AccountLocked) for one in plan)
        self.clock_moved = plan is not None and any(isinstance(one.fault, ClockStep | ClockDrift) for one in plan)
        self.watched, self.peer = self._enter()
        self.world.tell(self.peer, self.watched.start)

    @property
    def inputs(self) -> int:
        """How many inputs the sessions have had: reports, timers and calls."""
        return self._earlier + self.watched.inputs

    @property
    def now(self) -> Instant:
        """The present instant of the world."""
        return self.world.now

    def _enter(self) -> tuple[Watched, Peer]:
        watched = Watched(
            self._config,
            rng=Random(self.rng.getrandbits(64)),
            new_id=lambda: f"{next(self._ids):08x}",
            sign_ins=self._sign_ins,
            recorded=self._recorded,
            thorough=self._thorough,
        )
        # It moves like a session, which is all that a world wants of it.
        return watched, self.world.join(cast(Session, watched))

    # --- what the application does -------------------------------------------------------------------------

    def go_on(self, seconds: float) -> None:
        """Let time pass."""
        self.world.run(seconds)
        self.peer.events.clear()

    def submit(self, rng: Random) -> None:
        """Hand in a command; what the session refuses is refused."""
        watched = self.watched
        macs = [device.mac for device in watched.session.devices] or [f"{FIRST_MAC:012x}"]
        command, mac = any_command(rng), rng.choice(macs)
        level, expert = rng.choice(tuple(Level)), rng.random() < 0.3

        def move(now: Instant) -> None:
            with suppress(NavienError):
                self._submitted.append(watched.submit(command, now, device=mac, level=level, expert=expert))

        self.world.tell(self.peer, move)
        del self._submitted[:-50]

    def cancel(self, rng: Random) -> None:
        """Withdraw one of the last commands, whether it has ended or not."""
        if self._submitted:
            number = rng.choice(self._submitted)
            self.world.tell(self.peer, lambda now: self.watched.cancel(number, now))

    def clear(self) -> None:
        """Withdraw all that waits."""
        self.world.tell(self.peer, self.watched.clear_queue)

    def old(self, rng: Random) -> None:
        """Let a report of the past come in."""
        link = rng.choice((0, self.peer.opened - 1)) if self.peer.opened > 1 else 0
        report = old_report(rng, link, 0)
        self.world.tell(self.peer, lambda now: self.watched.handle_old(report, now))

    def look(self) -> None:
        """Read everything that can be read, at any time."""

        def move(now: Instant) -> None:
            session = self.watched.session
            texts = (session.statistics(now).to_dict(), repr(session.problem), session.queue, session.devices)
            self.watched.search(repr(texts))

        self.world.tell(self.peer, move)

    def restart(self, *, killed: bool) -> None:
        """The program ends, in good order or without a word, and another run takes up what was saved."""
        saved: list[SavedSession] = []
        self.world.tell(self.peer, lambda now: saved.append(self.watched.session.save(now)))
        if not killed:
            self.stop()
        account = self.watched.account
        self.watched.finish()
        self.watched.leave()
        self._earlier += self.watched.inputs
        self.world.peers.remove(self.peer)
        # Whatever it was on the way to do is not done any more.
        for line in tuple(self.peer.lines.values()):
            line.dead = True
        self._submitted.clear()
        again = SavedSession.from_json(saved[0].to_json())
        if self.clock_moved:
            # What another run did is known by the wall clock alone.
            self._sign_ins = SignIns.none()
        self.watched, self.peer = self._enter()
        self._began = self.now.monotonic
        self.world.tell(self.peer, lambda now: self.watched.start(now, account, again))

    def stop(self) -> None:
        """End the session, which has to be over soon."""
        self.world.tell(self.peer, self.watched.stop)
        self.world.run(10.0)
        if not self.watched.closed:
            raise Broken("closed", "stopped, and not closed after 10 s")

    # --- what must hold of cloud and session together --------------------------------------------------------

    def check_fresh(self) -> None:
        """A reachable cloud and a live device mean that the device is fresh, a bounded time later."""
        calm = self.world.calm_since
        if calm is None:
            return
        now = self.now.monotonic
        watched = self.watched
        bound = LOCKED_RECOVERY if self.locked else RECOVERY
        if now - max(calm, self._began) < bound or watched.closed:
            return
        if watched.state is not State.READY and now - max(calm, self._began) > bound + 60:
            # The look may have fallen into a planned renewal, which takes seconds.
            self.go_on(RENEWAL)
            if self.world.calm_since is None:
                return
            now = self.now.monotonic
            if self.watched.state is not State.READY:
                raise Broken("fresh", f"{watched.state.value} although nothing is wrong since {now - calm:.0f} s")
        listed = {device.mac for device in watched.session.devices}
        for mac in self.cloud.macs:
            heard = watched.heard.get(mac)
            if mac not in listed and now - max(calm, self._began) < watched.config.list_interval + bound:
                continue  # one that joined, or came back, is known when the account is listed again
            if heard is None or now - heard > watched.config.stale_after:
                silent = "never heard" if heard is None else f"silent for {now - heard:.0f} s"
                raise Broken("fresh", f"a heater is {silent} although nothing is wrong since {now - calm:.0f} s")

    def end(self) -> None:
        """Let everything become calm and fresh, stop, and look whether it was the end."""
        while self.world.calm_since is None:
            self.go_on(60.0)
        bound = LOCKED_RECOVERY if self.locked else RECOVERY
        self.go_on(bound + 90.0)
        self.check_fresh()
        self.stop()
        self.go_on(120.0)
        self.old(Random(0))
        self.watched.finish()

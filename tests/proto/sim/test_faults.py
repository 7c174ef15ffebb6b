"""Each fault, seen from the session's side: the world does it, and without it the very same run is clean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import time
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.model.codes import DhwOperationSetting as Mode
from navien_proto.model.schedules import WEEKDAYS, Reservation, ReservationProgramme
from navien_proto.session.actions import CancelHttp, Ping, Publish, SendHttp
from navien_proto.session.inputs import (
    ConnectSent,
    HttpAnswered,
    HttpFailed,
    LinkLost,
    LinkOpened,
    LinkRefused,
    MessageReceived,
    PongReceived,
    SubscribeAnswered,
)
from navien_proto.sim import faults as f
from navien_proto.sim.cloud import SimCloudConfig
from navien_proto.sim.faults import Fault
from navien_proto.sim.trouble import garbled
from navien_proto.wire.commands import ReplaceReservations, RequestStatus, SetTemperature
from tests.scenarios.scene import MAC, Scene, actions

Seen = Callable[[Scene, float], object]


@frozen
class Case:
    """A fault, what provokes it, for how long to look, and what is then seen and is never seen without it."""

    fault: Fault
    seen: Seen
    provoke: Callable[[Scene], object] = lambda _scene: None
    seconds: float = 60.0
    before_start: bool = False
    heaters: int = 1

    def play(self, *, faulty: bool) -> object:
        scene = Scene(heaters=self.heaters)
        if not self.before_start:
            scene.ready()
        began = scene.world.now.monotonic
        if faulty:
            scene.world.begin(self.fault, seed=7)
        if self.before_start:
            scene.start()
        self.provoke(scene)
        scene.gone_by(self.seconds)
        return self.seen(scene, began)


def answers(scene: Scene) -> list[HttpAnswered]:
    return scene.reports(HttpAnswered)


def statuses(scene: Scene) -> set[int]:
    return {report.reply.status for report in answers(scene)}


def bodies(scene: Scene) -> list[bytes]:
    return [report.reply.body for report in answers(scene)]


def sent(scene: Scene, kind: type[Any], since: float) -> list[float]:
    return [at.monotonic for at, a in actions(scene.peer) if isinstance(a, kind) and at.monotonic >= since]


def messages(scene: Scene, since: float) -> list[MessageReceived]:
    """What the heater said; the session hears its own requests as well."""
    return [m for m in scene.reports(MessageReceived, since) if b'"request":' not in m.payload]


def cut(scene: Scene) -> None:
    scene.cut()


def cut_later(scene: Scene) -> None:
    scene.gone_by(100)
    scene.cut()


def ask(scene: Scene, times: int = 1) -> None:
    for _ in range(times):
        scene.world.tell(scene.peer, lambda now: scene.session.submit(RequestStatus(), now))
        scene.gone_by(6)


def turn(scene: Scene) -> None:
    scene.world.tell(scene.peer, lambda now: scene.session.submit(SetTemperature(celsius=50), now))


def ahead(scene: Scene) -> float:
    """By how much the session's wall clock is ahead of the cloud's."""
    seen: Any = scene.world.tell(scene.peer, lambda now: now)
    assert seen.monotonic == scene.world.now.monotonic
    return float((seen.utc - scene.world.now.utc).total_seconds())


def keys(scene: Scene) -> list[str]:
    """The paths of the requests that were sent."""
    return [a.request.url.rpartition("/v2.1")[2] for _, a in actions(scene.peer) if isinstance(a, SendHttp)]


def delays(scene: Scene, up: type[Any], down: type[Any], since: float) -> float:
    """From the first frame up to the last one down."""
    asked = sent(scene, up, since)
    answered = [
        at.monotonic for at, r in scene.peer.reports or [] if isinstance(r, down) and at.monotonic >= since
    ]
    return max(answered) - min(asked) if asked and answered else 0.0


def reply_times(scene: Scene) -> list[float]:
    asked = {a.exchange: at.monotonic for at, a in actions(scene.peer) if isinstance(a, SendHttp)}
    return [at.monotonic - asked[r.exchange] for at, r in scene.peer.reports or [] if isinstance(r, HttpAnswered)]


def broken(scene: Scene, since: float) -> list[MessageReceived]:
    return [m for m in messages(scene, since) if not (m.payload.startswith(b"{") and m.payload.endswith(b"}}"))]


def spoilt(scene: Scene, since: float) -> bool:
    return any(not m.payload.isascii() for m in messages(scene, since))


def sessions(message: MessageReceived) -> str:
    return message.payload.partition(b'"sessionID":"')[2].partition(b'"')[0].decode()


def out_of_order(scene: Scene, since: float) -> bool:
    numbers = [int(s) for m in messages(scene, since) if len(s := sessions(m)) == 1]
    return any((later - sooner) % 10 not in (0, 1) for sooner, later in pairwise(numbers))


def program(scene: Scene) -> None:
    """At eight minutes past thirteen, an hour and some minutes from now by the heater's clock."""
    entry = Reservation.at(WEEKDAYS, time(13, 8), Mode.ENERGY_SAVER, celsius=60)
    command = ReplaceReservations(ReservationProgramme(True, [entry]))
    scene.world.tell(scene.peer, lambda now: scene.session.submit(command, now))


def repeated(scene: Scene, since: float) -> bool:
    """Whether a message came more often than the heater said it."""
    return max(Counter(m.payload for m in messages(scene, since)).values(), default=0) > 1


REST_CASES = [
    Case(
        f.Unreachable(reason="no such host"),
        lambda s, _: [r for r in s.reports(HttpFailed) if not r.sent and r.reason == "no such host"],
        before_start=True,
    ),
    Case(
        f.Unreachable(rest=False),
        lambda s, _: [r for r in s.reports(LinkRefused) if (r.status, r.reason) == (None, "connection refused")],
        before_start=True,
    ),
    Case(f.RestSilent(), lambda s, b: not answers(s) and sent(s, CancelHttp, b), before_start=True),
    Case(
        f.RestLost(),
        lambda s, _: s.account.sign_ins > 0 and [r for r in s.reports(HttpFailed) if r.sent],
        before_start=True,
    ),
    Case(f.RestSlow(seconds=12), lambda s, _: min(reply_times(s)) > 12, before_start=True),
    Case(f.RestStatus(status=502), lambda s, _: statuses(s) == {502}, before_start=True),
    Case(
        f.RestStatus(status=500, paths=("/device/list",)),
        lambda s, _: statuses(s) == {200, 500},
        before_start=True,
    ),
    Case(
        f.RestThrottled(retry_after=7),
        lambda s, _: {(r.reply.status, r.reply.headers.get("retry-after")) for r in answers(s)} == {(429, "7")},
        before_start=True,
    ),
    Case(f.RestHtml(), lambda s, _: all(body.startswith(b"<!DOCTYPE") for body in bodies(s)), before_start=True),
    Case(
        f.RestErrorBody(code=1234),
        lambda s, _: statuses(s) == {200} and all(b'"code":1234' in body for body in bodies(s)),
        before_start=True,
    ),
    Case(f.RestTruncated(), lambda s, _: not any(body.endswith(b"}") for body in bodies(s)), before_start=True),
    Case(f.RestGarbled(), lambda s, _: any(not body.isascii() for body in bodies(s)), before_start=True),
    Case(f.AccountLocked(), lambda s, _: any(b"LOCKED" in body for body in bodies(s)), before_start=True),
    Case(
        f.TokensRevoked(),
        lambda s, _: keys(s).count("/user/sign-in") == 2 and 403 in {r.status for r in s.reports(LinkRefused)},
        cut_later,
    ),
    Case(
        f.TokensRevoked(access=False, refresh=False),
        lambda s, _: 403 in {r.status for r in s.reports(LinkRefused)} and 401 not in statuses(s),
        cut,
    ),
    Case(
        f.TokensExpire(access=0.0, aws=3590.0),
        lambda s, _: 403 in {r.status for r in s.reports(LinkRefused)},
        cut,
    ),
    Case(
        f.UpgradeRefused(status=429),
        lambda s, _: {(r.status, r.date is None) for r in s.reports(LinkRefused)} == {(429, False)},
        cut,
    ),
    Case(f.UpgradeRefused(date=False), lambda s, _: {r.date for r in s.reports(LinkRefused)} == {None}, cut),
    Case(
        f.ConnackLost(),
        lambda s, b: len(s.reports(ConnectSent, b)) > 1 and not s.reports(LinkOpened, b),
        cut,
    ),
    Case(
        f.ConnackRefused(5), lambda s, _: {(r.status, r.code) for r in s.reports(LinkRefused)} == {(None, 5)}, cut
    ),
    Case(f.ClockStep(7200.0), lambda s, _: ahead(s) == 7200, before_start=True),
    Case(f.ClockDrift(-0.5), lambda s, _: ahead(s) == -30, seconds=60),
]


LINK_CASES = [
    Case(f.HalfOpen(), lambda s, b: sent(s, Ping, b) and not s.reports(PongReceived, b), seconds=110),
    Case(
        f.HalfOpen(reconnects=True),
        lambda s, b: len(s.cloud.broker.clients()) == 1 and s.reports(LinkOpened, b),
        seconds=150,
    ),
    Case(f.LinkCut(), lambda s, b: [r for r in s.reports(LinkLost, b) if r.reason == "open for 86400 s"]),
    Case(
        f.BrokerRestart(),
        lambda s, b: s.reports(LinkLost, b) and s.reports(LinkRefused, b) and not s.reports(LinkOpened, b),
    ),
    Case(
        f.Takeover(2.0),
        lambda s, b: len([r for r in s.reports(LinkLost, b) if "same id" in r.reason]) > 2,
        seconds=120,
    ),
    Case(
        f.SubscriptionDenied("cmd/52/navilink-*"),
        lambda s, b: {code for r in s.reports(SubscribeAnswered, b) for code in r.codes} == {0x80, 1},
        cut,
    ),
    Case(
        f.SubscriptionDenied("*", silent=True),
        lambda s, b: len(s.reports(LinkLost, b)) > 1 and not s.reports(SubscribeAnswered, b),
        cut,
    ),
    Case(f.PublishDenied("*/st"), lambda s, b: s.reports(LinkLost, b), ask),
    Case(
        f.Drop(frames=("suback",)),
        lambda s, b: s.reports(LinkOpened, b) and not s.reports(SubscribeAnswered, b),
        cut,
    ),
    Case(f.Drop(frames=("message",)), lambda s, b: not messages(s, b), ask),
    Case(f.Drop(share=0.5, frames=("message",)), lambda s, b: 0 < len(messages(s, b)) < 12, lambda s: ask(s, 6)),
    Case(f.Delay(frames=("pong",), seconds=4), lambda s, b: delays(s, Ping, PongReceived, b) > 4),
    Case(f.Delay(frames=("ping",), seconds=4), lambda s, b: delays(s, Ping, PongReceived, b) > 4),
    Case(f.Duplicate(), lambda s, b: repeated(s, b) and any(m.duplicate for m in messages(s, b)), ask),
    Case(f.Duplicate(frames=("suback",)), lambda s, b: len(s.reports(SubscribeAnswered, b)) > 1, cut),
    Case(f.Reorder(frames=("message",), seconds=20), out_of_order, lambda s: ask(s, 10)),
    Case(f.Truncate(), broken, ask),
    Case(f.Garble(), spoilt, ask),
    Case(f.Redelivery(), lambda s, b: repeated(s, b) and any(m.retain for m in messages(s, b))),
    Case(
        f.Redelivery(count=25, every=1e6),
        lambda s, b: len([m for m in messages(s, b) if m.retain and m.link == 2]) > 1,
        cut,
    ),
]


HEATER_CASES = [
    Case(f.WifiLost(), lambda s, b: not s.cloud.online(MAC) and not messages(s, b), ask),
    Case(
        f.WifiLost(heater=1),
        lambda s, b: [s.cloud.online(mac) for mac in s.cloud.macs] == [True, False],
        heaters=2,
    ),
    Case(f.DeviceReboot(), lambda s, b: not messages(s, b), ask),
    Case(f.Deaf(), lambda s, b: s.cloud.online(MAC) and sent(s, Publish, b) and not messages(s, b), ask),
    Case(
        f.ControlFails(code=3),
        lambda s, b: [
            m for m in messages(s, b) if m.topic.endswith("/ctrl-fail") and b'"failCode":3' in m.payload
        ],
        turn,
    ),
    Case(
        f.UnitError(code=799),
        lambda s, b: [m for m in messages(s, b) if b'"errorCode":799,"subErrorCode":0' in m.payload],
        ask,
    ),
    Case(
        f.DaylightSaving(),
        lambda s, b: s.cloud.heater(MAC).unit.thermostat.mode == Mode.ENERGY_SAVER,
        program,
        seconds=1200,
    ),
    Case(
        f.DeviceAdded(number=2),
        lambda s, _: any(b'"deviceName":"Added 2"' in body for body in bodies(s)),
        before_start=True,
    ),
    Case(
        f.DeviceRemoved(),
        lambda s, _: any(b'"data":[]' in body for body in bodies(s)),
        before_start=True,
    ),
    Case(
        f.DeviceMoved(home_seq=777, additional_value="0042"),
        lambda s, b: (
            any(b'"homeSeq":777' in body for body in bodies(s))
            and any(b'"additionalValue":"0042"' in m.payload for m in messages(s, b))
        ),
        before_start=True,
    ),
]

CASES = [*REST_CASES, *LINK_CASES, *HEATER_CASES]


@pytest.mark.parametrize("case", CASES, ids=lambda case: repr(case.fault))
def test_the_world_does_it_and_without_it_the_same_run_is_clean(case: Case) -> None:
    assert not case.play(faulty=False)
    assert case.play(faulty=True)


@pytest.mark.parametrize("case", CASES, ids=lambda case: repr(case.fault))
def test_what_can_be_undone_is_undone_and_a_session_recovers(case: Case) -> None:
    scene = Scene().ready()
    world, heater = scene.world, scene.cloud.heater(MAC)
    settled = (heater.config, heater.failing, heater.unit.safety.error, heater.unit.started, scene.cloud.macs)
    first = world.begin(case.fault)
    second = world.begin(case.fault, seed=1)
    assert list(world.troubles) == [case.fault, case.fault]
    assert [world.calm_since] == [None]
    case.provoke(scene)
    scene.gone_by(100)
    world.end(first)
    world.end(first)
    assert list(world.troubles) == [case.fault]
    scene.gone_by(10)
    world.end(second)
    assert world.calm_since == world.now.monotonic
    assert settled == (
        heater.config,
        heater.failing,
        heater.unit.safety.error,
        heater.unit.started,
        scene.cloud.macs,
    )
    assert scene.cloud.online(MAC)
    assert not any(account.locked or account.hidden for account in scene.cloud.service.accounts)
    if isinstance(case.fault, f.SubscriptionDenied):
        scene.cut()  # no broker tells that a filter is allowed again
    since = world.now.monotonic
    world.run_until(lambda: bool(messages(scene, since)), limit=4200)
    assert ahead(scene) == 0.0


def test_every_kind_of_fault_is_shown_here() -> None:
    kinds = {name for name in f.__all__ if isinstance(kind := getattr(f, name), type) and issubclass(kind, Fault)}
    bases = {"Fault", "FrameFault", "HeaterFault", "RestFault"}
    # The one that shows in no answer at once: see below.
    shown = {type(case.fault).__name__ for case in CASES} | {"RefreshTokenMissing"}
    assert kinds - bases == shown


@pytest.mark.parametrize("faults", [(), (f.RefreshTokenMissing(),)])
def test_refresh_tokens_rotate_unless_the_cloud_leaves_them_out(faults: tuple[Fault, ...]) -> None:
    scene = Scene(cloud=SimCloudConfig(aws_lifetime=40_000.0)).ready()
    with scene.world.suffering(*faults):
        scene.gone_by(8000)
    renewals = keys(scene).count("/auth/refresh")
    assert renewals == 2
    assert statuses(scene) == {200}
    assert sum(b'"refreshToken"' in body for body in bodies(scene)) == 1 + (0 if faults else renewals)


@given(st.binary(max_size=100), st.integers())
def test_what_is_garbled_keeps_its_length_and_nothing_stays_nothing(data: bytes, seed: int) -> None:
    assert len(garbled(data, Random(seed))) == len(data)

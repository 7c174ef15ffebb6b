"""The rules themselves: a session that breaks one is found out, and a trial is the same twice."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, cast

import pytest
from attrs import evolve

from navien_proto.errors import LinkBroken
from navien_proto.session.actions import CloseLink, OpenLink, Publish, SendHttp, Subscribe
from navien_proto.session.events import CommandConfirmed, Connected, Retrying, SessionClosed
from navien_proto.sim.fault_plan import FaultPlan, PlannedFault
from navien_proto.sim.faults import LinkCut, WifiLost
from navien_proto.wire.commands import Command, PowerOff, SetTemperature
from tests.invariants.rules import Broken
from tests.invariants.stage import PASSWORD, Setting, Stage
from tests.invariants.trial import Deed, Trial, attempt, shrunk

Outputs = list[Any]


def twice(kind: type[Any], **changes: Any) -> Callable[[Outputs], Outputs]:
    """Each of that kind comes twice, the second changed."""
    return lambda said: [
        two for one in said for two in ((one, evolve(one, **changes)) if isinstance(one, kind) else (one,))
    ]


def never(kind: type[Any]) -> Callable[[Outputs], Outputs]:
    return lambda said: [one for one in said if not isinstance(one, kind)]


def changed(kind: type[Any], **changes: Any) -> Callable[[Outputs], Outputs]:
    return lambda said: [evolve(one, **changes) if isinstance(one, kind) else one for one in said]


def then(kind: type[Any], more: Callable[[Any], Any]) -> Callable[[Outputs], Outputs]:
    """After each of that kind comes something else."""
    return lambda said: [two for one in said for two in ((one, more(one)) if isinstance(one, kind) else (one,))]


def backoff(event: Connected) -> Retrying:
    return Retrying(event.at, LinkBroken(f"refused {PASSWORD}"), 5.0, 1)


def submit(stage: Stage, command: Command) -> None:
    stage.world.tell(stage.peer, lambda now: stage.watched.submit(command, now))


def play(actions: Callable[[Outputs], Outputs], events: Callable[[Outputs], Outputs]) -> None:
    """A session is used, its outputs spoilt on their way."""
    stage = Stage(1, setting=Setting(status_interval=60.0), thorough=True)
    session: Any = stage.watched.session
    says, tells = session.actions, session.events
    session.actions, session.events = lambda: actions(says()), lambda: events(tells())
    stage.go_on(30.0)
    submit(stage, SetTemperature(celsius=50))
    submit(stage, PowerOff())
    stage.go_on(900.0)
    stage.end()


@pytest.mark.parametrize(
    ("rule", "actions", "events"),
    [
        ("links", twice(OpenLink), None),
        ("links", twice(OpenLink, link=2), None),
        ("links", then(OpenLink, lambda one: CloseLink(one.link + 1)), None),
        ("links", None, twice(Connected, link=9)),
        ("access", twice(SendHttp), None),
        ("access", then(SendHttp, lambda one: evolve(one, exchange=one.exchange + 1)), None),
        ("subscriptions", twice(Subscribe), None),
        ("commands", twice(Publish), None),
        ("commands", changed(Publish, qos=0), None),
        ("commands", None, twice(CommandConfirmed)),
        ("commands", None, never(CommandConfirmed)),
        ("commands", None, changed(CommandConfirmed, id=77)),
        ("commands", None, changed(CommandConfirmed, command=PowerOff())),
        ("events", None, changed(Connected, at=Stage(2).now)),
        ("closed", None, twice(SessionClosed)),
        ("closed", None, then(Connected, lambda event: SessionClosed(event.at))),
        ("secrets", None, then(Connected, backoff)),
    ],
)
def test_a_session_that_breaks_a_rule_is_found_out(
    rule: str,
    actions: Callable[[Outputs], Outputs] | None,
    events: Callable[[Outputs], Outputs] | None,
) -> None:
    with pytest.raises(Broken) as caught:
        play(actions or list, events or list)
    assert caught.value.rule == rule, caught.value
    assert PASSWORD not in str(caught.value)


def test_a_session_that_keeps_every_rule_passes() -> None:
    play(list, list)


def test_a_replay_that_differs_is_found_out() -> None:
    stage = Stage(3, recorded=True)
    stage.go_on(120.0)
    at = next(number for number, line in enumerate(stage.watched.lines) if '"Connected"' in line)
    stage.watched.lines[at] = stage.watched.lines[at].replace('"link":1', '"link":2')
    with pytest.raises(Broken) as caught:
        stage.watched.finish()
    assert caught.value.rule == "replay"


def test_a_session_that_hoards_is_found_out() -> None:
    stage = Stage(3)
    stage.go_on(60.0)
    cast(Any, stage.watched.session)._hoard = list(range(10_000))
    with pytest.raises(Broken) as caught:
        stage.end()
    assert caught.value.rule == "memory"


def test_a_device_that_is_never_asked_is_found_out() -> None:
    stage = Stage(3, setting=Setting(status_interval=60.0))
    stage.go_on(60.0)
    stage.cloud.set_online(stage.cloud.macs[0], False)
    with pytest.raises(Broken) as caught:
        stage.end()
    assert caught.value.rule == "fresh"


def test_a_trial_is_the_same_twice() -> None:
    trial = evolve(Trial.drawn(3), hours=0.5, heaters=1)
    assert trial.play() == trial.play()
    assert attempt(3)[2:] == (None, None)


def test_a_trial_is_made_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(trial: Trial) -> int:
        if any(isinstance(one.fault, LinkCut) for one in trial.plan) and any(
            deed.what == "look" for deed in trial.deeds
        ):
            raise Broken("links", "as planned")
        return 1

    monkeypatch.setattr(Trial, "play", fails)
    rng = Random(1)
    plan = FaultPlan([PlannedFault(float(at), 1.0, WifiLost()) for at in range(9)])
    plan = FaultPlan([*plan, PlannedFault(3.5, 1.0, LinkCut())])
    deeds = tuple(Deed(float(at), rng.choice(("submit", "cancel")), at) for at in range(20))
    deeds = (*deeds, Deed(30.0, "look", 0))
    trial = Trial(seed=1, hours=1.0, heaters=3, setting=Setting(), recorded=False, plan=plan, deeds=deeds)
    small = shrunk(trial, "links")
    assert [type(one.fault) for one in small.plan] == [LinkCut]
    assert [deed.what for deed in small.deeds] == ["look"]
    assert small.heaters == 1

"""A session that fails fast says why once, and nothing after that."""

from __future__ import annotations

from navien_proto.errors import LinkBroken
from navien_proto.session import State
from navien_proto.session.events import Retrying, SessionClosed
from navien_proto.sim.faults import Unreachable
from tests.scenarios.scene import Scene


def test_the_first_failure_is_the_end_and_nothing_is_promised_after_it() -> None:
    scene = Scene(fail_fast=True)
    scene.world.begin(Unreachable(reason="nobody listens", rest=False))
    scene.start()
    scene.gone_by(60)
    assert scene.session.state is State.CLOSED
    assert scene.of(Retrying) == []
    last = scene.peer.events[-1]
    assert isinstance(last, SessionClosed)
    assert isinstance(last.error, LinkBroken)
    assert "nobody listens" in str(last.error)

"""What locked the accounts of others (``failures.md``, F12 and F17), played on virtual time."""

from __future__ import annotations

import pytest

from navien_proto.cloud.account import SavedAccount
from navien_proto.errors import BadCredentials
from navien_proto.session import State
from navien_proto.session.events import AccountChanged, ClockCorrected, SessionClosed, StatusReceived
from navien_proto.sim.faults import ClockStep, RestErrorBody
from tests.scenarios.scene import PASSWORD, Scene

HOUR = 3600.0


def saved(scene: Scene) -> SavedAccount:
    """What a token store would have kept by now."""
    return scene.of(AccountChanged)[-1].account


def restart(scene: Scene, account: SavedAccount, **changes: object) -> None:
    """The program ends and begins again, with what was stored."""
    scene.world.tell(scene.peer, scene.session.stop)
    scene.gone_by(5)
    scene.session = scene.new_session(**changes)
    scene.peer = scene.world.join(scene.session, record=True)
    scene.start(account)


# A signature is good for a day from its date on: a clock that is late by less gets in.
@pytest.mark.parametrize("minutes", [-1500, 7, 600])
def test_f12_a_wrong_clock_is_learnt_from_the_refusal_and_said_once(minutes: int) -> None:
    scene = Scene()
    scene.world.begin(ClockStep(60.0 * minutes))
    scene.start()
    took = scene.world.run_until(lambda: scene.session.state is State.READY, limit=60)
    assert took < 10
    (corrected,) = scene.of(ClockCorrected)
    assert corrected.offset == pytest.approx(-60.0 * minutes, abs=2)
    scene.gone_by(30 * HOUR)
    assert len(scene.of(ClockCorrected)) == 1
    assert scene.session.state is State.READY


def test_f17_a_proven_wrong_password_is_fatal_at_once_and_remembered_across_restarts() -> None:
    scene = Scene(password="wrong")
    scene.start()
    scene.gone_by(5)
    assert scene.account.sign_ins == 1
    account = saved(scene)
    for _ in range(50):
        restart(scene, account, password="wrong")
        scene.gone_by(300)
        (closed,) = scene.of(SessionClosed)
        assert isinstance(closed.error, BadCredentials)
        assert scene.sign_ins() == []
    assert scene.account.sign_ins == 1
    # Another password is another matter.
    restart(scene, account, password=PASSWORD)
    scene.gone_by(20)
    assert scene.session.state is State.READY
    assert saved(scene).refusal is None


def test_f17_a_mended_account_is_noticed_after_a_day() -> None:
    scene = Scene(password="new-password")
    scene.start()
    scene.gone_by(5)
    account = saved(scene)
    scene.account.password = "new-password"
    scene.gone_by(25 * HOUR)
    restart(scene, account)
    scene.gone_by(20)
    assert scene.session.state is State.READY


def test_f17_unknown_errors_retry_slowly_and_five_sign_ins_in_ten_minutes_are_the_most() -> None:
    scene = Scene()
    scene.world.begin(RestErrorBody())
    scene.start()
    sent: list[float] = []
    account = SavedAccount()
    for _ in range(20):  # restarts do not help an impatient supervisor either
        scene.gone_by(97)
        sent += scene.sign_ins()
        account = saved(scene) if scene.of(AccountChanged) else account
        restart(scene, account)
    assert len(sent) >= 5
    for first in sent:
        assert sum(first <= at < first + 599.99 for at in sent) <= 5


def test_f17_good_tokens_are_used_again_and_spare_the_sign_in() -> None:
    scene = Scene().ready()
    account = saved(scene)
    for _ in range(5):
        scene.gone_by(300)
        restart(scene, account)
        scene.gone_by(20)
        assert scene.session.state is State.READY
        assert scene.of(StatusReceived)
    assert scene.account.sign_ins == 1


def test_f20_tokens_that_are_no_longer_good_do_not_prevent_a_sign_in() -> None:
    scene = Scene().ready()
    account = saved(scene)
    scene.gone_by(7 * HOUR)
    restart(scene, account)
    scene.gone_by(20)
    assert scene.session.state is State.READY
    # Nor do tokens that look good and are not.
    account = saved(scene)
    scene.cloud.service.revoke()
    restart(scene, account)
    scene.world.run_until(lambda: scene.session.state is State.READY, limit=60)

"""What locked the accounts of others (``failures.md``, F12 and F17), played on virtual time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from navien_proto.cloud.account import SavedAccount
from navien_proto.errors import AccountLocked, AuthError, BadCredentials, CloudError, UsageError
from navien_proto.session import State
from navien_proto.session.actions import CancelHttp, SendHttp
from navien_proto.session.events import (
    AccountChanged,
    ClockCorrected,
    Connected,
    CredentialsRefused,
    Retrying,
    SessionClosed,
    SignedIn,
    StatusReceived,
)
from navien_proto.session.inputs import HttpAnswered, HttpFailed
from navien_proto.sim.cloud import SimCloudConfig
from navien_proto.sim.faults import ClockStep, RestErrorBody, RestStatus
from navien_proto.sim.faults_heaters import Deaf
from navien_proto.sim.faults_rest import AccountLocked as Locked
from navien_proto.sim.faults_rest import RefreshTokenMissing, RestSlow, RestThrottled, TokensRevoked, Unreachable
from navien_proto.sim.world import World
from tests.scenarios.scene import PASSWORD, Scene, actions

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


def test_f20_a_refresh_token_that_is_no_longer_good_leads_to_one_sign_in() -> None:
    scene = Scene(cloud=SimCloudConfig(access_lifetime=1800, aws_lifetime=12 * HOUR)).ready()
    scene.cloud.service.revoke(access=False, aws=False)
    scene.gone_by(0.8 * HOUR)
    assert len(scene.sign_ins()) == 2
    assert len(asked(scene)) == 3  # signed in, refused to refresh, signed in
    assert scene.session.state is State.READY


def test_f02_a_stored_access_token_that_has_expired_is_refreshed_and_not_tried() -> None:
    scene = Scene(cloud=SimCloudConfig(access_lifetime=1800, aws_lifetime=12 * HOUR)).ready()
    account = saved(scene)
    scene.world.tell(scene.peer, scene.session.stop)
    scene.gone_by(HOUR)
    restart(scene, account)
    scene.gone_by(20)
    assert scene.session.state is State.READY
    assert scene.sign_ins() == []
    assert len(asked(scene)) == 1


def test_f02_stored_aws_credentials_that_have_expired_are_not_signed_with() -> None:
    scene = Scene(cloud=SimCloudConfig(access_lifetime=12 * HOUR, aws_lifetime=1800)).ready()
    account = saved(scene)
    scene.world.tell(scene.peer, scene.session.stop)
    scene.gone_by(HOUR)
    restart(scene, account)
    scene.gone_by(20)
    assert scene.session.state is State.READY
    assert scene.of(Retrying) == []
    assert len(scene.sign_ins()) == 1


@pytest.mark.parametrize(("access", "aws"), [(1800, 12 * HOUR), (12 * HOUR, 1800)])
def test_f02_the_earlier_of_two_expiries_decides_when_to_renew(access: float, aws: float) -> None:
    scene = Scene(cloud=SimCloudConfig(access_lifetime=access, aws_lifetime=aws)).ready()
    scene.gone_by(2 * HOUR)
    gaps = [later - sooner for (sooner, _), (later, _) in pairwise(asked(scene))]
    assert len(gaps) >= 4
    assert all(1800 - 6 * 60 - 10 <= gap <= 1800 - 5 * 60 + 10 for gap in gaps)


def test_f12_a_clock_that_is_set_while_the_session_runs_is_learnt_from_a_rest_answer() -> None:
    scene = Scene().ready()
    with scene.world.suffering(ClockStep(seconds=-1200)):
        scene.gone_by(2 * HOUR)
        (corrected,) = scene.of(ClockCorrected)
        assert corrected.offset == pytest.approx(1200, abs=2)
        scene.cut()
        scene.gone_by(10)
        assert scene.session.state is State.READY
        assert not [event for event in scene.of(Retrying) if "403" in str(event.error)]


def test_f12_a_clock_that_is_set_just_before_a_reconnect_is_learnt_from_the_403_and_costs_no_sign_in() -> None:
    scene = Scene().ready()
    scene.gone_by(600)
    with scene.world.suffering(ClockStep(seconds=1200)):
        scene.cut()
        took = scene.world.run_until(lambda: len(scene.of(Connected)) == 2, limit=60)
        assert took < 15
        (corrected,) = scene.of(ClockCorrected)
        assert corrected.offset == pytest.approx(-1200, abs=2)
        assert len(scene.sign_ins()) == 1


def test_f17_a_clock_that_steps_does_not_loosen_the_breaker() -> None:
    scene = Scene()
    scene.world.begin(RestErrorBody())
    scene.start()
    for _ in range(12):
        scene.world.begin(ClockStep(3600.0))
        scene.gone_by(97)
    sent = scene.sign_ins()
    assert len(sent) >= 5
    for first in sent:
        assert sum(first <= at < first + 599.99 for at in sent) <= 5


def test_f18_the_network_at_fault_is_not_the_user_and_helps_to_retry() -> None:
    scene = Scene()
    with scene.world.suffering(Unreachable()):
        scene.start()
        scene.gone_by(600)
        error = scene.session.problem
        assert isinstance(error, CloudError)
        assert not isinstance(error, AuthError)
        assert error.retryable
        assert scene.of(CredentialsRefused) == []
    # What never reached the cloud was no sign-in, and does not count against us.
    scene.world.run_until(lambda: scene.session.state is State.READY, limit=130)
    wrong = Scene(password="wrong")
    wrong.start()
    wrong.gone_by(5)
    (refused,) = wrong.of(CredentialsRefused)
    (closed,) = wrong.of(SessionClosed)
    assert refused.error is closed.error
    assert isinstance(refused.error, BadCredentials)
    assert not refused.error.retryable
    assert PASSWORD not in str(refused.error)


def test_f18_an_outage_uses_up_no_sign_ins() -> None:
    scene = Scene()
    with scene.world.suffering(Unreachable()):
        scene.start()
        scene.gone_by(200)
    assert len(scene.sign_ins()) > 5
    scene.world.run_until(lambda: scene.session.state is State.READY, limit=130)


def test_f19_one_refresh_at_a_time_and_an_answer_without_a_refresh_token_keeps_the_old_one() -> None:
    # AWS credentials that live long: tokens are refreshed, and seldom signed in for.
    scene = Scene(cloud=SimCloudConfig(access_lifetime=1800, aws_lifetime=12 * HOUR))
    with scene.world.suffering(RefreshTokenMissing()):
        scene.ready()
        first = saved(scene).tokens
        scene.gone_by(6 * HOUR)
        last = saved(scene).tokens
    assert first is not None
    assert last is not None
    assert last.refresh_token == first.refresh_token
    assert last.access_token != first.access_token
    assert len(scene.sign_ins()) == 1
    at_once = 0
    for _, action in actions(scene.peer):
        if isinstance(action, SendHttp) and action.request.url.endswith("/auth/refresh"):
            at_once += 1
    assert at_once >= 12
    assert scene.session.state is State.READY


def test_f19_only_one_exchange_for_tokens_is_in_flight() -> None:
    scene = Scene(cloud=SimCloudConfig(access_lifetime=400, aws_lifetime=400))
    with scene.world.suffering(RestSlow(seconds=25.0)):
        scene.start()
        scene.gone_by(3 * HOUR)
    flying: set[int] = set()
    for at, what in sorted([*told(scene), *asked(scene)]):
        if what > 0:
            assert not flying, at
            flying.add(what)
        else:
            flying.discard(-what)


def test_f19_a_link_lost_during_a_renewal_asks_for_no_second_one() -> None:
    scene = Scene(cloud=SimCloudConfig(access_lifetime=70, aws_lifetime=70)).ready()
    with scene.world.suffering(RestSlow(seconds=25.0)):
        scene.world.run_until(lambda: len(asked(scene)) == 2, limit=60)
        scene.cut()
        scene.gone_by(15)
        assert scene.session.state is State.SIGNING_IN
        assert len(asked(scene)) == 2


def test_f19_only_one_list_is_in_flight_though_several_heaters_fall_silent_at_once() -> None:
    scene = Scene(heaters=3).ready()
    with scene.world.suffering(Deaf(), RestSlow(seconds=20.0)):
        scene.gone_by(HOUR)
    lists = [
        (at.monotonic, action.exchange)
        for at, action in actions(scene.peer)
        if isinstance(action, SendHttp) and action.request.url.endswith("/device/list")
    ]
    assert len(lists) > 3
    ends = {-exchange: at for at, exchange in told(scene)}
    assert all(ends[number] <= later for (_, number), (later, _) in pairwise(lists))


def asked(scene: Scene) -> list[tuple[float, int]]:
    """When tokens were asked for, with the exchange."""
    return [
        (at.monotonic, action.exchange)
        for at, action in actions(scene.peer)
        if isinstance(action, SendHttp) and action.request.url.endswith(("/user/sign-in", "/auth/refresh"))
    ]


def told(scene: Scene) -> list[tuple[float, int]]:
    """When exchanges ended, with the exchange as a negative number."""
    answered = [
        (at.monotonic, -report.exchange)
        for at, report in scene.peer.reports or []
        if isinstance(report, HttpAnswered | HttpFailed)
    ]
    dropped = [
        (at.monotonic, -action.exchange) for at, action in actions(scene.peer) if isinstance(action, CancelHttp)
    ]
    return answered + dropped


@pytest.mark.parametrize(
    "start", [datetime(2026, 3, 29, 0, 20, tzinfo=UTC), datetime(2026, 10, 25, 0, 20, tzinfo=UTC)]
)
def test_f21_a_change_to_or_from_summer_time_changes_no_expiry(start: datetime) -> None:
    scene = Scene()
    scene.world = World(scene.cloud, start=start)
    scene.peer = scene.world.join(scene.session, record=True)
    scene.ready()
    scene.gone_by(6 * HOUR)
    gaps = [later - sooner for sooner, later in pairwise(scene.sign_ins())]
    assert all(HOUR - 6 * 60 - 10 <= gap <= HOUR - 5 * 60 + 10 for gap in gaps)
    for event in scene.of(AccountChanged):
        tokens = event.account.tokens
        assert tokens is None or tokens.authorization_expires_at.utcoffset() == timedelta(0)


def test_renewals_of_many_programs_do_not_come_in_step() -> None:
    renewals = set()
    for seed in range(8):
        scene = Scene(seed=seed).ready()
        scene.gone_by(HOUR)
        renewals.add(round(scene.sign_ins()[1]))
    assert len(renewals) > 4
    assert all(1000 + HOUR - 361 <= at <= 1000 + HOUR - 299 for at in renewals)


def test_an_account_locked_while_all_is_well_is_not_tried_every_minute() -> None:
    scene = Scene().ready()
    with scene.world.suffering(Locked()):
        since = scene.world.now.monotonic
        scene.gone_by(HOUR + 120)
        assert len([at for at in scene.sign_ins() if at > since]) <= 2


def test_tokens_that_the_cloud_dropped_are_noticed_by_the_list_and_renewed_while_the_link_stands() -> None:
    scene = Scene(cloud=SimCloudConfig(access_lifetime=12 * HOUR, aws_lifetime=12 * HOUR)).ready()
    scene.gone_by(120)
    with scene.world.suffering(TokensRevoked(aws=False)):
        scene.gone_by(1.5 * HOUR)
    assert len(scene.of(Connected)) == 1
    assert len(scene.sign_ins()) == 2
    listed = [action.exchange for _, action in actions(scene.peer) if isinstance(action, SendHttp)]
    assert len(listed) == 5  # signed in, listed, refused the list, signed in, listed
    assert scene.session.state is State.READY


def test_a_refresh_that_fails_for_a_while_is_tried_again_and_costs_no_sign_in() -> None:
    scene = Scene(cloud=SimCloudConfig(access_lifetime=1800, aws_lifetime=12 * HOUR)).ready()
    with scene.world.suffering(RestStatus(status=503, paths=("/auth/refresh",))):
        scene.gone_by(1560)
    scene.gone_by(600)
    assert len(scene.sign_ins()) == 1
    assert len(scene.of(SignedIn)) == 2


def test_f17_a_throttled_sign_in_is_no_locked_account_and_is_tried_again_soon() -> None:
    scene = Scene()
    with scene.world.suffering(RestThrottled(retry_after=0)):
        scene.start()
        scene.gone_by(240)
        assert not isinstance(scene.session.problem, AccountLocked)
    took = scene.world.run_until(lambda: scene.session.state is State.READY, limit=1800)
    assert took < 620, "the breaker may be in the way, an hour's pause may not"


def test_without_a_password_and_without_tokens_there_is_no_way_in() -> None:
    scene = Scene(password=None)  # type: ignore[arg-type]
    scene.start()
    scene.gone_by(5)
    (closed,) = scene.of(SessionClosed)
    assert isinstance(closed.error, UsageError)
    assert "needs a password" in str(closed.error)
    with pytest.raises(UsageError, match="did not happen within 5 simulated seconds"):
        scene.world.run_until(lambda: False, limit=5)

"""What a session is asked for beside commands: the cloud's REST queries with its tokens, and raw MQTT."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any

import pytest

from navien_proto.cloud.answers import Acknowledged
from navien_proto.cloud.records import DeviceInfo, FirmwareInfo, TouAnswer, TouConversion
from navien_proto.errors import (
    BadCredentials,
    CloudError,
    CommandCancelled,
    CommandRefused,
    GuardError,
    HttpStatusError,
    LinkBroken,
    NavienError,
    Throttled,
    TokenExpired,
    UsageError,
)
from navien_proto.model.tou import TouPeriod, TouPlan
from navien_proto.model.weekdays import WEEKDAYS, WEEKEND
from navien_proto.session import Session, SessionConfig, State
from navien_proto.session.actions import SendHttp, Subscribe
from navien_proto.session.edits import EditTouPlan
from navien_proto.session.events import (
    Connected,
    Degraded,
    OtherReceived,
    RawReceived,
    RequestAnswered,
    RequestFailed,
    RequestId,
    Undecodable,
)
from navien_proto.session.guards import Guards
from navien_proto.session.requests import (
    ConvertTouPlans,
    PublishRaw,
    ReadDeviceInfo,
    ReadFirmwareInfo,
    ReadStoredTou,
    RegisterPushToken,
    Request,
    StoreTouPlan,
    SubscribeRaw,
    UnsubscribeRaw,
)
from navien_proto.session.transcript import Recorder
from navien_proto.session.transcript_replay import replay
from navien_proto.sim.cloud import SimCloudConfig
from navien_proto.sim.faults import PublishDenied, RestStatus, RestThrottled, SubscriptionDenied, Unreachable
from tests.scenarios.scene import EMAIL, MAC, PASSWORD, Scene, actions
from tests.scenarios.test_commands import error_of, finish, submit

PLAN = TouPlan(
    [
        TouPeriod(
            days=WEEKDAYS | WEEKEND,
            start=time(0),
            end=time(23, 59),
            price_min=Decimal("0.2"),
            price_max=Decimal("0.3"),
        )
    ],
    name="Example plan",
    utility="Example Power",
    zip_code="00501",
)
PUSH = RegisterPushToken(
    push_token="canary-push-token", model_name="phone", app_version="1", os="android", os_version="14"
)
ELSEWHERE = "example/elsewhere"


def ask(scene: Scene, request: Request, **options: Any) -> RequestId:
    number: list[RequestId] = []
    scene.world.tell(scene.peer, lambda now: number.append(scene.session.request(request, now, **options)))
    return number[0]


def end(scene: Scene, number: RequestId, limit: float = 120) -> RequestAnswered | RequestFailed:
    def ended() -> list[RequestAnswered | RequestFailed]:
        both: list[RequestAnswered | RequestFailed] = [*scene.of(RequestAnswered), *scene.of(RequestFailed)]
        return [event for event in both if event.id == number]

    scene.world.run_until(lambda: bool(ended()), limit=limit)
    scene.world.run(1)
    (only,) = ended()
    return only


def answer(scene: Scene, request: Request, **options: Any) -> object:
    ended = end(scene, ask(scene, request, **options))
    assert isinstance(ended, RequestAnswered), ended
    return ended.answer


def error(scene: Scene, request: Request, limit: float = 120, **options: Any) -> NavienError:
    ended = end(scene, ask(scene, request, **options), limit)
    assert isinstance(ended, RequestFailed), ended
    return ended.error


def asked(scene: Scene, path: str) -> int:
    return sum(
        isinstance(action, SendHttp) and action.request.url.partition("?")[0].endswith(path)
        for _, action in actions(scene.peer)
    )


def test_the_cloud_s_record_and_firmware_of_a_heater_with_the_session_s_own_tokens() -> None:
    scene = Scene().ready()
    info = answer(scene, ReadDeviceInfo())
    assert isinstance(info, DeviceInfo)
    assert (info.mac, info.online) == (MAC, True)
    firmware = answer(scene, ReadFirmwareInfo(), device=MAC)
    assert isinstance(firmware, FirmwareInfo)
    assert firmware.components
    assert len(scene.sign_ins()) == 1


def test_a_plan_is_stored_and_read_again() -> None:
    scene = Scene().ready()
    assert isinstance(answer(scene, StoreTouPlan(PLAN, {"label": "x"})), TouAnswer)
    read = answer(scene, ReadStoredTou())
    assert isinstance(read, TouAnswer)
    assert read.plan is not None
    assert read.plan.to_plan().name == "Example plan"


def test_plans_are_converted_and_a_phone_is_registered() -> None:
    scene = Scene().ready()
    assert isinstance(answer(scene, ConvertTouPlans([{"label": "nothing of use"}])), TouConversion)
    assert isinstance(answer(scene, PUSH), Acknowledged)


def test_a_plan_on_file_needs_the_device_info() -> None:
    scene = Scene()
    scene.start()
    scene.world.run_until(lambda: scene.session.state is State.CONNECTING, limit=60)
    with pytest.raises(UsageError, match="serial number"):
        ask(scene, ReadStoredTou())


def test_tokens_that_were_dropped_are_renewed_once_and_the_query_is_sent_again() -> None:
    scene = Scene().ready()
    scene.world.run(300)
    scene.cloud.service.revoke(aws=False)
    assert isinstance(answer(scene, ReadDeviceInfo()), DeviceInfo)
    assert asked(scene, "/device/info") == 2
    assert len(scene.sign_ins()) == 2


def test_an_answer_of_401_with_fresh_tokens_is_the_end() -> None:
    scene = Scene().ready()
    scene.world.run(300)
    with scene.world.suffering(RestStatus(status=401, paths=("/device/info",))):
        assert isinstance(error(scene, ReadDeviceInfo()), TokenExpired)
    assert asked(scene, "/device/info") == 2


def test_tokens_that_are_out_are_fetched_first_and_queries_wait_for_them() -> None:
    scene = Scene()
    scene.start()
    scene.world.run_until(lambda: scene.session.state is State.LISTING, limit=60)
    with pytest.raises(UsageError, match=r"not known yet|no heater"):
        ask(scene, ReadDeviceInfo())
    early = Scene()
    early.start()
    assert early.session.state is State.SIGNING_IN
    assert isinstance(answer(early, PUSH), Acknowledged)
    assert len(early.sign_ins()) == 1


def test_a_refused_sign_in_ends_what_waits_for_it() -> None:
    scene = Scene(password="wrong")
    scene.start()
    assert isinstance(error(scene, PUSH), BadCredentials)


@pytest.mark.parametrize(("request_", "tries"), [(ReadDeviceInfo(), 3), (PUSH, 1)])
def test_a_failing_service_is_asked_three_times_but_only_for_what_may_be_repeated(
    request_: Request, tries: int
) -> None:
    scene = Scene().ready()
    with scene.world.suffering(RestStatus(status=503)):
        failed = error(scene, request_)
    assert isinstance(failed, HttpStatusError)
    path = "/device/info" if tries == 3 else "/app/update-push-token"
    assert asked(scene, path) == tries


def test_a_refused_query_is_not_repeated() -> None:
    scene = Scene().ready()
    with scene.world.suffering(RestStatus(status=403)):
        assert isinstance(error(scene, ReadDeviceInfo()), HttpStatusError)
    assert asked(scene, "/device/info") == 1


def test_closing_and_withdrawing_end_a_query() -> None:
    scene = Scene().ready()
    numbers = [ask(scene, ReadDeviceInfo()) for _ in range(2)]
    scene.world.tell(scene.peer, lambda now: scene.session.withdraw(numbers[0], now))
    scene.world.tell(scene.peer, scene.session.stop)
    ended = scene.of(RequestFailed)
    assert [event.id for event in ended] == numbers
    assert all(isinstance(event.error, CommandCancelled) for event in ended)
    scene.world.run(30)
    assert scene.of(RequestAnswered) == []
    with pytest.raises(UsageError, match="running session"):
        ask(scene, ReadDeviceInfo())


# --- raw MQTT ---------------------------------------------------------------------------------------------


def test_raw_messages_go_out_and_come_in_over_the_session_s_own_link() -> None:
    scene = Scene().ready()
    assert answer(scene, SubscribeRaw(ELSEWHERE)) == ELSEWHERE
    assert answer(scene, PublishRaw(ELSEWHERE, b"\xff not JSON")) == 0
    assert answer(scene, PublishRaw(ELSEWHERE, "text", qos=0)) is None
    scene.world.run(5)
    assert [event.payload for event in scene.of(RawReceived)] == [b"\xff not JSON", b"text"]
    assert scene.of(Undecodable) == []
    assert answer(scene, UnsubscribeRaw(ELSEWHERE)) == ELSEWHERE
    assert answer(scene, PublishRaw(ELSEWHERE, b"unheard")) == 0
    assert len(scene.of(RawReceived)) == 2


def test_a_raw_filter_that_is_the_session_s_own_shows_messages_in_both_forms() -> None:
    scene = Scene().ready()
    own = next(one for one in scene.session._lifecycle.own_filters() if MAC in one)
    assert answer(scene, SubscribeRaw(own)) == own
    before = len(scene.of(RawReceived))
    scene.world.run(700)
    assert len(scene.of(RawReceived)) > before
    assert answer(scene, UnsubscribeRaw(own)) == own
    told = len(scene.of(RawReceived))
    heard = scene.peer.inputs
    scene.world.run(700)
    assert len(scene.of(RawReceived)) == told
    assert scene.peer.inputs > heard
    assert scene.session.state is State.READY


def test_raw_filters_are_subscribed_on_the_next_link_too() -> None:
    scene = Scene().ready()
    answer(scene, SubscribeRaw(ELSEWHERE))
    scene.cut()
    scene.world.run_until(lambda: len(scene.of(Connected)) == 2, limit=300)
    last = [action for _, action in actions(scene.peer) if isinstance(action, Subscribe)][-1]
    assert ELSEWHERE in last.filters
    answer(scene, PublishRaw(ELSEWHERE, b"again"))
    assert [event.payload for event in scene.of(RawReceived)] == [b"again"]


def test_without_a_link_a_filter_waits_and_a_publish_is_refused() -> None:
    scene = Scene().ready()
    scene.cut()
    scene.world.run_until(lambda: scene.session.state is not State.READY, limit=10)
    with pytest.raises(LinkBroken):
        ask(scene, PublishRaw(ELSEWHERE, b""))
    assert answer(scene, SubscribeRaw(ELSEWHERE)) == ELSEWHERE
    scene.world.run_until(lambda: scene.session.state is State.READY, limit=300)
    answer(scene, PublishRaw(ELSEWHERE, b"here"))
    assert [event.payload for event in scene.of(RawReceived)] == [b"here"]


def test_a_publish_whose_link_is_lost_is_told() -> None:
    scene = Scene().ready()
    number = ask(scene, PublishRaw(ELSEWHERE, b""))
    scene.cut()
    ended = end(scene, number)
    assert isinstance(ended, RequestFailed)
    assert isinstance(ended.error, LinkBroken)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: PublishRaw("", b""), "empty"),
        (lambda: PublishRaw("a/#", b""), "wildcard"),
        (lambda: PublishRaw("a\0", b""), "NUL"),
        (lambda: PublishRaw("\ud800", b""), "surrogate"),
        (lambda: PublishRaw("a" * 257, b""), "256"),
        (lambda: PublishRaw("a/b/c/d/e/f/g/h/i", b""), "slashes"),
        (lambda: PublishRaw("a", b"x" * (128 * 1024 + 1)), "131072"),
        (lambda: PublishRaw("a", "\ud800"), "surrogate"),
        (lambda: PublishRaw("a", 7), "bytes or text"),  # type: ignore[arg-type]
        (lambda: PublishRaw("a", b"", 2), "qos"),
        (lambda: PublishRaw("a", b"", True), "qos"),
        (lambda: SubscribeRaw("a/#/b"), "last level"),
        (lambda: SubscribeRaw("a", 3), "qos"),
        (lambda: UnsubscribeRaw(""), "empty"),
    ],
)
def test_what_cannot_be_said_is_refused_when_it_is_made(make: Any, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        make()


def test_one_connection_carries_fifty_filters() -> None:
    scene = Scene().ready()
    own = len(scene.session._lifecycle.own_filters())
    for number in range(50 - own):
        ask(scene, SubscribeRaw(f"example/{number}"))
    with pytest.raises(UsageError, match="50 filters"):
        ask(scene, SubscribeRaw("example/more"))
    ask(scene, SubscribeRaw("example/1"))


def test_a_filter_that_the_broker_refuses_is_told_and_not_asked_again() -> None:
    scene = Scene().ready()
    with scene.world.suffering(SubscriptionDenied(pattern="example/+")):
        refused = error(scene, SubscribeRaw("example/+"))
    assert isinstance(refused, CommandRefused)
    assert refused.code == 0x80
    assert scene.of(Degraded) == []
    scene.cut()
    scene.world.run_until(lambda: len(scene.of(Connected)) == 2, limit=300)
    last = [action for _, action in actions(scene.peer) if isinstance(action, Subscribe)][-1]
    assert "example/+" not in last.filters


# --- guards and transcripts -------------------------------------------------------------------------------


def test_guards_bind_raw_messages_too() -> None:
    command = PublishRaw(f"cmd/52/navilink-{MAC}/ctrl", b"{}")
    reads = Scene(guards=Guards(read_only=True)).ready()
    for request in (command, PublishRaw(ELSEWHERE, b""), StoreTouPlan(PLAN), PUSH):
        with pytest.raises(GuardError, match="read_only"):
            ask(reads, request)
    assert isinstance(answer(reads, ReadDeviceInfo()), DeviceInfo)
    bounded = Scene(guards=Guards(highest_celsius=55)).ready()
    with pytest.raises(GuardError, match="highest_celsius"):
        ask(bounded, command)
    assert answer(bounded, PublishRaw(ELSEWHERE, b"")) == 0


def test_a_transcript_with_requests_is_free_of_secrets_and_plays_again_alike() -> None:
    lines: list[str] = []
    scene = Scene()
    config = SessionConfig(email=EMAIL, password=PASSWORD)
    recorder = Recorder(config, rng=Random(1), new_id=lambda: "cafe0001", write=lines.append)
    recorded: Any = recorder
    scene.session = recorded
    scene.peer = scene.world.join(recorded)
    scene.world.tell(scene.peer, recorder.start)
    scene.world.run_until(lambda: recorder.session.state is State.READY, limit=60)
    scene.world.run(20)
    for request in (
        *(ReadDeviceInfo(), ReadFirmwareInfo(), StoreTouPlan(PLAN, {"label": "x", "rates": [0.5, None]})),
        *(ReadStoredTou(), PUSH, SubscribeRaw(f"example/{MAC}/#")),
        *(
            PublishRaw(f"example/{MAC}/x", b'{"password": "canary-word"}'),
            PublishRaw(f"example/{MAC}/y", b"\xff!"),
        ),
    ):
        number = ask(scene, request)
        end(scene, number)
    with pytest.raises(UsageError):
        ask(scene, ReadDeviceInfo(), device="aabbccddee99")
    number = ask(scene, ReadDeviceInfo(), device=MAC)
    scene.world.tell(scene.peer, lambda now: recorder.withdraw(number, now))
    scene.world.tell(scene.peer, recorder.stop)
    scene.world.run(20)
    text = "\n".join(lines)
    assert recorder.problem is None
    for secret in (EMAIL, PASSWORD, MAC, "canary-push-token", "canary-word", "00501"):
        assert secret not in text, secret
    played = replay(lines)
    assert played.difference is None, played.difference
    assert played.outputs > 50


def test_what_is_no_request_is_refused() -> None:
    scene = Scene().ready()
    with pytest.raises(UsageError, match="expected a request"):
        ask(scene, Request())
    assert isinstance(scene.session, Session)


def test_messages_of_others_are_still_told_as_before() -> None:
    scene = Scene().ready()
    answer(scene, SubscribeRaw("evt/#"))
    assert scene.of(OtherReceived) == []


def test_tokens_that_do_not_last_end_a_query_and_do_not_sign_in_for_ever() -> None:
    scene = Scene(cloud=SimCloudConfig(access_lifetime=20.0))
    scene.start()
    assert "no tokens that last" in str(error(scene, PUSH, limit=900))
    assert len(scene.sign_ins()) <= 5


def test_a_query_withdrawn_while_it_waits_for_tokens_is_not_asked() -> None:
    scene = Scene()
    scene.start()
    number = ask(scene, PUSH)
    scene.world.tell(scene.peer, lambda now: scene.session.withdraw(number, now))
    assert isinstance(end(scene, number).error, CommandCancelled)  # type: ignore[union-attr]
    scene.world.run(60)
    assert asked(scene, "/app/update-push-token") == 0
    scene.world.tell(scene.peer, lambda now: scene.session.withdraw(number, now))
    assert len(scene.of(RequestFailed)) == 1


def test_an_answer_to_a_query_that_was_withdrawn_is_told_nobody() -> None:
    scene = Scene().ready()
    number = ask(scene, ReadDeviceInfo())
    watching = ask(scene, SubscribeRaw(f"{ELSEWHERE}/#"))
    for one in (number, watching):
        scene.world.tell(scene.peer, partial(scene.session.withdraw, one))
    scene.world.run(60)
    assert scene.of(RequestAnswered) == []
    assert {event.id for event in scene.of(RequestFailed)} == {number, watching}


def test_a_service_that_cannot_be_reached_is_asked_again_and_then_given_up() -> None:
    scene = Scene().ready()
    with scene.world.suffering(Unreachable(link=False)):
        assert isinstance(error(scene, ReadDeviceInfo()), CloudError)
    assert asked(scene, "/device/info") == 6  # three times, and each at once again: the connection may have idled


def test_a_pause_that_the_service_asks_for_is_kept() -> None:
    scene = Scene().ready()
    with scene.world.suffering(RestThrottled(retry_after=40)):
        began = scene.world.now.monotonic
        assert isinstance(error(scene, ReadDeviceInfo(), limit=600), Throttled)
        assert scene.world.now.monotonic - began >= 80


def test_a_raw_message_that_the_broker_denies_is_refused_once_that_is_proven() -> None:
    scene = Scene().ready()
    with scene.world.suffering(PublishDenied(pattern=f"{ELSEWHERE}/*")):
        for _ in range(4):
            scene.world.run_until(lambda: scene.session.state is State.READY, limit=300)
            failed = error(scene, PublishRaw(f"{ELSEWHERE}/x", b"x"))
            if isinstance(failed, CommandRefused):
                break
        assert isinstance(failed, CommandRefused)
        assert failed.code == 0x87


def test_a_plan_cannot_be_edited_while_there_are_no_tokens() -> None:
    scene = Scene().ready()
    with scene.world.suffering(Unreachable(link=False)):
        scene.world.run(3600)
        assert scene.session.state is State.READY
        ended = finish(scene, submit(scene, EditTouPlan.adding(PLAN.periods[0])))
        assert "nothing was written" in str(error_of(ended))

"""A transcript out of a capture: what a session would have made of the messages that somebody else received.

A capture (:mod:`navien_proto.har`) holds what one client was told, and not what a transcript needs beside it: the
state of a random generator, the ids drawn, each acknowledgement. So a session is set into a scripted world and
recorded there:

- its REST requests are answered by the capture's answers to the same requests, in their order; where there are
  none (left), by made-up ones that grant tokens for a year and list the heaters that the messages are of;
- its link stands at once, and every subscription, publish and ping is acknowledged;
- every message the capture's client *received* is reported at its time. What that client *sent* is no input and
  is left out: it shows as the device's echo, where the capture has one.

The session asks for nothing on a period. The transcript replays like any other, and shows what our code decodes,
tells and notices over that day.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from attrs import frozen

from navien_proto.cloud import endpoints
from navien_proto.cloud.defaults import BASE_URL
from navien_proto.cloud.http import HttpReply, HttpRequest
from navien_proto.errors import DecodeError, UsageError
from navien_proto.har import Capture, RestExchange
from navien_proto.instant import Instant
from navien_proto.jsontext import dumps, loads
from navien_proto.session import SessionConfig
from navien_proto.session.actions import Action, CloseLink, OpenLink, Ping, Publish, SendHttp, Subscribe
from navien_proto.session.inputs import (
    ConnectSent,
    HttpAnswered,
    Input,
    LinkLost,
    LinkOpened,
    MessageReceived,
    PongReceived,
    PublishAnswered,
    SubscribeAnswered,
)
from navien_proto.session.transcript import Recorder
from navien_proto.wire.topics import mac_in_topic

__all__ = ["FromCapture", "transcript_of"]

# A transcript's monotonic clock may begin anywhere.
BEGIN = 1000.0
YEAR = 365 * 86400
NWP500, ONLINE = 52, 2
# What a session asks the REST service for.
ASKED = (endpoints.SIGN_IN, endpoints.REFRESH, endpoints.DEVICE_LIST)


@frozen(kw_only=True)
class FromCapture:
    """What became of a capture.

    ``messages`` were reported, and ``late`` ones no more, since the session had closed by then. Of the answers to
    the session's requests ``answers`` are the capture's and ``made_up`` ours. ``sent`` messages of the capture's
    own client are left out.
    """

    messages: int
    late: int
    answers: int
    made_up: int
    sent: int

    def sentence(self) -> str:
        """One sentence for a person."""
        told = f"{self.messages} messages heard, {self.answers} REST answers of the capture"
        for count, words in (
            (self.made_up, "made up"),
            (self.sent, "sent messages left out"),
            (self.late, "messages left out, the session was over"),
        ):
            told += f", {count} {words}" if count else ""
        return told


def transcript_of(capture: Capture, write: Callable[[str], None]) -> FromCapture:
    """Write the transcript of a session that is told what ``capture`` holds; ``write`` takes each line.

    The same capture gives the same transcript.

    Raises:
        UsageError: there is no message in it that a session could be told.
    """
    if not any(message.direction == "receive" for message in capture.messages):
        raise UsageError("this capture has no MQTT message that was received: there is nothing to tell a session")
    return _Script(capture, write).play()


class _Script:
    """The world in which a capture is told."""

    def __init__(self, capture: Capture, write: Callable[[str], None]) -> None:
        self._messages = deque(message for message in capture.messages if message.direction == "receive")
        self._sent = len(capture.messages) - len(self._messages)
        self._answers = deque(capture.exchanges)
        self._macs = sorted({mac for message in self._messages if (mac := mac_in_topic(message.topic))})
        self._now = Instant(BEGIN, capture.entries[0].time)
        self._reports: deque[Input] = deque()
        self._used = self._made_up = self._told = 0
        self._link: int | None = None
        asked = next((one for one in capture.exchanges if one.path.endswith(endpoints.SIGN_IN)), None)
        self._recorder = Recorder(_config(asked), rng=Random(0), new_id=_numbers().__next__, write=write)

    def play(self) -> FromCapture:
        recorder = self._recorder
        recorder.start(self._now)
        self._perform()
        while self._messages and not recorder.closed:
            message = self._messages[0]
            due = recorder.next_timer()
            at = max(self._now.monotonic, self._monotonic(message.time.timestamp()))
            if due is not None and (due <= at or self._link is None):
                self._pass(due)
                recorder.handle_timer(self._now)
            elif self._link is None:
                break  # nothing will happen any more
            else:
                self._pass(at)
                self._messages.popleft()
                self._told += 1
                received = MessageReceived(
                    self._link, message.topic, message.payload, message.retain, message.duplicate
                )
                recorder.handle(received, self._now)
            self._perform()
        recorder.stop(self._now)
        self._perform()
        return FromCapture(
            messages=self._told,
            late=len(self._messages),
            answers=self._used,
            made_up=self._made_up,
            sent=self._sent,
        )

    def _monotonic(self, timestamp: float) -> float:
        return self._now.monotonic + timestamp - self._now.utc.timestamp()

    def _pass(self, monotonic: float) -> None:
        self._now = self._now.after(max(0.0, monotonic - self._now.monotonic))

    def _perform(self) -> None:
        """Do what the session asks, and answer at once, until it asks for nothing more."""
        recorder = self._recorder
        while True:
            for action in recorder.actions():
                self._reports.extend(self._answers_to(action))
            recorder.events()
            if not self._reports:
                return
            recorder.handle(self._reports.popleft(), self._now)

    def _answers_to(self, action: Action) -> Iterator[Input]:
        match action:
            case SendHttp():
                yield HttpAnswered(action.exchange, self._reply(action.request))
            case OpenLink():
                self._link = action.link
                yield ConnectSent(action.link)
                yield LinkOpened(action.link)
            case Subscribe():
                yield SubscribeAnswered(action.link, action.id, (action.qos,) * len(action.filters))
            case Publish() if action.qos:
                yield PublishAnswered(action.link, action.id)
            case Ping():
                yield PongReceived(action.link)
            case CloseLink():
                self._link = None
                yield LinkLost(action.link, "closed")

    def _reply(self, request: HttpRequest) -> HttpReply:
        # A session asks for nothing else by itself.
        asked = next(path for path in ASKED if request.url.endswith(path))
        for exchange in self._answers:
            if exchange.path.endswith(asked):
                self._answers.remove(exchange)
                self._used += 1
                return exchange.reply
        self._made_up += 1
        return HttpReply(200, {}, dumps({"code": 200, "msg": "SUCCESS", "data": self._data(asked)}))

    def _data(self, asked: str) -> Any:
        if asked == endpoints.DEVICE_LIST:
            known = {"additionalValue": "", "deviceType": NWP500, "connected": ONLINE}
            return [{"deviceInfo": {"macAddress": mac, **known}} for mac in self._macs]
        token = {
            "accessToken": "made-up-access-token",
            "refreshToken": "made-up-refresh-token",
            "accessKeyId": "made-up-access-key",
            "secretKey": "made-up-secret-key",
            "sessionToken": "made-up-session-token",
            "authenticationExpiresIn": YEAR,
            "authorizationExpiresIn": YEAR,
        }
        return token if asked == endpoints.REFRESH else {"token": token, "userInfo": {}}


def _config(asked: RestExchange | None) -> SessionConfig:
    """The settings of the session, with what the capture's own sign-in tells."""
    email, password, base_url = "user@example.com", "not in the capture", None
    if asked is not None:
        base_url = asked.url.partition(endpoints.SIGN_IN)[0]
        try:
            body = loads(asked.request_body)
        except DecodeError:
            body = None
        if isinstance(body, dict):
            email = str(body.get("userId") or email)
            password = str(body.get("password") or password)
    return SessionConfig(email=email, password=password, status_interval=None, base_url=base_url or BASE_URL)


def _numbers() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"{number:08x}"

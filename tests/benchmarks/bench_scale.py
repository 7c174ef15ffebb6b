"""What more heaters cost: ``python -m tests.benchmarks.bench_scale``.

1, 10 and 45 heaters in one session, and 1000 over 25: microseconds a message (``handle``, ``actions``, ``events``,
``next_timer``, and the timers that are due meanwhile) and memory a heater. The cloud is a handful of answers; the
heaters speak in turn, each message under a session id of its own. The sizes take turns; the processor's
time counts, of the best repeat.
"""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections.abc import Callable
from itertools import count
from random import Random
from time import thread_time
from urllib.parse import urlsplit

from navien_proto import Session, SessionConfig
from navien_proto.instant import Instant
from navien_proto.jsontext import ENGINE
from navien_proto.session import State
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
from navien_proto.sim.heater_config import HeaterConfig
from navien_proto.sim.rest import RestService
from navien_proto.sim.world import START
from navien_proto.wire import topics
from tests.proto.wire import examples

FLAT, MOST_BYTES = 1.2, 20_000
SIZES = ((1, 1), (10, 1), (45, 1), (1000, 25))
# Messages a repeat, short enough to be undisturbed now and then on a busy machine; the time from one to the next.
MESSAGES, REPEATS, STEP = 90, 150, 0.02

EMAIL, PASSWORD = "user@example.com", "not-a-real-password"


class Loop:
    """A session on a transport that answers everything at once, and heaters that speak when told to."""

    def __init__(self, heaters: int, first_mac: int) -> None:
        self.now = Instant(1000.0, START)
        self._service = RestService(Random(1), access_lifetime=1e6, aws_lifetime=1e6, is_online=lambda _mac: True)
        account = self._service.add_account(EMAIL, PASSWORD)
        self._macs = [f"{first_mac + number:012x}" for number in range(heaters)]
        for mac in self._macs:
            account.heaters[mac] = HeaterConfig(mac=mac, name="Water heater")
        self._ids = count(1768478400123)
        self._link = 0
        config = SessionConfig(email=EMAIL, password=PASSWORD)
        self.session = Session(config, rng=Random(2), new_id=lambda: "0000abcd")
        self.session.start(self.now)
        self._perform()
        if self.session.state is not State.READY:
            raise RuntimeError(f"the session is {self.session.state.value}")
        for mac in self._macs:
            self._say(mac, examples.reply({"feature": examples.FEATURE}, suffix="st/did"))
        self.let_pass(30.0)

    def status_messages(self, how_many: int) -> list[MessageReceived]:
        """What the heaters say next, in turn."""
        form = examples.status()
        template = examples.encode(form).replace(examples.MAC.encode(), b"%b")
        parts = template.split(b"%b")
        found = []
        for number in range(how_many):
            mac = self._macs[number % len(self._macs)]
            payload = mac.encode().join(parts)
            payload = payload.replace(examples.SESSION.encode(), str(next(self._ids)).encode())
            found.append(MessageReceived(self._link, topics.ack_topic(mac, self.session.client_id), payload))
        return found

    def hear(self, messages: list[MessageReceived]) -> None:
        """Take these messages, and what comes due meanwhile."""
        session = self.session
        for message in messages:
            self.now = self.now.after(STEP)
            session.handle(message, self.now)
            session.actions()
            session.events()
            due = session.next_timer()
            if due is not None and due <= self.now.monotonic:
                session.handle_timer(self.now)
                self._perform()

    def let_pass(self, seconds: float) -> None:
        """Let time pass without a word of the heaters."""
        end = self.now.monotonic + seconds
        while (due := self.session.next_timer()) is not None and due <= end:
            self.now = self.now.after(max(0.0, due - self.now.monotonic))
            self.session.handle_timer(self.now)
            self._perform()
        self.now = self.now.after(end - self.now.monotonic)

    def _say(self, mac: str, form: dict[str, object]) -> None:
        payload = examples.encode({**form, "sessionID": str(next(self._ids))})
        payload = payload.replace(examples.MAC.encode(), mac.encode())
        self._report(MessageReceived(self._link, topics.ack_topic(mac, self.session.client_id), payload))

    def _report(self, report: Input) -> None:
        self.session.handle(report, self.now)
        self._perform()

    def _perform(self) -> None:
        self.session.events()
        for action in self.session.actions():
            for report in self._answers(action):
                self._report(report)

    def _answers(self, action: Action) -> list[Input]:
        match action:
            case SendHttp():
                request, parts = action.request, urlsplit(action.request.url)
                path = parts.path.removeprefix("/api/v2.1")
                reply = self._service.answer(request.method, path, request.headers, request.body, self.now)
                return [HttpAnswered(action.exchange, reply)]
            case OpenLink():
                self._link = action.link
                return [ConnectSent(action.link), LinkOpened(action.link, False)]
            case Subscribe():
                return [SubscribeAnswered(action.link, action.id, (1,) * len(action.filters))]
            case Publish(qos=1):
                return [PublishAnswered(action.link, action.id)]
            case Ping():
                return [PongReceived(action.link)]
            case CloseLink():
                return [LinkLost(action.link, "closed")]
        return []


def loops(heaters: int, sessions: int) -> list[Loop]:
    """So many heaters, evenly over so many sessions."""
    each = heaters // sessions
    return [Loop(each, 0xAABBCC000000 + number * each) for number in range(sessions)]


def memory(make: Callable[[], list[Loop]]) -> float:
    """Bytes that these sessions keep, their cloud included, after some statuses of every heater."""
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    made = make()
    for loop in made:
        loop.hear(loop.status_messages(20 * len(loop.session.devices)))
    gc.collect()
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return used


def main() -> int:
    """Measure and print; 1 when it does not grow as it should."""
    made = {size: loops(*size) for size in SIZES}
    best = dict.fromkeys(SIZES, float("inf"))
    for repeat in range(REPEATS):
        for size, some in made.items():
            loop = some[repeat % len(some)]
            batch = loop.status_messages(MESSAGES)
            started = thread_time()
            loop.hear(batch)
            best[size] = min(best[size], (thread_time() - started) / MESSAGES)
    made.clear()
    fine = True
    heads = ("heaters", "sessions", "µs a message", "against one", "kB a heater")
    print("".join(f"{head:>14}" for head in heads) + f"   ({ENGINE.name})")
    alone = memory(lambda: loops(1, 1))
    for size in SIZES:
        heaters, sessions = size
        ratio = best[size] / best[SIZES[0]]
        used = memory(lambda size=size: loops(*size))  # type: ignore[misc]
        # Of one heater alone the session itself is most: beyond it, what each further one costs.
        each = used / heaters if heaters == 1 else (used - sessions * alone) / (heaters - sessions)
        print(f"{heaters:>14}{sessions:>14}{best[size] * 1e6:>14.1f}{ratio:>14.2f}{each / 1000:>14.1f}")
        fine = fine and ratio <= FLAT and (heaters == 1 or used / heaters <= MOST_BYTES)
        if heaters > 1:
            print(f"{'':42}with the sessions themselves: {used / heaters / 1000:.1f} kB a heater")
    print(f"at most {FLAT} times as long as with one heater, and {MOST_BYTES // 1000} kB a heater")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())

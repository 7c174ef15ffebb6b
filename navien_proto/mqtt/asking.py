"""What a link is asked to subscribe to, in which order, and what the answers mean."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping

from navien_proto.mqtt.actions import LinkAction, Subscribe, Unsubscribe
from navien_proto.mqtt.blame import FilterBlame
from navien_proto.mqtt.inputs import SubscribeAnswered, UnsubscribeAnswered
from navien_proto.mqtt.notices import FilterRefused, Notice, SubscribeSettled
from navien_proto.mqtt.subscriptions import Subscriptions, chunks

__all__ = ["REFUSED", "Asking"]

REFUSED = 0x80


class Asking:
    """The questions of a connection: every filter on each new link, and what is wanted or not wanted later.

    ``act`` and ``tell`` take an action and a notice of the connection's; ``draw`` gives the next number.
    """

    def __init__(
        self, act: Callable[[LinkAction], None], tell: Callable[[Notice], None], draw: Callable[[], int]
    ) -> None:
        self._act = act
        self._tell = tell
        self._draw = draw
        self._subscriptions = Subscriptions()
        self._lined_up: deque[tuple[int, tuple[str, ...]]] = deque()
        self._blame = FilterBlame()
        self._granted: set[str] = set()
        self._retried: set[str] = set()
        self._later = False
        self._link = 0

    @property
    def wanted(self) -> Mapping[str, int]:
        """QoS by filter, in the order they were wanted."""
        return self._subscriptions.wanted

    @property
    def awaiting(self) -> bool:
        """Whether an answer is still to come."""
        return self._subscriptions.awaiting

    @property
    def denied(self) -> bool:
        """Whether a link that is up lacks something that is wanted: refused on it, or set aside."""
        return self._later and not self.awaiting and any(one not in self._granted for one in self.wanted)

    def begin(self, link: int) -> None:
        """A new link stands: ask it for everything, one packet at a time when one of them may end it."""
        self._link, self._later = link, False
        self._granted.clear()
        self._retried.clear()
        self._lined_up = deque(self._blame.arrange(self._subscriptions.packets()))
        self._go_on()

    def complete(self) -> None:
        """The link is up: nothing is suspected any more, and what is asked from now on is told when answered."""
        self._later = True
        self._blame.clear()

    def want(self, filters: Iterable[str], qos: int) -> tuple[int, ...]:
        """Want these from now on; asks a link that is up, and gives the numbers of the questions."""
        new = tuple(dict.fromkeys(filters))
        self._subscriptions.want(new, qos)
        if self._later:
            return tuple(self._question(chunk, qos) for chunk in chunks(new))
        if self._link:
            self._lined_up.extend((qos, chunk) for chunk in chunks(new))
        return ()

    def drop(self, filters: Iterable[str]) -> tuple[int, ...]:
        """Want these no more; asks as ``want`` does."""
        old = tuple(topic for topic in dict.fromkeys(filters) if topic in self._subscriptions.wanted)
        self._subscriptions.drop(old)
        self._granted.difference_update(old)
        return tuple(self._question(chunk, None) for chunk in chunks(old)) if self._later else ()

    def subscribed(self, report: SubscribeAnswered) -> bool | None:
        """SUBACK came: true when it fits the question, false when it does not, ``None`` when there was none."""
        asked = self._subscriptions.answered(report.id, wanted=True)
        if asked is None:
            return None
        if len(report.codes) != len(asked.filters):
            return False
        for one, code in zip(asked.filters, report.codes, strict=True):
            if code < REFUSED:
                self._granted.add(one)
            elif one not in self._retried:
                self._tell(FilterRefused(one, code))
        self._answered(report)
        return True

    def unsubscribed(self, report: UnsubscribeAnswered) -> bool:
        """UNSUBACK came: whether there was such a question."""
        if self._subscriptions.answered(report.id, wanted=False) is None:
            return False
        self._answered(report)
        return True

    def hung_up(self) -> bool:
        """The broker ended the link: whether an answer was awaited, for which a filter may be to blame."""
        awaited = self._subscriptions.unanswered()
        offender = self._blame.hung_up(awaited)
        if offender is not None:
            self._tell(FilterRefused(offender, REFUSED, hung_up=True))
        return bool(awaited)

    def retry(self) -> None:
        """Ask a link that is up once more for what it denied, one filter a packet; refusals are told once."""
        self._blame.forgive()
        lacking = [(qos, (one,)) for one, qos in self.wanted.items() if one not in self._granted]
        self._retried.update(one for _, (one,) in lacking)
        self._lined_up.extend(lacking)
        self._go_on()

    def forgive(self) -> None:
        """What was set aside is tried once more on the next link."""
        self._blame.forgive()

    def forget(self) -> None:
        """The link is no more."""
        self._lined_up.clear()
        for question in self._subscriptions.lost():
            if self._later:
                self._tell(SubscribeSettled(question, None))
        self._later, self._link = False, 0

    def _answered(self, report: SubscribeAnswered | UnsubscribeAnswered) -> None:
        if self._later:
            self._tell(SubscribeSettled(report.id, report.codes))
        self._go_on()
        if self._later and not self.awaiting:
            self._blame.clear()

    def _go_on(self) -> None:
        while self._lined_up and not (self._blame.careful and self.awaiting):
            qos, filters = self._lined_up.popleft()
            self._question(filters, qos)

    def _question(self, filters: tuple[str, ...], qos: int | None) -> int:
        """Send SUBSCRIBE, or without a QoS UNSUBSCRIBE; returns its number."""
        number = self._draw()
        if qos is None:
            self._act(Unsubscribe(self._link, number, filters))
        else:
            self._act(Subscribe(self._link, number, filters, qos))
        self._subscriptions.asked(number, filters, wanted=qos is not None)
        return number

"""What was published over a link and not yet acknowledged, and which topic is to blame when the broker hangs up.

A broker that does not allow a topic hangs up right after the PUBLISH (``docs/protocol/mqtt.md`` section 2), and a
client that publishes the same on each new link would be thrown out for ever. So what was published within the last
:data:`WINDOW` seconds is under suspicion, unless it was acknowledged; what a link outlived by that much is not.
One hang-up is an accident. At the second that finds the same suspects the owner begins to leave that much time
between two of its own publishes (``caution``), so that the next time there is one suspect alone; and the one that
is alone under suspicion again is set aside. It is tried once more after a while, and after a planned renewal of
the link.
"""

from __future__ import annotations

__all__ = ["WINDOW", "Publishes"]

WINDOW = 3.0


class Publishes:
    """The publishes of a connection: on their way, and with ``blame`` suspected or set aside."""

    def __init__(self, *, blame: bool = True) -> None:
        self._blame = blame
        self._unanswered: dict[int, str] = {}
        self._recent: dict[str, float] = {}
        self._published: set[str] = set()
        self._suspects: set[str] = set()
        self._aside: set[str] = set()
        self._on_trial: set[str] = set()
        self._careful = False

    @property
    def caution(self) -> float:
        """Seconds to leave between two publishes; 0 unless two links ended under the same suspicion."""
        return WINDOW if self._careful else 0.0

    @property
    def denied(self) -> bool:
        """Whether a topic is set aside, or was and has not proved since to be allowed."""
        return bool(self._aside or self._on_trial)

    def allowed(self, topic: str) -> bool:
        """Whether the topic is not set aside."""
        return topic not in self._aside

    def sent(self, publish: int, topic: str, qos: int, now: float) -> None:
        """A publish is on its way (``now``: monotonic seconds)."""
        if qos:
            self._unanswered[publish] = topic
        if not self._blame:
            return
        # Kept small: who publishes to many topics outlives most of them.
        if len(self._recent) >= 8 or topic in self._recent:
            self._acquit(now)
        self._recent[topic] = now
        self._published.add(topic)

    def answered(self, publish: int) -> bool:
        """A QoS 1 publish was acknowledged; false when it is unknown."""
        topic = self._unanswered.pop(publish, None)
        if topic is None:
            return False
        self._recent.pop(topic, None)
        self._suspects.discard(topic)
        self._on_trial.discard(topic)
        return True

    def hung_up(self, now: float) -> str | None:
        """The broker hung up: returns the topic that is set aside now, if one is."""
        self._acquit(now)
        suspects = set(self._recent)
        again = suspects & self._suspects
        if len(suspects) == 1 and again:
            (topic,) = suspects
            self._suspects.discard(topic)
            self._on_trial.discard(topic)
            self._aside.add(topic)
            return topic
        self._suspects |= suspects
        self._careful = self._careful or bool(again)
        return None

    def stable(self) -> None:
        """The link lasted: what was published over it is cleared."""
        self._careful = False
        self._suspects -= self._published

    def forgive(self) -> None:
        """What was set aside is tried once more; the next offence is the last."""
        self._suspects |= self._aside
        self._on_trial |= self._aside
        self._careful = self._careful or bool(self._aside)
        self._aside.clear()

    def _acquit(self, now: float) -> None:
        """What the link has outlived is above suspicion."""
        outlived = [topic for topic, at in self._recent.items() if at <= now - WINDOW]
        for topic in outlived:
            del self._recent[topic]
            self._suspects.discard(topic)
            self._on_trial.discard(topic)

    def forget(self) -> list[int]:
        """The link is no more; returns the publishes that were not acknowledged, in order."""
        lost = list(self._unanswered)
        self._unanswered.clear()
        self._recent.clear()
        self._published.clear()
        return lost

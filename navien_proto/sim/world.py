"""Sessions and the simulated cloud, joined in memory, with a clock that jumps.

Nothing waits: the world looks for the earliest thing due (a packet on its way, a session's timer, a heater),
sets the clock to it and lets it happen. A year of polling takes minutes, and the same seeds give the same year.

What goes wrong is a :class:`~navien_proto.sim.faults.Fault`: started by hand with ``begin``, or many of them by a
:class:`~navien_proto.sim.fault_plan.FaultPlan`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from random import Random
from typing import Any

from navien_proto.errors import UsageError
from navien_proto.instant import Instant
from navien_proto.session import Session
from navien_proto.session.inputs import Input
from navien_proto.sim.agenda import Agenda
from navien_proto.sim.carrier import Carrier, Peer
from navien_proto.sim.cloud import SimCloud
from navien_proto.sim.fault_plan import FaultPlan
from navien_proto.sim.faults import Fault
from navien_proto.sim.trouble import Trouble
from navien_proto.sim.trouble_heaters import HEATER_TROUBLES
from navien_proto.sim.trouble_links import LINK_TROUBLES
from navien_proto.sim.trouble_rest import REST_TROUBLES

__all__ = ["Peer", "World"]

START = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
TROUBLES: dict[type[Fault], type[Trouble[Any]]] = REST_TROUBLES | LINK_TROUBLES | HEATER_TROUBLES


class World:
    """Sessions, a cloud and a clock; see the module docstring.

    Args:
        cloud: the simulated cloud.
        start: the first instant's UTC time; monotonic time begins at 1000 s.
        plan: what goes wrong from the first instant on.
    """

    def __init__(self, cloud: SimCloud, *, start: datetime = START, plan: FaultPlan | None = None) -> None:
        self.cloud = cloud
        self.peers: list[Peer] = []
        self._agenda = Agenda(start)
        self._carrier = Carrier(cloud, self._agenda, self._report)
        self._cloud_due: float | None = None
        self._calm_since = self.now.monotonic
        if plan is not None:
            self.play(plan)

    @property
    def now(self) -> Instant:
        """The present instant, on the cloud's clocks."""
        return self._agenda.now

    # --- driving -----------------------------------------------------------------------------------------

    def join(self, session: Session, *, record: bool = False) -> Peer:
        """Let a session live in this world. With ``record`` its actions and what is reported to it are kept."""
        peer = Peer(session, actions=[] if record else None, reports=[] if record else None)
        self.peers.append(peer)
        return peer

    def tell(self, peer: Peer, move: Callable[[Instant], object]) -> object:
        """Let the application make a move: ``move`` is called with the session's now."""
        result = move(self._seen())
        self._drain(peer)
        return result

    def run(self, seconds: float) -> None:
        """Let this much time pass."""
        self._run(self.now.monotonic + seconds, None)

    def run_until(self, true: Callable[[], bool], *, limit: float = 3600.0) -> float:
        """Let time pass until ``true()``; returns the seconds it took.

        Raises:
            UsageError: it did not become true within ``limit`` seconds.
        """
        began = self.now.monotonic
        if not true() and not self._run(began + limit, true):
            raise UsageError(f"what was waited for did not happen within {limit:g} simulated seconds")
        return self.now.monotonic - began

    def inject(self, peer: Peer, report: Input) -> None:
        """Hand a session a report that no transport made: late, doubled, or invented."""
        self._report(peer, report)

    # --- what goes wrong ---------------------------------------------------------------------------------

    def begin(self, fault: Fault, *, seed: int = 0) -> Trouble[Fault]:
        """Let ``fault`` strike now, until ``end``. ``seed`` decides what it leaves to chance."""
        trouble = TROUBLES[type(fault)](fault, Random(seed), self._carrier)
        self._carrier.troubles.append(trouble)
        trouble.begin()
        self._touched()
        return trouble

    def end(self, trouble: Trouble[Fault]) -> None:
        """Let a fault be over; does nothing when it is."""
        if trouble.over:
            return
        trouble.over = True
        self._carrier.troubles.remove(trouble)
        trouble.end()
        if not self._carrier.troubles:
            self._calm_since = self.now.monotonic
        self._touched()

    @contextmanager
    def suffering(self, *faults: Fault) -> Iterator[None]:
        """Faults for as long as the ``with`` block runs."""
        troubles = [self.begin(fault) for fault in faults]
        try:
            yield
        finally:
            for trouble in troubles:
                self.end(trouble)

    def play(self, plan: FaultPlan) -> None:
        """Let the faults of ``plan`` come and go, counted from now."""
        for planned in plan:
            self._agenda.later(planned.start, partial(self._strike, planned.fault, planned.seed, planned.duration))

    @property
    def troubles(self) -> tuple[Fault, ...]:
        """The faults in force, in the order in which they began."""
        return tuple(trouble.fault for trouble in self._carrier.troubles)

    @property
    def calm_since(self) -> float | None:
        """Since when nothing has been wrong (monotonic seconds); ``None`` while something is."""
        return None if self._carrier.troubles else self._calm_since

    def _strike(self, fault: Fault, seed: int, duration: float | None) -> None:
        trouble = self.begin(fault, seed=seed)
        if duration is not None:
            self._agenda.later(duration, partial(self.end, trouble))

    def _touched(self) -> None:
        self._carrier.moved = True
        self._carrier.deliver()

    # --- time --------------------------------------------------------------------------------------------

    def _run(self, until: float, true: Callable[[], bool] | None) -> bool:
        # What was done to cloud and sessions while the world stood still.
        self._touched()
        for peer in self.peers:
            self._drain(peer)
        while True:
            due = self._earliest()
            if due is None or due > until:
                self._agenda.move(until)
                return False
            self._agenda.move(due)
            self._step()
            if true is not None and true():
                return True

    def _earliest(self) -> float | None:
        earliest, agenda = self._cloud_timer(), self._agenda.next()
        if earliest is None or (agenda is not None and agenda < earliest):
            earliest = agenda
        for peer in self.peers:
            due = peer.due
            if due is not None and (earliest is None or due < earliest):
                earliest = due
        return earliest

    def _cloud_timer(self) -> float | None:
        if self._carrier.moved:
            self._carrier.moved = False
            self._cloud_due = self.cloud.next_timer()
        return self._cloud_due

    def _step(self) -> None:
        self._agenda.happen()
        monotonic = self.now.monotonic
        due = self._cloud_timer()
        if due is not None and due <= monotonic:
            self.cloud.handle_timer(self.now)
            self._touched()
        for peer in self.peers:
            if peer.due is not None and peer.due <= monotonic:
                peer.session.handle_timer(self._seen())
                self._drain(peer)

    def _seen(self) -> Instant:
        """The present instant as the sessions see it."""
        ahead = sum(trouble.clock() for trouble in self._carrier.troubles) if self._carrier.troubles else 0.0
        return Instant(self.now.monotonic, self.now.after(ahead).utc) if ahead else self.now

    # --- between session and carrier ---------------------------------------------------------------------

    def _report(self, peer: Peer, report: Input) -> None:
        peer.inputs += 1
        if peer.reports is not None:
            peer.reports.append((self.now, report))
        peer.session.handle(report, self._seen())
        self._drain(peer)

    def _drain(self, peer: Peer) -> None:
        session = peer.session
        for action in session.actions():
            if peer.actions is not None:
                peer.actions.append((self.now, action))
            self._carrier.perform(peer, action)
        peer.events.extend(session.events())
        peer.due = session.next_timer()

"""The people behind the tap: a seeded daily pattern of draws, made day by day as far as somebody looks.

Any year can be simulated, in any order: what is drawn on a day depends on the household's seed and the date
alone. Times of day are local times of the unit. Flows are L/min of hot water at the tank's outlet.
A family of three draws some 180 L a day, about 9 kWh, which with the stand-by losses is what the published
year of one unit amounts to (``docs/protocol/device_model.md`` section 13).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random

from attrs import Factory, define, field, frozen, validators

__all__ = ["Draw", "Draws", "Household", "HouseholdConfig"]

DAY = 86_400.0
#: A draw this long counts as sustained (``dhwUseSustained``), s.
SUSTAINED = 60.0


@frozen
class Draw:
    """One opening of a tap: ``start`` in seconds after local midnight, ``seconds`` long, ``flow`` L/min."""

    start: float
    seconds: float
    flow: float
    kind: str = "sink"

    @property
    def litres(self) -> float:
        """Hot water drawn."""
        return self.flow * self.seconds / 60.0


@frozen(kw_only=True)
class HouseholdConfig:
    """How many people, and how they use hot water.

    ``shower_minutes``, ``shower_flow``: mean length and hot flow of a shower; most are in the morning, the rest
    in the evening. ``sinks``: openings of a tap per person and day. ``dishwasher``, ``laundry``: chance of a
    run per day. ``baths``: chance per person and weekend day. ``away``: first and last date of absences.
    """

    people: int = field(default=3, validator=validators.in_(range(13)))
    shower_minutes: float = 7.5
    shower_flow: float = 6.0
    shower_chance: float = 0.9
    sinks: float = 7.0
    dishwasher: float = 0.6
    laundry: float = 0.35
    baths: float = 0.15
    away: tuple[tuple[date, date], ...] = ()


@define
class Household:
    """Draws of any day; the same day is the same for ever."""

    config: HouseholdConfig
    _seed: int

    @classmethod
    def seeded(cls, rng: Random, config: HouseholdConfig | None = None) -> Household:
        """A household that takes its one seed from ``rng``."""
        return cls(config or HouseholdConfig(), rng.getrandbits(64))

    def draws(self, day: date) -> tuple[Draw, ...]:
        """What is drawn on ``day``, by the start of the draw; nothing while everybody is away."""
        if any(first <= day <= last for first, last in self.config.away):
            return ()
        rng = Random(f"{self._seed}:{day.toordinal()}")
        draws = [*self._showers(rng, weekend=day.weekday() >= 5), *self._sinks(rng), *self._machines(rng)]
        return tuple(sorted(draws, key=lambda draw: draw.start))

    def _showers(self, rng: Random, *, weekend: bool) -> Iterator[Draw]:
        config = self.config
        for _ in range(config.people):
            if weekend and rng.random() < config.baths:
                yield Draw(_about(rng, 19.5, 1.0), 60.0 * rng.uniform(7.0, 10.0), 8.0, "bath")
            elif rng.random() < config.shower_chance:
                morning = rng.random() < 0.7
                hour = (8.5 if weekend else 6.8) if morning else 20.8
                minutes = max(2.0, rng.gauss(config.shower_minutes, 2.0))
                flow = config.shower_flow * rng.uniform(0.85, 1.15)
                yield Draw(_about(rng, hour, 0.7), 60.0 * minutes, flow, "shower")

    def _sinks(self, rng: Random) -> Iterator[Draw]:
        expected = self.config.sinks * self.config.people
        for _ in range(max(0, round(rng.gauss(expected, 0.2 * expected)))):
            hour, spread = rng.choice(((7.2, 0.8), (12.5, 1.2), (16.0, 2.0), (18.6, 1.0), (21.5, 0.8)))
            yield Draw(_about(rng, hour, spread), rng.uniform(10.0, 55.0), rng.uniform(2.0, 4.5), "sink")

    def _machines(self, rng: Random) -> Iterator[Draw]:
        if self.config.people and rng.random() < self.config.dishwasher:
            start = _about(rng, 20.2, 0.8)
            for fill in range(3):
                yield Draw(start + fill * 1500.0, 75.0, 3.5, "dishwasher")
        if self.config.people and rng.random() < self.config.laundry:
            start = _about(rng, 10.5, 2.0)
            yield Draw(start, 150.0, 7.0, "laundry")


def _about(rng: Random, hour: float, spread: float) -> float:
    """A time of day around ``hour``, seconds after midnight, never near enough to its end to matter."""
    return min(max(rng.gauss(hour, spread), 0.2), 23.0) * 3600.0


@define
class Draws:
    """A household's draws as one heater meets them, in seconds since ``started``.

    ``flow``: what is drawn now, L/min. ``sustained``: whether a draw has lasted for long. ``next``: when either
    changes. Call ``reach`` with that time, or any later one, to pass it.
    """

    household: Household
    started: datetime
    flow: float = 0.0
    active: int = 0
    sustained: int = 0
    # Changes ahead, the nearest last: (heater second, flow, draws, sustained draws).
    _ahead: list[tuple[float, float, int, int]] = Factory(list)
    _day: int = -1
    _offset: float = field(init=False)

    def __attrs_post_init__(self) -> None:
        midnight = self.started.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        self._offset = (self.started.replace(tzinfo=None) - midnight).total_seconds()
        self._load()
        while self._ahead and self._ahead[-1][0] <= 0.0:
            self._pass()

    @property
    def next(self) -> float:
        """The next heater second at which something changes, or at which another day must be looked at."""
        return self._ahead[-1][0]

    def reach(self, clock: float) -> None:
        """Pass every change up to and including heater second ``clock``."""
        while self._ahead[-1][0] <= clock:
            self._pass()

    def _pass(self) -> None:
        _at, flow, draws, sustained = self._ahead.pop()
        self.active += draws
        self.sustained += sustained
        # Exactly nothing when no tap is open, whatever the sums leave behind.
        self.flow = self.flow + flow if self.active else 0.0
        if not self._ahead:
            self._load()

    def _load(self) -> None:
        self._day += 1
        begin = self._midnight(self._day)
        for draw in self.household.draws((self.started + timedelta(days=self._day)).date()):
            start, end = begin + draw.start, begin + draw.start + draw.seconds
            self._ahead.append((start, draw.flow, 1, 0))
            if draw.seconds > SUSTAINED:
                self._ahead.append((start + SUSTAINED, 0.0, 0, 1))
            self._ahead.append((end, -draw.flow, -1, -1 if draw.seconds > SUSTAINED else 0))
        # The end of the day is a mark of its own: passing it loads the next one, empty or not.
        self._ahead.append((self._midnight(self._day + 1), 0.0, 0, 0))
        self._ahead.sort(reverse=True)

    def _midnight(self, day: int) -> float:
        return day * DAY - self._offset

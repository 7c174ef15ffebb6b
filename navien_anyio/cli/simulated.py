"""A simulated cloud, furnished: an account, heaters that stand somewhere, and people who draw hot water."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal
from math import cos, pi
from random import Random

from navien_proto.instant import Instant
from navien_proto.model.tou import TouPeriod, TouPlan
from navien_proto.model.weekdays import WEEKDAYS, WEEKEND
from navien_proto.sim.cloud import SimCloud, SimCloudConfig
from navien_proto.sim.heater import Heater, HeaterConfig, Household

__all__ = ["EMAIL", "MOST_HEATERS", "PASSWORD", "heater_clock", "simulated_cloud"]

EMAIL, PASSWORD = "user@example.com", "simulated"
NAMES = ("Garage", "Cottage", "Basement", "Workshop")
MOST_HEATERS = 40
# On file at the cloud, where `navien tou show` reads it.
PLAN = TouPlan(
    [
        TouPeriod(days=days, start=time(start), end=time(end, 59), price_min=Decimal(price))
        for days, start, end, price in (
            (WEEKDAYS, 0, 15, "0.21"),
            (WEEKDAYS, 16, 20, "0.48"),
            (WEEKDAYS, 21, 23, "0.21"),
            (WEEKEND, 0, 23, "0.21"),
        )
    ],
    name="Evening peak",
    utility="Example Power",
    zip_code="00501",
)
# Of the past: the share of days on which a family drew more than the compressor alone could heat.
ELEMENT_DAYS = 0.3


def simulated_cloud(
    now: Instant,
    started: datetime,
    *,
    rng: Random,
    heaters: int = 1,
    speed: float = 1.0,
    delay: tuple[float, float] | None = None,
    pump: bool = False,
    past_days: int = 0,
    email: str = EMAIL,
    password: str = PASSWORD,
) -> SimCloud:
    """The cloud as of ``now``.

    Args:
        now: when the heaters are plugged in.
        started: their local time at that moment, aware.
        rng: what chance decides.
        heaters: how many.
        speed: how much faster their clocks run than ours.
        delay: the range in seconds that a message takes between cloud and heater; as measured when left out.
        pump: whether they have a recirculation pump.
        past_days: for how many days they have counted electricity already.
        email: of the one account.
        password: of the one account.
    """
    config = SimCloudConfig(speed=speed) if delay is None else SimCloudConfig(speed=speed, delay=delay)
    cloud = SimCloud(config, rng=rng)
    account = cloud.add_account(email, password)
    for number in range(heaters):
        heater = Heater(
            _config(number, pump=pump),
            rng=Random(rng.getrandbits(64)),
            started=started,
            household=Household.seeded(rng),
        )
        for day in range(1, past_days + 1):
            _count_a_day(heater, started - timedelta(days=day), rng)
        cloud.add_heater(account, heater, now)
        account.plans[heater.config.mac] = PLAN.to_rest()
    return cloud


def heater_clock(cloud: SimCloud, mac: str, now: Instant) -> str:
    """The time of day on the clock of a simulated heater, and how much faster than ours it runs.

    Reads nothing that changes, so it may be called beside the thread that serves the cloud.
    """
    seconds = cloud.clock(mac, now)
    started = cloud.heater(mac).unit.started
    moment = datetime.fromtimestamp(started.timestamp() + seconds, started.tzinfo)
    day = int(seconds + (started.hour * 60 + started.minute) * 60 + started.second) // 86400
    speed = f", {cloud.config.speed:g} × faster" if cloud.config.speed != 1.0 else ""
    return f"{moment:%H:%M}" + (f" (day {day + 1})" if day else "") + speed


def _count_a_day(heater: Heater, day: datetime, rng: Random) -> None:
    """More in winter, and now and then with an element."""
    noon = day.replace(hour=12, minute=0, second=0, microsecond=0)
    hours = rng.uniform(3.0, 7.0) + 2.0 * cos(2.0 * pi * noon.timetuple().tm_yday / 365.0)
    heater.unit.use.count(noon, hours * 3600.0, 433.0, 0.0)
    if rng.random() < ELEMENT_DAYS:
        heater.unit.use.count(noon, rng.uniform(0.1, 0.6) * 3600.0, 0.0, 4945.0)


def _config(number: int, *, pump: bool) -> HeaterConfig:
    """Tanks of all sizes, in modes that heat, somewhat used already."""
    name = NAMES[number] if number < len(NAMES) else f"Heater {number + 1}"
    return HeaterConfig(
        mac=f"aabbccddee{(0xFF - number) & 0xFF:02x}",
        additional_value=f"{1234 + number}",
        name=name,
        home_seq=12345 + number,
        volume_code=(2, 3, 1)[number % 3],
        mode=(3, 1, 4)[number % 3],
        upper=55.0 - number % 3,
        lower=44.0 - number % 5,
        running=True,
        signal=(60, 71, 52)[number % 3],
        pump=pump,
    )

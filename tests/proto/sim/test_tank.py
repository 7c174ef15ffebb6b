from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from navien_proto.sim.tank import WATER, HeatPumpCurve, Inputs, Tank, TankConfig, TankState

IDLE = Inputs(0.0, 0.0, 0.0, 0.0, 22.0, 15.0)

temperatures = st.floats(15.0, 65.0)
inputs = st.builds(
    Inputs,
    compressor=st.sampled_from([0.0, 433.0]),
    upper_element=st.sampled_from([0.0, 0.0, 5182.0]),
    lower_element=st.sampled_from([0.0, 0.0, 5182.0]),
    flow=st.sampled_from([0.0, 0.0, 3.0, 8.0, 15.0]),
    ambient=st.floats(5.0, 35.0),
    inlet=st.floats(5.0, 15.0),
)
strides = st.lists(st.tuples(inputs, st.floats(0.01, 20.0)), max_size=60)


def tank(upper: float = 60.0, lower: float = 60.0, **config: float) -> Tank:
    return Tank.at(upper, lower, TankConfig(**config), HeatPumpCurve())


def live(vessel: Tank, seconds: float, acting: Inputs, stride: float) -> TankState:
    """The state after ``seconds``, reached in strides; the tank moves."""
    while seconds > 0:
        step = min(stride, seconds)
        vessel.state = vessel.trial(step, acting)
        seconds -= step
    return vessel.state


@given(upper=temperatures, lower=temperatures, history=strides, share=st.floats(0.2, 0.8))
@settings(deadline=None)
def test_no_energy_is_made_or_lost(
    upper: float, lower: float, history: list[tuple[Inputs, float]], share: float
) -> None:
    vessel = tank(max(upper, lower), min(upper, lower), upper_share=share)
    before = vessel.stored()
    for acting, seconds in history:
        vessel.state = vessel.trial(seconds, acting)
    state = vessel.state
    assert vessel.stored() - before == pytest.approx(state.heat_in - state.lost - state.drawn, abs=1e-6)


@given(upper=temperatures, lower=temperatures, history=strides)
@settings(deadline=None)
def test_temperatures_stay_between_what_acts_on_them(
    upper: float, lower: float, history: list[tuple[Inputs, float]]
) -> None:
    """Without heat nothing rises above the warmest or falls below the coldest thing in contact."""
    vessel = tank(max(upper, lower), min(upper, lower))
    coldest = min(15.0, lower, upper, *(min(acting.ambient, acting.inlet) for acting, _s in history), 15.0)
    warmest = max(lower, upper, *(acting.ambient for acting, _s in history), 22.0)
    for acting, seconds in history:
        cold = acting._replace(compressor=0.0, upper_element=0.0, lower_element=0.0)
        vessel.state = vessel.trial(seconds, cold)
        for temperature in vessel.state[:4]:
            assert coldest - 1e-6 <= temperature <= warmest + 1e-6


@given(upper=temperatures, lower=temperatures, history=strides)
@settings(deadline=None)
def test_warm_water_lies_on_top(upper: float, lower: float, history: list[tuple[Inputs, float]]) -> None:
    vessel = tank(max(upper, lower), min(upper, lower))
    for acting, seconds in history:
        vessel.state = vessel.trial(seconds, acting)
        assert vessel.state.lower <= vessel.state.upper


@pytest.mark.parametrize(
    ("acting", "seconds", "stride", "within"),
    [
        (IDLE, 24 * 3600.0, 600.0, 0.01),
        (IDLE._replace(compressor=433.0), 4 * 3600.0, 120.0, 0.02),
        (IDLE._replace(upper_element=5182.0), 900.0, 20.0, 0.01),
        (IDLE._replace(lower_element=5182.0, ambient=10.0), 900.0, 20.0, 0.05),
        (IDLE._replace(flow=8.0), 600.0, 20.0, 0.1),
    ],
    ids=["idle for a day", "compressor", "upper element", "lower element", "shower"],
)
def test_the_length_of_steps_does_not_matter(acting: Inputs, seconds: float, stride: float, within: float) -> None:
    long = live(tank(55.0, 45.0), seconds, acting, stride)
    short = live(tank(55.0, 45.0), seconds, acting, stride / 40.0)
    assert long == pytest.approx(short, abs=within)


def test_standby_costs_tenths_of_a_kelvin_an_hour() -> None:
    state = live(tank(), 10 * 3600.0, IDLE, 600.0)
    assert 0.1 < (60.0 - state.upper) / 10.0 < 0.4
    assert state.upper - state.lower < 0.5


def test_upper_probe_stands_still_above_a_colder_zone() -> None:
    """Captured: 58.6 above 53.6 deg C did not move by more than 0.1 K in minutes."""
    state = live(tank(58.6, 53.6), 264.0, IDLE, 10.0)
    assert abs(state.upper_probe - 58.6) <= 0.1


def test_a_shower_cools_the_lower_zone_and_spares_the_upper() -> None:
    vessel = tank()
    state = live(vessel, 480.0, IDLE._replace(flow=7.0), 20.0)
    assert state.lower < 42.0
    assert state.upper > 59.5
    drawn = 7.0 * 8.0 * WATER * 45.0
    assert state.drawn == pytest.approx(drawn, rel=0.01)
    # Drawing on, the front arrives: what comes out gets cold in the end.
    assert live(vessel, 1800.0, IDLE._replace(flow=7.0), 20.0).upper < 30.0


def test_the_compressor_recovers_the_whole_tank_in_hours() -> None:
    """432 W at a COP of about 2.9 is 4.5 K an hour for the 65 gal tank."""
    state = live(tank(40.0, 40.0), 3600.0, IDLE._replace(compressor=432.0), 60.0)
    assert state.lower - 40.0 == pytest.approx(5.0, abs=0.8)
    assert state.upper == pytest.approx(state.lower, abs=0.5)


def test_the_compressor_heats_the_lower_zone_first() -> None:
    state = live(tank(60.0, 30.0), 3600.0, IDLE._replace(compressor=432.0), 60.0)
    assert state.lower > 36.0
    assert state.upper < 60.0


def test_an_element_heats_its_own_zone() -> None:
    """Captured: about 40 s of the upper element are +0.4 K in the upper zone."""
    state = live(tank(60.0, 59.7), 40.0, IDLE._replace(upper_element=5190.0), 5.0)
    assert state.upper - 60.0 == pytest.approx(0.41, abs=0.02)
    assert state.lower == pytest.approx(59.7, abs=0.05)


def test_probes_lag_behind_the_water() -> None:
    vessel = tank(50.0, 50.0)
    state = live(vessel, 120.0, IDLE._replace(upper_element=5182.0), 20.0)
    slope = (state.upper - 50.0) / 120.0
    assert 30.0 * slope < state.upper - state.upper_probe < 60.0 * slope
    assert live(vessel, 600.0, IDLE, 20.0).upper_probe == pytest.approx(vessel.state.upper, abs=0.05)


@pytest.mark.parametrize(
    ("air", "water", "cop"), [(22.0, 52.0, 2.9), (32.0, 52.0, 3.25), (-30.0, 60.0, 1.2), (40.0, 10.0, 4.5)]
)
def test_efficiency_follows_air_and_water_within_limits(air: float, water: float, cop: float) -> None:
    assert HeatPumpCurve().cop(air, water) == pytest.approx(cop, abs=0.01)


def test_a_trial_leaves_the_tank_alone() -> None:
    vessel = tank()
    before = vessel.state
    vessel.trial(60.0, IDLE._replace(flow=8.0))
    assert vessel.state == before

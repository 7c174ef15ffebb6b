"""What changed at each heater, from one message to the next.

The semantics, which hold for every event made here:

- Two consecutive *samples* of one device are compared: its statuses with its statuses, its device infos with its
  device infos. The first one makes no event, and neither does the first time that a field is told.
- An absent field never makes a change: what the device said last of it stays (F35). 0 of a device flag, "not
  reported", is absent. A field that could not be understood is absent as well.
- Codes are compared as they are: an unknown one is kept, and differs from every other (F34).
- A status is believed as it comes, acknowledgements included: they show settings that are the new ones already,
  and relays that may still be the old ones (``docs/protocol/mqtt.md`` section 10). Hence heating is read from the
  relays, never from ``current_heat_use``, which runs ahead, or ``operation_mode``, which lags behind
  (``docs/protocol/device_model.md`` section 9), and nothing is told before the device showed it (F31).
- A duplicate is no sample (F14). A message is one when the very same bytes of the device were taken before, as far
  as its identity reaches. The session id of a request is used once: among the last :data:`ANSWERS_KEPT` answers
  the same bytes are a redelivery. A message nobody asked for carries one digit that counts on: ten honest ones in
  a row all differ, so the same bytes among the last :data:`PUSHES_KEPT` are a redelivery. The flag DUP proves
  nothing, as the first delivery may have been lost, and is not looked at. What carries no session id (a control
  failure) has no identity and is no duplicate. A retained delivery is a copy of unknown age and never a sample.
- Order is the order of arrival: MQTT does not tell the age of a message.

Costs: a status that shows nothing new is one comparison of two tuples of raw numbers.
"""

from __future__ import annotations

from collections import defaultdict
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from attrs import define, field

from navien_proto.model.codes import DhwOperationSetting, ErrorCode, HeatSource, Unknown
from navien_proto.model.feature import FEATURE_FIELDS, DeviceFeature
from navien_proto.model.status import DeviceStatus
from navien_proto.wire.messages import FeatureMessage, Message, StatusMessage

if TYPE_CHECKING:
    from navien_proto.instant import Instant
    from navien_proto.model.device import Device
    from navien_proto.session.device_change import DeviceChange

__all__ = ["ANSWERS_KEPT", "PUSHES_KEPT", "Changes"]

ANSWERS_KEPT = 32
PUSHES_KEPT = 9


class _Known(NamedTuple):
    """What a device said last of each field that is watched; ``None`` until it said it."""

    dhw_temperature_setting: float | None
    dhw_operation_setting: DhwOperationSetting | Unknown | None
    comp_use: bool | None
    heat_upper_use: bool | None
    heat_lower_use: bool | None
    dhw_use: bool | None
    dhw_use_sustained: bool | None
    error_code: ErrorCode | Unknown | None
    sub_error_code: int | None
    program_reservation_use: bool | None

    @property
    def elements(self) -> tuple[bool | None, bool | None]:
        """The relays of both elements; a unit that tells of one alone has that one."""
        return self.heat_upper_use, self.heat_lower_use

    @property
    def draws(self) -> tuple[bool | None, bool | None]:
        """Short and long draw; no unit was seen to tell of a long one."""
        return self.dhw_use, self.dhw_use_sustained


_pick = DeviceStatus.picker(*_Known._fields)
_read = attrgetter(*_Known._fields)
_FIRMWARE = {f"{part}_sw_version": part for part in ("controller", "panel", "wifi", "recirc")}


@define(eq=False)
class _Device:
    """What is remembered of one device: its last samples, and which messages were taken."""

    picked: object = None
    known: _Known | None = None
    features: dict[str, object] = field(factory=dict)
    answers: dict[int, None] = field(factory=dict)
    pushes: dict[int, None] = field(factory=dict)


class Changes:
    """Compares each message of a device with what the device said before."""

    def __init__(self) -> None:
        self._devices: defaultdict[str, _Device] = defaultdict(_Device)

    def forget(self, mac: str) -> None:
        """The device is the account's no more; should it come back, it begins anew."""
        self._devices.pop(mac, None)

    def active(self, mac: str) -> bool:
        """Whether the device heats or gives hot water, as far as it said."""
        one = self._devices.get(mac)
        known = one.known if one is not None else None
        return known is not None and bool(known.comp_use or any(known.elements) or any(known.draws))

    def duplicate(self, mac: str, message: Message, payload: bytes) -> bool:
        """Whether this message of that device was taken before; from now on it counts as taken."""
        session_id = message.session_id
        if not session_id:
            return False
        one = self._devices[mac]
        kept, limit = (one.pushes, PUSHES_KEPT) if len(session_id) == 1 else (one.answers, ANSWERS_KEPT)
        # In place of kilobytes: that two messages share it is no likelier than that the memory errs.
        mark = hash(payload)
        if mark in kept:
            return True
        if len(kept) == limit:
            del kept[next(iter(kept))]  # the oldest
        kept[mark] = None
        return False

    def take(self, device: Device, message: Message, link: int, now: Instant) -> list[DeviceChange]:
        """The events of this message; none for messages other than statuses and device infos."""
        if isinstance(message, StatusMessage):
            one = self._devices[device.mac]
            picked = _pick(message.status)
            if picked == one.picked:
                return []
            one.picked = picked
            before, told = one.known, _Known(*_read(message.status))
            one.known = told if before is None else _Known._make(map(_latest, before, told))
            return [] if before is None else _changed(before, one.known, device, link, now)
        if isinstance(message, FeatureMessage):
            return _told_of_itself(self._devices[device.mac].features, message.feature, device, link, now)
        return []


def _latest(before: Any, told: Any) -> Any:
    return before if told is None else told


def _changed(before: _Known, after: _Known, device: Device, link: int, now: Instant) -> list[DeviceChange]:
    # Loaded when something changes for the first time: most short programs never see it.
    from navien_proto.session import change_events as ce

    where: dict[str, Any] = {"at": now, "link": link, "device": device}
    found: list[DeviceChange] = []
    old, new = before.dhw_temperature_setting, after.dhw_temperature_setting
    if old is not None and new is not None and old != new:
        found.append(ce.SetpointChanged(**where, before=old, after=new))
    mode, chosen = before.dhw_operation_setting, after.dhw_operation_setting
    if mode is not None and chosen is not None and mode != chosen:
        found.append(ce.ModeChanged(**where, before=mode, after=chosen))
    if _switched(before.comp_use, after.comp_use):
        heating = ce.HeatingStarted if after.comp_use else ce.HeatingStopped
        found.append(heating(**where, source=HeatSource.HEAT_PUMP))
    if _joined(before.elements, after.elements):
        heating = ce.HeatingStarted if any(after.elements) else ce.HeatingStopped
        found.append(heating(**where, source=HeatSource.ELEMENT))
    for upper, was, on in (
        (True, before.heat_upper_use, after.heat_upper_use),
        (False, before.heat_lower_use, after.heat_lower_use),
    ):
        if _switched(was, on):
            found.append((ce.ElementOn if on else ce.ElementOff)(**where, upper=upper))
    if _joined(before.draws, after.draws):
        found.append((ce.DrawStarted if any(after.draws) else ce.DrawEnded)(**where))
    found += _errors(before, after, where)
    if _switched(before.program_reservation_use, after.program_reservation_use):
        found.append(ce.ReservationsSwitched(**where, on=bool(after.program_reservation_use)))
    return found


def _switched(before: bool | None, after: bool | None) -> bool:
    return before is not None and after is not None and before is not after


def _joined(before: tuple[bool | None, ...], after: tuple[bool | None, ...]) -> bool:
    """Whether the first of these flags went on, or the last of them off; one told for the first time starts
    nothing.
    """
    if any(before):
        return not any(after)
    return any(was is False and on for was, on in zip(before, after, strict=True))


def _errors(before: _Known, after: _Known, where: dict[str, Any]) -> list[DeviceChange]:
    from navien_proto.session import change_events as ce

    was, now = before.error_code, after.error_code
    if was is None or now is None:
        return []
    if not was:
        return [ce.ErrorRaised(**where, code=now, sub_code=after.sub_error_code)] if now else []
    if not now:
        return [ce.ErrorCleared(**where, code=was, sub_code=before.sub_error_code)]
    if (was, before.sub_error_code) == (now, after.sub_error_code) or (
        was == now and before.sub_error_code is None
    ):
        return []
    return [
        ce.ErrorChanged(
            **where, before=was, sub_before=before.sub_error_code, code=now, sub_code=after.sub_error_code
        )
    ]


def _told_of_itself(
    known: dict[str, object], feature: DeviceFeature, device: Device, link: int, now: Instant
) -> list[DeviceChange]:
    """Compare a device info with what is known, and take it over."""
    news: list[tuple[str, Any, Any]] = []
    for row in FEATURE_FIELDS:
        name = row.python_name
        was, told = known.get(name), getattr(feature, name)
        if told is not None and told != was:
            known[name] = told
            if was is not None:
                news.append((name, was, told))
    if not news:
        return []
    from navien_proto.session import change_events as ce

    where: dict[str, Any] = {"at": now, "link": link, "device": device}
    found: list[DeviceChange] = [
        ce.FirmwareChanged(**where, part=_FIRMWARE[name], before=was, after=told)
        for name, was, told in news
        if name in _FIRMWARE
    ]
    if names := tuple(name for name, _, _ in news if name not in _FIRMWARE):
        found.append(ce.FeaturesChanged(**where, names=names, feature=feature))
    return found

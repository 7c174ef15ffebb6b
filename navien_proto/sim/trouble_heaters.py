"""Troubles of heaters, and of their places in the account."""

from __future__ import annotations

from random import Random
from typing import Any

from attrs import evolve

from navien_proto.sim import faults as f
from navien_proto.sim.faults import Fault
from navien_proto.sim.heater import Heater
from navien_proto.sim.heater_config import HeaterConfig
from navien_proto.sim.trouble import HeaterTrouble, Trouble

__all__ = ["HEATER_TROUBLES"]


class _WifiLost(HeaterTrouble[Any]):
    what = "off line"

    def strike(self, mac: str) -> None:
        self.cloud.set_online(mac, False)

    def spare(self, mac: str) -> None:
        self.cloud.set_online(mac, True)


class _DeviceReboot(_WifiLost):
    def begin(self) -> None:
        super().begin()
        for heater in self._struck.values():
            heater.reboot()


class _Deaf(HeaterTrouble[f.Deaf]):
    what = "deaf"

    def strike(self, mac: str) -> None:
        self.cloud.set_mute(mac, True)

    def spare(self, mac: str) -> None:
        self.cloud.set_mute(mac, False)


class _ControlFails(HeaterTrouble[f.ControlFails]):
    def strike(self, mac: str) -> None:
        self.cloud.heater(mac).failing = self.fault.code

    def spare(self, mac: str) -> None:
        other = self.newest(mac)
        self.cloud.heater(mac).failing = None if other is None else other.fault.code


class _DaylightSaving(HeaterTrouble[f.DaylightSaving]):
    def strike(self, mac: str) -> None:
        self.cloud.shift_clock(mac, 3600.0 * self.fault.hours, self.now)

    def spare(self, mac: str) -> None:
        self.cloud.shift_clock(mac, -3600.0 * self.fault.hours, self.now)


class _UnitError(HeaterTrouble[f.UnitError]):
    def strike(self, mac: str) -> None:
        self.cloud.set_error(mac, self.fault.code, self.fault.sub, self.now)

    def spare(self, mac: str) -> None:
        other = self.newest(mac)
        if other is None:
            self.cloud.set_error(mac, 0, 0, self.now)
        else:
            other.strike(mac)


class _DeviceAdded(Trouble[f.DeviceAdded]):
    def begin(self) -> None:
        number = self.fault.number
        self._mac = f"02{number:010x}"
        if self.hold("added", number):
            config = HeaterConfig(mac=self._mac, name=f"Added {number}", serial=f"00000000XX{number:08d}")
            heater = Heater(config, rng=Random(self.rng.getrandbits(64)), started=self.now.utc)
            self.cloud.add_heater(self.cloud.service.accounts[0], heater, self.now)

    def end(self) -> None:
        if self.release("added", self.fault.number):
            self.cloud.remove_heater(self._mac, self.now)


class _DeviceRemoved(HeaterTrouble[f.DeviceRemoved]):
    what = "removed"

    def strike(self, mac: str) -> None:
        for account in self.cloud.service.accounts:
            account.hidden.add(mac)

    def spare(self, mac: str) -> None:
        for account in self.cloud.service.accounts:
            account.hidden.discard(mac)


class _DeviceMoved(HeaterTrouble[f.DeviceMoved]):
    def strike(self, mac: str) -> None:
        fault, config = self.fault, self.cloud.heater(mac).unit.config
        self.cloud.register(
            mac, evolve(config, home_seq=fault.home_seq, additional_value=fault.additional_value, name="Moved")
        )

    def spare(self, mac: str) -> None:
        other = self.newest(mac)
        if other is None:
            # The machine itself still knows what it was sold as.
            self.cloud.register(mac, self.cloud.heater(mac).unit.config)
        else:
            other.strike(mac)


HEATER_TROUBLES: dict[type[Fault], type[Trouble[Any]]] = {
    f.WifiLost: _WifiLost,
    f.DeviceReboot: _DeviceReboot,
    f.Deaf: _Deaf,
    f.ControlFails: _ControlFails,
    f.DaylightSaving: _DaylightSaving,
    f.UnitError: _UnitError,
    f.DeviceAdded: _DeviceAdded,
    f.DeviceRemoved: _DeviceRemoved,
    f.DeviceMoved: _DeviceMoved,
}
"""What plays which fault, of those of heaters."""

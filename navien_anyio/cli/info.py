"""``navien info``: what a heater is and can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from navien_anyio.cli.options import given_of, heater_options

if TYPE_CHECKING:
    from navien_proto.model.device import Device
    from navien_proto.model.feature import DeviceFeature

__all__ = ["info"]

# What a person asks: can it …? In the order of need; each is a flag of the device info.
ABILITIES = (
    ("power can be switched", "power_use"),
    ("mode can be chosen", "dhw_use"),
    ("mode heat pump", "heatpump_use"),
    ("mode electric", "electric_use"),
    ("mode energy saver", "energy_saver_use"),
    ("mode high demand", "high_demand_use"),
    ("vacation", "holiday_use"),
    ("reservations, time of use", "program_reservation_use"),
    ("anti-legionella", "anti_legionella_setting_use"),
    ("demand response", "dr_setting_use"),
    ("energy figures", "energy_usage_use"),
    ("freeze protection", "freeze_protection_use"),
    ("recirculation pump", "recirculation_use"),
    ("recirculation hours", "recirc_reservation_use"),
    ("mixing valve", "mixing_valve_use"),
    ("self test", "smart_diagnostic_use"),
    ("dry-fire detection", "dhw_refill_use"),
    ("over-temperature limiter", "eco_use"),
)


@click.command(short_help="What the heater is and can do.")
@click.option("--serial", is_flag=True, help="With the controller's serial number, which tells whose it is.")
@heater_options
@click.pass_context
def info(context: click.Context, serial: bool) -> None:
    """Show what a heater is and can do: size, firmware, the limits of its set point, its abilities.

    The JSON document has device and info: every field of the device info by name with its unit; temperatures in
    °C, or in °F with --units f.

    \b
    Examples:
      navien info
      navien info --device Garage --serial
      navien info --json | jq .info.dhw_temperature_max_c
    """
    from navien_anyio.cli.calling import Service, call

    given = given_of(context)

    async def asked(service: Service) -> tuple[Device, DeviceFeature]:
        async with service.heater() as heater:
            return heater.device, heater.feature or await heater.request_feature()

    device, feature = call(given, asked)
    if given.as_json:
        from navien_anyio.cli.documents import device_members, feature_members, to_json, unit_of_document

        unit = unit_of_document(given.units)
        members = feature_members(feature, unit, serial=serial)
        click.echo(to_json({"device": device_members(device), "info": members}))
        return
    _print_panel(device, feature, given.units, serial=serial)


def _print_panel(device: Device, feature: DeviceFeature, units: str, *, serial: bool) -> None:
    from rich.columns import Columns
    from rich.console import Console, Group
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    from navien_anyio.cli.words import label

    facts = Table.grid(padding=(0, 2))
    facts.add_column(no_wrap=True, style="dim")
    facts.add_column()
    for name, value in _facts(device, feature, units, serial=serial):
        facts.add_row(name, Text(value))
    abilities = [_ability(words, getattr(feature, name)) for words, name in ABILITIES]
    body = Group(facts, Text(), Columns(abilities, padding=(0, 3), column_first=True))
    console = Console(highlight=False)
    console.print(Panel(body, title=Text(label(device), "bold"), expand=False, border_style="dim", padding=(1, 2)))


def _ability(words: str, has: bool | None) -> Any:
    from rich.text import Text

    if has:
        return Text.assemble(("✓ ", "green"), words)
    return Text(f"✗ {words}", "dim") if has is False else Text(f"? {words}", "dim")


def _facts(device: Device, feature: DeviceFeature, units: str, *, serial: bool) -> list[tuple[str, str]]:
    from navien_anyio.cli.words import ABSENT

    temperature = "°F" if units == "f" or (units == "auto" and _shows_fahrenheit(feature)) else "°C"
    read = feature if temperature == "°C" else feature.in_fahrenheit
    low, high = read.dhw_temperature_min, read.dhw_temperature_max
    limits = ABSENT if low is None or high is None else f"{low:.1f} to {high:.1f} {temperature}"
    kind = "NWP500" if device.device_type == 52 else f"type {device.device_type}"
    found = [
        ("model", f"{kind}, {_size(feature)}"),
        ("MAC ends in", device.mac[-4:]),
        ("set point", f"{limits}{_steps(feature)}"),
        ("panel shows", ABSENT if feature.temperature_type is None else f"°{feature.temperature_type.name[0]}"),
        ("controller", _firmware(feature.controller_sw_version, feature.controller_sw_code)),
        ("panel", _firmware(feature.panel_sw_version, feature.panel_sw_code)),
        ("Wi-Fi module", _firmware(feature.wifi_sw_version, feature.wifi_sw_code)),
    ]
    if feature.recirc_sw_version:
        found.append(("pump module", _firmware(feature.recirc_sw_version, None)))
    if serial:
        found.append(("serial number", feature.controller_serial_number or ABSENT))
    return found


def _shows_fahrenheit(feature: DeviceFeature) -> bool:
    from navien_proto.model.codes import TemperatureType

    return feature.temperature_type == TemperatureType.FAHRENHEIT


def _size(feature: DeviceFeature) -> str:
    from navien_proto.model.codes import VolumeCode

    code = feature.volume_code
    if isinstance(code, VolumeCode):
        return f"{code.name.removeprefix('GALLONS_')} gallons ({code.litres:g} L)"
    return "a tank of unknown size"


def _steps(feature: DeviceFeature) -> str:
    from navien_proto.model.codes import DHWControlTypeFlag

    use = feature.dhw_temperature_setting_use
    if use == DHWControlTypeFlag.STEP_1_C:
        return ", in whole degrees Celsius"
    return ", in half degrees Celsius" if use is not None and int(use) > 1 else ", which cannot be chosen"


def _firmware(version: int | None, code: int | None) -> str:
    from navien_anyio.cli.words import ABSENT

    if version is None:
        return ABSENT
    return str(version) if code is None else f"{version} (branch {code:#x})"

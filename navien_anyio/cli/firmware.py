"""``navien firmware``: what runs in a heater, and what lies ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from navien_anyio.cli.options import given_of, heater_options

if TYPE_CHECKING:
    from navien_proto.model.device import Device
    from navien_proto.model.feature import DeviceFeature
    from navien_proto.model.firmware import FirmwareDownload

__all__ = ["firmware"]

PARTS = ("controller", "panel", "wifi", "recirc")


@click.command(short_help="Its firmware, and what lies ready.")
@heater_options
@click.pass_context
def firmware(context: click.Context) -> None:
    """Show the firmware of a heater's parts, and which lies ready in it to be installed.

    Installing is left to the NaviLink app: nobody has tried it with anything else.

    The JSON document has device, installed (part to version and branch) and ready, a list of part, version,
    ota_mode and status.

    \b
    Examples:
      navien firmware
      navien firmware --json | jq '.ready | length'
    """
    from navien_anyio.cli.calling import Service, call

    given = given_of(context)

    async def asked(service: Service) -> tuple[Device, DeviceFeature, tuple[FirmwareDownload, ...]]:
        async with service.heater() as heater:
            feature = heater.feature or await heater.request_feature()
            return heater.device, feature, await heater.firmware_downloads()

    device, feature, ready = call(given, asked)
    installed = _installed(feature)
    staged = [_staged(download) for download in ready]
    if given.as_json:
        from navien_anyio.cli.documents import device_members, to_json

        click.echo(to_json({"device": device_members(device), "installed": installed, "ready": staged}))
        return
    _print(device, installed, staged)


def _installed(feature: DeviceFeature) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for part in PARTS:
        version = getattr(feature, f"{part}_sw_version")
        if version:
            branch = getattr(feature, f"{part}_sw_code", None)
            found[part] = {"version": str(version), "branch": None if branch is None else f"{branch:#x}"}
    return found


def _staged(download: FirmwareDownload) -> dict[str, object]:
    code, version = download.sw_code, download.sw_version
    return {
        "part": None if code is None else code.name.lower(),
        "version": None if version is None else str(version),
        "ota_mode": download.ota_mode,
        "status": download.status,
    }


def _print(device: Device, installed: dict[str, dict[str, object]], staged: list[dict[str, object]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from navien_anyio.cli.words import label

    console = Console(highlight=False)
    console.print(Text.assemble((label(device), "bold"), ": firmware"))
    table = Table.grid(padding=(0, 2))
    for part, what in installed.items():
        branch = "" if what["branch"] is None else f"branch {what['branch']}"
        table.add_row(Text(f"  {part}", "dim"), Text(str(what["version"])), Text(branch, "dim"))
    console.print(table)
    if not staged:
        console.print("  nothing lies ready to be installed")
    for one in staged:
        console.print(Text(f"  ready to be installed: {one['part']} {one['version']}", "green"))

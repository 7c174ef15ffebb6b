"""``navien devices``: the account's heaters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from navien_anyio.cli.options import account_options, common_options, given_of, say_store_problem

if TYPE_CHECKING:
    from navien_proto.model.device import Device

__all__ = ["devices"]


@click.command(short_help="List the account's heaters.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs.")
@account_options
@common_options
@click.pass_context
def devices(context: click.Context, as_json: bool) -> None:
    """List the account's heaters: name, end of the MAC, and whether the cloud reaches them.

    Name and end of the MAC are what --device takes. The JSON document has a list "devices", each with name,
    mac (whole), device_type and online (null when the cloud has no opinion); where they stand is left out.

    \b
    Examples:
      navien devices
      navien devices --json
    """
    import anyio

    from navien_anyio.cli.asking import ask_devices
    from navien_anyio.cli.choosing import choose

    given = given_of(context)
    config = given.account()
    store = given.store()
    try:
        found = anyio.run(ask_devices, config, store)
    finally:
        say_store_problem(store)
    if as_json:
        from navien_anyio.cli.documents import device_members, to_json

        click.echo(to_json({"devices": [device_members(device) for device in found]}))
        return
    _print_table(choose(found, None))


def _print_table(found: tuple[Device, ...]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from navien_anyio.cli.words import label

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for header in ("name", "MAC ends in", "type", "cloud"):
        table.add_column(header)
    states = {True: Text("on line", "green"), False: Text("off line", "yellow"), None: Text("unknown", "dim")}
    for device in found:
        kind = "NWP500" if device.device_type == 52 else str(device.device_type)
        table.add_row(Text(label(device)), device.mac[-4:], kind, states[device.online])
    Console(highlight=False).print(table)

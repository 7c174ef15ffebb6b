"""What the weekly programmes have in common: reservations and the hours of the recirculation pump.

Entries have numbers in the order in which they are shown. A heater keeps no order, so a number counts for the list
as it stands; what is changed or removed is the entry itself, and the heater's list is read once more before.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import click
from attrs import frozen

from navien_anyio.cli.exits import CliError, ExitCode
from navien_anyio.cli.options import Given
from navien_anyio.cli.steering import Wish, steer, steered
from navien_anyio.cli.texts import parse_days, parse_time
from navien_proto.errors import UsageError
from navien_proto.model.codes import DhwOperationSetting
from navien_proto.model.entries import RecirculationEntry, Reservation

if TYPE_CHECKING:
    from navien_anyio.heater import Heater
    from navien_proto.model.device import Device
    from navien_proto.model.schedules import Programme
    from navien_proto.session.edits import EditRecirculation, EditReservations
    from navien_proto.session.events import CommandConfirmed
    from navien_proto.wire.commands import Command

__all__ = ["Kind", "entry_members", "find_entry", "in_order", "show_programme"]

E = TypeVar("E", Reservation, RecirculationEntry)


@frozen(kw_only=True)
class Kind(Generic[E]):
    """One of the two programmes.

    Attributes:
        name: what an entry is called.
        ask: how the heater is asked for its programme.
        edit: the class that changes single entries.
        clear: the command that takes all of them away.
    """

    name: str
    ask: Callable[[Heater], Awaitable[Programme[E]]]
    edit: type[EditReservations] | type[EditRecirculation]
    clear: Callable[[], Command]

    def add(self, context: click.Context, entry: E, *, question: str = "") -> None:
        """Add ``entry`` and leave the others."""
        self._steer(context, steered(f"{self.name} {_words(entry)} added", self._edit("adding", entry)), question)

    def change(self, context: click.Context, which: str, changed: Callable[[E], E]) -> None:
        """Put what ``changed`` makes of an entry in its place."""

        async def make(heater: Heater) -> Command:
            old = find_entry(await self.ask(heater), which)
            return self._edit("changing", old, changed(old))

        self._steer(context, Wish(what=f"{self.name} {which} changed", make=make))

    def remove(self, context: click.Context, which: str) -> None:
        """Take one entry away and leave the others."""

        async def make(heater: Heater) -> Command:
            return self._edit("removing", find_entry(await self.ask(heater), which))

        self._steer(context, Wish(what=f"{self.name} {which} removed", make=make))

    def remove_all(self, context: click.Context) -> None:
        """Take all entries away."""
        question = f"Take all entries ({self.name}) away and switch the programme off?"
        self._steer(context, steered(f"every {self.name} removed", self.clear()), question)

    def switch(self, context: click.Context, *, on: bool) -> None:
        """Turn the master switch and leave the entries."""

        async def make(heater: Heater) -> Command:
            # A list without entries is written as an empty one, which is off whatever was wished.
            if on and not (await self.ask(heater)).entries:
                raise CliError(f"there is no {self.name} to switch on: add one first", ExitCode.USAGE)
            return self.edit.switching(on=on)

        self._steer(context, Wish(what=f"programme ({self.name}) {'on' if on else 'off'}", make=make))

    def _edit(self, how: str, *entries: E) -> Command:
        made: Command = getattr(self.edit, how)(*entries)
        return made

    def _steer(self, context: click.Context, wish: Wish, question: str = "") -> None:
        steer(
            context,
            Wish(
                what=wish.what,
                make=wish.make,
                question=question,
                after=_programme_lines,
                members=_programme_members,
            ),
        )


def in_order(programme: Programme[E]) -> list[E]:
    """The entries as they are shown and numbered: by time, then by all that is in them."""
    return sorted(programme.entries, key=lambda entry: (entry.time, entry.canonical()))


def find_entry(programme: Programme[E], which: str) -> E:
    """The entry meant: by its number in `in_order`, or by its days and time, ``weekdays 06:30``.

    Raises:
        CliError: there is none such, or several.
        UsageError: ``which`` is neither.
    """
    entries = in_order(programme)
    advice = "; ".join(f"{number} {entry}" for number, entry in enumerate(entries, 1)) or "It has none."
    wanted = which.strip()
    if wanted.isascii() and wanted.isdigit():
        number = int(wanted[:6])
        if not 1 <= number <= len(entries):
            raise CliError(f"ENTRY: the heater has no entry {wanted[:6]}", ExitCode.DEVICE, advice=advice)
        return entries[number - 1]
    days_text, _, time_text = wanted.rpartition(" ")
    if not days_text:
        raise UsageError("ENTRY: expected its number, or its days and time such as 'weekdays 06:30'")
    days, time = parse_days("ENTRY", days_text), parse_time("ENTRY", time_text)
    found = [entry for entry in entries if entry.days == days and entry.time == time]
    if len(found) != 1:
        several = f"{len(found)} entries" if found else "no entry"
        raise CliError(f"ENTRY: the heater has {several} at {which}", ExitCode.DEVICE, advice=advice)
    return found[0]


def entry_members(entry: Reservation | RecirculationEntry) -> dict[str, Any]:
    """An entry as plain data."""
    members: dict[str, Any] = {
        "days": [day.name.lower() for day in sorted(entry.days)],
        "time": f"{entry.time:%H:%M}",
        "enabled": entry.enabled,
    }
    if isinstance(entry, RecirculationEntry):
        return {**members, "pump": "on" if entry.on else "off"}
    mode = entry.mode.name.lower() if isinstance(entry.mode, DhwOperationSetting) else int(entry.mode)
    return {**members, "mode": mode, "celsius": entry.celsius, "fahrenheit": round(entry.fahrenheit, 1)}


def programme_members(programme: Programme[E]) -> dict[str, Any]:
    """A programme as plain data, its entries in the order of their numbers."""
    return {
        "enabled": programme.enabled,
        "entries": [entry_members(entry) for entry in in_order(programme)],
        "conflicts": [str(conflict) for conflict in programme.conflicts()],
        "not_understood": [odd.reason for odd in programme.odd],
    }


def show_programme(given: Given, kind: Kind[E], heading: str) -> None:
    """Ask for a programme and print it."""
    from navien_anyio.cli.calling import Service, call

    async def asked(service: Service) -> tuple[Device, Programme[E]]:
        async with service.heater() as heater:
            return heater.device, await kind.ask(heater)

    device, programme = call(given, asked)
    if given.as_json:
        from navien_anyio.cli.documents import device_members, to_json

        click.echo(to_json({"device": device_members(device), **programme_members(programme)}))
        return
    from rich.console import Console
    from rich.text import Text

    from navien_anyio.cli.words import label

    switch, style = {True: ("on", "green"), False: ("off", "yellow"), None: ("off, by its silence", "yellow")}[
        programme.enabled
    ]
    console = Console(highlight=False)
    console.print(Text.assemble((label(device), "bold"), f": {heading}: ", (switch, style)))
    _print_table(console, programme, given.units)


def _print_table(console: Any, programme: Programme[E], units: str) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from navien_proto.model.weekdays import days_text

    if not programme.entries and not programme.odd:
        console.print("  no entries")
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for header in ("#", "days", "time", "what"):
        table.add_column(header, justify="right" if header == "#" else "left")
    for number, entry in enumerate(in_order(programme), 1):
        style = "" if entry.enabled else "dim"
        what = _words(entry, units).split(", ", 1)[1]
        row = (str(number), days_text(entry.days), f"{entry.time:%H:%M}", what)
        table.add_row(*(Text(cell, style) for cell in row))
    console.print(table)
    for line in _warnings(programme):
        console.print(Text(line, "yellow"))


def _words(entry: Reservation | RecirculationEntry, units: str = "auto") -> str:
    if isinstance(entry, Reservation):
        return entry.describe(fahrenheit=units == "f")
    return entry.describe()


def _warnings(programme: Programme[Any]) -> Sequence[str]:
    return [
        *(f"These contradict each other: {conflict}" for conflict in programme.conflicts()),
        *(f"An entry was not understood: {odd.reason}" for odd in programme.odd),
    ]


def _programme_of(confirmed: CommandConfirmed) -> Programme[Any] | None:
    from navien_proto.wire.messages import RecirculationMessage, ReservationsMessage

    message = confirmed.message
    return message.programme if isinstance(message, ReservationsMessage | RecirculationMessage) else None


def _programme_lines(confirmed: CommandConfirmed) -> list[str]:
    programme = _programme_of(confirmed)
    if programme is None:
        return []
    count = len(programme.entries)
    entries = "no entries" if not count else "1 entry" if count == 1 else f"{count} entries"
    switch = "on" if programme.enabled else "off"
    return [
        f"it has now: {entries}, switched {switch}",
        *(f"{number:>4}  {_words(entry)}" for number, entry in enumerate(in_order(programme), 1)),
        *_warnings(programme),
        *([f"'navien {_command(programme)} on' makes them count."] if count and not programme.enabled else []),
    ]


def _command(programme: Programme[Any]) -> str:
    from navien_proto.model.schedules import RecirculationProgramme

    return "recirculation" if isinstance(programme, RecirculationProgramme) else "schedule"


def _programme_members(confirmed: CommandConfirmed) -> dict[str, Any]:
    programme = _programme_of(confirmed)
    return {"programme": None if programme is None else programme_members(programme)}

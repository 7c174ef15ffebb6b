"""How a wire field is written once and becomes everything else.

A class body names its fields in wire order::

    class StatusFields(Readings):
        dhw_temperature = half_celsius("dhwTemperature", "Hot water at the tank's outlet.", captured=True)

For a type checker ``status.dhw_temperature`` is ``float | None``. When the class is created, each `Field` gets
its place in the table and a reader, and ``StatusFields.fields`` becomes the ordered table (a tuple of
`FieldRow`) that decoding, documentation, CSV headers and the simulator share. The kinds of field
(``half_celsius`` and its like) stand in ``navien_proto.model.decoders``.

An object of such a class holds one tuple with the raw integer of each field, and converts when it is read:
most readers of a message look at a few of its hundred fields. What came on the wire in another form than the
tuple shows (a member nobody knows, a fraction, text where a number belongs) goes into a small dictionary that
is only made when it is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from math import dist
from operator import itemgetter
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Never, Self, TypeVar, overload

from attrs import evolve, field, frozen

from navien_proto.model.codes import Unknown

__all__ = ["Field", "FieldRow", "Kind", "Problem", "RawMembers", "Readings", "Unfit"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Stored = int | str | None
"""What the tuple of an object holds for a field: the raw number or text, ``None`` when there is none."""


class Unfit(ValueError):
    """Raised inside a kind's ``accept``: the member cannot be this kind of field, for the reason given."""


def _show_raw(raw: object) -> str:
    return repr(raw) if raw is None or isinstance(raw, bool | int | float) else f"<{type(raw).__name__}>"


@frozen
class Problem:
    """A member that could not be understood; everything else of its message stands.

    ``path`` is its wire name, ``raw`` what came (text and containers are not shown by ``repr``: they may be
    personal), ``reason`` a phrase for a person.
    """

    path: str
    raw: object = field(repr=_show_raw, hash=False)
    reason: str


@frozen(kw_only=True)
class FieldRow:
    """One line of a field table.

    Attributes:
        wire_name: the member's name in JSON.
        python_name: the attribute's name.
        decoder: its name in ``docs/protocol/conversions.md``, ``enum:Name`` for an enumeration.
        unit: of the attribute's value: ``degC K W Wh h L L/min dBm %`` … or ``bool code bits count text``.
        captured: whether a real unit was seen to send it.
        note: meaning, in a sentence or two.
        aliases: other spellings understood on the wire.
        python_aliases: other names of the attribute (a second assignment of the field in the class body).
        fahrenheit: whether the value is a temperature or a difference that the Fahrenheit view converts.
        index: place in the table.
    """

    wire_name: str
    python_name: str = ""
    decoder: str
    unit: str
    captured: bool
    note: str
    aliases: tuple[str, ...] = ()
    python_aliases: tuple[str, ...] = ()
    fahrenheit: bool = False
    index: int = -1


Reader = Callable[[Any], T | None]


@frozen(kw_only=True, eq=False)
class Kind(Generic[T]):
    """A way to understand a member: one of the decoders of ``docs/protocol/conversions.md``.

    ``accept`` turns what came into what the tuple holds or raises `Unfit`; ``reader(index)`` gives the function
    that converts it for an attribute, ``fahrenheit(index)`` the one of the Fahrenheit view, when it differs.
    ``stores`` tells what ``accept`` lets pass as it is: any integer of 64 bits, a flag's 0 to 2, or something
    else; it must agree with ``accept``, which quick decoding then leaves out.
    """

    name: str
    unit: str
    accept: Callable[[object], Stored]
    reader: Callable[[int], Reader[T]]
    fahrenheit: Callable[[int], Reader[T]] | None = None
    stores: Literal["integer", "flag", "other"] = "integer"


class Field(property, Generic[T_co]):
    """An attribute made from a table row. Reading one costs a function call and a conversion."""

    kind: Kind[Any]
    row: FieldRow

    @classmethod
    def of(cls, kind: Kind[T], row: FieldRow, read: Reader[T] | None = None) -> Field[T]:
        """A field of ``kind``; without ``read`` it waits for its class to give it a place."""
        made = Field[T](read)
        made.kind = kind
        made.row = row
        return made

    if TYPE_CHECKING:

        @overload  # type: ignore[no-overload-impl]
        def __get__(self, instance: None, owner: type | None = None) -> Self: ...
        @overload
        def __get__(self, instance: object, owner: type | None = None) -> T_co | None: ...
        def __set__(self, instance: Any, value: Never) -> None: ...


def _documented(read: Reader[T], name: str, row: FieldRow, unit: str) -> Reader[T]:
    seen = "seen on a real unit" if row.captured else "documented, not captured"
    read.__name__ = name
    read.__doc__ = (
        f"{row.note}\n\nUnit: {unit}. Wire member ``{row.wire_name}`` (``{row.decoder}``), {seen}; "
        "``None`` when absent or not understood. Source: docs/protocol, field tables and conversions.md."
    )
    return read


class RawMembers(Mapping[str, object]):
    """The members of an object as they came, by wire name; the ``repr`` does not show their values."""

    __slots__ = ("_members",)

    def __init__(self, members: dict[str, object]) -> None:
        self._members = members

    def __getitem__(self, wire_name: str) -> object:
        return self._members[wire_name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __repr__(self) -> str:
        return f"<{len(self)} raw members>"


Packed = tuple[tuple[Stored, ...], dict[str, object] | None, tuple[Problem, ...]]


# Stands among the members for a field that is absent; no JSON has such a name.
_ABSENT: Any = object()


@frozen
class _Layout:
    """Where the fields of a table stand in objects with certain members.

    A unit sends the same members in every message, so this is worked out once. ``get`` takes the fields out in
    table order: those that are there, when only fields at the end of the table are absent and ``padding`` makes up
    for them; or else all, the absent ones under ``_ABSENT``. ``extra`` are the members nobody knows.
    """

    get: Callable[[dict[str, Any]], tuple[Any, ...]]
    zeros: tuple[float, ...]
    padding: tuple[None, ...] | None
    extra: tuple[str, ...]


# Firmware versions in the field are few; should somebody invent many, the memory starts anew.
_LAYOUTS = 16
_FLAG_OR_ABSENT = frozenset({0, 1, 2, None})
_BEYOND_64_BITS = float(1 << 63)


class Table:
    """What packing needs to know of a class's fields."""

    def __init__(self, fields: tuple[Field[Any], ...]) -> None:
        self.fields = fields
        self.names = tuple(one.row.wire_name for one in fields)
        self._known = frozenset(self.names)
        self._aliases = frozenset(alias for one in fields for alias in one.row.aliases)
        flags = [one.row.index for one in fields if one.kind.stores == "flag"]
        # The quick way is for tables of plain numbers with several flags among them.
        self._quick = len(flags) > 1 and all(one.kind.stores != "other" for one in fields)
        self._flags: Callable[[tuple[Stored, ...]], Any] = itemgetter(*flags) if flags else tuple
        # By number of members, the last seen. A memory, not a state: results do not depend on it.
        self._layouts: dict[int, _Layout] = {}

    def _learn(self, members: dict[str, Any]) -> bool:
        """Remember where the fields of such an object stand; false when it is not one for the quick way."""
        # The very key objects of this message: an engine that caches keys then finds them by identity.
        keys = {key: key for key in members}
        present = [keys[name] for name in self.names if name in keys]
        if not self._quick or len(present) < 2 or not self._aliases.isdisjoint(members):
            return False
        extra = tuple(name for name in members if name not in self._known)
        straight = not extra and present == [*self.names[: len(present)]]
        layout = _Layout(
            itemgetter(*(present if straight else [keys.get(name, _ABSENT) for name in self.names])),
            (0.0,) * len(members),
            (None,) * (len(self.names) - len(present)) if straight else None,
            extra,
        )
        if len(self._layouts) >= _LAYOUTS:
            self._layouts.clear()
        self._layouts[len(members)] = layout
        return True

    def pack_plain(self, members: dict[str, Any]) -> Packed | None:
        """The tuple and the unknown members of an object of which nothing but good can be said, else ``None``.

        Good means: every value is exactly an ``int`` of 64 bits, every flag 0, 1 or 2.
        """
        extra: dict[str, object] | None = None
        try:
            # As many members as remembered, and all of those found: the same members.
            layout = self._layouts[len(members)]
            if layout.padding is not None:
                raw = layout.get(members)
                values = raw + layout.padding
            else:
                raw = (*members.values(),)
                members[_ABSENT] = None
                try:
                    values = layout.get(members)
                finally:
                    del members[_ABSENT]
                if layout.extra:
                    extra = {name: members[name] for name in layout.extra}
        except KeyError:
            return self.pack_plain(members) if self._learn(members) else None
        try:
            # The distance from zero is no less than the greatest number: one call looks at all of them.
            if [*map(type, raw)].count(int) != len(raw) or dist(raw, layout.zeros) >= _BEYOND_64_BITS:
                return None
        except OverflowError:
            return None
        if not _FLAG_OR_ABSENT.issuperset(self._flags(values)):
            return None
        return values, extra, ()

    def pack(self, members: dict[str, Any]) -> Packed:
        """The tuple, the oddities (``None`` when there are none) and the problems of an object."""
        return self.pack_plain(members) or self.pack_one_by_one(members)

    def pack_one_by_one(self, members: dict[str, Any]) -> Packed:
        """The same for any object, each member looked at by its own kind."""
        values: list[Stored] = []
        odd: dict[str, object] = {name: raw for name, raw in members.items() if name not in self._known}
        problems: list[Problem] = []
        for one in self.fields:
            name = one.row.wire_name
            if name not in members:
                came = next((alias for alias in one.row.aliases if alias in members), None)
                if came is None:
                    values.append(None)
                    continue
                odd[name] = ...  # what no JSON can be: this spelling was not on the wire
                name = came
            raw = members[name]
            try:
                value = one.kind.accept(raw)
            except Unfit as unfit:
                problems.append(Problem(name, raw, str(unfit)))
                value = None
            if value is not raw or value is None:
                odd[name] = raw
            values.append(value)
        return tuple(values), odd or None, tuple(problems)


@frozen(eq=True, repr=False)
class Readings:
    """Base of the classes made from a field table.

    Two objects are equal when everything that came on the wire for them is equal.
    """

    _values: tuple[Stored, ...]
    _odd: dict[str, object] | None = None
    problems: tuple[Problem, ...] = field(default=(), eq=False)
    """The members that could not be understood, by wire name; their attributes are ``None``."""

    fields: ClassVar[tuple[FieldRow, ...]] = ()
    """The table this class was made from, in wire order."""

    decoder: ClassVar[int] = 1
    """Version of the conversions; grows when the same raw number is read as another value."""

    table: ClassVar[Table] = Table(())
    """How objects are packed."""

    def __init_subclass__(cls, *, fahrenheit: bool = False) -> None:
        super().__init_subclass__()
        if fahrenheit:
            cls._use_fahrenheit()
            return
        written: dict[int, tuple[Field[Any], list[str]]] = {}
        for name, one in vars(cls).items():
            if isinstance(one, Field) and one.fget is None:
                # The same field under a second name is an alias of the attribute.
                written.setdefault(id(one), (one, []))[1].append(name)
        if not written:
            return
        bound = []
        for index, (one, (name, *also)) in enumerate(written.values()):
            row = evolve(
                one.row,
                python_name=name,
                python_aliases=tuple(also),
                index=index,
                fahrenheit=one.kind.fahrenheit is not None,
            )
            made = Field.of(one.kind, row, _documented(one.kind.reader(index), name, row, row.unit))
            bound.append(made)
            for attribute in (name, *also):
                setattr(cls, attribute, made)
        cls.fields = tuple(one.row for one in bound)
        cls.table = Table(tuple(bound))

    @classmethod
    def _use_fahrenheit(cls) -> None:
        for one in cls.table.fields:
            if one.kind.fahrenheit is None:
                continue
            row = one.row
            unit = "difference in degF" if row.unit == "K" else "degF"
            read = _documented(one.kind.fahrenheit(row.index), row.python_name, row, unit)
            made: Field[Any] = Field.of(one.kind, evolve(row, unit="degF"), read)
            for attribute in (row.python_name, *row.python_aliases):
                setattr(cls, attribute, made)

    @classmethod
    def from_wire(cls, members: dict[str, Any]) -> Self:
        """The object for a JSON object as ``navien_proto.jsontext.loads`` gives it. Never fails."""
        return cls(*cls.table.pack(members))

    @classmethod
    def picker(cls, *names: str) -> Callable[[Readings], tuple[Stored, ...]]:
        """A function that gives the raw numbers of these attributes (two or more) of an object, all at once.

        For whoever compares many objects: three times as quick as reading one attribute.
        """
        places = {row.python_name: row.index for row in cls.fields}
        get = itemgetter(*(places[name] for name in names))
        return lambda readings: get(readings._values)

    @property
    def raw(self) -> Mapping[str, object]:
        """Every member as it came on the wire, by wire name, those nobody knows included."""
        members: dict[str, object] = {
            name: value for name, value in zip(self.table.names, self._values, strict=True) if value is not None
        }
        if self._odd is not None:
            members.update(self._odd)
            members = {name: raw for name, raw in members.items() if raw is not ...}
        return RawMembers(members)

    def to_dict(self) -> dict[str, bool | int | float | str | None]:
        """All values by attribute name, in table order: enumerations as their lower-case name, numbers plain."""
        return {row.python_name: _plain(getattr(self, row.python_name)) for row in self.fields}

    def __hash__(self) -> int:
        return hash(self._values)

    def __repr__(self) -> str:
        count = sum(value is not None for value in self._values)
        return f"<{type(self).__name__}: {count} of {len(self._values)} fields>"


def _plain(value: Any) -> bool | int | float | str | None:
    if isinstance(value, Unknown):
        return value.value
    if isinstance(value, Enum):
        return value.name.lower()
    if isinstance(value, int) and not isinstance(value, bool) and type(value) is not int:
        return str(value)  # a number that has a text of its own, such as a firmware version
    return value  # type: ignore[no-any-return]

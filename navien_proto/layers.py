"""Where values of settings come from: the command line, variables, TOML. Each place becomes one layer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import field, frozen

from navien_proto.errors import UsageError
from navien_proto.settings import Setting, shown

__all__ = ["Given", "Layer", "Source", "flag_layer", "toml_layer", "variable_layer", "winner"]

TABLE = "navien"


@frozen
class Source:
    """Where a value came from: ``where`` is the place, ``label`` the name it has there."""

    where: str
    label: str


@frozen
class Given:
    """One value as a layer has it, before it is read.

    ``label`` names it for the user (``--interval``, ``NAVIEN_INTERVAL in .env``) and is different for every
    value of every layer. With ``in_file`` the value is the path of a file that holds the real one.
    """

    label: str
    value: object = field(repr=False)
    in_file: bool = False


@frozen
class Layer:
    """The values of one place, by setting name; ``warnings`` are sentences about what looks wrong in it."""

    where: str
    values: Mapping[str, Given]
    warnings: tuple[str, ...] = ()


def winner(layers: Iterable[Layer], name: str) -> tuple[Layer, Given] | None:
    """The value of the setting ``name`` in the first layer that has one, and that layer."""
    return next(((layer, layer.values[name]) for layer in layers if name in layer.values), None)


def _by_name(settings: Mapping[str, Setting], given: Mapping[str, Given]) -> dict[str, Given]:
    """``given`` with each ``…_file`` in the place of its secret; both at once would be a contradiction."""
    values = {name: value for name, value in given.items() if name in settings}
    for name in settings:
        path = given.get(f"{name}_file")
        if path is None:
            continue
        if name in values:
            raise UsageError(f"{values[name].label} and {path.label} are both given: keep one of them")
        values[name] = Given(path.label, path.value, in_file=True)
    return values


def _names(settings: Mapping[str, Setting]) -> set[str]:
    return {*settings, *(f"{name}_file" for name, setting in settings.items() if setting.secret)}


def flag_layer(settings: Mapping[str, Setting], flags: Mapping[str, object]) -> Layer:
    """What the command line gave, by setting name; ``None`` is a flag that was not given.

    Raises:
        UsageError: a name is not that of a setting, or a secret and its file are both given.
    """
    given: dict[str, Given] = {}
    for name, value in flags.items():
        if name not in _names(settings):
            raise UsageError(f"{shown(name)} is not a setting")
        if value is not None:
            given[name] = Given(f"--{name.replace('_', '-')}", value)
    return Layer("command line", _by_name(settings, given))


def variable_layer(settings: Mapping[str, Setting], variables: Mapping[str, str | None], where: str) -> Layer:
    """What the environment (``where`` is ``"environment"``) or a ``.env`` file of that name gave.

    An empty variable is one that is not set. Older names count where the present one is not set. A variable
    whose name looks like a misspelt one of ours is warned of; others are nobody's business.

    Raises:
        UsageError: a secret and its file are both given.
    """
    place = "" if where == "environment" else f" in {where}"
    given: dict[str, Given] = {}
    for name in _names(settings):
        setting = settings.get(name)
        for variable in (f"NAVIEN_{name.upper()}", setting.older if setting else None):
            value = variables.get(variable) if variable else None
            if value and name not in given:
                given[name] = Given(f"{variable}{place}", value)
    known = {f"NAVIEN_{name.upper()}" for name in _names(settings)}
    strange = sorted(name for name in variables if name.upper().startswith("NAVIEN_") and name not in known)
    return Layer(where, _by_name(settings, given), tuple(_misspelt(strange, known, place)))


def _misspelt(strange: Iterable[str], known: Iterable[str], place: str) -> Iterable[str]:
    from difflib import get_close_matches  # not cheap to import, and seldom needed

    for name in strange:
        for meant in get_close_matches(name.upper()[:64], known, n=1, cutoff=0.85):
            yield f"{shown(name)}{place} is not a setting; perhaps {meant} is meant"


def toml_layer(settings: Mapping[str, Setting], document: Mapping[str, object], where: str) -> Layer:
    """What the table ``[navien]`` of a TOML document gave; ``where`` is the file's name.

    Other tables, and tables inside ``[navien]``, belong to other tools and are left alone.

    Raises:
        UsageError: ``navien`` is no table, a name in it is unknown, or a secret and its file are both given.
    """
    table = document.get(TABLE, {})
    if not isinstance(table, Mapping):
        raise UsageError(f"{where}: expected a table [{TABLE}], found {shown(table)}")
    given: dict[str, Given] = {}
    for name, value in table.items():
        if name in _names(settings):
            given[name] = Given(f"{name} in {where}", value)
        elif not isinstance(value, Mapping):
            raise UsageError(f"{where}: {shown(name)} in [{TABLE}] is not a setting")
    return Layer(where, _by_name(settings, given))

"""``docs/migrating.md`` leaves nothing out, names nothing that is not there, and its snippets run as they stand.

What other libraries offer stands in ``predecessors.md``, outside of the repository; where that is not, the one
test that reads it says so and skips.
"""

from __future__ import annotations

import builtins
import contextlib
import inspect
import os
import re
import typing
from collections.abc import Iterator
from importlib import import_module
from itertools import zip_longest
from pathlib import Path
from random import Random
from typing import Any

import attrs
import click
import pytest

from navien_anyio.cli.app import app
from navien_anyio.clock import system_clock
from navien_anyio.simserver import SimServer
from navien_proto.config import SETTINGS
from navien_proto.mqtt.client_config import MqttConfig
from navien_proto.sim.cloud import SimCloud, SimCloudConfig
from navien_proto.sim.heater import Heater
from navien_proto.sim.heater_config import HeaterConfig
from tests.support.mosquitto import Mosquitto

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "migrating.md").read_text("utf-8")
PREDECESSORS = Path("/work/shared/predecessors.md")
EMAIL, PASSWORD = "user@example.com", "not-a-real-password"

SPAN = re.compile(r"`([^`]+)`")
WORD = re.compile(r"[A-Za-z_]\w{2,}")
FENCED = re.compile(r"^```(\w+)\n(.*?)^```\n(?:\n```text\n(.*?)^```)?", re.DOTALL | re.MULTILINE)
SNIPPETS = [(code, shown) for kind, code, shown in FENCED.findall(PAGE) if kind == "python"]

# What a word at the beginning of a name stands for, in both transports where there are two.
MEANT = {
    "navien": ("navien_anyio.NavienClient", "navien_sync.NavienClient"),
    "heater": ("navien_anyio.Heater", "navien_sync.Heater"),
    "mqtt": ("navien_anyio.mqtt.MqttClient", "navien_sync.mqtt.MqttClient"),
    "broker": ("navien_anyio.mqtt.MqttConnection", "navien_sync.mqtt.MqttConnection"),
    "status": ("navien_proto.DeviceStatus",),
    "feature": ("navien_proto.DeviceFeature",),
    "session": ("navien_proto.Session",),
    "result": ("navien_proto.session.results.SetPointChanged",),
    "event": ("navien_proto.session.events.Connected",),
    "error": ("navien_proto.GuardError",),
    "message": ("navien_proto.mqtt.client_events.Message",),
}
# Where a name by itself may be from.
HOMES = (
    "navien_proto",
    "navien_proto.errors",
    "navien_proto.model.codes",
    "navien_proto.mqtt.backoff",
    "navien_proto.mqtt.batch",
    "navien_proto.mqtt.client_config",
    "navien_proto.mqtt.client_events",
    "navien_proto.mqtt.health",
    "navien_proto.mqtt.settings",
    "navien_proto.mqtt.topics",
    "navien_proto.mqtt.traffic",
    "navien_proto.session.change_events",
    "navien_proto.session.events",
    "navien_proto.session.requests",
    "navien_proto.session.results",
    "navien_proto.session.statistics",
    "navien_proto.cloud.openei",
    "navien_proto.units",
    "navien_proto.wire.commands",
    "navien_anyio",
    "navien_anyio.mqtt",
    "navien_anyio.simserver",
    "navien_sync",
    "navien_sync.stores",
    "navien_sync.stores.diagnostics",
    "navien_sync.stores.registry",
)
HOME_MODULES = tuple(map(import_module, HOMES))
NAMES = {name: value for module in reversed(HOME_MODULES) for name, value in vars(module).items()}


# --- nothing is left out -----------------------------------------------------------------------------------


def tables(text: str) -> Iterator[str]:
    """The lines of the tables, and of what is said of callbacks, attributes and errors below them."""
    for paragraph in text.split("\n\n"):
        if "|" in paragraph or "Callbacks:" in paragraph:
            yield from paragraph.splitlines()


def test_every_name_people_use_today_is_in_the_page() -> None:
    if not PREDECESSORS.exists():
        pytest.skip(f"{PREDECESSORS} is not here: what other libraries offer cannot be compared")
    lines = list(tables(PREDECESSORS.read_text("utf-8")))
    spans = [span for line in lines for span in SPAN.findall(line) if not span.endswith(".md")]
    asked = {word for span in spans for word in WORD.findall(span)}
    assert len(asked) > 150
    told = {word for span in SPAN.findall(FENCED.sub("", PAGE)) for word in WORD.findall(span)}
    missing = sorted(asked - told)
    assert not missing, f"docs/migrating.md does not say what becomes of {', '.join(missing)}"


# --- everything of ours is there ---------------------------------------------------------------------------


def ours() -> Iterator[str]:
    """The right-hand cell of each row of the tables that have ``navien`` at its head."""
    mine = False
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if not line.startswith("|"):
            mine = False
        elif cells[-1] == "navien":
            mine = True
        elif mine and SPAN.search(cells[-1]):
            yield cells[-1]


def attribute(owner: Any, name: str) -> Any:
    """What ``name`` of an instance of ``owner`` is: a class where that is told, else whatever there is."""
    found = inspect.getattr_static(owner, name, None)
    if found is None and attrs.has(owner):
        found = typing.get_type_hints(owner, localns=NAMES).get(name)
    if found is None:
        made = "".join(inspect.getsource(one) for one in owner.__mro__ if one.__module__.startswith("navien"))
        assert re.search(rf"\bself\.{name}(: .*)? = ", made), f"{owner.__name__} has no {name}"
    return found


def given_by(thing: Any) -> Any:
    """The class of what a property has, or a method or function returns."""
    function = thing.fget if isinstance(thing, property) else thing
    hint = typing.get_type_hints(function, localns=NAMES).get("return")
    inner = [one for one in typing.get_args(hint) if inspect.isclass(one) and one is not type(None)]
    return hint if inspect.isclass(hint) and not inner else inner[0]


def imported(path: str) -> Any:
    """The module, or the thing in a module, of that name."""
    try:
        return import_module(path)
    except ModuleNotFoundError:
        home, _, name = path.rpartition(".")
        return getattr(imported(home), name)


def resolve(path: str, context: list[Any]) -> list[Any]:
    """What a name such as ``heater.device.mac`` or ``Mode.HEAT_PUMP`` is, in each transport.

    A name by itself may also be that of an attribute of what was named before in the same cell.

    Raises:
        AssertionError: there is no such thing.
    """
    first, *rest = path.split(".")
    if first.startswith("navien_"):
        return [imported(path)]
    if first in MEANT:
        things = [imported(one) for one in MEANT[first]]
    elif any(hasattr(module, first) for module in HOME_MODULES):  # some are loaded when they are first named
        things = [next(getattr(module, first) for module in HOME_MODULES if hasattr(module, first))]
    else:
        known = first in SETTINGS or hasattr(builtins, first)
        assert known or any(has(one, first) for one in context), f"there is no {first}"
        return []
    for name in rest:
        things = [attribute(owner_of(one), name) for one in things]
    return things


def owner_of(thing: Any) -> Any:
    """The class or module whose attributes ``thing`` has, or what it returns has."""
    return thing if inspect.isclass(thing) or inspect.ismodule(thing) else given_by(thing)


def has(thing: Any, name: str) -> bool:
    """Whether it, or what it returns, has such an attribute, or it takes such an argument."""
    if callable(thing) and name in inspect.signature(thing).parameters:
        return True
    try:
        attribute(owner_of(thing), name)
    except (AssertionError, IndexError, TypeError):
        return False
    return True


def check_command(words: list[str]) -> None:
    """That the command line has the command and its flags."""
    command: click.Command = app
    for word in words:
        if word.startswith("--"):
            flags = {flag for one in command.params for flag in (*one.opts, *one.secondary_opts)}
            assert word in flags, f"{command.name} has no {word}"
        elif isinstance(command, click.Group) and word in command.list_commands(click.Context(command)):
            found = command.get_command(click.Context(command), word)
            assert found is not None
            command = found
        else:
            assert not isinstance(command, click.Group), f"{command.name} has no {word}"


@pytest.mark.parametrize("cell", list(ours()))
def test_what_the_page_names_of_ours_exists(cell: str) -> None:
    spans = [span for span in SPAN.findall(cell) if not span.startswith(("navien ", "NAVIEN_"))]
    names = [match[0] for span in spans if (match := re.match(r"[A-Za-z_][\w.]*", span))]
    assert len(names) == len(spans), f"what is that: {spans}"
    context: list[Any] = []
    for name in names:
        with contextlib.suppress(AssertionError):
            context += resolve(name, [])
    for span, name in zip(spans, names, strict=True):
        things = resolve(name, context)
        for argument in re.findall(r"(\w+)=", span):
            assert all(takes(thing, argument) for thing in things), f"{span}: there is no {argument}"
    for span in SPAN.findall(cell):
        if span.startswith("navien "):
            check_command(span.split()[1:])
        elif span.startswith("NAVIEN_"):
            assert span.removeprefix("NAVIEN_").removesuffix("_FILE").lower() in SETTINGS


def takes(thing: Any, argument: str) -> bool:
    """Whether a function has that argument; ``settings`` stands for those of the user or of a connection."""
    known = inspect.signature(thing).parameters
    more = {*SETTINGS, *inspect.signature(MqttConfig).parameters} if "settings" in known else ()
    return argument in known or argument in more


def test_the_page_names_much_of_ours() -> None:
    assert sum(len(SPAN.findall(cell)) for cell in ours()) > 150


# --- the snippets run --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path_factory.mktemp("mosquitto")) as broker:
        yield broker


@pytest.fixture
def household(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimServer]:
    """A person with one heater and a configuration in the environment, in an empty directory."""
    cloud = SimCloud(SimCloudConfig(delay=(0.01, 0.05), speed=60.0), rng=Random(1))
    now = system_clock()
    heater = Heater(HeaterConfig(name="Garage", heartbeat=30.0), rng=Random(2), started=now.utc)
    cloud.add_heater(cloud.add_account(EMAIL, PASSWORD), heater, now)
    with SimServer(cloud) as server:
        for name in [name for name in os.environ if name.startswith("NAVI")]:
            monkeypatch.delenv(name)
        for name, value in {**server.settings, "email": EMAIL, "password": PASSWORD}.items():
            if name != "simulated":
                monkeypatch.setenv(f"NAVIEN_{name.upper()}", str(value))
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
        monkeypatch.chdir(tmp_path)
        yield server


def same(shown: str, printed: str) -> bool:
    """Whether the lines are those of the page, in which ``…`` stands for whatever comes."""
    for wanted, line in zip_longest(shown.splitlines(), printed.splitlines()):
        if wanted is None or line is None:
            return wanted == "…"
        if not re.fullmatch(".*".join(map(re.escape, wanted.split("…"))), line):
            return False
    return True


@pytest.mark.parametrize("number", range(len(SNIPPETS)))
def test_a_snippet_runs_as_it_stands(
    number: int, household: SimServer, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    code, shown = SNIPPETS[number]
    if "broker.example" in code:
        endpoint = request.getfixturevalue("mosquitto").endpoint("mqtt")
        code = code.replace("broker.example", f"{endpoint.scheme}://{endpoint.host}:{endpoint.port}")
    exec(compile(code, f"docs/migrating.md, snippet {number + 1}", "exec"), {"__name__": "__main__"})
    printed = capsys.readouterr().out
    if shown:
        assert same(shown, printed), printed


@pytest.mark.parametrize(
    ("shown", "printed", "fits"),
    [
        ("a … c\n", "a b c\n", True),
        ("a … c\n", "a b d\n", False),
        ("a\n", "a\nb\n", False),
        ("a\nb\n", "a\n", False),
    ],
)
def test_output_is_compared_line_by_line(shown: str, printed: str, fits: bool) -> None:
    assert same(shown, printed) is fits


def test_the_page_has_snippets_for_each_of_the_three() -> None:
    assert len(SNIPPETS) >= 11
    for part in ("## From nwp500-python", "## From navilink", "## From isa_common"):
        section = PAGE.split(part)[1].split("\n## ")[0]
        assert "```python" in section, part

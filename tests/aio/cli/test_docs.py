"""``docs/cli.md`` is true: every command line in it is understood, and every command stands in it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from navien_anyio.cli.app import app
from navien_anyio.cli.options import Given

PAGE = (Path(__file__).parents[3] / "docs" / "cli.md").read_text(encoding="utf-8")
# What stands in a fenced block or between backticks; a shell's part after a pipe or a redirection is not ours.
LINES = re.findall(r"^navien .*$|(?<=`)navien [^`]+(?=`)", PAGE, re.MULTILINE)
EXISTING = {"plan.json", "plan.toml", "app.har", "session.jsonl"}


def parsed(words: list[str]) -> list[str]:
    """The names of the commands in ``words``, every option and argument being understood."""
    path: list[str] = []
    command: click.Command = app
    contexts: list[click.Context] = []
    try:
        while True:
            parent = contexts[-1] if contexts else None
            context = command.make_context(command.name or "navien", words, parent=parent, obj=Given())
            contexts.append(context)
            if not isinstance(command, click.Group):
                return path
            name, found, words = command.resolve_command(context, [*_set_aside(context), *context.args])
            assert name is not None
            assert found is not None
            path.append(name)
            command = found
    finally:
        for context in reversed(contexts):
            context.close()


def _set_aside(context: click.Context) -> list[str]:
    # The name of the command, under the one name or the other of click's versions.
    words: list[str] = getattr(context, "_protected_args", None) or getattr(context, "protected_args", [])
    return words


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command that is none of several."""
    if isinstance(command, click.Group):
        context = click.Context(command, obj=Given())
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from leaves(found, (*path, name))
    else:
        yield path


@pytest.fixture(autouse=True)
def files(home: Path) -> None:
    for name in EXISTING:
        Path(name).touch()


@pytest.mark.parametrize("line", sorted(set(LINES)))
def test_every_line_is_understood(line: str) -> None:
    words = shlex.split(re.split(r" [|>] ", line)[0])[1:]
    # The first column names commands that want arguments.
    assert tuple(words) in set(leaves(app)) or parsed(words)


def test_every_command_stands_in_the_table() -> None:
    named = {tuple(line.split()[1:]) for line in re.findall(r"^\| `(navien [^`]+)` \|", PAGE, re.MULTILINE)}
    missing = {path for path in leaves(app) if path not in named and path[0] not in ("capture", "transcript")}
    assert missing == set()
    assert len(LINES) > len(named)


def test_every_command_has_examples_that_are_understood() -> None:
    for path in leaves(app):
        command: click.Command = app
        for name in path:
            assert isinstance(command, click.Group)
            found = command.get_command(click.Context(command, obj=Given()), name)
            assert found is not None
            command = found
        examples = re.findall(r"^ *(navien .*)$", (command.help or "").partition("Examples:")[2], re.MULTILINE)
        assert examples, path
        for line in examples:
            words = shlex.split(re.split(r" [|>&] ?", line)[0])[1:]
            assert parsed(words), line

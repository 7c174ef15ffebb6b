"""``navien transcript``: what a session heard and said, played again or shown."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import click

from navien_anyio.cli.options import common_options, given_of
from navien_anyio.cli.replay import no_account
from navien_proto.errors import UsageError

__all__ = ["replay", "show", "transcript"]

SAME, DIFFERENT = 0, 1


@click.group(
    short_help="Replay or show the transcript of a session.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@common_options
def transcript() -> None:
    """Play again or show what a session heard and said: a file that 'navien monitor --transcript FILE' or
    'navien capture transcript IN OUT' has written.

    A transcript holds no secrets: each has a stand-in, such as <token-1>. Look through it before you publish it
    all the same. Transcripts are read here and sent nowhere.

    \b
    Examples:
      navien transcript show session.jsonl
      navien transcript replay session.jsonl
    """


@transcript.command(short_help="Play it again, and compare.")
@click.argument("file", metavar="FILE.jsonl")
@common_options
@click.pass_context
def replay(context: click.Context, file: str) -> int:
    """Give a new session the same inputs and compare what it says with what was written.

    Nothing is sent anywhere, and no account is needed. The first difference is shown: its line, the input it
    follows, what was written and what the session says now. A difference means that navien has changed since, or
    that a session depends on something it must not.

    A last line that is not whole is no difference: the recording program was killed. FILE may be - for standard
    input.

    \b
    Examples:
      navien transcript replay session.jsonl && echo the same

    \b
    Exit codes:
      0  everything was said again      1  there is a difference      2  it cannot be read
    """
    from navien_proto import __version__
    from navien_proto.session.transcript_replay import replay as play

    given = given_of(context)
    given.use(no_account(given.flags))
    try:
        played = play(_lines(file))
    except UsageError as error:
        raise UsageError(_named(file, error)) from None
    counts = f"{played.inputs} inputs, {played.outputs} outputs"
    if played.version != __version__:
        click.echo(f"recorded by navien {played.version}, played by {__version__}")
    if played.cut:
        click.echo("the last line is not whole: the recording program was killed")
    if played.ended is not None:
        click.echo(f"the recording ended before its session: {played.ended}")
    found = played.difference
    if found is None:
        click.echo(f"{counts}: the same")
        return SAME
    click.echo(f"{counts}, then a difference: {_printable(found.sentence())}")
    click.echo(f"  written: {_printable(found.expected or 'nothing')}")
    click.echo(f"  now:     {_printable(found.got or 'nothing')}")
    return DIFFERENT


@transcript.command(short_help="Show it as a time line.")
@click.argument("file", metavar="FILE.jsonl")
@common_options
@click.pass_context
def show(context: click.Context, file: str) -> None:
    """Show every line in words: its number in the file, the time in UTC, and what happened.

    \b
    The mark in front says who:
      !  the application asked          <  the transport reported
      *  the application was told       >  the transport was asked

    Timers are left out. FILE may be - for standard input.

    \b
    Examples:
      navien transcript show session.jsonl | grep '\\*'
    """
    from navien_anyio.cli.storyline import story
    from navien_proto.session.transcript_replay import lines_of

    given = given_of(context)
    given.use(no_account(given.flags))
    try:
        for told in story(lines_of(_lines(file))):
            click.echo(_printable(told.text()))
    except UsageError as error:
        raise UsageError(_named(file, error)) from None


def _lines(file: str) -> Iterable[bytes]:
    from navien_sync.stores import read_transcript

    return sys.stdin.buffer if file == "-" else read_transcript(file)


def _named(file: str, error: UsageError) -> str:
    return str(error) if str(error).startswith("cannot read") else f"{file}: {error}"


def _printable(text: str) -> str:
    from navien_anyio.cli.words import UNPRINTABLE

    return UNPRINTABLE.sub(" ", text)

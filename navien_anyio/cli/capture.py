"""``navien capture``: captures made fit to be shown, listed entry by entry, and searched for what is new."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import click

from navien_anyio.cli.options import common_options, given_of
from navien_anyio.cli.replay import no_account, read_capture, read_file
from navien_proto.errors import UsageError

__all__ = ["capture", "check", "fixtures", "redact", "show"]

# Kinds of secrets in words; the others take an s.
WORDS = {
    "mac": ("MAC address", "MAC addresses"),
    "e-mail": ("e-mail address", "e-mail addresses"),
    "serial": ("serial number", "serial numbers"),
    "address": ("part of an address", "parts of addresses"),
    "coordinates": ("coordinate", "coordinates"),
    "number": ("account number", "account numbers"),
    "client": ("client id", "client ids"),
    "additional": ("additional value", "additional values"),
}


@click.group(
    short_help="Redact, list or check a HAR capture, or make fixtures of it.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@common_options
def capture() -> None:
    """Make a HAR capture fit to be shown, list what is in it, or search it for what navien does not know.

    Captures are read here and sent nowhere.

    \b
    Examples:
      navien capture redact session.har redacted.har
      navien capture show redacted.har
      navien capture check redacted.har
      navien capture fixtures session.har my-heater
      navien capture transcript session.har session.jsonl
    """


@capture.command(short_help="Write a copy without secrets.")
@click.argument("source", metavar="IN.har")
@click.argument("target", metavar="OUT.har")
@click.option("--force", is_flag=True, help="Write over OUT.har when it is there.")
@common_options
@click.pass_context
def redact(context: click.Context, source: str, target: str, force: bool) -> None:
    """Write a copy of a HAR file in which every secret has a stand-in of the same shape.

    Tokens, passwords, signed addresses, e-mail, MAC and postal addresses, names, serial numbers and coordinates
    are replaced in headers, bodies and MQTT messages; binary data that cannot be read is left out. The copy
    decodes to the same readings.

    \b
    Examples:
      navien capture redact session.har redacted.har
    """
    from navien_proto.har_redact import redact_capture

    given = given_of(context)
    given.use(no_account(given.flags))
    data = read_file(source)
    try:
        redacted = redact_capture(data)
    except UsageError as error:
        raise UsageError(f"{source}: {error}") from None
    _write(Path(target), redacted.data, force=force)
    click.echo(f"{target}: replaced {_counted(redacted.counts)}")
    click.echo(f"Look through it before you publish it: navien capture show {target}")


@capture.command(short_help="List every entry: direction, topic or path, kind.")
@click.argument("file", metavar="FILE.har")
@click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs.")
@common_options
@click.pass_context
def show(context: click.Context, file: str, as_json: bool) -> None:
    """List every entry of a HAR file, requests and what is not understood included, and count the kinds.

    Topics and paths are shown with stand-ins for identities. Readings are shown by 'navien replay'.

    The JSON document has "entries" (time, direction, kind, detail, where, bytes, and problem where there is one),
    "counts" by kind, and "skipped", what in the file is no message.

    \b
    Examples:
      navien capture show session.har
      navien capture show session.har --json | jq .counts
    """
    from navien_anyio.cli.contents import contents
    from navien_proto.har import decode_capture

    given = given_of(context)
    given.use(no_account(given.flags))
    har = read_capture(file)
    lines = contents(list(decode_capture(har)))
    kinds = Counter(line.kind for line in lines)
    if as_json:
        from navien_anyio.cli.documents import to_json

        entries = [line.document() for line in lines]
        click.echo(to_json({"entries": entries, "counts": dict(kinds), "skipped": dict(har.skipped)}))
        return
    for line in lines:
        _say(line.text())
    _say(f"{len(lines)} entries: {_listed(kinds)}" if lines else "no entries")
    if har.skipped:
        _say(f"Not messages: {_listed(har.skipped)}")


@capture.command(short_help="Report fields and messages that navien does not know.")
@click.argument("file", metavar="FILE.har")
@click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs.")
@common_options
@click.pass_context
def check(context: click.Context, file: str, as_json: bool) -> None:
    """Report what in a HAR file navien does not know.

    That is: members of messages and answers of every kind, also deep inside of schedules and lists, numbers of
    codes, command codes in requests and pushes, and messages of unknown kinds. Each is told once, with how often
    it came and where it was first; texts are not shown.

    Other firmware says other things. With what this finds, anybody with such a unit can help.

    \b
    Examples:
      navien capture check session.har
      navien capture check session.har --json | jq '.findings[].name'
    """
    from navien_anyio.cli.unknowns import find_unknowns
    from navien_proto.har import decode_capture

    given = given_of(context)
    given.use(no_account(given.flags))
    har = read_capture(file)
    findings = find_unknowns(decode_capture(har))
    if as_json:
        from navien_anyio.cli.documents import to_json

        document = {"entries": len(har.entries), "findings": [finding.document() for finding in findings]}
        click.echo(to_json({**document, "skipped": dict(har.skipped)}))
        return
    for finding in findings:
        _say(finding.sentence())
    if findings:
        click.echo("You can help: report the lines above, and the file after 'navien capture redact IN OUT'.")
    else:
        click.echo(f"{len(har.entries)} entries: nothing new")


@capture.command(short_help="Write a set of redacted fixtures.")
@click.argument("source", metavar="IN.har")
@click.argument("target", metavar="OUT_DIR")
@click.option("--all", "everything", is_flag=True, help="Take every entry that differs in anything.")
@common_options
@click.pass_context
def fixtures(context: click.Context, source: str, target: str, everything: bool) -> None:
    """Write the messages and REST exchanges of a HAR file as fixtures: one readable JSON file each, redacted.

    Secrets have the stand-ins that 'navien capture redact' gives them. Of entries of the same kind with the same
    members and codes (command, modes, errors) the first is taken. Files are named by kind and firmware, or
    endpoint and verdict; the format is that of the project's own fixtures, so that its tests can decode what
    your heater says.

    OUT_DIR must not exist or be empty: nothing is written over, and either all files are there or none.

    \b
    Examples:
      navien capture fixtures session.har my-heater
      navien capture fixtures session.har my-heater --all
    """
    from navien_anyio.cli.capture_fixtures import summary, write_set
    from navien_proto.fixture_collect import collect
    from navien_proto.har import decode_capture, read_har
    from navien_proto.har_redact import redact_har

    given = given_of(context)
    given.use(no_account(given.flags))
    data = read_file(source)
    try:
        har = read_har(redact_har(data))
    except UsageError as error:
        raise UsageError(f"{source}: {error}") from None
    found = collect(decode_capture(har), everything=everything)
    if not found.fixtures:
        raise UsageError(f"{source}: nothing in it makes a fixture")
    write_set(Path(target), found.fixtures)
    for line in summary(found):
        _say(line)
    click.echo(f"{target}: wrote {len(found.fixtures)} fixtures. Look through them before you publish them.")


@capture.command(short_help="Write the transcript of a session that hears it.")
@click.argument("source", metavar="IN.har")
@click.argument("target", metavar="OUT.jsonl")
@click.option("--force", is_flag=True, help="Write over OUT.jsonl when it is there.")
@common_options
@click.pass_context
def transcript(context: click.Context, source: str, target: str, force: bool) -> None:
    """Let a session of ours hear what a HAR file holds, and write its transcript.

    A capture is what another client was told, so this is no recording of that client: our session signs in with
    the capture's answers (made-up ones where it has none), is connected at once, and hears each message that was
    received, at its time. What the other client sent is left out. Secrets get stand-ins.

    The result is for 'navien transcript show', which tells what our session made of it, and for
    'navien transcript replay', which notices when another version makes something else of it.

    \b
    Examples:
      navien capture transcript session.har session.jsonl && navien transcript show session.jsonl
    """
    from navien_proto.har_transcript import transcript_of

    given = given_of(context)
    given.use(no_account(given.flags))
    har = read_capture(source)
    lines: list[str] = []
    try:
        found = transcript_of(har, lines.append)
    except UsageError as error:
        raise UsageError(f"{source}: {error}") from None
    _write(Path(target), "".join(f"{line}\n" for line in lines).encode(), force=force)
    click.echo(f"{target}: {found.sentence()}")


def _say(line: str) -> None:
    from navien_anyio.cli.words import UNPRINTABLE

    click.echo(UNPRINTABLE.sub(" ", line))


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())


def _counted(counts: Mapping[str, int]) -> str:
    parts = []
    for kind, count in counts.items():
        one, many = WORDS.get(kind, (kind, f"{kind}s"))
        parts.append(f"{count} {one if count == 1 else many}")
    return ", ".join(parts) or "nothing: no secret was found"


def _write(target: Path, content: bytes, *, force: bool) -> None:
    from navien_sync.stores.places import reason

    if force and target.is_symlink():
        target = target.resolve()  # a symbolic link stays one
    fresh = target.with_name(f"{target.name}.{os.getpid()}.new")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        try:
            with open(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(descriptor)
            _put(fresh, target, force=force)
        finally:
            with contextlib.suppress(FileNotFoundError):
                fresh.unlink()
    except FileExistsError:
        raise UsageError(f"{str(target)!r} is there already; --force writes over it") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot write {str(target)!r}: {reason(error)}") from None


def _put(fresh: Path, target: Path, *, force: bool) -> None:
    if not force:
        try:
            os.link(fresh, target)  # unlike a rename, this never writes over a file
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            if os.path.lexists(target):
                raise FileExistsError from None
        else:
            return
    os.replace(fresh, target)

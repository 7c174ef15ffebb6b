"""What happened in a transcript, a line each, for a person. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import frozen

from navien_anyio.cli.timeline import kind_of
from navien_proto.errors import NavienError, UsageError
from navien_proto.session.transcript_forms import payload_from
from navien_proto.session.transcript_replay import Line
from navien_proto.wire.decode import decode
from navien_proto.wire.messages import StatusMessage

__all__ = ["Told", "story"]

HEARD, SAID, EVENT, CALL = "<", ">", "*", "!"
# Of an event these say nothing that the line does not, or too much.
LEFT_OUT = frozenset({"event", "at", "device", "message", "account", "devices"})
LONGEST_VALUE = 120


@frozen(kw_only=True)
class Told:
    """One line: its number in the file, the time (UTC, ISO 8601; empty: as above), a mark, and words.

    The mark is ``!`` for a call of the application, ``<`` for what the transport reported, ``>`` for what it was
    asked to do, and ``*`` for what the application was told.
    """

    line: int
    time: str
    mark: str
    words: str

    def text(self) -> str:
        """As it is printed."""
        return f"{self.line:>6}  {self.time[11:23]:<12}  {self.mark} {self.words}".rstrip()


def story(lines: Iterable[Line]) -> Iterator[Told]:
    """The lines of a transcript in words; alarms and drawn ids are passed over.

    Raises:
        UsageError: a line is none of a transcript; the sentence has its number.
    """
    for line in lines:
        form = line.form
        try:
            told = _told(form)
            time = str(form["at"][1]) if form.keys() & {"in", "do"} else ""
        except (KeyError, TypeError, ValueError, IndexError, AttributeError):
            raise UsageError(f"line {line.number}: not a line of a transcript") from None
        if told is not None:
            yield Told(line=line.number, time=time, mark=told[0], words=told[1])


def _told(form: Mapping[str, Any]) -> tuple[str, str] | None:
    if "transcript" in form:
        return CALL, f"recorded by navien {form['navien']}, JSON by {form['json']}"
    if "cut" in form:
        return CALL, "the last line is not whole: the recording program was killed"
    if "ended" in form:
        return CALL, f"the transcript ends early: {form['ended']}"
    if "do" in form:
        return None if form["do"] == "handle_timer" else (CALL, _call(form))
    if "in" in form:
        return HEARD, _input(form)
    if "raised" in form:
        return CALL, f"refused: {_error(form['raised'])}"
    if "action" in form:
        return SAID, _action(form)
    if "event" in form:
        return EVENT, _event(form)
    return None if form.keys() & {"id", "timer", "gave"} else (CALL, "what this version does not know")


def _call(form: Mapping[str, Any]) -> str:
    if form["do"] != "submit":
        return str(form["do"]).replace("_", " ")
    command = dict(form["with"]["command"])
    name = command.pop("$")
    given = _values({key: value for key, value in command.items() if value is not None})
    return f"submit {name}{given}"


def _input(form: Mapping[str, Any]) -> str:
    name = str(form["in"])
    if name == "MessageReceived":
        return f"message {_payload(form['topic'], form['payload'])} on {form['topic']}"
    if name == "HttpAnswered":
        reply = form["reply"]
        document = reply.get("json")
        said = f", {document['msg']}" if isinstance(document, dict) and document.get("msg") else ""
        odd = f", {reply['no_json']}" if "no_json" in reply else ""
        return f"HTTP {form['exchange']}: {reply['status']}{said}{odd}"
    return f"{name}{_values({key: value for key, value in form.items() if key not in ('in', 'at', 'also')})}"


def _payload(topic: str, form: Mapping[str, Any]) -> str:
    try:
        message = decode(topic, payload_from(form))
    except NavienError:
        return f"({form.get('no_json', 'undecodable')})"
    if isinstance(message, StatusMessage):
        return f"status, {message.reason.value}"
    return kind_of(message)


def _action(form: Mapping[str, Any]) -> str:
    match form["action"]:
        case "SendHttp":
            return f"HTTP {form['exchange']}: {form['method']} {form['url']}"
        case "Publish":
            return f"publish {_payload(form['topic'], form['payload'])} to {form['topic']}, QoS {form['qos']}"
        case "Subscribe":
            return f"subscribe {', '.join(form['filters'])}"
        case "OpenLink":
            endpoint = form["endpoint"]
            return f"open link {form['link']} to {endpoint['scheme']}://{endpoint['host']}:{endpoint['port']}"
    return f"{form['action']}{_values({key: value for key, value in form.items() if key != 'action'})}"


def _event(form: Mapping[str, Any]) -> str:
    said = {key: value for key, value in form.items() if key not in LEFT_OUT and value is not None}
    for key, value in said.items():
        if isinstance(value, dict) and "error" in value:
            said[key] = _error(value)
        elif isinstance(value, dict) and "command" in value:
            said[key] = value["command"]
    return f"{form['event']}{_values(said)}"


def _error(form: Mapping[str, Any]) -> str:
    return f"{form['error']}: {form['text']}" if "text" in form else str(form["error"])


def _values(members: Mapping[str, Any]) -> str:
    shown = []
    for name, value in members.items():
        text = str(value)
        shown.append(f"{name} {text if len(text) <= LONGEST_VALUE else f'{text[:LONGEST_VALUE]}…'}")
    return f" ({', '.join(shown)})" if shown else ""

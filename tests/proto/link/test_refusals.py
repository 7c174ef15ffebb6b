"""A server that answers the upgrade with something else: what is kept of it, however it comes and breaks off."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.errors import UsageError
from navien_proto.link import LinkProtocol
from navien_proto.link.words import quoted, target_secrets
from navien_proto.mqtt.actions import CloseLink, Endpoint, OpenLink
from navien_proto.mqtt.inputs import ConnectSent, LinkInput, LinkLost, LinkRefused
from tests.proto.link.peers import LINK, ServerSide
from tests.support.packets import cut

TOKEN = "FwoGZXIvYXdzEXAMPLE+token/with=chars"
TARGET = (
    "/mqtt?X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20260115%2Fus-east-1%2Fiotdevicegateway%2Faws4_request"
    "&X-Amz-Signature=6f7a48373ad3adb3&X-Amz-Security-Token=FwoGZXIvYXdzEXAMPLE%2Btoken%2Fwith%3Dchars"
)
ENDPOINT = Endpoint("wss", "broker.example", 443, TARGET)
DATE = "Thu, 15 Jan 2026 12:00:00 GMT"
HEAD = f"HTTP/1.1 403 Forbidden\r\nDate: {DATE}\r\n".encode()
REASON = "the server refused the WebSocket with HTTP 403"
SAID = f"{REASON}: the clock is wrong"
BODY = b"the clock\r\n is\twrong"


def upgrading() -> LinkProtocol:
    link = LinkProtocol(OpenLink(LINK, ENDPOINT, "client-0001"))
    link.start()
    link.take()
    return link


class Started:
    """A link whose upgrade has reached its server."""

    def __init__(self) -> None:
        self.link, self.server = LinkProtocol(OpenLink(LINK, ENDPOINT, "client-0001")), ServerSide()
        self.link.start()
        self.server.receive(self.link.take())


def refused(reason: str, status: int = 403, date: str | None = DATE) -> LinkRefused:
    return LinkRefused(LINK, reason, status=status, date=date)


WHOLE = {
    "a body of a known length": (HEAD + b"Content-Length: 20\r\n\r\n" + BODY, SAID),
    "a body in chunks": (
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n9\r\nthe clock\r\nb\r\n\r\n is\twrong\r\n0\r\n\r\n",
        SAID,
    ),
    "no body": (HEAD + b"Content-Length: 0\r\n\r\n", REASON),
    "a body that is white": (HEAD + b"Content-Length: 3\r\n\r\n\r\n\t", REASON),
    "a body that never ends": (HEAD + b"\r\nthe clock is wrong" + b" " * 5000, SAID),
    "a body with control characters": (HEAD + b"Content-Length: 5\r\n\r\n\x1b[31m", f"{REASON}: [31m"),
    "broken chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n9\r\nthe clock\r\nnonsense\r\n", None),
}


@pytest.mark.parametrize("name", WHOLE)
@given(data=st.data())
def test_status_date_and_words_are_kept_in_any_split(name: str, data: st.DataObject) -> None:
    answer, reason = WHOLE[name]
    link = upgrading()
    for piece in data.draw(cut(answer)):
        link.receive(piece)
    (last,) = link.inputs()
    assert isinstance(last, LinkRefused)
    assert (last.status, last.date, last.code) == (403, DATE, None)
    assert last.reason.isprintable()
    assert last.reason.startswith(REASON)
    if reason is not None:
        assert last.reason == reason
    assert link.closed


@pytest.mark.parametrize("how", ["eof", "broken"])
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (HEAD + b"Content-Length: 2000\r\n\r\n" + BODY, SAID),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n30\r\n" + BODY, SAID),
        (HEAD + b"\r\n" + BODY, SAID),
        (HEAD + b"\r\n", REASON),
        (HEAD + b"Content-Length: 1\r\n\r\n", REASON),
    ],
)
def test_a_refusal_that_breaks_off_is_still_one(how: str, answer: bytes, reason: str) -> None:
    link = upgrading()
    link.receive(answer)
    assert link.inputs() == []
    # A server that refuses may well reset the connection at once.
    link.eof() if how == "eof" else link.broken("the connection was reset")
    assert link.inputs() == [refused(reason)]


@pytest.mark.parametrize("part", [b"", b"HT", b"HTTP/1.1 403 Forbidden\r\nDate: Thu"])
def test_a_head_that_breaks_off_is_no_answer(part: bytes) -> None:
    link = upgrading()
    link.receive(part)
    link.broken("the connection was reset")
    assert link.inputs() == [LinkRefused(LINK, "the connection was reset")]


def test_who_closes_before_the_refusal_is_whole_gets_what_it_asked_for() -> None:
    link = upgrading()
    link.receive(HEAD + b"Content-Length: 2000\r\n\r\n" + BODY)
    link.perform(CloseLink(LINK))
    assert link.inputs() == [LinkLost(LINK, "closed")]


@pytest.mark.parametrize("status", [200, 204, 301, 304, 401, 429, 503])
def test_every_other_answer_is_a_refusal(status: int) -> None:
    link = upgrading()
    link.receive(f"HTTP/1.1 {status} Whatever\r\nContent-Length: 0\r\n\r\n".encode())
    assert link.inputs() == [refused(f"the server refused the WebSocket with HTTP {status}", status, None)]


@given(data=st.data())
def test_early_hints_are_not_the_answer(data: st.DataObject) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
    both = Started()
    for piece in data.draw(cut(hints + both.server.accept())):
        both.link.receive(piece)
    assert both.link.inputs() == [ConnectSent(LINK)]
    assert both.server.messages(both.link.take())[0][:1] == b"\x10"


def test_a_refusal_behind_early_hints_is_one() -> None:
    link = upgrading()
    link.receive(b"HTTP/1.1 103 Early Hints\r\n\r\n" + HEAD + b"Content-Length: 0\r\n\r\n")
    assert link.inputs() == [refused(REASON)]


ECHOES = [
    TARGET,
    TOKEN,
    f"no such token: {TOKEN}",
    f'{{"url":"https://broker.example{TARGET}"}}',
    "X-Amz-Security-Token=FwoGZXIvYXdzEXAMPLE%2Btoken",
    "bad signature 6f7a48373ad3adb3",
    "key AKIAIOSFODNN7EXAMPLE is unknown",
    "AKIAIOSFODNN7EXAMPLE/20260115/us-east-1/iotdevicegateway/aws4_request",
]


@pytest.mark.parametrize("echo", ECHOES)
def test_a_server_that_repeats_our_request_gives_nothing_away(echo: str) -> None:
    body = echo.encode()
    in_body, in_date = upgrading(), upgrading()
    in_body.receive(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    in_date.receive(b"HTTP/1.1 403 No\r\nDate: " + body + b"\r\nContent-Length: 0\r\n\r\n")
    in_close, in_protocol = Started(), Started()
    in_close.link.receive(in_close.server.accept() + in_close.server.close(1008, echo[:120]))
    in_protocol.link.receive(in_protocol.server.accept().replace(b"mqtt", body))
    for link in (in_body, in_date, in_close.link, in_protocol.link):
        assert link.closed
        shown = repr(link.inputs())
        for secret in ("FwoGZXI", "6f7a48", "AKIA"):
            assert secret not in shown


def test_words_are_cut_behind_the_redaction() -> None:
    assert quoted("x" * 60 + f" {TOKEN}", [TOKEN]) == "x" * 60 + " <s…"
    assert quoted("\x00\x1b\n") == ""
    assert target_secrets("/mqtt") == ()
    assert TOKEN in target_secrets(TARGET)


@pytest.mark.parametrize(
    "changes", [{"keep_alive": 60.5}, {"keep_alive": None}, {"keep_alive": "60"}, {"username": "a\0"}]
)
def test_what_connect_cannot_say_is_said_before_anything_is_opened(changes: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        LinkProtocol(OpenLink(LINK, ENDPOINT, "client-0001", **changes))  # type: ignore[arg-type]


def test_nothing_is_told_of_a_link_that_only_began() -> None:
    inputs: list[LinkInput] = upgrading().inputs()
    assert inputs == []

from __future__ import annotations

import pytest

from navien_proto.cloud.progress import Progress

OPENING = ["connection.connect_tcp.started", "connection.connect_tcp.complete"]
SENDING = ["http11.send_request_headers.started", "http11.send_request_headers.complete"]
ANSWER = ["http11.receive_response_headers.started", "http11.receive_response_headers.complete"]


@pytest.mark.parametrize(
    ("events", "sent"),
    [
        ([], True),  # nobody told us: assume the worse
        (["connection.connect_tcp.started", "connection.connect_tcp.failed"], False),
        (OPENING, False),
        ([*OPENING, *SENDING], True),
        (SENDING, False),  # on an idle connection that had silently ended
        ([*SENDING, "http11.receive_response_headers.failed"], False),
        ([*SENDING, *ANSWER], True),
    ],
)
def test_whether_a_request_left(events: list[str], sent: bool) -> None:
    progress = Progress()
    for event in events:
        progress.note(event)
    assert progress.sent() is sent

"""MQTT 3.1.1 packets for property tests: every kind, valid, both directions."""

from __future__ import annotations

from hypothesis import strategies as st

from navien_proto.mqtt.actions import Will
from navien_proto.sim.packets import (
    SUBSCRIBE_REFUSED,
    ConnAck,
    Connect,
    Disconnect,
    Packet,
    PingReq,
    PingResp,
    PubAck,
    PubComp,
    Publish,
    PubRec,
    PubRel,
    SubAck,
    Subscribe,
    UnsubAck,
    Unsubscribe,
)

__all__ = ["FILTERS", "PACKETS", "TOPICS", "cut"]

CHARS = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
TEXTS = st.text(CHARS, max_size=20)
PAYLOADS = st.one_of(st.binary(max_size=40), st.integers(100, 300).map(bytes))
IDS = st.integers(1, 65535)
QOS = st.integers(0, 2)
LEVELS = st.text(st.characters(exclude_characters="\0+#/", exclude_categories=["Cs"]), max_size=6)
TOPICS = st.lists(LEVELS, min_size=1, max_size=5).map("/".join).filter(bool)
FILTERS = st.builds(
    lambda levels, tail: "/".join([*levels, *tail]),
    st.lists(st.one_of(LEVELS, st.just("+")), max_size=4),
    st.sampled_from([[], ["#"]]),
).filter(bool)
WILLS = st.builds(Will, TOPICS, PAYLOADS, qos=QOS, retain=st.booleans())


@st.composite
def connects(draw: st.DrawFn) -> Connect:
    username = draw(st.none() | TEXTS)
    return Connect(
        client_id=draw(TEXTS),
        clean_session=draw(st.booleans()),
        keep_alive=draw(st.integers(0, 65535)),
        will=draw(st.none() | WILLS),
        username=username,
        password=None if username is None else draw(st.none() | PAYLOADS),
    )


@st.composite
def publishes(draw: st.DrawFn) -> Publish:
    qos = draw(QOS)
    return Publish(
        topic=draw(TOPICS),
        payload=draw(PAYLOADS),
        qos=qos,
        retain=draw(st.booleans()),
        duplicate=bool(qos) and draw(st.booleans()),
        packet_id=draw(IDS) if qos else None,
    )


PACKETS: st.SearchStrategy[Packet] = st.one_of(
    connects(),
    st.builds(ConnAck, st.just(0), st.booleans()),
    st.builds(ConnAck, st.integers(1, 5)),
    publishes(),
    st.builds(Subscribe, IDS, st.lists(st.tuples(FILTERS, QOS), min_size=1, max_size=9).map(tuple)),
    st.builds(
        SubAck, IDS, st.lists(st.sampled_from([0, 1, 2, SUBSCRIBE_REFUSED]), min_size=1, max_size=9).map(tuple)
    ),
    st.builds(Unsubscribe, IDS, st.lists(FILTERS, min_size=1, max_size=9).map(tuple)),
    *(st.builds(kind, IDS) for kind in (PubAck, PubRec, PubRel, PubComp, UnsubAck)),
    *(st.builds(kind) for kind in (PingReq, PingResp, Disconnect)),
)


@st.composite
def cut(draw: st.DrawFn, data: bytes) -> list[bytes]:
    """``data`` in pieces of any size, empty ones included."""
    places = sorted(draw(st.lists(st.integers(0, len(data)), max_size=12)))
    return [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]

"""The pictures of the states of a session and of its link; where things stand in them is chosen here."""

from __future__ import annotations

from navien_proto.mqtt.states import LINK_STATES, LINK_TRANSITIONS, LinkState, LinkTrigger
from navien_proto.session.states import TRANSITIONS, State, Trigger
from tests.support.session_docs.drawing import Arrow, Box, Frame, Junction, Line, picture

__all__ = ["link_states", "session_states"]


def session_states() -> str:
    """Where a session stands."""
    seeking = (State.IDLE, State.SIGNING_IN, State.LISTING, State.WAITING)
    running = (*seeking, State.CONNECTING, State.READY)
    return picture(
        "The states of a session",
        (900, 510),
        TRANSITIONS,
        (
            Box(State.IDLE, 90, 130),
            Box(State.WAITING, 90, 270),
            Box(State.SIGNING_IN, 320, 70),
            Box(State.LISTING, 320, 330),
            Box(State.CONNECTING, 570, 200),
            Box(State.READY, 800, 200, "goal"),
            Box(State.CLOSING, 570, 470),
            Box(State.CLOSED, 800, 470, "end"),
        ),
        (
            Arrow(seeking, Trigger.SIGN_IN, State.SIGNING_IN, ((308, 175), (308, 92)), (298, 128, "end", 13)),
            Arrow(seeking, Trigger.LIST, State.LISTING, ((308, 225), (308, 308)), (298, 264, "end", 13)),
            Arrow(seeking, Trigger.OPEN, State.CONNECTING, ((376, 200), (508, 200)), (442, 176, "middle", 21)),
            Arrow(
                (State.CONNECTING,), Trigger.UP, State.READY, ((632, 200), (738, 200)), (685, 176, "middle", 15)
            ),
            Arrow(
                running,
                Trigger.DOWN,
                State.WAITING,
                ((440, 375), (440, 425), (90, 425), (90, 292)),
                (265, 415, "middle", 60),
            ),
            Arrow(running, Trigger.STOP, State.CLOSING, ((570, 375), (570, 448)), (584, 404, "start", 36)),
            Arrow(
                (State.CLOSING,), Trigger.ENDED, State.CLOSED, ((632, 470), (738, 470)), (685, 447, "middle", 12)
            ),
        ),
        frames=(Frame(12, 20, 888, 375, "until it is closed"),),
        junctions=(Junction(320, 200, ("what is", "missing?")),),
        lines=(
            Line(((152, 130), (200, 130), (200, 200)), head=False),
            Line(((152, 270), (200, 270), (200, 200)), head=False),
            Line(((200, 200), (264, 200))),
            Line(((332, 92), (332, 175))),
            Line(((332, 308), (332, 225))),
        ),
    )


def link_states() -> str:
    """Where the connection to a broker stands."""
    idle, due, waiting = LinkState.IDLE, LinkState.DUE, LinkState.WAITING
    draining, closing, closed = LinkState.DRAINING, LinkState.CLOSING, LinkState.CLOSED
    opening, connecting, subscribing, ready = LINK_STATES
    standing = (*LINK_STATES, draining)
    return picture(
        "The states of the connection to a broker",
        (1210, 470),
        LINK_TRANSITIONS,
        (
            Box(idle, 86, 120),
            Box(due, 272, 120),
            Box(waiting, 272, 270),
            Box(opening, 512, 120),
            Box(connecting, 714, 120),
            Box(subscribing, 916, 120),
            Box(ready, 1118, 120, "goal"),
            Box(draining, 916, 270),
            Box(closing, 916, 420),
            Box(closed, 190, 420, "end"),
        ),
        (
            Arrow((idle,), LinkTrigger.START, due, ((148, 120), (210, 120)), (179, 88, "middle", 10)),
            Arrow((due,), LinkTrigger.OPEN, opening, ((334, 112), (450, 112)), (387, 74, "middle", 10)),
            Arrow((due,), LinkTrigger.FAIL, waiting, ((258, 142), (258, 248)), (249, 186, "end", 10)),
            Arrow((opening,), LinkTrigger.CONNECT, connecting, ((574, 120), (652, 120)), (613, 90, "middle", 11)),
            Arrow(
                (connecting,), LinkTrigger.CONNACK, subscribing, ((776, 120), (854, 120)), (815, 95, "middle", 8)
            ),
            Arrow(
                (opening,),
                LinkTrigger.CONNACK,
                subscribing,
                ((512, 98), (512, 48), (916, 48), (916, 98)),
                (714, 41, "middle", 20),
            ),
            Arrow((subscribing,), LinkTrigger.SUBACK, ready, ((978, 120), (1056, 120)), (1017, 90, "middle", 12)),
            Arrow(LINK_STATES, LinkTrigger.END, draining, ((916, 164), (916, 248)), (930, 205, "start", 24)),
            Arrow(
                LINK_STATES,
                LinkTrigger.LOST,
                waiting,
                ((580, 164), (580, 258), (334, 258)),
                (594, 205, "start", 24),
            ),
            Arrow((draining,), LinkTrigger.LOST, waiting, ((854, 258), (334, 258))),
            Arrow((waiting,), LinkTrigger.RETRY, due, ((286, 248), (286, 142)), (295, 190, "start", 9)),
            Arrow(
                (draining,),
                LinkTrigger.RETRY,
                due,
                ((854, 282), (378, 282), (378, 130), (334, 130)),
                (720, 298, "middle", 30),
            ),
            Arrow(
                (idle, due, waiting), LinkTrigger.STOP, closed, ((220, 315), (220, 398)), (232, 352, "start", 12)
            ),
            Arrow(standing, LinkTrigger.STOP, closing, ((916, 315), (916, 398)), (930, 361, "start", 30)),
            Arrow(
                (due,),
                LinkTrigger.EXHAUSTED,
                closed,
                ((232, 142), (232, 166), (160, 166), (160, 398)),
                (150, 352, "end", 10),
            ),
            Arrow(
                standing,
                LinkTrigger.EXHAUSTED,
                closed,
                ((580, 315), (580, 412), (252, 412)),
                (594, 361, "start", 30),
            ),
            Arrow((closing,), LinkTrigger.ENDED, closed, ((854, 430), (252, 430)), (553, 450, "middle", 44)),
        ),
        frames=(
            Frame(12, 56, 346, 315, "no link"),
            Frame(426, 16, 1198, 315, "a link"),
            Frame(440, 64, 1190, 164),
        ),
    )

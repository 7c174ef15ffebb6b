"""Time and size of a decoded status against nwp500-python 6.1.1: ``python -m tests.benchmarks.bench_decode``.

All figures of a line come from one run, the two sides taking turns, the best of many short repeats each, so that
a busy machine disturbs both alike. The other library is given the twelve members it insists on and the real
unit does not send.
"""

from __future__ import annotations

import base64
import gc
import json
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from time import perf_counter
from typing import Any

from attrs import frozen

from navien_proto import jsontext
from navien_proto.model.status import STATUS_FIELDS, DeviceStatus
from navien_proto.wire.decode import decode
from navien_proto.wire.messages import StatusMessage
from tests.proto.wire import examples
from tests.support.captures import CAPTURE

# Members of the status that nwp500-python 6.1.1 refuses to miss.
INSISTED = (
    "recircOperationMode", "recircPumpOperationStatus", "recircHotBtnReady", "recircOperationReason",
    "recircErrorStatus", "recircOperationBusy", "recircReservationUse", "heatMinOpTemperature",
    "recircTempSetting", "recircTemperature", "recircFaucetTemperature", "recircDhwFlowRate",
)  # fmt: skip


@frozen
class Line:
    """One comparison: ours and theirs in ``unit``, and the greatest ratio allowed."""

    what: str
    ours: float
    theirs: float
    unit: str
    target: float

    @property
    def ratio(self) -> float:
        """Ours over theirs."""
        return self.ours / self.theirs


def status_message() -> bytes:
    """A status message: the first of the real capture when it is there, else the documented example."""
    if CAPTURE.exists():
        entries = json.loads(CAPTURE.read_bytes())["log"]["entries"]
        frames = [frame for entry in entries for frame in entry.get("_webSocketMessages", ())]
        packet = base64.b64decode(frames[0]["data"])
        return packet[packet.index(b"{") :]
    return examples.encode(examples.status())


def _theirs() -> tuple[Callable[[bytes], Any], bytes, tuple[str, ...]]:
    from nwp500.models import DeviceStatus as TheirStatus

    message = json.loads(status_message())
    message["response"]["status"].update(dict.fromkeys(INSISTED, 1))

    def parse(payload: bytes) -> Any:
        return TheirStatus.from_dict(json.loads(payload.decode("utf-8"))["response"]["status"])

    return parse, examples.encode(message), tuple(TheirStatus.model_fields)


def _take_turns(first: Callable[[], object], second: Callable[[], object]) -> tuple[float, float]:
    """Seconds a call, best of many short repeats of each."""
    best = [float("inf"), float("inf")]
    # Short repeats: on a busy machine some of many are undisturbed.
    for _ in range(400):
        for index, call in enumerate((first, second)):
            started = perf_counter()
            for _ in range(15):
                call()
            best[index] = min(best[index], (perf_counter() - started) / 15)
    return best[0], best[1]


def measure_decoding(engine: jsontext.Engine, target: float) -> Line:
    """Bytes to a checked, typed object."""
    topic, payload = examples.ACK_TOPIC, status_message()
    parse, their_payload, _ = _theirs()
    ours, theirs = _take_turns(lambda: decode(topic, payload, engine=engine), lambda: parse(their_payload))
    return Line(f"decode a status ({engine.name})", ours * 1e6, theirs * 1e6, "µs", target)


def measure_reading(engine: jsontext.Engine, target: float) -> Line:
    """The same, and every field read afterwards."""
    topic, payload = examples.ACK_TOPIC, status_message()
    parse, their_payload, their_names = _theirs()
    names = tuple(row.python_name for row in STATUS_FIELDS)

    def ours() -> None:
        message = decode(topic, payload, engine=engine)
        if isinstance(message, StatusMessage):
            status = message.status
            for name in names:
                getattr(status, name)

    def theirs() -> None:
        status = parse(their_payload)
        for name in their_names:
            getattr(status, name)

    mine, other = _take_turns(ours, theirs)
    return Line(f"decode and read all fields ({engine.name})", mine * 1e6, other * 1e6, "µs", target)


def _memory(make: Callable[[int], object], count: int = 1000) -> float:
    """Bytes an object, over many that share nothing but what the library shares."""
    make(0)
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept = [make(number) for number in range(count)]
    used = (tracemalloc.get_traced_memory()[0] - before) / count
    tracemalloc.stop()
    kept.clear()
    return used


def measure_memory(target: float) -> Line:
    """Memory of a decoded status whose message is gone; every object from bytes of its own."""
    parse, their_payload, _ = _theirs()

    def distinct(payload: bytes, number: int) -> bytes:
        return payload.replace(b'"currentInstPower":432', b'"currentInstPower":%d' % (1000 + number))

    def ours(number: int) -> DeviceStatus:
        message = decode(examples.ACK_TOPIC, distinct(status_message(), number))
        if not isinstance(message, StatusMessage):
            raise TypeError(type(message))
        return message.status

    return Line(
        "memory of a status",
        _memory(ours),
        _memory(lambda number: parse(distinct(their_payload, number))),
        "bytes",
        target,
    )


_RESIDENT = """
import sys
{}
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""

OURS = "import navien_proto, navien_proto.wire.decode, navien_proto.wire.commands"


def _run(source: str) -> tuple[float, str]:
    started = perf_counter()
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    return perf_counter() - started, done.stdout.strip()


def measure_import(target: float, rounds: int = 7) -> Line:
    """Time to import, less that of the bare interpreter."""
    best = dict.fromkeys((OURS, "import nwp500", "pass"), float("inf"))
    for _ in range(rounds):
        for source in best:
            best[source] = min(best[source], _run(source)[0])
    bare = best["pass"]
    return Line("import", (best[OURS] - bare) * 1e3, (best["import nwp500"] - bare) * 1e3, "ms", target)


def resident_megabytes(source: str = OURS) -> float:
    """Greatest resident size of an interpreter that ran ``source``, in MB (Linux)."""
    return int(_run(_RESIDENT.format(source))[1]) / 1024


def lines() -> list[Line]:
    """All comparisons, with the targets the project has set itself."""
    fast = jsontext.FAST
    measured = [measure_decoding(fast, 0.35), measure_reading(fast, 0.65)] if fast else []
    measured += [measure_decoding(jsontext.STANDARD, 0.75), measure_reading(jsontext.STANDARD, 1.0)]
    return [*measured, measure_memory(0.15), measure_import(0.40)]


def main() -> int:
    """Print the table; 1 when a target is missed."""
    missed = 0
    print(f"{'':42}{'ours':>10}{'nwp500':>10}  {'unit':6}{'ratio':>7}{'target':>8}")
    for line in lines():
        late = line.ratio > line.target
        missed += late
        print(
            f"{line.what:42}{line.ours:10.1f}{line.theirs:10.1f}  {line.unit:6}{line.ratio:7.2f}"
            f"{line.target:8.2f}{'  MISSED' if late else ''}"
        )
    if sys.platform == "linux":
        resident = resident_megabytes()
        missed += resident > 26
        print(f"{'resident after import':42}{resident:10.1f}{'':10}  {'MB':6}{'':7}{26.0:8.2f}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

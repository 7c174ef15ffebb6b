"""What importing costs: time net of the bare interpreter, memory, and room on the disk. Printed as ratios.

Our packages load a module when a name of it is used, so what is imported is what a program would begin with.

Run it by hand: ``python -m tests.benchmarks.bench_import`` (with the dependency group ``bench`` installed).
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

ROUNDS = 15
BEGINNINGS = {
    "nwp500": "import nwp500",
    "navien_proto": "from navien_proto import *",
    "navien_sync": "from navien_sync import NavienClient",
    "navien_anyio": "from navien_anyio import NavienClient",
    "decode": "from navien_proto import decode",
    "MqttClient": "from navien_anyio import MqttClient",
}
ROOT = Path(__file__).resolve().parents[2]
OURS = ("navien_proto", "navien_anyio", "navien_sync")
RESIDENT = "print(next(line for line in open('/proc/self/status') if line.startswith('VmRSS')).split()[1])"


def seconds(code: str) -> float:
    """The quickest of several fresh interpreters that run ``code``."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-I", "-c", code], check=True)
        best = min(best, time.perf_counter() - began)
    return best


def resident(code: str) -> float:
    """Megabytes resident after ``code``."""
    answer = subprocess.run(
        [sys.executable, "-I", "-c", f"{code}\n{RESIDENT}"], check=True, capture_output=True, text=True
    )
    return int(answer.stdout) / 1024


def needed(name: str, extra: str = "") -> set[str]:
    """A distribution and all that it needs here, by their names; ``extra`` is one of its own."""
    found, left = set(), [(name, extra)]
    while left:
        name, extra = left.pop()
        try:
            wanted = distribution(name).requires or []
        except PackageNotFoundError:
            continue  # for another system or an older Python
        if name in found and not extra:
            continue
        found.add(name)
        for line in wanted:
            mark = re.search(r"extra *== *[\"'](\w+)[\"']", line)
            if mark is None or mark[1] == extra:
                match = re.match(r"([\w.-]+)(?:\[(\w+)\])?", line)
                assert match is not None
                left.append((re.sub(r"[-_.]+", "-", match[1]).lower(), match[2] or ""))
    return found


def size(names: set[str]) -> float:
    """Megabytes of their files without byte code; ours are counted where they stand."""
    total = 0
    for name in names:
        if name == "navien":
            paths = [path for top in OURS for path in (ROOT / top).rglob("*") if path.is_file()]
        else:
            paths = [Path(str(path.locate())) for path in distribution(name).files or []]
        total += sum(path.stat().st_size for path in paths if path.suffix != ".pyc" and path.exists())
    return total / 1e6


def main() -> None:
    """Measure side by side and print."""
    bare = seconds("pass")
    theirs = seconds("import nwp500") - bare
    print(f"{'':16}{'ms net':>10}{'ratio':>8}{'MB resident':>14}")
    print(f"{'bare':16}{0:>10.1f}{'':>8}{resident('pass'):>14.1f}")
    for name, code in BEGINNINGS.items():
        net = seconds(code) - bare
        print(f"{name:16}{net * 1000:>10.1f}{net / theirs:>8.2f}{resident(code):>14.1f}")
    ours, his = size(needed("navien", "anyio")), size(needed("nwp500-python"))
    print(f"installed, MB: navien[anyio] {ours:.1f}, nwp500-python {his:.1f}, ratio {ours / his:.2f}")


if __name__ == "__main__":
    main()

"""What importing costs: time net of the bare interpreter, and resident memory. Printed as ratios.

Run it by hand: ``python -m tests.benchmarks.bench_import`` (with the dependency group ``bench`` installed).
"""

from __future__ import annotations

import subprocess
import sys
import time

ROUNDS = 15
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


def main() -> None:
    """Measure side by side and print."""
    bare = seconds("pass")
    theirs = seconds("import nwp500") - bare
    print(f"{'':16}{'ms net':>10}{'ratio':>8}{'MB resident':>14}")
    print(f"{'bare':16}{0:>10.1f}{'':>8}{resident('pass'):>14.1f}")
    for name in ("nwp500", "navien_proto", "navien_sync", "navien_anyio"):
        net = seconds(f"import {name}") - bare
        print(f"{name:16}{net * 1000:>10.1f}{net / theirs:>8.2f}{resident(f'import {name}'):>14.1f}")


if __name__ == "__main__":
    main()

"""How much of the core its tests reach: ``python -m tests.support.coverage [PATH…]``.

Runs the tests of the core, its scenarios and its architecture (or only those named) with coverage.py, configured
in ``pyproject.toml``, and prints what is not reached. Ends with 1 when a line is left that ``uncovered.md`` gives
no reason for, when that has a reason for a line that is reached, or when more than 2 % of the branches are left.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / ".cache" / "coverage.json"
CORE = ["tests/proto", "tests/scenarios", "tests/architecture"]
LEAST_BRANCHES = 98.0
LISTED = Path(__file__).with_name("uncovered.md")
ROW = re.compile(r"^\| `([^`]+)` \| `([^`]+)` \| .+ \|$", re.MULTILINE)


def unreached(files: dict[str, dict[str, list[int]]]) -> set[tuple[str, str]]:
    """The lines that no test reaches, as module and text."""
    return {
        (name.removeprefix("navien_proto/"), (ROOT / name).read_text("utf-8").splitlines()[number - 1].strip())
        for name, file in files.items()
        for number in file["missing_lines"]
    }


def main(paths: list[str]) -> int:
    """Run, print, judge."""
    REPORT.parent.mkdir(exist_ok=True)
    command = ["pytest", "-q", "-p", "no:cacheprovider", "--cov", f"--cov-report=json:{REPORT}", *(paths or CORE)]
    tests = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=False).returncode
    report = json.loads(REPORT.read_text("utf-8"))
    for name, file in report["files"].items():
        lines, branches = file["missing_lines"], file["missing_branches"]
        if lines or branches:
            jumps = ", ".join(f"{start}→{'exit' if end < 0 else end}" for start, end in branches)
            print(f"{name}: lines {', '.join(map(str, lines)) or '-'}; branches {jumps or '-'}")
    left, listed = unreached(report["files"]), set(ROW.findall(LISTED.read_text("utf-8")))
    for name, text in sorted(left - listed):
        print(f"no reason is given for {name}: {text}")
    for name, text in sorted(listed - left):
        print(f"a reason is given, and it is reached: {name}: {text}")
    totals = report["totals"]
    reached, all_of_them = totals["covered_branches"], totals["num_branches"]
    share = 100 * reached / all_of_them
    print(f"lines     {totals['covered_lines']} of {totals['num_statements']}")
    print(f"branches  {reached} of {all_of_them}, {share:.1f} %")
    return 1 if tests or left != listed or share < LEAST_BRANCHES else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

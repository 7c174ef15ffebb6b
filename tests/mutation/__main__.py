"""Mutation testing of the wire, the units and the signatures: ``python -m tests.mutation``.

mutmut (configured in ``pyproject.toml``) writes mutants into a copy of the tree, ``.cache/mutation``, and tries
the tests that touch each; results are kept there, and a second run tries only what has changed. It tries them in
processes forked from one that has imported everything: what ran at import, and what a cache keeps, is then the
original's. So each survivor, and what took too long, is tried again in a fresh interpreter, two at a time. What
still survives is printed with its difference, and figures for each module; ``tests/mutation/survivors.md`` says,
function by function, why they may. Ends with 1 when too few were killed, or a survivor's function is not there.

``python -m tests.mutation MODULE…`` tries only these (``navien_proto.wire.topics``).
"""

from __future__ import annotations

import ast
import difflib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPY = ROOT / ".cache" / "mutation"
SURVIVORS = Path(__file__).with_name("survivors.md")
MUTANTS = COPY / "mutants"
TARGET = 0.9
# Exit codes of mutmut's children that say "perhaps": survived, no tests, too slow (which busy machines are).
PERHAPS = (0, 5, 33, 24, -24, 36, 152, 255)
FEW = 5
USAGE_ERROR = 4  # of pytest: a file that is not there
# A mutant that never ends is a mutant that is seen.
PATIENCE = 300  # seconds


def copy_tree() -> None:
    """Bring the copy up to date; what has not changed keeps its time, by which mutmut knows it."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    names = [name for name in listed.stdout.decode().split("\0") if name]
    for name in names:
        source, target = ROOT / name, COPY / name
        if not source.is_file():
            continue
        if not target.exists() or target.read_bytes() != source.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    # What is gone here is gone there, and where mutmut has copied it.
    for top in {name.partition("/")[0] for name in names}:
        for path in (COPY / top).rglob("*.*"):
            name = path.relative_to(COPY).as_posix()
            if path.is_file() and path.suffix != ".pyc" and not (ROOT / name).is_file():
                path.unlink()
                (MUTANTS / name).unlink(missing_ok=True)


def results(modules: list[str]) -> dict[str, int]:
    """Exit code of the tests by name of the mutant."""
    found: dict[str, int] = {}
    for meta in sorted(MUTANTS.rglob("*.meta")):
        codes = json.loads(meta.read_text("utf-8"))["exit_code_by_key"]
        found |= {name: code for name, code in codes.items() if code is not None}
    return {name: code for name, code in found.items() if not modules or module_of(name) in modules}


def module_of(mutant: str) -> str:
    """The module a mutant is in."""
    return mutant.rpartition(".")[0]


def function_of(mutant: str) -> str:
    """The function a mutant is of, as mutmut's statistics name it."""
    return re.sub(r"__mutmut_\d+$", "", mutant)


def files_of(mutant: str, tests: Iterable[str]) -> list[str]:
    """The files of ``tests``, those first that mirror the mutant's module."""
    last = module_of(mutant).rpartition(".")[2]
    mirror = [
        str(path.relative_to(MUTANTS)) for path in sorted((MUTANTS / "tests/proto").rglob(f"test_{last}.py"))
    ]
    return list(dict.fromkeys([*mirror, *sorted({name.partition("::")[0] for name in tests})]))


def survives(mutant: str, files: list[str]) -> bool:
    """Whether the tests in ``files`` pass with the mutant in a fresh interpreter."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", *options(), *files],
            cwd=MUTANTS,
            env=os.environ | {"MUTANT_UNDER_TEST": mutant, "PYTHONPATH": str(MUTANTS)},
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    if done.returncode == USAGE_ERROR:
        raise RuntimeError(done.stderr.decode())
    return done.returncode == 0


def options() -> list[str]:
    """Options of pytest, as mutmut has them."""
    return list(
        tomllib.loads((COPY / "pyproject.toml").read_text("utf-8"))["tool"]["mutmut"]["pytest_add_cli_args"]
    )


def difference(mutant: str) -> str:
    """What the mutant changed."""
    base = MUTANTS / module_of(mutant).replace(".", "/")
    path = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
    name = mutant.rpartition(".")[2]
    functions = {
        node.name.removeprefix("_"): re.sub(r"^def \w+", "def", ast.unparse(node)).splitlines()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    before = functions.get(f"{re.sub(r'[0-9]+$', 'orig', name)}".removeprefix("_"), [])
    after = functions.get(name.removeprefix("_"), [])
    lines = difflib.unified_diff(before, after, n=0, lineterm="")
    return "\n".join(
        f"    {line[0]} {line[1:].strip()}" for line in lines if not line.startswith(("---", "+++", "@@"))
    )


def spoken(function: str) -> str:
    """The function by the name that ``survivors.md`` has for it."""
    return re.sub(r"\.xǁ(\w+)ǁ(\w+)$", r".\1.\2", re.sub(r"\.x_", ".", function)).removeprefix("navien_proto.")


def explained() -> set[str]:
    """The functions that ``survivors.md`` has a line for; a name without dots is of the module before it."""
    found: set[str] = set()
    for line in SURVIVORS.read_text("utf-8").splitlines():
        if line.startswith("| `"):
            names = re.findall(r"`([\w.]+)`", line.split("|")[1])
            found |= {name if "." in name else f"{names[0].rpartition('.')[0]}.{name}" for name in names}
    return found


def tried_again(perhaps: dict[str, list[str]]) -> list[str]:
    """Those of the mutants, given with the files to try them with, that survive in a fresh interpreter, too."""
    left = []
    with ThreadPoolExecutor(2) as pool:
        for number, (mutant, alive) in enumerate(
            zip(perhaps, pool.map(lambda one: not one[1] or survives(*one), perhaps.items()), strict=True), 1
        ):
            print(f"{number} of {len(perhaps)}: {mutant} {'survives' if alive else 'is killed'}", flush=True)
            if alive:
                left.append(mutant)
    return left


def main(modules: list[str]) -> int:
    """Run, try survivors again, print; 1 when too few were killed or one is not explained."""
    copy_tree()
    names = [f"{module}.*" for module in modules]
    subprocess.run([sys.executable, "-m", "mutmut", "run", "--max-children", "2", *names], cwd=COPY, check=True)
    codes = results(modules)
    statistics = json.loads((MUTANTS / "mutmut-stats.json").read_text("utf-8"))["tests_by_mangled_function_name"]
    of_module: dict[str, set[str]] = defaultdict(set)
    for function, tests in statistics.items():
        of_module[module_of(function)].update(tests)
    perhaps: dict[str, list[str]] = {}
    for mutant, code in codes.items():
        if code in PERHAPS:
            tests = statistics.get(function_of(mutant), ())
            # What runs at import is put down to whichever test came first.
            if len(tests) < FEW:
                tests = of_module[module_of(mutant)]
            perhaps[mutant] = files_of(mutant, tests)
    left = tried_again(perhaps)
    total = Counter(map(module_of, codes))
    alive = Counter(map(module_of, left))
    by_function: dict[str, list[str]] = defaultdict(list)
    for mutant in left:
        by_function[function_of(mutant)].append(mutant)
    for function, mutants in by_function.items():
        print(f"\n{function}")
        for mutant in mutants:
            print(f"  {mutant.rpartition('_')[2]}\n{difference(mutant)}")
    print(f"\n{'module':44}{'mutants':>9}{'killed':>9}{'%':>7}")
    for module in sorted(total):
        killed = total[module] - alive[module]
        print(f"{module:44}{total[module]:>9}{killed:>9}{100 * killed / total[module]:>7.1f}")
    killed = total.total() - alive.total()
    print(f"{'all':44}{total.total():>9}{killed:>9}{100 * killed / total.total():>7.1f}")
    unexplained = sorted({spoken(function) for function in by_function} - explained())
    for name in unexplained:
        print(f"not in survivors.md: {name}")
    return 0 if killed >= TARGET * total.total() and not unexplained else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The list of planted bugs: it fits the code as it is, and its runner tells caught from missed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from attrs import evolve

from tests.mutation import planted
from tests.mutation.planted import ROOT, Grove, bugs

# What the issue asks for at least; there are more.
FEWEST = 25
ROWS = {f"F{number:02}" for number in range(1, 41)} | {""}


@pytest.mark.parametrize("bug", bugs(), ids=lambda bug: bug.name)
def test_what_a_bug_is_planted_in_occurs_once_and_what_comes_out_is_python(bug: planted.Bug) -> None:
    text = bug.path(ROOT).read_text("utf-8")
    assert bug.planted() != text
    assert (ROOT / "navien_proto").resolve() in bug.path(ROOT).resolve().parents
    assert bug.breaks
    assert bug.row in ROWS
    assert bug.tests
    for test in bug.tests:
        path, _, name = test.partition("::")
        assert (ROOT / "tests" / path).exists()
        assert not name or f"def {name}(" in (ROOT / "tests" / path).read_text("utf-8")


def test_names_are_told_apart_and_no_bug_is_listed_twice() -> None:
    every = bugs()
    assert len(every) >= FEWEST
    assert len({bug.name for bug in every}) == len(every)
    assert len({(bug.file, bug.old, bug.new) for bug in every}) == len(every)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", bug.name) for bug in every)


def test_a_list_that_does_not_fit_any_more_is_told() -> None:
    (bug,) = (bug for bug in bugs() if bug.name == "never-back")
    with pytest.raises(ValueError, match=r"never-back: .* 0 times in session/freshness\.py"):
        evolve(bug, old="nothing of the kind").planted()
    with pytest.raises(ValueError, match=r"never-back: .* [0-9]+ times in"):
        evolve(bug, old="self").planted()
    with pytest.raises(ValueError, match="never-back: invalid syntax"):
        evolve(bug, new="\n        return return").planted()


def test_the_runner_tells_caught_from_missed(tmp_path: Path) -> None:
    (bug,) = (bug for bug in bugs() if bug.name == "never-back")
    bug = evolve(bug, tests=("proto/session/test_freshness.py",))
    grove = Grove(tmp_path)
    caught = grove.attempt(bug, limit=None)
    assert caught.caught_by is not None
    assert caught.caught_by.startswith("proto/session/test_freshness.py::test_")
    assert bug.path(tmp_path).read_bytes() == bug.path(ROOT).read_bytes()
    harmless = grove.attempt(evolve(bug, new=f"{bug.old}\n"), limit=None)
    assert harmless.caught_by is None
    assert " passed" in harmless.words
    # What breaks an import is noticed by whoever starts the program, and says nothing about the tests.
    unusable = evolve(bug, file="session/states.py", old="class State(Enum)", new="class State(Novel)")
    assert grove.attempt(unusable, limit=None).caught_by is None


def test_the_list_is_shown_without_running_anything(capsys: pytest.CaptureFixture[str]) -> None:
    assert planted.main(["--list", "--only", "old-link-honoured"]) == 0
    assert capsys.readouterr().out.split()[:2] == ["F04", "old-link-honoured"]

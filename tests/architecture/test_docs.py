"""The documentation holds together: links resolve, citations lead somewhere, tables agree with the code."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

import navien_proto
from navien_proto.config import SETTINGS
from navien_proto.model.feature import FEATURE_FIELDS
from navien_proto.model.fields import FieldRow
from navien_proto.model.status import STATUS_FIELDS
from navien_proto.session import TRANSITIONS, State, Trigger

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PROTOCOL = DOCS / "protocol"
PACKAGES = ("navien_proto", "navien_anyio", "navien_sync")

FENCE = re.compile(r"^(```+|~~~+).*?^\1\s*$", re.MULTILINE | re.DOTALL)
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE_CODE = re.compile(r"(`+)(.+?)\1")
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
LINK = re.compile(r"(?<!\!)\[[^\]\n]*(?:\n[^\]\n]+)?\]\(\s*<?([^)\s>]+)>?[^)]*\)")
NUMBER = re.compile(r"\d+(?:\.\d+)*")
# "docs/protocol/mqtt.md`` sections 2 to 4", "mqtt.md section 9", "``docs/protocol/rest.md`` 5"
CITATION = re.compile(
    r"(?P<folder>docs/)?(?P<protocol>protocol/)?(?P<name>\w+)\.(?P<kind>md|csv)`{0,2}"
    r"(?:,? (?:sections? )?(?P<numbers>\d+(?:\.\d+)*(?:(?:, | and | to )\d+(?:\.\d+)*)*)\b)?"
)


def pages() -> list[Path]:
    return sorted([*DOCS.rglob("*.md"), ROOT / "README.md"])


def prose(text: str) -> str:
    """The text without its code, where nothing is a link or a heading."""
    return FENCE.sub("", text)


def slug(heading: str) -> str:
    """The anchor that the site generator (and GitHub) makes of a heading."""
    bare = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").replace("**", "")
    ascii_only = unicodedata.normalize("NFKD", bare).encode("ascii", "ignore").decode()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", ascii_only).strip().lower())


def anchors(page: Path) -> set[str]:
    found: set[str] = set()
    for heading in HEADING.findall(prose(page.read_text("utf-8"))):
        name = slug(heading)
        count = 0
        while name in found:
            count += 1
            name = f"{slug(heading)}_{count}"
        found.add(name)
    return found


def relative_links(page: Path) -> Iterator[str]:
    text = INLINE_CODE.sub("code", prose(page.read_text("utf-8")))
    for target in LINK.findall(text):
        if not re.match(r"[a-z][a-z0-9+.-]*:", target):
            yield unquote(target)


def sections(page: Path) -> set[str]:
    """The numbers of a page's sections: ``{"1", "5", "5.4"}``."""
    numbered = (
        re.match(r"(\d+(?:\.\d+)*)\.? ", heading) for heading in HEADING.findall(prose(page.read_text("utf-8")))
    )
    return {match[1] for match in numbered if match}


def cited(numbers: str) -> Iterator[str]:
    """Every section named by "1, 4 and 6" or "2 to 4"."""
    for first, last in re.findall(rf"({NUMBER.pattern})(?: to ({NUMBER.pattern}))?", numbers):
        if last and first.isdigit() and last.isdigit():
            yield from map(str, range(int(first), int(last) + 1))
        else:
            yield first
            if last:
                yield last


def sources() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def citations(text: str) -> Iterator[tuple[str, str]]:
    """(page, section numbers) for each mention of a page of the documentation in Python source."""
    flowing = re.sub(r"\s*\n\s*(?:#:?\s*)?", " ", text)
    for match in CITATION.finditer(flowing):
        name = match["name"]
        if match["folder"] or (PROTOCOL / f"{name}.md").exists():
            place = "docs/" if match["folder"] and not match["protocol"] else "docs/protocol/"
            yield f"{place}{name}.{match['kind']}", match["numbers"] or ""


def table(page: Path, *, first: str) -> list[list[str]]:
    """The rows of the page's table whose first column is headed ``first``."""
    lines = page.read_text("utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {first} |"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().strip("`") for cell in line.strip().strip("|").split("|")])
    return rows


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("1. Basics", "1-basics"),
        ("2. `half_celsius` (0.5 deg C steps)", "2-half_celsius-05-deg-c-steps"),
        ("4. Feature (answer to `st/did`)", "4-feature-answer-to-stdid"),
        ("0.1.0 (unreleased)", "010-unreleased"),
        ("**Bold** and [linked](page.md)", "bold-and-linked"),
    ],
)
def test_anchors_are_made_as_the_site_makes_them(heading: str, anchor: str) -> None:
    assert slug(heading) == anchor


def test_links_are_found_outside_code_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    text = "# One\n[a](b.md#c), [d\ne](f.md), `[g](h.md)`, [i](https://j)\n```\n[k](l.md)\n# No\n```\n# One\n"
    page.write_text(text, "utf-8")
    assert list(relative_links(page)) == ["b.md#c", "f.md"]
    assert anchors(page) == {"one", "one_1"}


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_and_anchor_resolves(page: Path) -> None:
    for target in relative_links(page):
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), f"{target}: there is no such file"
        if anchor:
            assert anchor in anchors(linked), f"{target}: there is no such heading"


def test_pages_link_only_inside_the_documentation() -> None:
    """The site is built from docs/ alone, so that a link out of it would be dead there."""
    for page in DOCS.rglob("*.md"):
        for target in relative_links(page):
            path = target.partition("#")[0]
            assert (page.parent / path).resolve().is_relative_to(DOCS), f"{page.name}: {target}"


def test_every_page_is_in_the_navigation() -> None:
    configuration = (ROOT / ".mkdocs.yml").read_text("utf-8")
    for page in DOCS.rglob("*.md"):
        assert f": {page.relative_to(DOCS).as_posix()}\n" in configuration


def test_the_site_takes_nothing_from_elsewhere() -> None:
    configuration = (ROOT / ".mkdocs.yml").read_text("utf-8")
    assert "\n  font: false\n" in configuration
    assert "//" not in configuration
    for page in DOCS.rglob("*.md"):
        text = prose(page.read_text("utf-8"))
        assert not re.search(r"!\[[^\]]*\]\(\s*<?https?:|<(?:script|img|iframe|link)\b", text), page.name


def snippets() -> Iterator[tuple[str, str]]:
    for page in sorted(DOCS.rglob("*.md")):
        for number, code in enumerate(PYTHON.findall(page.read_text("utf-8")), 1):
            yield f"{page.relative_to(ROOT).as_posix()}-{number}", code


@pytest.mark.parametrize(("name", "code"), list(snippets()))
def test_every_python_snippet_runs(name: str, code: str) -> None:
    exec(compile(code, name, "exec"), {"__name__": name})


@pytest.mark.parametrize("source", sources(), ids=lambda source: str(source.relative_to(ROOT)))
def test_every_cited_page_and_section_exists(source: Path) -> None:
    for page, numbers in citations(source.read_text("utf-8")):
        assert (ROOT / page).exists(), f"{page} is cited and does not exist"
        missing = set(cited(numbers)) - sections(ROOT / page)
        assert not missing, f"{page} has no section {', '.join(sorted(missing))}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see ``docs/protocol/mqtt.md`` section 9.", [("docs/protocol/mqtt.md", "9")]),
        ("docs/protocol/mqtt.md section 5.4).", [("docs/protocol/mqtt.md", "5.4")]),
        ("``docs/protocol/mqtt.md``\n    sections 2 to 4", [("docs/protocol/mqtt.md", "2 to 4")]),
        ("# (docs/protocol/rest.md\n# section 4): why", [("docs/protocol/rest.md", "4")]),
        ("``docs/protocol/rest.md``, errors", [("docs/protocol/rest.md", "")]),
        ("conversions.md 2 to 5, and more", [("docs/protocol/conversions.md", "2 to 5")]),
        ("device_model.md`` sections 1, 4 and 6", [("docs/protocol/device_model.md", "1, 4 and 6")]),
        ("docs/protocol/mqtt.md section 3: 50 filters", [("docs/protocol/mqtt.md", "3")]),
        ("docs/design.md says", [("docs/design.md", "")]),
        ("docs/protocol/gone.csv", [("docs/protocol/gone.csv", "")]),
        ("readme.md 3", []),
    ],
)
def test_citations_are_recognised(text: str, expected: list[tuple[str, str]]) -> None:
    assert list(citations(text)) == expected


def test_ranges_of_sections_are_spelt_out() -> None:
    assert list(cited("1, 4 and 6")) == ["1", "4", "6"]
    assert list(cited("2 to 4")) == ["2", "3", "4"]
    assert list(cited("5.4")) == ["5.4"]


def test_the_reference_is_cited_at_all() -> None:
    """A guard for the tests above: the core does cite the reference, with section numbers."""
    found = [citation for source in sources() for citation in citations(source.read_text("utf-8"))]
    assert sum(1 for _, numbers in found if numbers) > 10


def test_the_changelog_has_the_current_version() -> None:
    text = (DOCS / "changelog.md").read_text("utf-8")
    versions = re.findall(r"^## (\d+\.\d+\.\d+\S*)", text, re.MULTILINE)
    assert versions[0] == navien_proto.__version__
    assert text.index("## Compatibility") < text.index(f"## {versions[0]}")


def fields(page: str) -> list[tuple[str, str, str, str]]:
    return [(row[0], row[1], row[2], row[3]) for row in table(PROTOCOL / page, first="wire name")]


def as_documented(rows: Iterable[FieldRow]) -> list[tuple[str, str, str, str]]:
    return [(row.wire_name, row.python_name, row.decoder, row.unit) for row in rows]


def test_the_status_fields_are_those_of_the_code() -> None:
    assert fields("status_fields.md") == as_documented(STATUS_FIELDS)


def test_the_feature_fields_are_those_of_the_code() -> None:
    assert fields("feature_fields.md") == as_documented(FEATURE_FIELDS)


def test_the_captured_status_fields_are_those_of_the_code() -> None:
    captured = {row[0] for row in table(PROTOCOL / "status_fields.md", first="wire name") if row[4] == "yes"}
    assert captured == {row.wire_name for row in STATUS_FIELDS if row.captured}


def test_the_state_table_of_the_design_is_that_of_the_code() -> None:
    page = DOCS / "design.md"
    header = "".join(f" {trigger.name} |" for trigger in Trigger)
    assert f"| state |{header}" in page.read_text("utf-8")
    rows = table(page, first="state")
    documented = {
        (State[row[0]], trigger): State[target]
        for row in rows
        for trigger, target in zip(Trigger, row[1:], strict=True)
        if target
    }
    assert documented == TRANSITIONS
    assert [row[0] for row in rows] == [state.name for state in State]


def test_the_settings_are_those_of_the_code() -> None:
    documented = table(DOCS / "settings.md", first="name")
    assert [(row[0], row[2], row[3], row[4]) for row in documented] == [
        (setting.name, setting.kind.expected, setting.older or "", setting.meaning)
        for setting in SETTINGS.values()
    ]
    for row in documented:
        default = SETTINGS[row[0]].default
        assert SETTINGS[row[0]].read(row[0], row[1]) == default if row[1] else default is None

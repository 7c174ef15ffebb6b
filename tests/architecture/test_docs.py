"""The documentation holds together: links resolve, citations lead somewhere, tables agree with the code."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from attrs import evolve
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

import navien_proto
from navien_proto.config import SETTINGS
from navien_proto.errors import UsageError
from navien_proto.model.codes import ErrorCode
from navien_proto.model.error_codes import ERRORS
from navien_proto.model.feature import FEATURE_FIELDS
from navien_proto.model.status import STATUS_FIELDS
from navien_proto.session import TRANSITIONS, State, Trigger
from navien_proto.wire.commands import Command
from tests.support.protocol_docs.commands import command_classes, examples
from tests.support.protocol_docs.conversions import decoder_names
from tests.support.protocol_docs.endpoints import ENDPOINTS, offered
from tests.support.protocol_docs.facts import facts
from tests.support.protocol_docs.fields import enum_names
from tests.support.protocol_docs.pages import OPENAPI, PROTOCOL, TABLES, differences, names_in, renewed
from tests.support.protocol_docs.traffic import message_classes, topic_functions

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
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
    # Those that talk to somebody run in test_migrating.py and tests/interop/test_mqtt_docs.py.
    for page in sorted(set(DOCS.rglob("*.md")) - {DOCS / "migrating.md", DOCS / "mqtt.md"}):
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


def test_the_tables_of_the_reference_are_those_of_the_code() -> None:
    found = differences()
    assert not found, "\n".join(found)


def test_every_generated_table_stands_on_one_page() -> None:
    asked = [name for page in DOCS.rglob("*.md") for name in names_in(page.read_text("utf-8"))]
    assert sorted(asked) == sorted(TABLES)


def test_a_changed_table_is_noticed_and_written_again() -> None:
    page = (PROTOCOL / "status_fields.md").read_text("utf-8")
    spoilt = page.replace("| `dhwTemperature` |", "| `dhwTemprature` |")
    assert spoilt != page
    assert renewed(spoilt) == page
    with pytest.raises(ValueError, match="there is no table 'nothing'"):
        renewed("<!-- generated: nothing -->\n<!-- end -->\n")


def test_nothing_is_left_out_of_the_tables() -> None:
    """Rows of facts and things of the code are the same set, so that neither can be forgotten."""
    for name, things in {
        "status_fields": {row.wire_name for row in STATUS_FIELDS},
        "feature_fields": {row.wire_name for row in FEATURE_FIELDS},
        "enums": set(enum_names()),
        "commands": {kind.__name__ for kind in command_classes()},
        "messages": {kind.__name__ for kind in message_classes()},
        "endpoints": {one.name for one in ENDPOINTS},
        "topics": set(topic_functions()),
        "decoders": set(decoder_names()),
    }.items():
        assert set(facts(name)) == things, (
            f"tests/support/protocol_docs/facts/{name}.toml has other rows than the code"
        )


def test_every_request_and_every_answer_of_rest_belongs_to_an_endpoint() -> None:
    named = {one.name for one in ENDPOINTS} | {one.parser.__name__ for one in ENDPOINTS}
    # These read what parsers of the table read, and hand over a part of it.
    assert set(offered()) == named | {"parse_refresh", "parse_device_list", "read_tou_answer"}


def test_every_error_has_its_row() -> None:
    rows = table(PROTOCOL / "error_codes.md", first="code")
    assert [(int(row[0]), int(row[1])) for row in rows[1:]] == [(one.code, one.sub_code) for one in ERRORS]
    assert {int(row[0]) for row in rows} == {int(one) for one in ErrorCode}
    assert (len(ERRORS), len(STATUS_FIELDS), len(FEATURE_FIELDS)) == (46, 102, 43), "the pages name these numbers"


def test_captured_status_fields_and_no_others_are_marked_so() -> None:
    for row in table(PROTOCOL / "status_fields.md", first="wire name"):
        name = row[0].partition("`")[0]
        (field,) = (one for one in STATUS_FIELDS if one.wire_name == name)
        assert any(cell.startswith("**C** ") for cell in row) is field.captured, name


def test_every_row_says_how_sure_it_is() -> None:
    for page, first in (("status_fields.md", "wire name"), ("error_codes.md", "code"), ("commands.md", "code")):
        header = next(
            line for line in (PROTOCOL / page).read_text("utf-8").splitlines() if line.startswith(f"| {first} |")
        )
        place = header.strip("| ").split(" | ").index("how sure")
        for row in table(PROTOCOL / page, first=first):
            assert re.match(r"\*\*[CLADIW]\*\* \w", row[place]), row


@pytest.mark.parametrize(
    ("kind", "parameter", "lowest", "highest"),
    [
        (kind, param["name"], param["lowest"], param["highest"])
        for kind in command_classes()
        for param in facts("commands")[kind.__name__].get("params", ())
        if "lowest" in param
    ],
)
def test_documented_limits_are_those_of_the_class(
    kind: type[Command], parameter: str, lowest: int, highest: int
) -> None:
    example = examples()[kind][0]
    for limit in (lowest, highest):
        evolve(example, **{parameter: limit})
    for beyond in (lowest - 1, highest + 1):
        with pytest.raises(UsageError):
            evolve(example, **{parameter: beyond})


def test_the_openapi_description_is_valid_and_has_every_endpoint() -> None:
    described = json.loads(OPENAPI.read_text("utf-8"))
    validate(described)
    operations = {
        operation["operationId"]: (path, method)
        for path, item in described["paths"].items()
        for method, operation in item.items()
        if method != "servers"
    }
    assert operations == {one.name: (one.path, one.request.method.lower()) for one in ENDPOINTS}
    for operation, (path, method) in operations.items():
        assert described["paths"][path][method]["x-how-sure"], operation


def test_the_openapi_description_shows_no_value_of_a_secret() -> None:
    text = OPENAPI.read_text("utf-8")
    for key in ("example", "examples", 'default": "', "const"):
        assert f'"{key}"' not in text
    for value in ("aabbccddeeff", "user@example.com", "00000000XX00000000", "invented"):
        assert value not in text


@pytest.mark.parametrize(
    "path", sorted((ROOT / "fixtures" / "rest").glob("*.ok.*.json")), ids=lambda path: path.stem
)
def test_answers_fit_the_openapi_description(path: Path) -> None:
    described = json.loads(OPENAPI.read_text("utf-8"))
    fixture = json.loads(path.read_text("utf-8"))
    target = fixture["request"]["path"].partition("?")[0]
    operation = described["paths"][target][fixture["request"]["method"].lower()]
    content = operation["responses"]["200"]["content"]["application/json"]["schema"]
    OAS31Validator({**content, "components": described["components"]}).validate(fixture["reply"]["body"])


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

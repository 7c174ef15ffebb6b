"""Secrets out of anything a person or a file may see: by key where there are keys, by shape everywhere.

One table serves logs, error texts, reprs, captures and transcripts, so that a secret known once is hidden
everywhere (``docs/protocol/index.md``, privacy). What is hidden is replaced by what it was: ``<token>``,
``<mac>``, ``<e-mail>``. Redacting twice changes nothing more.

Keys are recognised in any spelling (``accessToken``, ``access_token``, ``ACCESS-TOKEN``): in data as keys, in
text where quotation marks or an equals sign show that they are keys. After a plain colon a word may as well be
prose (``password: expected text``), so there only shapes count. Whoever knows a secret exactly hands it over in
``secrets``.

Every pattern here starts at most once in a run of characters or is bounded, so that the time is proportional
to the length of the text, whatever the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from urllib.parse import quote, unquote_plus

__all__ = ["Redactor", "redact_text", "redact_url", "redact_value", "secret_label"]

# Keys as they are when folded to lower-case letters and digits, by what is written in place of the value.
KEYS = {
    key: f"<{label}>"
    for label, keys in {
        "password": "password passwd pwd passphrase",
        "token": "token bearer",
        "authorization": "authorization proxyauthorization cookie setcookie",
        "access-key": "xamzcredential",
        "secret": "secret",
        "signature": "signature xamzsignature",
        "e-mail": "email userid username",
        "mac": "mac",
        "serial": "serial controllerid manufactureid",
        "name": "devicename",
        "address": "address street city zip zipcode postcode postalcode",
        "coordinates": "latitude longitude altitude lat lon lng coordinates",
        "installer": "installerid",
    }.items()
    for key in keys.split()
}
# What a longer key may end in: refreshToken, NAVIEN_PASSWORD, controllerSerialNumber.
ENDINGS = {
    "password": "<password>",
    "token": "<token>",
    "accesskey": "<access-key>",
    "accesskeyid": "<access-key>",
    "secretkey": "<secret>",
    "secretaccesskey": "<secret>",
    "clientsecret": "<secret>",
    "apikey": "<secret>",
    "email": "<e-mail>",
    "emailaddress": "<e-mail>",
    "macaddress": "<mac>",
    "serialnumber": "<serial>",
    "firstname": "<name>",
    "lastname": "<name>",
    "phonenumber": "<phone>",
}
# Objects of which everything is personal, members with harmless names (state) included.
PERSONAL = {"location": "<address>", "installer": "<installer>"}

# A value that says "not set" is no secret and worth seeing.
NOT_SET = frozenset({"", "none", "null", "true", "false"})

KEY = re.compile(
    r"""(?P<mark>\\{0,8}["'])?                  # the quotation mark of a key in JSON or a repr, escaped or not
        (?<![\w-])(?P<key>[A-Za-z_][\w-]{1,40}+)
        (?(mark)(?P=mark)\s{0,8}:\s{0,8}
          |(?:=|\s{0,8}:\s{0,8}(?=[bBuU]?\\{0,8}["'])))""",
    re.VERBOSE,
)
OPENING = re.compile(r"[bBuU]?(\\{0,8})([\"'])")
INSIDE = {mark: re.compile(rf"(?:[^{mark}\\]|\\.)*+", re.DOTALL) for mark in "\"'"}
BARE_JSON = re.compile(r"[^\s,;{}\[\]<>\"']+")
BARE = re.compile(r"(?!<[a-z-]+>)[^\s&\"']+")
PUNCTUATION = ",;)]}"

# The start of something: not inside a word, but right behind a percent-encoded or an escaped character.
START = r"(?:(?<![0-9A-Za-z])|(?<=%[0-9A-Fa-f]{2})|(?<=\\[nrt]))"
END = r"(?![0-9A-Za-z])"
HEX = "[0-9A-Fa-f]"

# Each shape with the texts of which one must occur, in lower case, for the pattern to be worth trying: most
# texts hold no secret, and every error passes here. Patterns are compiled when first needed.
SHAPES: tuple[tuple[tuple[str, ...], str, str], ...] = (
    # A header written out: everything to the end of the line.
    (
        ("authorization", "cookie"),
        r"(?i)(?<![\w-])((?:proxy-)?authorization|(?:set-)?cookie)(\s{0,8}:\s{0,8})(?!\s)[^\r\n\"'<>]+",
        r"\1\2<authorization>",
    ),
    (("bearer",), r"(?i)(?<![\w-])(bearer)\s{1,8}(?=[A-Za-z_~+/-]*[0-9.=])[\w.~+/=-]+", r"\1 <token>"),
    # Name and password in front of a host.
    (("://",), r"(://)[^/?#\s@\"'<>]{1,256}@", r"\1<user>@"),
    # A JSON web token, or the beginning of one that was cut.
    (("eyj",), START + r"eyJ[\w-]*+(?:\.[\w.-]*+|(?<=[\w-]{20}))", "<token>"),
    (("akia", "asia"), START + r"A[KS]IA[A-Z0-9]{12,}+[0-9A-Za-z]*+", "<access-key>"),
    (("@",), r"(?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]++)++", "<e-mail>"),
    (("%40",), r"(?<![\w.+-])[\w.+-]++(?:%2[Bb][\w.+-]++){0,3}%40[\w-]++(?:\.[\w-]++)++", "<e-mail>"),
    ((), START + r"[0-9]{8,}+[A-Z]{2}[0-9]{6,}+" + END, "<serial>"),
    # Twelve digits alone may be a MAC as well. The last group of a UUID is not one.
    (
        (),
        (
            rf"{START}(?<!{HEX}{{8}}-{HEX}{{4}}-{HEX}{{4}}-{HEX}{{4}}-)"
            rf"(?:{HEX}{{12}}|{HEX}{{2}}(:|-|%3[Aa]){HEX}{{2}}(?:\1{HEX}{{2}}){{4}}"
            rf"|(?=[0-9.]{{0,13}}[A-Fa-f]){HEX}{{4}}\.{HEX}{{4}}\.{HEX}{{4}}){END}"
        ),
        "<mac>",
    ),
    (
        ("lat", "coordinate", "location", "position", "geo"),
        (
            r"(?i)(\b(?:lat(?:itude)?\W{1,3}lon(?:gitude)?|coordinates?|location|position|geo)\W{1,6}?)"
            r"[+-]?[0-9]{1,3}\.[0-9]+\s?[,;/ ]\s?[+-]?[0-9]{1,3}\.[0-9]+"
        ),
        r"\1<coordinates>",
    ),
    (
        ("latitude", "longitude"),
        r"(?i)(\b(?:latitude|longitude)[\"']?\s{0,4}[:= ]\s{0,4})[+-]?[0-9]{1,3}(?:\.[0-9]+)?",
        r"\1<coordinates>",
    ),
)
# Secret keys and session tokens of AWS have no prefix of their own; they look like dice.
DICE = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{40,}+={0,2}")

# A secret shorter than this stands in too many innocent words to be searched for.
SHORTEST = 4
DEEPEST = 64


def secret_label(key: str) -> str | None:
    """What stands in place of the value under ``key``, or ``None`` when the value is no secret."""
    folded = "".join(filter(str.isalnum, key.lower()))
    found = KEYS.get(folded)
    if found is None:
        found = next((label for ending, label in ENDINGS.items() if folded.endswith(ending)), None)
    return found


class Redactor:
    """Hides what has a secret's key or shape, and moreover the exact ``secrets`` it is given.

    Each of them is also recognised percent-encoded and escaped as in JSON; those shorter than four characters
    are not searched for. The ``repr`` tells only how many there are.
    """

    __slots__ = ("_count", "_exact")

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {secret for secret in secrets if len(secret) >= SHORTEST}
        forms = {form for secret in known for form in _forms(secret)}
        # The longest first: one secret may begin with another.
        ordered = sorted(forms, key=lambda form: (-len(form), form))
        self._count = len(known)
        self._exact = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def __repr__(self) -> str:
        return f"<Redactor of {self._count} secrets>"

    def text(self, text: str) -> str:
        """``text`` without secrets."""
        if self._exact is not None:
            text = self._exact.sub("<secret>", text)
        if "=" in text or (":" in text and ('"' in text or "'" in text)):
            text = _by_key(text)
        lowered = text.lower()
        for hints, pattern, replacement in SHAPES:
            if not hints or any(hint in lowered for hint in hints):
                text = re.sub(pattern, replacement, text)
        return DICE.sub(_dice, text)

    def url(self, url: str) -> str:
        """``url`` without secrets: its query is looked at decoded, name by name."""
        address, mark, rest = url.partition("?")
        query, hash_mark, fragment = rest.partition("#")
        pairs = "&".join(map(self._pair, query.split("&")))
        return f"{self.text(address)}{mark}{pairs}{hash_mark}{self.text(fragment)}"

    def value(self, value: object) -> object:
        """``value`` without secrets: mappings, lists, tuples and text like those of JSON are rebuilt.

        What says "not set" stays (``None``, booleans, empty text). Bytes become their length, any other object
        its redacted ``repr``. Nothing of more than 64 levels is followed.
        """
        return self._value(value, None, 0)

    def _pair(self, pair: str) -> str:
        name, equals, value = pair.partition("=")
        plain_name, plain = unquote_plus(name), unquote_plus(value)
        label = secret_label(plain_name)
        secret = label is not None and plain.lower() not in NOT_SET
        shown = label if secret and label else self.text(plain)
        shown_name = self.text(plain_name)
        return f"{name if shown_name == plain_name else shown_name}{equals}{value if shown == plain else shown}"

    def _value(self, value: object, label: str | None, depth: int) -> object:
        if value is None or isinstance(value, bool) or value == "":
            return value
        if depth > DEEPEST:
            return "<too deep>"
        if isinstance(value, Mapping):
            return self._mapping(value, label, depth)
        if isinstance(value, list | tuple):
            items = [self._value(item, label, depth + 1) for item in value]
            return items if isinstance(value, list) else tuple(items)
        if label is not None:
            return label
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes | bytearray | memoryview):
            return f"<{len(value)} bytes>"
        return value if isinstance(value, int | float) else self.text(repr(value))

    def _mapping(self, value: Mapping[object, object], label: str | None, depth: int) -> dict[object, object]:
        # HAR writes headers and cookies as objects of a name and a value.
        named = value.get("name") if "value" in value else None
        result: dict[object, object] = {}
        for key, member in value.items():
            below = label
            if below is None and isinstance(key, str):
                folded = "".join(filter(str.isalnum, key.lower()))
                below = secret_label(key) or PERSONAL.get(folded)
                if key == "value" and isinstance(named, str):
                    below = below or secret_label(named)
            shown = self.text(key) if isinstance(key, str) else key
            result[shown] = self._value(member, below, depth + 1)
        return result


_PLAIN = Redactor()


def redact_text(text: str, secrets: Iterable[str] = ()) -> str:
    """``text`` without what has a secret's key or shape, and without the exact ``secrets``."""
    return Redactor(secrets).text(text) if secrets else _PLAIN.text(text)


def redact_url(url: str, secrets: Iterable[str] = ()) -> str:
    """``url`` without secrets in its user part, path and query; see :meth:`Redactor.url`."""
    return Redactor(secrets).url(url) if secrets else _PLAIN.url(url)


def redact_value(value: object, secrets: Iterable[str] = ()) -> object:
    """``value``, data like that of JSON, without secrets; see :meth:`Redactor.value`."""
    return Redactor(secrets).value(value) if secrets else _PLAIN.value(value)


def _forms(secret: str) -> set[str]:
    """``secret`` as it stands, percent-encoded, and escaped as in JSON or a ``repr``."""
    escaped = secret.replace("\\", "\\\\").replace('"', '\\"')
    encoded = quote(secret.encode("utf-8", "surrogatepass"), safe="")
    return {secret, encoded, escaped, repr(secret)[1:-1]}


def _by_key(text: str) -> str:
    """``text`` with the values of secret keys replaced."""
    pieces: list[str] = []
    done = place = 0
    while found := KEY.search(text, place):
        place = found.end()
        label = secret_label(found["key"])
        if label is None:
            continue
        start, end = _span(text, place, json=found["mark"] is not None)
        if text[start:end].lower() not in NOT_SET:
            pieces += (text[done:start], label)
            done = place = end
    return "".join((*pieces, text[done:])) if pieces else text


def _span(text: str, place: int, *, json: bool) -> tuple[int, int]:
    """Where the value at ``place`` begins and ends, without its quotation marks."""
    opening = OPENING.match(text, place)
    if opening is None:
        bare = (BARE_JSON if json else BARE).match(text, place)
        if bare is None:
            return place, place
        return place, place + len(bare[0].rstrip(PUNCTUATION))
    start = opening.end()
    depth, mark = len(opening[1]), opening[2]
    if depth == 0:
        inside = INSIDE[mark].match(text, start)
        return start, inside.end() if inside else start
    # Text within text: its closing mark is escaped as often as its opening one.
    closing = re.compile(rf"(?<!\\)\\{{{depth}}}{mark}").search(text, start)
    return start, closing.start() if closing else len(text)


def _dice(found: re.Match[str]) -> str:
    """``<secret>`` when the characters change kind as often as random ones do; in names they do it seldom."""
    kinds = ["a" if c.islower() else "A" if c.isupper() else "0" for c in found[0] if c.isalnum()]
    changes = sum(left != right for left, right in pairwise(kinds))
    return "<secret>" if len(set(kinds)) == 3 and changes * 3 >= len(kinds) else found[0]

"""Stand-ins for secrets that keep their shape: one secret, one stand-in, wherever it occurs.

Where :mod:`navien_proto.redact` hides a secret, this module puts something of the same form in its place, so that
a file still reads as it did: a MAC address becomes ``020000000001``, an e-mail address ``user1@example.com``, a
serial number one of zeros, a token ``<token-1>``. A stand-in stands for itself: doing it twice changes nothing.

A :class:`Pseudonyms` is used twice over the same data: what is seen before :meth:`Pseudonyms.settle` is learnt,
and afterwards found in any text, with or without a key beside it. Data that is seen once and never ends is for
one that is ``at_once``: there a secret is found everywhere from the moment it is seen under a key.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from urllib.parse import quote, unquote

from navien_proto.redact import END, HEX, NOT_SET, START, redact_text, secret_label

__all__ = ["Pseudonyms", "secret_kind"]

# What the redactor tells apart and a stand-in does not.
SAME = dict.fromkeys(("authorization", "access-key", "secret", "signature"), "token")
# Identities that are no secrets in a log and are in a file that goes to strangers.
MORE = {
    "clientid": "client",
    "userseq": "number",
    "homeseq": "number",
    "additionalvalue": "additional",
    "nickname": "name",
    "fullname": "name",
    "ssid": "name",
    "bssid": "mac",
}

SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("token", re.compile(START + r"eyJ[\w-]*+(?:\.[\w.-]*+|(?<=[\w-]{20}))")),
    ("token", re.compile(START + r"A[KS]IA[A-Z0-9]{12,}+[0-9A-Za-z]*+")),
    ("e-mail", re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]++)++")),
    ("e-mail", re.compile(r"(?<![\w.+-])[\w.+-]++(?:%2[Bb][\w.+-]++){0,3}%40[\w-]++(?:\.[\w-]++)++")),
    ("serial", re.compile(START + r"[0-9]{8,}+[A-Z]{2}[0-9]{6,}+" + END)),
    (
        "mac",
        re.compile(
            rf"{START}(?<!{HEX}{{8}}-{HEX}{{4}}-{HEX}{{4}}-{HEX}{{4}}-)"
            rf"(?:{HEX}{{12}}|{HEX}{{2}}(:|-|%3[Aa]){HEX}{{2}}(?:\1{HEX}{{2}}){{4}}"
            rf"|(?=[0-9.]{{0,13}}[A-Fa-f]){HEX}{{4}}\.{HEX}{{4}}\.{HEX}{{4}}){END}"
        ),
    ),
)
MAC = re.compile(
    rf"{HEX}{{12}}|{HEX}{{2}}([:-]){HEX}{{2}}(?:\1{HEX}{{2}}){{4}}|{HEX}{{4}}\.{HEX}{{4}}\.{HEX}{{4}}"
)
SERIAL = re.compile(r"[0-9]{8,}([A-Z]{2})[0-9]{6,}|[0-9]{12,}")
# The stand-ins, by kind, with their number.
OURS = {
    "mac": re.compile(r"020000000([0-9]{3})"),
    "e-mail": re.compile(r"user([0-9]+)@example\.com"),
    "serial": re.compile(r"(?:0{8,}XX0{3,}|0{9,})([0-9]{3})"),
    "number": re.compile(r"999000([0-9]{3})"),
    "client": re.compile(r"client-([0-9]+)"),
}
# Behind a dash as well, where another address would be taken to begin earlier.
OUR_MAIL = re.compile(r"(?<![0-9A-Za-z])user[0-9]+@example\.com(?![\w.-])")
LABELLED = re.compile(r"<(?:[a-z-]+?)(?:-([0-9]+))?>|<[0-9]+ bytes>")
# Numbers of three digits keep the shapes; a file with more of a kind gets labels.
MOST = 999
# Shorter secrets stand in too many innocent words to be searched for where no key marks them.
SHORTEST = 4
# Kinds that may be searched for in what has a structure (topics, paths, keys); a name might be a word of it.
STRICT = frozenset({"mac", "e-mail", "serial", "number", "client"})
SHORTEST_NUMBER = 5
# No word that a topic, a path or a key is made of and that somebody might choose as a name is as long as this.
LONG = 12
# What an endless stream may make us remember: texts looked at, and secrets that come and go (tokens, hourly).
MOST_TEXTS = 4096
MOST_NAMES = 4096
# Characters for private use hold the place of stand-ins while the rest of a text is looked at.
HELD = re.compile("\ue000([0-9]+)\ue001")
FOREIGN = str.maketrans("", "", "\ue000\ue001")


@lru_cache(maxsize=1024)
def secret_kind(key: str) -> str | None:
    """What kind of secret stands under ``key`` (``token``, ``mac``, ``e-mail`` …); ``None`` when it is none."""
    if "<" in key:
        return None  # no key, or one that was itself redacted: what it says is not about its value
    folded = "".join(filter(str.isalnum, key.lower()))
    if folded in MORE:
        return MORE[folded]
    label = secret_label(key)
    return None if label is None else SAME.get(label[1:-1], label[1:-1])


class Pseudonyms:
    """The stand-ins of one file. ``repr`` tells only how many there are.

    With ``at_once`` there is no second look and no ``settle``, and memory is bounded: of the secrets the oldest
    tokens are forgotten first.
    """

    def __init__(self, *, at_once: bool = False) -> None:
        self._at_once = at_once
        self._stale = False
        self._strict: set[str] = set()
        self._names: dict[tuple[str, str], str] = {}
        self._reserved: dict[str, set[int]] = {}
        self._last: dict[str, int] = {}
        self._exact: dict[bool, re.Pattern[str] | None] = {}
        self._forms: dict[str, str] = {}
        self._memory: dict[tuple[str, bool], str] = {}

    def __repr__(self) -> str:
        return f"<Pseudonyms of {len(self._names)} secrets>"

    @property
    def counts(self) -> Mapping[str, int]:
        """How many different secrets of each kind were replaced."""
        return dict(Counter(kind for (kind, value), name in self._names.items() if value != name))

    def settle(self) -> None:
        """Everything was seen once: from here on every secret seen is replaced wherever it stands."""
        seen = list(self._names)
        self._names.clear()
        self._last.clear()
        self._memory.clear()
        for kind, value in seen:
            self._search_for(kind, value, self._name(kind, value))
        self._exact = {True: _any_of(self._strict), False: _any_of(self._forms)}

    def keep(self, kind: str, value: str) -> None:
        """``value`` is no secret though it stands where secrets of that kind do: it stands for itself."""
        self._names[kind, value] = value

    def _search_for(self, kind: str, value: str, name: str) -> None:
        if value == name or kind == "additional" or value.lower() in NOT_SET:
            return
        for form in _forms(value):
            if len(form) >= (SHORTEST_NUMBER if form.isdigit() else SHORTEST):
                self._forms.setdefault(form, name)
                if kind in STRICT or len(form) >= LONG:
                    self._strict.add(form)

    def of(self, kind: str, value: str) -> str:
        """The stand-in for ``value``; what says "not set" stays."""
        if value.lower() in NOT_SET or LABELLED.fullmatch(value):
            self._reserve(kind, LABELLED, value)
            return value
        if kind == "mac" and MAC.fullmatch(value):
            return _like_mac(self._name("mac", _bare(value)), value)
        if kind == "client" and SHAPES[-1][1].search(value):
            return self.text(value, strict=True)  # navilink- and the MAC
        return self._name(kind, value.lower() if kind == "e-mail" and "@" in value else value)

    def given(self, name: str) -> bool:
        """Whether ``name`` is a stand-in that was given."""
        return name in self._names.values()

    def packed(self, text: str) -> str:
        """Hexadecimal text, which may look like a MAC address and is one only if it was seen as such."""
        return self._names.get(("mac", text.lower()), text)

    def query(self, text: str) -> str:
        """A query with stand-ins, percent-encoded, for what was seen under a key; shapes are not looked at."""
        exact = self._pattern(strict=False)
        return text if exact is None else exact.sub(lambda found: quote(self._forms[found[0]], safe="@"), text)

    def level(self, text: str) -> str:
        """A level of a topic: a client's id, a home's number, or text."""
        for kind in ("client", "number"):
            if (kind, text) in self._names:
                return self._names[kind, text]
        return self.text(text, strict=True)

    def text(self, text: str, *, strict: bool = False) -> str:
        """``text`` with stand-ins for what was seen under a key anywhere and for what has a secret's shape.

        With ``strict``, short secrets and those that may be ordinary words are not searched for.
        """
        known = self._memory.get((text, strict))
        if known is None:
            known = self._text(text, strict)
            if len(text) < 200:
                if self._at_once and len(self._memory) >= MOST_TEXTS:
                    self._memory.clear()
                self._memory[text, strict] = known
        return known

    def _text(self, text: str, strict: bool) -> str:
        held: list[str] = []

        def hold(name: str) -> str:
            held.append(name)
            return f"\ue000{len(held) - 1}\ue001"

        text = OUR_MAIL.sub(lambda found: hold(self._name("e-mail", found[0])), text.translate(FOREIGN))
        exact = self._pattern(strict=strict)
        if exact is not None:
            text = exact.sub(lambda found: hold(self._forms[found[0]]), text)
        for kind, pattern in SHAPES:

            def stand_in(found: re.Match[str], kind: str = kind) -> str:
                return hold(self._shaped(kind, found[0]))

            text = pattern.sub(stand_in, text)
        text = redact_text(text)
        return HELD.sub(lambda found: held[int(found[1])], text)

    def _shaped(self, kind: str, found: str) -> str:
        if kind == "mac":
            bare = re.sub("%3[Aa]", ":", found)
            return _like_mac(self._name("mac", _bare(bare)), found)
        if "%40" in found:
            return self.of(kind, unquote(found)).replace("@", "%40")
        return self.of(kind, found)

    def _name(self, kind: str, value: str) -> str:
        name = self._names.get((kind, value))
        if name is None:
            ours = OURS.get(kind)
            if ours is not None and ours.fullmatch(value) and not self._taken(kind, ours, value):
                self._reserve(kind, ours, value)
                name = value
            else:
                name = self._new(kind, value)
            self._names[kind, value] = name
            if self._at_once:
                self._seen(kind, value, name)
        return name

    def _taken(self, kind: str, pattern: re.Pattern[str], value: str) -> bool:
        """Whether what looks like a stand-in of ours stands for something else already, past mending."""
        found = pattern.fullmatch(value)
        if not self._at_once or found is None:
            return False
        number = int(found[1][:9])
        return number <= self._last.get(kind, 0) and number not in self._reserved.get(kind, ())

    def _seen(self, kind: str, value: str, name: str) -> None:
        """A secret was seen for the first time: find it from now on."""
        self._search_for(kind, value, name)
        if value != name:
            self._stale = True
            self._memory.clear()
        if len(self._names) > MOST_NAMES:
            tokens = [known for known in self._names if known[0] == "token"] or list(self._names)
            for known in tokens[: len(tokens) // 2]:
                del self._names[known]
                for form in _forms(known[1]):
                    self._forms.pop(form, None)
                    self._strict.discard(form)

    def _pattern(self, *, strict: bool) -> re.Pattern[str] | None:
        if self._stale:
            self._exact = {True: _any_of(self._strict), False: _any_of(self._forms)}
            self._stale = False
        return self._exact.get(strict)

    def _reserve(self, kind: str, pattern: re.Pattern[str], value: str) -> None:
        found = pattern.fullmatch(value)
        if found is not None and found[1] is not None:
            self._reserved.setdefault(kind, set()).add(int(found[1][:9]))

    def _new(self, kind: str, value: str) -> str:
        if kind == "additional":
            return "1234"
        if kind == "coordinates":
            return "0.0"
        if kind == "address" and value.isascii() and value.isdigit():
            return "0" * len(value)
        number = self._last.get(kind, 0) + 1
        while number in self._reserved.get(kind, ()):
            number += 1
        self._last[kind] = number
        if kind == "e-mail":
            return f"user{number}@example.com"
        if kind == "client":
            return f"client-{number}"
        if number <= MOST:
            if kind == "mac" and MAC.fullmatch(value):
                return f"020000000{number:03}"
            if kind == "number":
                return f"999000{number:03}"
            shape = SERIAL.fullmatch(value) if kind == "serial" else None
            if shape is not None:
                zeros = "0" * len(value) if shape[1] is None else f"{'0' * shape.start(1)}XX"
                return f"{zeros:0<{len(value)}}"[:-3] + f"{number:03}"
        return f"<{kind}-{number}>"


def _forms(value: str) -> tuple[str, ...]:
    """``value`` as it stands, percent-encoded, and escaped as in JSON."""
    return value, quote(value, safe="", errors="surrogatepass"), json.dumps(value)[1:-1]


def _any_of(forms: Iterable[str]) -> re.Pattern[str] | None:
    # The longest first: one secret may begin with another.
    ordered = sorted(forms, key=lambda form: (-len(form), form))
    return re.compile("|".join(map(_bounded, ordered))) if ordered else None


def _bounded(form: str) -> str:
    start = r"(?:(?<![0-9A-Za-z])|(?<=%[0-9A-Fa-f]{2}))" if form[0].isalnum() else ""
    return start + re.escape(form) + (r"(?![0-9A-Za-z])" if form[-1].isalnum() else "")


def _bare(mac: str) -> str:
    return re.sub("[:.-]", "", mac).lower()


def _like_mac(name: str, found: str) -> str:
    """The stand-in ``name`` with the separators of ``found``."""
    if len(name) != 12 or len(found) == 12:
        return name
    if "." in found:
        return ".".join(name[at : at + 4] for at in range(0, 12, 4))
    separator = found[2:5] if found[2] == "%" else found[2]
    return separator.join(name[at : at + 2] for at in range(0, 12, 2))

"""Makes the blocking twins of asynchronous modules: ``python -m tests.support.blocking [--check]``.

Where two modules differ in nothing but ``async`` and ``await``, one is written and the other made of it, so that
they cannot drift apart.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

__all__ = ["TWINS", "blocking"]

ROOT = Path(__file__).resolve().parents[2]
TWINS = {f"navien_anyio/{name}.py": f"navien_sync/{name}.py" for name in ("calls", "queries")}

NOTE = re.compile(r"The blocking twin, ``[^`]+``, is made from this file: ``([^`]+)``\.")
WORDS = (
    (re.compile(r"\basync (def|with|for)\b"), r"\1"),
    (re.compile(r"\bawait "), ""),
    (re.compile(r"\bnavien_anyio\b"), "navien_sync"),
)


def blocking(source: str, origin: str) -> str:
    """The blocking twin of ``source``, which stands in the file ``origin``."""
    for word, instead in WORDS:
        source = word.sub(instead, source)
    return NOTE.sub(rf"Made from ``{origin}``, its asynchronous twin: ``\1``.", source)


def main(arguments: list[str]) -> int:
    """Write every twin, or with ``--check`` only say which differ."""
    differ = 0
    for origin, twin in TWINS.items():
        made = blocking((ROOT / origin).read_text(encoding="utf-8"), origin)
        path = ROOT / twin
        if path.exists() and path.read_text(encoding="utf-8") == made:
            continue
        differ += 1
        if "--check" in arguments:
            print(f"{twin} is not what {origin} makes: python -m tests.support.blocking")
        else:
            path.write_text(made, encoding="utf-8")
    return differ if "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

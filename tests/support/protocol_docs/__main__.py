"""Write the tables and pictures of the documentation: ``python -m tests.support.protocol_docs [--check]``."""

from __future__ import annotations

import sys

from tests.support.protocol_docs.pages import differences, write

if sys.argv[1:] == ["--check"]:
    found = differences()
    for sentence in found:
        print(sentence)
    sys.exit(bool(found))
if sys.argv[1:]:
    sys.exit("usage: python -m tests.support.protocol_docs [--check]")
for name in write():
    print(f"wrote {name}")

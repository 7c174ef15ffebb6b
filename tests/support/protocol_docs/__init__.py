"""The protocol's reference, written from the code: ``python -m tests.support.protocol_docs [--check]``.

The pages in ``docs/protocol`` are prose with tables in them. A table stands between two comments::

    <!-- generated: status fields -->
    …
    <!-- end -->

and is made here from the code's own tables: fields, enumerations, errors, command and message classes,
endpoints, topics, conversions. What the code has no use for (the values a capture holds, how sure a fact is,
remarks) stands in ``facts/*.toml`` beside this file, one row a thing, by the code's own names. ``openapi.json``
is made as a whole. The tables and pictures of ``docs/session.md`` come from :mod:`tests.support.session_docs`.
"""

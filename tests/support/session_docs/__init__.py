"""The tables and pictures of ``docs/session.md``, made from the session's own data.

Events and statistics come from docstrings, timers from their enumerations, the pictures of the states from the
tables of transitions. ``python -m tests.support.protocol_docs`` writes them together with the reference's.
"""

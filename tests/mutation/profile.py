"""A pytest plugin: property tests with few examples, the same for every mutant. Named in ``[tool.mutmut]``."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "mutation",
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    # That a test fails is all that is asked: the smallest example may take minutes to find.
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)

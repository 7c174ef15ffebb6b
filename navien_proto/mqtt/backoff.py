"""How long to wait before the next attempt."""

from __future__ import annotations

from random import Random

from attrs import field, frozen, validators

__all__ = ["MIN_CONNECT_GAP", "Backoff", "ReconnectPolicy"]

# docs/protocol/mqtt.md section 3: AWS IoT takes one CONNECT a second from a client id.
MIN_CONNECT_GAP = 1.0
"""Seconds between two CONNECTs at least."""


@frozen(kw_only=True)
class ReconnectPolicy:
    """Whether and how to try again.

    The n-th wait is drawn evenly from ``first_delay`` to ``min(max_delay, first_delay × factor ** n)``
    seconds ("full jitter": many clients that lost one broker do not come back in step).
    ``max_attempts`` counts failures in a row; ``None`` is no limit.
    """

    enabled: bool = True
    # AWS IoT takes one CONNECT a second from one client id (docs/protocol/mqtt.md section 3).
    first_delay: float = field(default=1.0, validator=validators.ge(1.0))
    factor: float = field(default=2.0, validator=validators.ge(1.0))
    max_delay: float = field(default=120.0, validator=validators.ge(1.0))
    max_attempts: int | None = field(default=None, validator=validators.optional(validators.ge(1)))


class Backoff:
    """The failures in a row, and the waits drawn from them."""

    def __init__(self, policy: ReconnectPolicy, rng: Random) -> None:
        self._policy = policy
        self._rng = rng
        self.failures = 0

    def next_delay(self, at_least: float = 0.0) -> float | None:
        """Count one more failure and draw the wait in seconds; ``None`` when it was one too many."""
        policy = self._policy
        self.failures += 1
        if not policy.enabled or (policy.max_attempts is not None and self.failures > policy.max_attempts):
            return None
        # 2.0 ** 1024 overflows a float; long before that the cap holds.
        growth = policy.factor ** min(self.failures, 64)
        cap = min(policy.max_delay, policy.first_delay * growth)
        return max(at_least, self._rng.uniform(min(policy.first_delay, cap), cap))

    def reset(self) -> None:
        """Forget the failures: the connection proved stable."""
        self.failures = 0

"""Millions of inputs by chance, on every processor: ``python -m tests.invariants --inputs 10000000``.

Trials are drawn one after the other from ``--seed`` on. One that breaks an invariant ends the run with 1; it is
printed with its seed, and made as small as can be found in two minutes. ``--only SEED`` plays that one again.
"""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from itertools import count
from multiprocessing import get_context
from time import perf_counter

from tests.invariants.trial import Trial, attempt, shrunk


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=100_000, help="how many at least (default 100000)")
    parser.add_argument("--seed", type=int, default=0, help="the first trial's seed (default 0)")
    parser.add_argument("--only", type=int, metavar="SEED", help="play that trial alone")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (default: all processors)")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no more trials after that long")
    parser.add_argument("--all", action="store_true", help="go on after a failure and list all; nothing is shrunk")
    given = parser.parse_args()
    if given.only is not None:
        return alone(given.only, shrink=not given.all)
    began, inputs, trials, failed = perf_counter(), 0, 0, 0
    told, first = began, None
    seeds = count(given.seed)
    with ProcessPoolExecutor(given.jobs, get_context("spawn")) as pool:
        ahead = {pool.submit(attempt, next(seeds)) for _ in range(2 * given.jobs)}
        while ahead:
            done, ahead = wait(ahead, return_when=FIRST_COMPLETED)
            now = perf_counter()
            for one in done:
                seed, played, rule, sentence = one.result()
                inputs, trials = inputs + played, trials + 1
                if rule is not None:
                    failed += 1
                    print(f"seed {seed} breaks an invariant. {sentence}", flush=True)
                    first = first or (seed, rule)
            if now - told > 10:
                told, rate = now, inputs / (now - began)
                print(f"{inputs:>12,} inputs  {trials:>7,} trials  {rate:>8,.0f} inputs/s", flush=True)
            enough = inputs >= given.inputs or now - began > given.seconds or (failed and not given.all)
            if not enough:
                ahead |= {pool.submit(attempt, next(seeds)) for _ in done}
    took = perf_counter() - began
    minutes = 1e7 * took / max(inputs, 1) / 60
    print(
        f"{inputs:,} inputs in {trials:,} trials from seed {given.seed} on, {failed} broken, in {took:.0f} s with "
        f"{given.jobs} processes: {inputs / took:,.0f} inputs/s, ten million in {minutes:.0f} min"
    )
    if first is None:
        return 0
    if not given.all:
        print(f"Made smaller:\n\n{shrunk(Trial.drawn(first[0]), first[1])}")
    return 1


def alone(seed: int, *, shrink: bool) -> int:
    """Play one trial and print how it went."""
    _, played, rule, sentence = attempt(seed)
    if rule is None:
        print(f"seed {seed}: {played:,} inputs, and all holds")
        return 0
    print(f"seed {seed} breaks an invariant. {sentence}", flush=True)
    print(shrunk(Trial.drawn(seed), rule) if shrink else Trial.drawn(seed))
    return 1


if __name__ == "__main__":
    sys.exit(main())

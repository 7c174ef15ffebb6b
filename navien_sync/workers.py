"""Threads for what blocks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import TypeVar

__all__ = ["Job", "Workers"]

Job = Callable[[], None]
T = TypeVar("T")


class Workers:
    """One thread that stays for the next job, and further ones only while it is busy.

    So a job that hangs (a dead resolver, a callback that sleeps) holds up no other. All are daemons: what cannot
    be interrupted does not hold up the interpreter's end either.

    Args:
        name: of the threads.
        crashed: is told what a job raised, in the job's thread.
    """

    def __init__(self, name: str, crashed: Callable[[Exception], None]) -> None:
        self._name = name
        self._crashed = crashed
        self._lock = threading.Lock()
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._idle = False
        self._closed = False
        self._threads: set[threading.Thread] = set()

    def run(self, job: Job) -> bool:
        """Run ``job`` in a thread, at once; false when they are closed or the system has no thread left."""
        with self._lock:
            if self._closed:
                return False
            if self._idle:
                self._idle = False
                self._jobs.put(job)
                return True
            # Started under the lock: whoever joins finds only threads that run. A thread that is through with its
            # work still has to end, and is waited for like the others: nobody else forgets it.
            thread = threading.Thread(target=self._work, args=(job,), name=self._name, daemon=True)
            try:
                thread.start()
            except RuntimeError:
                return False
            self._threads = {other for other in self._threads if other.is_alive()} | {thread}
            return True

    def call(self, function: Callable[[], T], timeout: float) -> T | None:
        """The result of ``function``, run in a thread; ``None`` when it takes longer than ``timeout`` seconds."""
        results: list[T] = []
        done = threading.Event()

        def job() -> None:
            try:
                results.append(function())
            finally:
                done.set()

        if self.run(job):
            done.wait(timeout)
        return results[0] if results else None

    def close(self) -> None:
        """Take no more jobs; threads end when theirs is done."""
        with self._lock:
            self._closed = True
            if self._idle:
                self._idle = False
                self._jobs.put(None)

    def join(self, timeout: float) -> bool:
        """After ``close``: wait until every thread ended, except the calling one; false when that takes longer."""
        until = time.monotonic() + timeout
        with self._lock:
            threads = self._threads - {threading.current_thread()}
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)

    def _work(self, first: Job) -> None:
        job: Job | None = first
        while job is not None:
            try:
                job()
            except Exception as error:  # noqa: BLE001 (a job that raises is a bug, and is told)
                self._crashed(error)
            # What the job holds on to must not live as long as this thread waits.
            job = None
            with self._lock:
                if self._idle or self._closed:
                    break
                self._idle = True
            job = self._jobs.get()

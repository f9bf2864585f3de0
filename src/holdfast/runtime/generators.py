"""A running synchronous generator: one thread from its first step to its last."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

from holdfast.runtime.outputs import ConvertedStep
from holdfast.runtime.threads import Threads, outlast

AHEAD = 64
"""Steps that a generator without State can run ahead of publishing."""


class GeneratorThread:
    """Runs a synchronous generator and converts each step in the generator's own thread.

    Because steps are already converted when they leave the thread, a generator without State can run ahead of its
    reader, so many steps cost one switch between threads. A generator with State waits at each `yield` until the step
    is committed.

    Args:
        threads: Threads to run the generator in.
        start: Function that creates the generator.
        convert: Function that converts a yielded value to a step.
        lockstep: Wait at each `yield`.
    """

    def __init__(
        self,
        threads: Threads,
        start: Callable[[], Iterator[Any]],
        convert: Callable[[Any], ConvertedStep],
        *,
        lockstep: bool,
    ) -> None:
        self._start = start
        self._convert = convert
        self._ahead = 1 if lockstep else AHEAD
        self._loop = asyncio.get_running_loop()
        self._mutex = threading.Lock()
        self._gate = threading.Lock()
        self._gate.acquire()
        self._at_gate = False
        self._steps: list[ConvertedStep] = []
        self._made = 0
        self._taken = 0
        self._stop = False
        self._ended = False
        self._error: BaseException | None = None
        self._awake: asyncio.Future[None] | None = None
        self._thread = threads.run(self._drive)
        self._thread.add_done_callback(self._on_thread_end)

    async def next(self) -> list[ConvertedStep]:
        """Return the next steps, or an empty list if the generator has ended.

        Each call confirms that the previous steps have been processed.

        Raises:
            Exception: Any exception raised by the generator or by the conversion of a yielded value.
        """
        self._open_gate()
        while True:
            with self._mutex:
                steps, self._steps = self._steps, []
                if not steps and not self._ended:
                    self._awake = self._loop.create_future()
            if steps:
                self._taken += len(steps)
                if self._ahead > 1:
                    self._open_gate()
                return steps
            if self._awake is None:
                break
            try:
                await self._awake
            finally:
                self._awake = None
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        return []

    async def close(self) -> None:
        """Close the generator and wait until its `finally` blocks have run."""
        self._stop = True
        self._open_gate()
        if not self._thread.done():
            await outlast(self._thread)

    def _open_gate(self) -> None:
        with self._mutex:
            if self._at_gate and (self._stop or self._made < self._taken + self._ahead):
                self._at_gate = False
                self._gate.release()

    def _wake(self) -> None:
        if self._awake is not None and not self._awake.done():
            self._awake.set_result(None)

    def _on_thread_end(self, thread: asyncio.Future[None]) -> None:
        error = None if thread.cancelled() else thread.exception()
        with self._mutex:
            self._ended = True
            self._error = error
        self._wake()

    def _drive(self) -> None:
        """Run the generator in its thread."""
        generator = self._start()
        try:
            while not self._stop:
                try:
                    value = next(generator)
                except StopIteration:
                    return
                self._hand_over(self._convert(value))
        finally:
            close = getattr(generator, "close", None)
            if close is not None:
                close()

    def _hand_over(self, step: ConvertedStep) -> None:
        with self._mutex:
            self._steps.append(step)
            self._made += 1
            first = len(self._steps) == 1
            wait = self._made >= self._taken + self._ahead and not self._stop
            self._at_gate = wait
        if first:
            self._loop.call_soon_threadsafe(self._wake)
        if wait:
            self._gate.acquire()

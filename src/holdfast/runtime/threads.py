"""Threads for blocking functions, with one handover per call and no polling. They do not keep the process alive."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import Context, copy_context
from typing import Any, TypeAlias, TypeVar

from holdfast.tasks import Stubborn, ended

T = TypeVar("T")
Answer: TypeAlias = "tuple[Callable[[asyncio.Future[Any], Any], None], Any]"
"""Function that completes a future, and its argument."""


class StoppedError(RuntimeError):
    """The runtime was closed while a function was running in a thread."""


class _Work:
    __slots__ = ("args", "context", "fn", "future", "loop")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        future: asyncio.Future[Any],
        context: Context,
        fn: Callable[..., Any],
        args: tuple[Any, ...],
    ) -> None:
        self.loop = loop
        self.future = future
        self.context = context
        self.fn = fn
        self.args = args

    def __call__(self) -> Answer | None:
        """Run the function and return how to complete its future, or `None` if the future was canceled."""
        if self.future.cancelled():
            return None
        try:
            return _succeed, self.context.run(self.fn, *self.args)
        except BaseException as error:
            return _fail, error

    def tell(self, answer: Answer) -> None:
        try:
            self.loop.call_soon_threadsafe(answer[0], self.future, answer[1])
        except RuntimeError:  # the loop is closed, so there are no waiters left
            return


def _succeed(future: asyncio.Future[Any], result: Any) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[Any], error: BaseException) -> None:
    if future.done():
        return
    future.set_exception(failure_from(error))


def failure_from(error: BaseException) -> Exception:
    """Convert any exception of a function to a failure of its event.

    `SystemExit` is meant for the process and would end the event loop. A future cannot carry `StopIteration`.
    """
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        return error
    wrapped = RuntimeError(f"The function raised {type(error).__name__}.")
    wrapped.__cause__ = error
    return wrapped


class Threads:
    """A pool of daemon threads that grows on demand.

    Args:
        limit: Maximum number of threads; `None` for no limit.
        name: Prefix of the threads' names.
    """

    def __init__(self, limit: int | None, name: str) -> None:
        self.limit = limit
        self.name = name
        self._inbox: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._backlog: deque[_Work] = deque()
        self._lock = threading.Lock()
        self._count = 0
        self._idle = 0
        self._lent = 0
        self._closed = False
        self._futures: set[asyncio.Future[Any]] = set()

    def run(self, fn: Callable[..., T], *args: Any) -> asyncio.Future[T]:
        """Call `fn(*args)` in a thread, in a copy of the caller's context.

        Returns:
            Future of the result. A running function cannot be stopped, so a canceled await ends when the function does.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = Stubborn(loop=loop)
        self._futures.add(future)
        future.add_done_callback(self._futures.discard)
        work = _Work(loop, future, copy_context(), fn, args)
        with self._lock:
            if self._idle or self._may_grow():
                self._start(work)
            else:
                self._backlog.append(work)
        return future

    @contextmanager
    def lend(self) -> Iterator[None]:
        """Do not count the current thread toward the limit while it only waits for work that may need a thread."""
        with self._lock:
            self._lent += 1
            if self._backlog and self._may_grow():
                self._start(self._backlog.popleft())
        try:
            yield
        finally:
            with self._lock:
                self._lent -= 1
                if self._idle and self._too_many():
                    self._idle -= 1
                    self._count -= 1
                    self._inbox.put(None)

    def _may_grow(self) -> bool:
        return self.limit is None or self._count < self.limit + self._lent

    def _too_many(self) -> bool:
        return self.limit is not None and self._count > self.limit + self._lent

    def _start(self, work: _Work) -> None:
        """Assign work to an idle thread or a new one. The lock must be held."""
        if self._idle:
            self._idle -= 1
        else:
            self._count += 1
            threading.Thread(target=self._serve, name=f"{self.name}-{self._count}", daemon=True).start()
        self._inbox.put(work)

    def _serve(self) -> None:
        stay = True
        while (work := self._inbox.get()) is not None:
            while work is not None:
                answer = work()
                # Count the thread as idle before the loop is notified. The next work, which may follow immediately,
                # then finds this thread, and nothing is left to do here that would hold the interpreter lock when the
                # loop needs it.
                after, stay = self._next()
                if answer is not None:
                    work.tell(answer)
                work, answer = after, None
            if not stay:
                return

    def _next(self) -> tuple[_Work | None, bool]:
        """Return the oldest waiting work, if any, and whether the thread stays. Without work, it is then idle."""
        with self._lock:
            if self._closed or self._too_many():
                self._count -= 1
                return None, False
            if self._backlog:
                return self._backlog.popleft(), True
            self._idle += 1
            return None, True

    def close(self) -> None:
        """Stop idle threads and abandon running functions. Their waiters receive `StoppedError`."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, 0
            self._backlog.clear()
        for _ in range(idle):
            self._inbox.put(None)
        for future in tuple(self._futures):
            if not future.done():
                future.set_exception(StoppedError("The server stopped before the function ended."))


async def outlast(future: asyncio.Future[T]) -> T:
    """Await a future to its end even if the caller is canceled, and only then raise the cancellation.

    A thread cannot be stopped, so the resources that its function uses must not be released before the function ends.
    """
    try:
        return await (future if isinstance(future, Stubborn) else asyncio.shield(future))
    except asyncio.CancelledError:
        while not future.done():
            with suppress(asyncio.CancelledError):
                await ended(future)
        if not future.cancelled():
            future.exception()
        raise

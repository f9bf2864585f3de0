"""A driver for an app's runtime without a server."""

from __future__ import annotations

from typing import Any

from typing_extensions import Self

import holdfast as gr
from holdfast.clock import SystemClock
from holdfast.ids import counted
from holdfast.runtime import EventRequest, Job, Runtime, RuntimeOptions, Session
from holdfast.state import StateEngine, StateOptions
from holdfast.stores import MemoryStore, Store
from holdfast.wire.encode import thaw
from holdfast.wire.messages import Completed, Failure, FeedMessage, Generating, Output, Streaming


class Driver:
    """A running app. Submits events and reads their messages."""

    def __init__(
        self,
        demo: gr.Blocks,
        clock: Any = None,
        state: StateOptions | None = None,
        store: Store | None = None,
        **options: Any,
    ) -> None:
        self.clock = clock or SystemClock()
        self.engine = StateEngine(store or MemoryStore(), clock=self.clock, options=state or StateOptions())
        self.runtime = Runtime(
            demo.spec, engine=self.engine, clock=self.clock, new_id=counted(), options=RuntimeOptions(**options)
        )
        self._page: Session | None = None

    async def __aenter__(self) -> Self:
        await self.engine.start()
        await self.runtime.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.runtime.aclose()
        await self.engine.aclose()

    @property
    def page(self) -> Session:
        """Open a visitor's session with its page."""
        if self._page is None:
            self._page = self.open()
        return self._page

    def open(self) -> Session:
        session = self.runtime.sessions.open()
        self.runtime.connect(session)
        return session

    async def submit(self, fn: str | int, *data: Any, session: Session | None = None, **call: Any) -> Job:
        call.setdefault("origin", "page")
        return await self.runtime.submit(session or self.page, EventRequest(fn=fn, data=list(data), **call))

    def received(self, job: Job) -> list[FeedMessage]:
        """Return the messages of an event so far."""
        assert job.feed is not None
        return [message for _, message in job.feed.after(0) if message.event_id == job.id]

    async def messages(self, fn: str | int, *data: Any, session: Session | None = None, **call: Any) -> list[Any]:
        """Return all messages of an event."""
        job = await self.submit(fn, *data, session=session, **call)
        await job.wait()
        return self.received(job)

    async def completed(self, fn: str | int, *data: Any, session: Session | None = None, **call: Any) -> Completed:
        last = (await self.messages(fn, *data, session=session, **call))[-1]
        assert isinstance(last, Completed)
        return last

    async def values(self, fn: str | int, *data: Any, session: Session | None = None, **call: Any) -> list[Any]:
        """Return the output values of a successful event."""
        last = await self.completed(fn, *data, session=session, **call)
        assert last.success, last
        assert isinstance(last.output, Output)
        return plain(last.output)

    async def failure(self, fn: str | int, *data: Any, session: Session | None = None, **call: Any) -> Failure:
        """Return the failure of an event."""
        last = await self.completed(fn, *data, session=session, **call)
        assert not last.success
        assert isinstance(last.output, Failure)
        return last.output

    async def yielded(self, fn: str | int, *data: Any, session: Session | None = None, **call: Any) -> list[list[Any]]:
        """Return the steps of a generator in wire format."""
        messages = await self.messages(fn, *data, session=session, **call)
        return [plain(m.output) for m in messages if isinstance(m, Generating | Streaming)]


def plain(output: Output) -> list[Any]:
    """Return the decoded values of an output."""
    return [thaw(value) for value in output.data]

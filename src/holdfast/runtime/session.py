"""One visitor's use of the app, as the runtime sees it. State is the engine's; here is what only the process needs."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING

from holdfast.runtime.feed import Feed
from holdfast.state import Owners

if TYPE_CHECKING:
    from holdfast.graph.app import AppSpec, AppView
    from holdfast.runtime.holdings import Account
    from holdfast.runtime.jobs import Job
    from holdfast.runtime.request import Request

REMEMBERED_EVENTS = 256
"""How many ended events a session still knows, to drop a `Submit` that a page sends twice."""


class Session:
    """A visitor's session in this process.

    Args:
        id: Its id.
        app: The app it uses.
        account: Where what is kept for it is counted.
        token: The secret that its page holds; `None` for a session that a client named.
        owners: Who the visitor is, per scope of State.
        username: Who is logged in.
        page: Which page of a multipage app.
        temporary: It exists for one event and goes with it.
        epoch: Names its feed.
        feed_bounds: How many messages and bytes its feed may hold unread.
    """

    __slots__ = (
        "__weakref__",
        "_ended",
        "_feed",
        "_view",
        "account",
        "app",
        "closed",
        "connected_once",
        "connections",
        "deadline",
        "developer",
        "epoch",
        "farewell",
        "feed_bounds",
        "gone",
        "id",
        "jobs",
        "overdue",
        "owners",
        "page",
        "readers",
        "request",
        "temporary",
        "token",
        "unsaved_told",
        "username",
    )

    def __init__(
        self,
        id: str,
        app: AppSpec,
        *,
        account: Account,
        token: str | None = None,
        owners: Owners | None = None,
        username: str | None = None,
        page: str = "",
        temporary: bool = False,
        epoch: str = "",
        feed_bounds: tuple[int, int] = (1_000, 4_000_000),
    ) -> None:
        self.id = id
        self.app = app
        self.account = account
        self.token = token
        self.owners = owners or Owners(session=id)
        self.username = username
        self.page = page
        self.temporary = temporary
        self.epoch = epoch
        """Another one than that of a session of the same id in another process, or before a restart."""
        self.feed_bounds = feed_bounds
        self.connections = 0
        self.connected_once = False
        self.developer = False
        """Its page is open at the server's machine itself: it may see errors as the program raised them."""
        self.readers = 0
        """Streams of an API client that are open on it, besides its connections."""
        self.gone = False
        """Its page said goodbye, or its grace is over; unload listeners have been started."""
        self.farewell: asyncio.Task[None] | None = None
        """The task in which they run, or ran."""
        self.deadline: float | None = None
        """When it is dropped, on the monotonic clock; `None` while it is open."""
        self.overdue = False
        """Its grace has ended; it is dropped with its last event."""
        self.jobs: dict[str, Job] = {}
        """Its events that are accepted and have not let go of everything yet."""
        self.request: Request | None = None
        """The request of its latest connection, for listeners that no request starts (`unload`)."""
        self.unsaved_told = 0
        """The outage of the store of which its page was last told."""
        self.closed = False
        """It has been dropped; its feed has ended."""
        self._feed: Feed | None = None
        self._view: AppView | None = None
        self._ended: OrderedDict[str, None] | None = None

    @property
    def feed(self) -> Feed:
        """Its message log."""
        if self._feed is None:
            self._feed = Feed(*self.feed_bounds, self.account)
            if self.closed:
                self._feed.close()
        return self._feed

    @property
    def visitor(self) -> str:
        """Who opened it, for the bounds per visitor."""
        return self.account.visitor

    @property
    def own_feed(self) -> Feed | None:
        """Its message log, if anything was ever told or read."""
        return self._feed

    @property
    def view(self) -> AppView:
        """Its own view of the app: what `gr.render` and updates changed for this visitor."""
        if self._view is None:
            self._view = self.app.view()
        return self._view

    @property
    def own_view(self) -> AppView | None:
        """Its view if it differs from the app."""
        return self._view

    def take_view(self, view: AppView | None) -> None:
        """Begin with what another session has made of the app."""
        self._view = view

    @property
    def attended(self) -> bool:
        """Whether a page or client is there to see what becomes of its events."""
        return self.connections > 0 or self.readers > 0

    def followed(self) -> list[Job]:
        """Its events whose messages go to its feed."""
        return [job for job in self.jobs.values() if job.feed is self._feed and job.feed is not None]

    @property
    def pending(self) -> list[str]:
        """Ids of its events that have not ended, in order of arrival."""
        return [id for id, job in self.jobs.items() if not job.over]

    @property
    def idle(self) -> bool:
        """No event of it is pending: Gradio's stream may be closed when all is read."""
        return all(job.over for job in self.jobs.values())

    def knows(self, event_id: str) -> bool:
        """Whether an event with this id runs or ran lately."""
        return event_id in self.jobs or (self._ended is not None and event_id in self._ended)

    def remember(self, event_id: str) -> None:
        """An event has ended; its id stays known for a while."""
        if self._ended is None:
            self._ended = OrderedDict()
        self._ended[event_id] = None
        if len(self._ended) > REMEMBERED_EVENTS:
            self._ended.popitem(last=False)

    def close(self) -> None:
        """It is dropped: its readers end."""
        self.closed = True
        self.account.close()
        if self._feed is not None:
            self._feed.close()

    def __repr__(self) -> str:
        return f"Session(connections={self.connections}, jobs={len(self.jobs)})"

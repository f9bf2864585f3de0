"""A visitor's session in this process, without its State, which the engine keeps."""

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
"""Number of ended events that a session remembers, to detect a `Submit` that a page sends twice."""


class Session:
    """A visitor's session in this process.

    Args:
            id: ID of the session.
            app: The app.
            account: Account that counts the bytes held for the session.
            token: Secret held by the page; `None` for a session named by a client.
            owners: The visitor's owners, one per scope of State.
            username: Name of the logged-in user.
            page: Page of a multipage app.
            temporary: The session exists for a single event.
            epoch: Identifier of the session's feed.
            feed_bounds: Maximum numbers of unread messages and bytes in the feed.
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
        "feed_bounds",
        "gone",
        "id",
        "jobs",
        "outage_reported",
        "overdue",
        "owners",
        "page",
        "readers",
        "request",
        "temporary",
        "token",
        "unload_task",
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
        """Identifier of the feed, different for a session with the same ID in another process or before a restart."""
        self.feed_bounds = feed_bounds
        self.connections = 0
        self.connected_once = False
        self.developer = False
        """Whether the page is open on the server's own machine, which allows it to see full error messages."""
        self.readers = 0
        """Number of open streams of an API client, in addition to `connections`."""
        self.gone = False
        """Whether the page has closed for good or its grace period expired. Unload listeners have been started."""
        self.unload_task: asyncio.Task[None] | None = None
        """Task that runs the unload listeners."""
        self.deadline: float | None = None
        """Monotonic time at which the session is dropped; `None` while it is connected."""
        self.overdue = False
        """Whether the grace period has expired. The session is dropped after its last event."""
        self.jobs: dict[str, Job] = {}
        """Accepted events that have not yet released everything they hold, by ID."""
        self.request: Request | None = None
        """Request of the latest connection, for listeners that are not started by a request (`unload`)."""
        self.outage_reported = 0
        """Number of the store outage that its page was last notified of."""
        self.closed = False
        """Whether the session has been dropped and its feed closed."""
        self._feed: Feed | None = None
        self._view: AppView | None = None
        self._ended: OrderedDict[str, None] | None = None

    @property
    def feed(self) -> Feed:
        """The session's message log, created on first use."""
        if self._feed is None:
            self._feed = Feed(*self.feed_bounds, self.account)
            if self.closed:
                self._feed.close()
        return self._feed

    @property
    def visitor(self) -> str:
        """Visitor who opened the session, for the limits per visitor."""
        return self.account.visitor

    @property
    def own_feed(self) -> Feed | None:
        """The session's message log, if it has been used."""
        return self._feed

    @property
    def view(self) -> AppView:
        """The session's own view of the app, with the changes that `gr.render` and updates made for this visitor."""
        if self._view is None:
            self._view = self.app.view()
        return self._view

    @property
    def own_view(self) -> AppView | None:
        """The session's view, if it differs from the app."""
        return self._view

    def take_view(self, view: AppView | None) -> None:
        """Start with a copy of another session's view of the app."""
        self._view = view

    @property
    def attended(self) -> bool:
        """Whether a page or client is connected that can receive the results of events."""
        return self.connections > 0 or self.readers > 0

    def followed(self) -> list[Job]:
        """Return the events whose messages go to the session's feed."""
        return [job for job in self.jobs.values() if job.feed is self._feed and job.feed is not None]

    @property
    def pending(self) -> list[str]:
        """IDs of the events that have not ended, in order of arrival."""
        return [id for id, job in self.jobs.items() if not job.has_ended]

    @property
    def idle(self) -> bool:
        """Whether no event is pending, so that Gradio's stream can close after its last message."""
        return all(job.has_ended for job in self.jobs.values())

    def knows(self, event_id: str) -> bool:
        """Return whether an event with this ID is running or ran recently."""
        return event_id in self.jobs or (self._ended is not None and event_id in self._ended)

    def remember(self, event_id: str) -> None:
        """Remember the ID of an ended event for a while."""
        if self._ended is None:
            self._ended = OrderedDict()
        self._ended[event_id] = None
        if len(self._ended) > REMEMBERED_EVENTS:
            self._ended.popitem(last=False)

    def close(self) -> None:
        """Close the session and its feed."""
        self.closed = True
        self.account.close()
        if self._feed is not None:
            self._feed.close()

    def __repr__(self) -> str:
        return f"Session(connections={self.connections}, jobs={len(self.jobs)})"

"""The protocol between Holdfast's page and the server: JSON frames over one WebSocket, or the same over POST and SSE.

The page starts with `Hello`, the server answers `Welcome`, then both sides send at any time. Every message of the
session's feed is sent as `Numbered`; after a lost connection the page sends the last number that it received
(`Hello.seen`) and gets the remaining messages, once and in order. Numbers increase but can have gaps. The page chooses
the ids of its events (`Submit.event_id`), so that a `Submit` that is resent after a reconnect runs once.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from msgspec import Struct

from holdfast.wire.messages import FeedMessage

MAX_ID = 128
"""Maximum length of a session or event id that a client chooses."""


# From the page ----------------------------------------------------------------------------------------------------


class Hello(Struct, tag="hello", tag_field="type", kw_only=True):
    """First frame of every connection."""

    session: str | None = None
    """Session to continue; null starts a new one."""
    token: str | None = None
    """Secret received when the session started (`Welcome.token`)."""
    epoch: str | None = None
    """Feed that `seen` refers to (`Welcome.epoch`); the number is not valid for another feed."""
    seen: int | None = 0
    """Number of the last feed message that the page has applied; null requests only future messages."""
    load: str = ""
    """Id of this page load: another one with the same session may be a duplicate of the page."""
    page: str = ""
    """Path of the page in a multipage app; "" is the first page."""
    query: str = ""
    """Query string of the page, for `gr.Request.query_params`."""
    program: str = ""
    """Program that built the page (`Welcome.program`)."""


class Submit(Struct, tag="submit", tag_field="type", kw_only=True):
    """Run one listener."""

    event_id: str
    """Id chosen by the page, unique within the session."""
    event: str
    """Identity of the listener to run (`event` in the config). A number would refer to a different listener in another
    version of the program."""
    data: list[Any]
    """One slot per input; slots of States are null."""
    trigger: int | None = None
    """Id of the component whose event it is."""
    event_data: Any = None
    round: int = 0
    """Number of consecutive State changes that led here (R3.5); 0 for an action of the visitor."""
    stream: bool = False
    """Whether more values follow as `Chunk`s: a `stream` event stays open until a chunk without data."""


class Cancel(Struct, tag="cancel", tag_field="type", kw_only=True):
    """Cancel these events."""

    event_ids: list[str]


class Chunk(Struct, tag="chunk", tag_field="type", kw_only=True):
    """The next values for a running `stream` event; without `data` the stream ends."""

    event_id: str
    data: list[Any] | None = None
    event_data: Any = None


class Ack(Struct, tag="ack", tag_field="type", kw_only=True):
    """All messages up to this number have been applied, so the server can drop them."""

    seen: int


class Ping(Struct, tag="ping", tag_field="type", kw_only=True):
    """Request for a `Pong`, which the page sends after a period without messages."""


class Alive(Struct, tag="alive", tag_field="type", kw_only=True):
    """Answer to `Probe`."""


FromPage: TypeAlias = Hello | Submit | Chunk | Cancel | Ack | Ping | Alive


# To the page ------------------------------------------------------------------------------------------------------


class Welcome(Struct, tag="welcome", tag_field="type", kw_only=True):
    """Answer to `Hello`."""

    session: str
    token: str
    resumed: bool
    """Whether the requested session was found and continues; if false, a new one started."""
    forked: bool = False
    """Whether another page has the session open, so that this one continues with a copy of it."""
    epoch: str
    """Id of the session's feed. A restarted server has a new feed without the messages of the old one."""
    seen: int
    """Number after which the feed continues; the page drops its own if `resumed` is false or the feed is a new one."""
    pending: list[str]
    """Accepted events of the session that have not ended; a page resends its events that are neither here nor in the
    messages that follow."""
    program: str
    """Running version of the program; a page built by another version should be reloaded."""


class Numbered(Struct, tag="message", tag_field="type", kw_only=True):
    """One message of the session's feed."""

    n: int
    message: FeedMessage


class Refused(Struct, tag="refused", tag_field="type", kw_only=True):
    """A `Submit` that was rejected (its `event_id`), or a frame that could not be read (null)."""

    event_id: str | None
    status: int
    """HTTP status. 410: the program was updated and no longer has this event, or has a different one in its place;
    nothing has run, and the page should be reloaded."""
    detail: Any


class Pong(Struct, tag="pong", tag_field="type", kw_only=True):
    """Answer to `Ping`."""


class Probe(Struct, tag="probe", tag_field="type", kw_only=True):
    """Another page claims this session: a page that has it open answers with `Alive` immediately."""


class Reload(Struct, tag="reload", tag_field="type", kw_only=True):
    """The program changed on disk during development: reload the page, or show why the program does not start."""

    error: str | None = None
    """Reason why the program does not start; the page waits until it does."""


ToPage: TypeAlias = Welcome | Numbered | Refused | Pong | Probe | Reload

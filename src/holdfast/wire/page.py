"""The protocol between our own page and the server: JSON text frames over one WebSocket, or the same over POST and SSE.

The page opens with `Hello`, the server answers `Welcome`, then both sides send at will. Every message of the session's
feed travels as `Numbered`; after a lost connection the page says the last number that it saw (`Hello.seen`) and gets
the rest, once and in order. Numbers rise but may leave gaps. The page names its events itself (`Submit.event_id`), so
that a `Submit` sent again after a reconnect runs once.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from msgspec import Struct

from holdfast.wire.messages import FeedMessage

MAX_ID = 128
"""Longest session or event id that a client may choose."""


# From the page ----------------------------------------------------------------------------------------------------


class Hello(Struct, tag="hello", tag_field="type", kw_only=True):
    """First frame of every connection."""

    session: str | None = None
    """The session to go on with; null begins one."""
    token: str | None = None
    """The secret that was given when the session began (`Welcome.token`)."""
    epoch: str | None = None
    """The feed that `seen` counts in (`Welcome.epoch`); the count does not hold for another one."""
    seen: int | None = 0
    """Number of the last feed message that the page has applied; null: it wants only what is still to come."""
    load: str = ""
    """Names this load of the page: another one that comes with the same session may be a copy of it."""
    page: str = ""
    """Which page of a multipage app; "" is the first."""
    query: str = ""
    """The page's query string, for `gr.Request.query_params`."""
    program: str = ""
    """Names the program that has built the page (`Welcome.program`)."""


class Submit(Struct, tag="submit", tag_field="type", kw_only=True):
    """Run one listener."""

    event_id: str
    """Chosen by the page, unique within the session."""
    event: str
    """What runs: the listener's identity (`event` in the config). A number would be another listener's in another
    version of the program."""
    data: list[Any]
    """One slot per input, State's slots null."""
    trigger: int | None = None
    """Id of the component whose event it was."""
    event_data: Any = None
    round: int = 0
    """How many State changes in a row led here (R3.5); 0 for an act of the visitor."""
    stream: bool = False
    """More values follow as `Chunk`s: a `stream` event that stays open until one without data."""


class Cancel(Struct, tag="cancel", tag_field="type", kw_only=True):
    """Stop these events."""

    event_ids: list[str]


class Chunk(Struct, tag="chunk", tag_field="type", kw_only=True):
    """The next values for a running `stream` event; without `data` the stream ends."""

    event_id: str
    data: list[Any] | None = None
    event_data: Any = None


class Ack(Struct, tag="ack", tag_field="type", kw_only=True):
    """All messages up to this number are applied; the server may forget them."""

    seen: int


class Ping(Struct, tag="ping", tag_field="type", kw_only=True):
    """Asks for a `Pong`; the page sends it when nothing has come for a while."""


class Alive(Struct, tag="alive", tag_field="type", kw_only=True):
    """Answer to `Probe`."""


FromPage: TypeAlias = Hello | Submit | Chunk | Cancel | Ack | Ping | Alive


# To the page ------------------------------------------------------------------------------------------------------


class Welcome(Struct, tag="welcome", tag_field="type", kw_only=True):
    """Answer to `Hello`."""

    session: str
    token: str
    resumed: bool
    """The session asked for was found and goes on; false: a new one began."""
    forked: bool = False
    """Another page has the session open, so this one goes on with a copy of it."""
    epoch: str
    """Names the session's feed. When the server has started again it is a new one, and nothing of the old one comes."""
    seen: int
    """Where the feed goes on from; the page drops its own count when `resumed` is false or the feed is another one."""
    pending: list[str]
    """Events of the session that are accepted and not ended; a page resends what it sent and does not find here
    or in the messages that follow."""
    program: str
    """Names the running version of the program; a page built by another one should be loaded again."""


class Numbered(Struct, tag="message", tag_field="type", kw_only=True):
    """One message of the session's feed."""

    n: int
    message: FeedMessage


class Refused(Struct, tag="refused", tag_field="type", kw_only=True):
    """A `Submit` that did not become an event (its `event_id`), or a frame that could not be read (null)."""

    event_id: str | None
    status: int
    """As in HTTP. 410: the program was updated and does not have this event any more, or has another in its place;
    nothing has run, and the page should be loaded again."""
    detail: Any


class Pong(Struct, tag="pong", tag_field="type", kw_only=True):
    """Answer to `Ping`."""


class Probe(Struct, tag="probe", tag_field="type", kw_only=True):
    """Another page says that it has this session: a page that is there answers with `Alive` at once."""


class Reload(Struct, tag="reload", tag_field="type", kw_only=True):
    """The program changed on disk (development): load the page again, or show why the program does not start."""

    error: str | None = None
    """Why it does not start; the page waits until it does."""


ToPage: TypeAlias = Welcome | Numbered | Refused | Pong | Probe | Reload

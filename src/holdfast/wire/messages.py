"""Messages about running events.

One vocabulary serves every transport: Holdfast's page receives each message with its number `n` in the session's feed,
Gradio's queue protocol as one SSE frame, and `/call` a subset. Names and fields are those of Gradio's `queue/data`
stream (sse_v3), so that adapting mostly means omitting.

A container in an `Output` is sent as JSON bytes (`msgspec.Raw`) taken when the step ended, so that later changes by a
handler have no effect; `wire.encode.thaw` returns the plain value.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from msgspec import Struct

Edit: TypeAlias = "list[Any]"
"""One edit of the generator diff: `[op, path, value]`, where op is append, replace, add or delete."""


class ProgressUnit(Struct, kw_only=True):
    """One bar of a progress report."""

    index: float | None = None
    length: float | None = None
    unit: str | None = "steps"
    progress: float | None = None
    """Completed fraction, from 0 to 1, if progress is not counted in steps."""
    desc: str | None = None


class Output(Struct, kw_only=True):
    """The values of one step. `data` has one slot per output; a State's slot is always null."""

    data: list[Any]
    """Full values, or (in a `process_generating` after the event's first) one list of edits per output."""
    is_generating: bool = False
    duration: float | None = None
    average_duration: float | None = None
    render_config: dict[str, Any] | None = None
    changed_state_ids: list[int] = []
    used_cache: Literal["full", "partial"] | None = None
    unsaved: bool | None = None
    """True: the State of the step is only in memory, because the store is unreachable."""


class Failure(Struct, kw_only=True):
    """Reason for a failed step, as far as the visitor is allowed to know."""

    error: str | None
    visible: bool = True
    duration: float | None = 10
    title: str | None = None
    trace: str | None = None
    """Error for the developer at the server's machine; never sent to visitors."""


class Estimation(Struct, tag="estimation", tag_field="msg", kw_only=True):
    """The event is waiting."""

    event_id: str | None
    rank: int | None = None
    """Number of events before this one."""
    queue_size: int = 0
    rank_eta: float | None = None
    """Estimated seconds until the event ends."""
    waiting_for: Literal["queue", "state"] = "queue"
    """"state": an earlier event of this session is still writing a State that this one writes too."""


class ProcessStarts(Struct, tag="process_starts", tag_field="msg", kw_only=True):
    """The function has started."""

    event_id: str
    eta: float | None = None


class Progress(Struct, tag="progress", tag_field="msg", kw_only=True):
    """Progress reported by `gr.Progress`."""

    event_id: str
    progress_data: list[ProgressUnit]


class Log(Struct, tag="log", tag_field="msg", kw_only=True):
    """`gr.Info`, `gr.Warning` or `gr.Success`."""

    event_id: str
    log: str
    level: Literal["info", "warning", "success", "error"]
    duration: float | None = 10
    visible: bool = True
    title: str = ""


class Generating(Struct, tag="process_generating", tag_field="msg", kw_only=True):
    """A generator yielded: full values the first time, then edits relative to the previous values."""

    event_id: str
    output: Output
    success: bool = True
    time_limit: float | None = None
    full: bool = False
    """The data are full values although the event has generated before (a reader fell behind and was caught up)."""


class Streaming(Struct, tag="process_streaming", tag_field="msg", kw_only=True):
    """A step of a `stream` event, always with full values."""

    event_id: str
    output: Output
    success: bool = True
    time_limit: float | None = None


class Completed(Struct, tag="process_completed", tag_field="msg", kw_only=True):
    """The event ended. Sent exactly once per event, with full values, a failure, or nothing (canceled)."""

    event_id: str
    output: Output | Failure | None
    success: bool
    title: str | None = None
    cancelled: bool = False
    used_cache: Literal["full", "partial"] | None = None
    cache_duration: float | None = None
    avg_time: float | None = None


class StateChanged(Struct, tag="state_changed", tag_field="msg", kw_only=True):
    """A State changed outside this session's own events (expiry, `state.update`, another page or replica)."""

    ids: list[int]
    event_id: None = None


class CloseStream(Struct, tag="close_stream", tag_field="msg", kw_only=True):
    """No event of the session is pending, so the SSE stream ends. Not sent to Holdfast's page."""

    event_id: None = None


class Heartbeat(Struct, tag="heartbeat", tag_field="msg", kw_only=True):
    """Sent so that proxies do not close an idle stream."""

    event_id: None = None


class UnexpectedError(Struct, tag="unexpected_error", tag_field="msg", kw_only=True):
    """The stream cannot continue."""

    message: str
    session_not_found: bool = False
    success: bool = False
    event_id: None = None


EventMessage: TypeAlias = Estimation | ProcessStarts | Progress | Log | Generating | Streaming | Completed
"""Messages about one event, which are part of a feed."""

FeedMessage: TypeAlias = EventMessage | StateChanged
"""All messages of a feed."""

Message: TypeAlias = FeedMessage | CloseStream | Heartbeat | UnexpectedError

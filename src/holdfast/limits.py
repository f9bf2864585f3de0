"""Every limit on what a server stores or does on behalf of clients, declared once.

`docs/limits.md` contains a table that is generated from these declarations; regenerate it with
`python -m holdfast.limits docs/limits.md`.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from holdfast.errors import BuildError

Unit: TypeAlias = Literal["bytes", "number", "seconds"]
Per: TypeAlias = Literal["app", "visitor", "session", "request", "address"]

KB, MB = 1024, 1024 * 1024
DAY = 24 * 3600
PREFIX = "HOLDFAST_LIMIT_"
"""Prefix of the environment variables of all limits."""


@dataclass(frozen=True, kw_only=True)
class Bound:
    """The declaration of one bound.

    Attributes:
        name: Field of `Limits`, or the option that sets the limit.
        default: Value without any setting; `None` for no limit.
        resource: Resource that is limited.
        unit: Unit in which the resource is measured.
        per: Whom the limit applies to. A visitor is a logged-in user, or else an address.
        option: Option of a program that sets the limit; empty if it is fixed.
        environment: Environment variable that sets the limit, if any.
        beyond: Effect on the visitor when the limit is exceeded.
    """

    name: str
    default: float | None
    resource: str
    unit: Unit
    per: Per
    option: str
    environment: str
    beyond: str


def bound(default: float, *, resource: str, unit: Unit, per: Per, beyond: str, option: str | None = None) -> Any:
    """Declare a field of `Limits`.

    Args:
        default: Value without any setting.
        resource: Resource that is limited.
        unit: Unit in which the resource is measured.
        per: Whom the limit applies to.
        beyond: Effect on the visitor when the limit is exceeded.
        option: Option of a program that sets the limit; by default `launch(limits={"name": …})`.
    """
    return field(
        default=default,
        metadata={"resource": resource, "unit": unit, "per": per, "beyond": beyond, "option": option},
    )


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits of a server, for `launch(limits=gr.Limits(body_bytes=…))`; see `docs/limits.md`.

    Every limit can also be set in the environment, as `HOLDFAST_LIMIT_` and the name in capital letters. A value that
    the program sets has precedence.
    """

    connections: int = bound(
        20_000,
        resource="Connections, at most as many as the process can have open files",
        unit="number",
        per="app",
        beyond="a connection that has sent no request is closed; if there is none, 503",
    )
    address_connections: int = bound(
        1_000,
        resource="Connections; those of trusted proxies do not count",
        unit="number",
        per="address",
        beyond="503",
    )
    header_seconds: float = bound(
        15,
        resource="Head of a request",
        unit="seconds",
        per="request",
        beyond="408",
    )
    header_bytes: int = bound(
        64 * KB,
        resource="Head of a request",
        unit="bytes",
        per="request",
        beyond="431",
    )
    image_pixels: int = bound(
        50_000_000,
        resource="Pixels of an image that a visitor sends",
        unit="number",
        per="request",
        beyond="the event fails with a message",
    )
    body_bytes: int = bound(
        32 * MB,
        resource="One JSON body, or one frame of a page",
        unit="bytes",
        per="request",
        beyond="413, or the page's connection is closed",
    )
    body_values: int = bound(
        1_000_000,
        resource="Values in one JSON body, or in one frame of a page",
        unit="number",
        per="request",
        beyond="413",
    )
    bodies_bytes: int = bound(
        256 * MB,
        resource="Request bodies that are in flight",
        unit="bytes",
        per="app",
        beyond="503",
    )
    visitor_bodies_bytes: int = bound(
        64 * MB,
        resource="Request bodies that are in flight",
        unit="bytes",
        per="visitor",
        beyond="503",
    )
    body_seconds: float = bound(
        30,
        resource="Time that a body or upload takes to arrive, in addition to what `body_rate` allows for its size",
        unit="seconds",
        per="request",
        beyond="408",
    )
    body_rate: int = bound(
        16 * KB,
        resource="Minimum bytes per second of a body or upload",
        unit="bytes",
        per="request",
        beyond="408, after `body_seconds`",
    )
    answer_seconds: float = bound(
        60,
        resource="Time in which a client reads nothing of an answer or frame, or less than `body_rate` per second",
        unit="seconds",
        per="request",
        beyond="its connection ends",
    )
    held_bytes: int = bound(
        512 * MB,
        resource="Waiting events, unread messages (also those of MCP's older transport), and progress",
        unit="bytes",
        per="app",
        beyond="sessions without an open page end: idle ones, and for an open page also those with events; else 503",
    )
    visitor_bytes: int = bound(
        128 * MB,
        resource="Waiting events, unread messages (also those of MCP's older transport), and progress",
        unit="bytes",
        per="visitor",
        beyond="as in total, among the visitor's sessions",
    )
    session_bytes: int = bound(
        64 * MB,
        resource="Waiting events, unread messages (also those of MCP's older transport), and progress",
        unit="bytes",
        per="session",
        beyond="503",
    )
    visitor_sessions: int = bound(
        1_000,
        resource="Sessions",
        unit="number",
        per="visitor",
        beyond="the visitor's session without an open page that has been unused the longest ends; if all are open, 503",
    )
    stream_chunks: int = bound(
        64,
        resource="Waiting values of one running `stream` event",
        unit="number",
        per="request",
        beyond="the oldest is dropped",
    )
    session_jobs: int = bound(
        2_000,
        resource="Waiting and running events",
        unit="number",
        per="session",
        beyond="503",
    )
    feed_messages: int = bound(
        1_000,
        resource="Unread messages",
        unit="number",
        per="session",
        beyond="the steps of each event are merged into one",
    )
    feed_bytes: int = bound(
        4_000_000,
        resource="Unread messages",
        unit="bytes",
        per="session",
        beyond="the steps of each event are merged into one; above four times as many, the oldest results are dropped",
    )
    visitor_results: int = bound(
        500,
        resource="Results of `/call` that have not been collected",
        unit="number",
        per="visitor",
        beyond="the visitor's oldest is dropped: 404 when it is collected",
    )
    results_bytes: int = bound(
        256 * MB,
        resource="Results of `/call` that have not been collected",
        unit="bytes",
        per="app",
        beyond="the oldest of the visitor with the most are dropped: 404 when they are collected",
    )
    visitor_results_bytes: int = bound(
        64 * MB,
        resource="Results of `/call` that have not been collected",
        unit="bytes",
        per="visitor",
        beyond="the visitor's oldest are dropped: 404 when they are collected",
    )
    results: int = bound(
        1_000,
        resource="Results of `/call` that have not been collected",
        unit="number",
        per="app",
        beyond="the oldest of the visitor with the most is dropped: 404 when it is collected",
    )
    result_seconds: float = bound(
        600,
        resource="Results of `/call` that have not been collected, after the event has ended",
        unit="seconds",
        per="request",
        beyond="dropped: 404 when it is collected",
    )
    uploads_followed: int = bound(
        1_000,
        resource="Uploads whose progress is tracked",
        unit="number",
        per="app",
        beyond="the oldest of the visitor with the most is no longer tracked",
    )
    visitor_uploads_followed: int = bound(
        100,
        resource="Uploads whose progress is tracked",
        unit="number",
        per="visitor",
        beyond="the visitor's oldest is no longer tracked",
    )
    uploads_followed_bytes: int = bound(
        16 * MB,
        resource="Uploads whose progress is tracked",
        unit="bytes",
        per="app",
        beyond="those of the visitor with the most are no longer tracked",
    )
    visitor_uploads_followed_bytes: int = bound(
        4 * MB,
        resource="Uploads whose progress is tracked",
        unit="bytes",
        per="visitor",
        beyond="the visitor's oldest are no longer tracked",
    )
    upload_followed_seconds: float = bound(
        60,
        resource="Uploads whose progress is tracked, after they have ended",
        unit="seconds",
        per="request",
        beyond="no longer tracked: 404 when its progress is requested",
    )
    file_bytes: int = bound(
        10 * 1024 * MB,
        resource="Uploaded, downloaded and generated files",
        unit="bytes",
        per="app",
        beyond="the oldest are deleted; 507 if all of them belong to events that have not ended",
    )
    visitor_file_bytes: int = bound(
        5 * 1024 * MB,
        resource="Uploaded, downloaded and generated files, since the process started",
        unit="bytes",
        per="visitor",
        beyond="the visitor's oldest are deleted; 507 if all of them belong to events that have not ended",
    )
    file_seconds: float = bound(
        24 * 3600,
        resource="Uploaded, downloaded and generated files",
        unit="seconds",
        per="app",
        option='launch(limits={"file_seconds": …}), or Blocks(delete_cache=(frequency, age))',
        beyond="deleted: 403 for the file, and the page asks to upload it again",
    )
    flagged_bytes: int = bound(
        1024 * MB,
        resource="Flagged samples in one folder, with copies of their files",
        unit="bytes",
        per="app",
        beyond="the sample is not kept; the page and the log say so",
    )
    login_seconds: float = bound(
        30 * DAY,
        resource="Login, from entering the password, regardless of use",
        unit="seconds",
        per="request",
        beyond="the page asks for the password again",
    )
    logins: int = bound(
        10_000,
        resource="Ended logins, last uses of logins, and wrong guesses that are stored, each",
        unit="number",
        per="app",
        beyond="for ended logins, the older logins of everyone end too; otherwise the oldest is dropped",
    )
    mcp_sessions: int = bound(
        1_000,
        resource="Sessions of MCP clients",
        unit="number",
        per="app",
        beyond="an idle session of the visitor with the most ends; if none is idle, or over the older transport, 503",
    )
    visitor_mcp_sessions: int = bound(
        100,
        resource="Sessions of MCP clients",
        unit="number",
        per="visitor",
        beyond="the visitor's oldest session ends; over the older transport (`/mcp/sse`), 503",
    )

    def __post_init__(self) -> None:
        for declared in fields(self):
            _check(declared, getattr(self, declared.name))

    def with_values(self, given: Mapping[str, Any]) -> Limits:
        """Return these limits with other values for some of them.

        Raises:
            BuildError: A name is unknown, or a value is not a valid limit.
        """
        names = [declared.name for declared in fields(self)]
        for name in given:
            if name not in names:
                near = difflib.get_close_matches(name, names, 1)
                hint = f" Did you mean {near[0]!r}?" if near else f" The limits are: {', '.join(names)}."
                raise BuildError(f"{name!r} is not a limit.{hint}")
        return replace(self, **given)


def settled(given: Limits | Mapping[str, Any] | None, environment: Mapping[str, float]) -> Limits:
    """Return the effective limits: the program's values override those of the environment, which override the defaults.

    Args:
        given: Argument that the program passed to `launch`.
        environment: Values that the environment sets, by name.

    Raises:
        BuildError: `given` is not `Limits` or a dict, a name in it is unknown, or a value is not a valid limit.
    """
    if isinstance(given, Limits):
        chosen: Mapping[str, Any] = {
            declared.name: value
            for declared in fields(given)
            if (value := getattr(given, declared.name)) != declared.default
        }
    elif given is None or isinstance(given, Mapping):
        chosen = given or {}
    else:
        raise BuildError(
            f"limits={given!r} is not valid. Pass gr.Limits(…), or a dict such as {{'body_bytes': 1_000_000}}."
        )
    return Limits().with_values({**environment, **chosen})


def _check(declared: Field[Any], value: Any) -> None:
    """Reject a value that is not a valid limit.

    Raises:
        BuildError: The value is not a positive number.
    """
    seconds = declared.metadata["unit"] == "seconds"
    number = isinstance(value, int | float if seconds else int) and not isinstance(value, bool)
    if not number or not 0 < value < float("inf"):
        kind = "number of seconds" if seconds else "whole number"
        raise BuildError(f"The limit {declared.name}={value!r} is not valid. Set a {kind} above 0, or omit it.")


EXISTING = (
    Bound(
        name="state_session_capacity",
        default=10_000,
        resource="Sessions",
        unit="number",
        per="app",
        option="launch(state_session_capacity=…)",
        environment="",
        beyond="a session without an open page ends, starting with one that was never connected; if all are open, 503",
    ),
    Bound(
        name="session_grace",
        default=3600,
        resource="Sessions",
        unit="seconds",
        per="session",
        option="launch(session_grace=…)",
        environment="HOLDFAST_SESSION_GRACE",
        beyond="a closed or never connected session ends, counted from its last use",
    ),
    Bound(
        name="state_memory_limit",
        default=None,
        resource="Values of State in memory",
        unit="bytes",
        per="app",
        option="launch(state_memory_limit=…)",
        environment="",
        beyond="values move to a durable store; without one, sessions without an open page end, then 503",
    ),
    Bound(
        name="state_rollback_limit",
        default=16 * MB,
        resource="One value of State copied for a rollback",
        unit="bytes",
        per="session",
        option="launch(state_rollback_limit=…)",
        environment="",
        beyond="in-place changes of larger values are kept when an event fails",
    ),
    Bound(
        name="max_file_size",
        default=None,
        resource="One uploaded file",
        unit="bytes",
        per="request",
        option="launch(max_file_size=…)",
        environment="",
        beyond="413; the page shows the maximum size",
    ),
    Bound(
        name="max_size",
        default=None,
        resource="Events waiting in the queue",
        unit="number",
        per="app",
        option="queue(max_size=…)",
        environment="",
        beyond='503, "Queue is full"',
    ),
    Bound(
        name="default_concurrency_limit",
        default=1,
        resource="Events of one listener running concurrently",
        unit="number",
        per="app",
        option="queue(default_concurrency_limit=…), or concurrency_limit=… of a listener",
        environment="HOLDFAST_DEFAULT_CONCURRENCY_LIMIT",
        beyond="the event waits, and the page shows its position",
    ),
    Bound(
        name="on_leave",
        default=15,
        resource="Running event whose visitor has left",
        unit="seconds",
        per="request",
        option="launch(on_leave=…), Blocks(on_leave=…), or on_leave=… of a listener",
        environment="HOLDFAST_ON_LEAVE",
        beyond="the event is canceled, a generator at its next `yield`; a plain function runs to its end",
    ),
    Bound(
        name="max_threads",
        default=40,
        resource="Concurrently running synchronous functions",
        unit="number",
        per="app",
        option="launch(max_threads=…)",
        environment="",
        beyond="the event waits for a thread",
    ),
)
"""Limits that are set by other options."""


def bounds() -> Iterator[Bound]:
    """Yield all limits: those of `Limits`, then those set by other options."""
    for declared in fields(Limits):
        about = dict(declared.metadata)
        option = about.pop("option") or f'launch(limits={{"{declared.name}": …}})'
        environment = PREFIX + declared.name.upper()
        default = getattr(Limits(), declared.name)
        yield Bound(name=declared.name, default=default, option=option, environment=environment, **about)
    yield from EXISTING


DEFAULTS = Limits()
_applied: ContextVar[Limits] = ContextVar("limits", default=DEFAULTS)


def apply(limits: Limits) -> None:
    """Apply these limits to everything that runs in the current context, such as an app's event."""
    _applied.set(limits)


def applied() -> Limits:
    """Return the limits of the app whose event is running."""
    return _applied.get()


HEAD = ("Resource", "Number", "Bytes", "Time", "Default", "Option", "Environment variable", "Beyond the limit")
SCOPES: Mapping[Per, str] = {
    "app": "in total",
    "visitor": "per visitor",
    "session": "per session",
    "request": "per request",
    "address": "per address",
}
START, END = "<!-- limits: begin -->", "<!-- limits: end -->"


def table() -> str:
    """Return the table of all limits as Markdown, one row per limit."""
    lines = [HEAD, ("---",) * len(HEAD), *(_row(one) for one in sorted(bounds(), key=lambda one: one.resource))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _row(one: Bound) -> tuple[str, ...]:
    counted = tuple(SCOPES[one.per] if one.unit == unit else "" for unit in ("number", "bytes", "seconds"))
    environment = f"`{one.environment}`" if one.environment else ""
    option = f"`{one.option}`" if one.option else "fixed"
    return (one.resource, *counted, shown(one.default, one.unit), option, environment, one.beyond)


def shown(value: float | None, unit: Unit) -> str:
    """Return a limit's value in readable form."""
    if value is None:
        return "no limit"
    if unit == "seconds" and value >= 2 * DAY and value % DAY == 0:
        return f"{value / DAY:g} days"
    if unit == "seconds":
        return f"{value:g} s" if value < 3600 or value % 3600 else f"{value / 3600:g} h"
    if unit == "bytes":
        for name, size in (("GB", 1024 * MB), ("MB", MB), ("KB", KB)):
            if value >= size and value % size == 0:
                return f"{value / size:g} {name}"
        return f"{value:,} bytes"
    return f"{value:,}"


def with_table(page: str) -> str:
    """Return the documentation page with an updated table."""
    before, _, rest = page.partition(START)
    after = rest.partition(END)[2]
    return f"{before}{START}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.write_text(with_table(target.read_text(encoding="utf-8")), encoding="utf-8")

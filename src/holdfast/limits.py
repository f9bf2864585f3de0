"""Every bound on what a server keeps or does for something that a client names, declared once.

`docs/limits.md` has one table generated from these declarations; regenerate it with
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
"""What the environment variables of all limits begin with."""


@dataclass(frozen=True, kw_only=True)
class Bound:
    """The declaration of one bound.

    Attributes:
        name: The field of `Limits`, or the option that sets it.
        default: The value without any setting; `None` for no bound.
        resource: What is bounded.
        unit: What is counted.
        per: For whom it is counted. A visitor is a logged-in user, or else an address.
        option: How a program sets it; empty where it is fixed.
        environment: The environment variable that sets it, if there is one.
        beyond: What the visitor sees beyond the bound.
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
        default: The value without any setting.
        resource: What is bounded.
        unit: What is counted.
        per: For whom it is counted.
        beyond: What the visitor sees beyond the bound.
        option: How a program sets it; by default `launch(limits={"name": …})`.
    """
    return field(
        default=default,
        metadata={"resource": resource, "unit": unit, "per": per, "beyond": beyond, "option": option},
    )


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The bounds of a server, for `launch(limits=gr.Limits(body_bytes=…))`; see `docs/limits.md`.

    Every bound can also be set in the environment, as `HOLDFAST_LIMIT_` and the name in capital letters. A value that
    the program sets has precedence.
    """

    connections: int = bound(
        20_000,
        resource="Connections, in any case no more than the process may have files open",
        unit="number",
        per="app",
        beyond="one that has sent no request is closed; if there is none, 503",
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
        beyond="the event fails and says so",
    )
    body_bytes: int = bound(
        32 * MB,
        resource="One JSON body, or one frame of a page",
        unit="bytes",
        per="request",
        beyond="413, or the page's connection ends",
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
        resource="Time that a body or upload takes to arrive, besides what `body_rate` allows for its size",
        unit="seconds",
        per="request",
        beyond="408",
    )
    body_rate: int = bound(
        16 * KB,
        resource="Least bytes of a body or upload that arrive in a second",
        unit="bytes",
        per="request",
        beyond="408, after `body_seconds`",
    )
    answer_seconds: float = bound(
        60,
        resource="Time in which a client takes nothing of an answer or frame, or less than `body_rate` in a second",
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
        beyond="the visitor's session without an open page that was unused for longest ends; if all are open, 503",
    )
    stream_chunks: int = bound(
        64,
        resource="Values that wait for one running `stream` event",
        unit="number",
        per="request",
        beyond="the oldest is dropped",
    )
    session_jobs: int = bound(
        2_000,
        resource="Events that wait or run",
        unit="number",
        per="session",
        beyond="503",
    )
    feed_messages: int = bound(
        1_000,
        resource="Unread messages",
        unit="number",
        per="session",
        beyond="the steps of each event are folded into one",
    )
    feed_bytes: int = bound(
        4_000_000,
        resource="Unread messages",
        unit="bytes",
        per="session",
        beyond="the steps of each event are folded into one; over four times as many, the oldest results are dropped",
    )
    visitor_results: int = bound(
        500,
        resource="Results of `/call` that are not collected",
        unit="number",
        per="visitor",
        beyond="the visitor's oldest is dropped: 404 when it is collected",
    )
    results_bytes: int = bound(
        256 * MB,
        resource="Results of `/call` that are not collected",
        unit="bytes",
        per="app",
        beyond="the oldest of the visitor who holds the most are dropped: 404 when they are collected",
    )
    visitor_results_bytes: int = bound(
        64 * MB,
        resource="Results of `/call` that are not collected",
        unit="bytes",
        per="visitor",
        beyond="the visitor's oldest are dropped: 404 when they are collected",
    )
    results: int = bound(
        1_000,
        resource="Results of `/call` that are not collected",
        unit="number",
        per="app",
        beyond="the oldest of the visitor who has the most is dropped: 404 when it is collected",
    )
    result_seconds: float = bound(
        600,
        resource="Results of `/call` that are not collected, after the event has ended",
        unit="seconds",
        per="request",
        beyond="dropped: 404 when it is collected",
    )
    uploads_followed: int = bound(
        1_000,
        resource="Uploads whose progress is remembered",
        unit="number",
        per="app",
        beyond="the oldest of the visitor who has the most is forgotten: its progress ends",
    )
    visitor_uploads_followed: int = bound(
        100,
        resource="Uploads whose progress is remembered",
        unit="number",
        per="visitor",
        beyond="the visitor's oldest is forgotten: its progress ends",
    )
    uploads_followed_bytes: int = bound(
        16 * MB,
        resource="Uploads whose progress is remembered",
        unit="bytes",
        per="app",
        beyond="those of the visitor who holds the most are forgotten: their progress ends",
    )
    visitor_uploads_followed_bytes: int = bound(
        4 * MB,
        resource="Uploads whose progress is remembered",
        unit="bytes",
        per="visitor",
        beyond="the visitor's oldest are forgotten: their progress ends",
    )
    upload_followed_seconds: float = bound(
        60,
        resource="Uploads whose progress is remembered, after they have ended",
        unit="seconds",
        per="request",
        beyond="forgotten: 404 when its progress is asked for",
    )
    file_bytes: int = bound(
        10 * 1024 * MB,
        resource="Uploaded, fetched and produced files",
        unit="bytes",
        per="app",
        beyond="the oldest are deleted; 507 if all of them belong to events that have not ended",
    )
    visitor_file_bytes: int = bound(
        5 * 1024 * MB,
        resource="Uploaded, fetched and produced files, since the process began",
        unit="bytes",
        per="visitor",
        beyond="the visitor's oldest are deleted; 507 if all of them belong to events that have not ended",
    )
    file_seconds: float = bound(
        24 * 3600,
        resource="Uploaded, fetched and produced files",
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
        resource="Login, counted from the password, however often it is used",
        unit="seconds",
        per="request",
        beyond="the page asks for the password again",
    )
    logins: int = bound(
        10_000,
        resource="Ended logins, last uses of logins, and wrong guesses that are remembered, each",
        unit="number",
        per="app",
        beyond="as for ended logins: the older logins of everyone end too; else the oldest is forgotten",
    )
    mcp_sessions: int = bound(
        1_000,
        resource="Sessions of MCP clients",
        unit="number",
        per="app",
        beyond="an idle session of who has the most ends; if none is idle, or over the older transport, 503",
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
            BuildError: A name is unknown, or a value cannot be a bound.
        """
        names = [declared.name for declared in fields(self)]
        for name in given:
            if name not in names:
                near = difflib.get_close_matches(name, names, 1)
                hint = f" Did you mean {near[0]!r}?" if near else f" The limits are: {', '.join(names)}."
                raise BuildError(f"{name!r} is not a limit.{hint}")
        return replace(self, **given)


def settled(given: Limits | Mapping[str, Any] | None, environment: Mapping[str, float]) -> Limits:
    """Return the limits that apply: the program's values over those of the environment, over the defaults.

    Args:
        given: What the program passed to `launch`.
        environment: The values that the environment sets, by name.

    Raises:
        BuildError: `given` is not `Limits` or a dict, a name in it is unknown, or a value cannot be a bound.
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
            f"limits={given!r} cannot be used. Pass gr.Limits(…), or a dict such as {{'body_bytes': 1_000_000}}."
        )
    return Limits().with_values({**environment, **chosen})


def _check(declared: Field[Any], value: Any) -> None:
    """Refuse a value that bounds nothing, or everything.

    Raises:
        BuildError: It is not a positive number.
    """
    seconds = declared.metadata["unit"] == "seconds"
    number = isinstance(value, int | float if seconds else int) and not isinstance(value, bool)
    if not number or not 0 < value < float("inf"):
        kind = "number of seconds" if seconds else "whole number"
        raise BuildError(f"The limit {declared.name}={value!r} cannot be used. Set a {kind} above 0, or leave it out.")


EXISTING = (
    Bound(
        name="state_session_capacity",
        default=10_000,
        resource="Sessions",
        unit="number",
        per="app",
        option="launch(state_session_capacity=…)",
        environment="",
        beyond="a session without an open page ends, one that was never connected first; if all are open, 503",
    ),
    Bound(
        name="session_grace",
        default=3600,
        resource="Sessions",
        unit="seconds",
        per="session",
        option="launch(session_grace=…)",
        environment="HOLDFAST_SESSION_GRACE",
        beyond="a closed session ends, and so does one that was never connected, counted from its last use",
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
        resource="One value of State that is copied for a rollback",
        unit="bytes",
        per="session",
        option="launch(state_rollback_limit=…)",
        environment="",
        beyond="its in-place changes are kept when an event fails",
    ),
    Bound(
        name="max_file_size",
        default=None,
        resource="One uploaded file",
        unit="bytes",
        per="request",
        option="launch(max_file_size=…)",
        environment="",
        beyond="413; the page shows the size that is allowed",
    ),
    Bound(
        name="max_size",
        default=None,
        resource="Events that wait for their turn",
        unit="number",
        per="app",
        option="queue(max_size=…)",
        environment="",
        beyond='503, "Queue is full"',
    ),
    Bound(
        name="default_concurrency_limit",
        default=1,
        resource="Events of one listener that run at once",
        unit="number",
        per="app",
        option="queue(default_concurrency_limit=…), or concurrency_limit=… of a listener",
        environment="HOLDFAST_DEFAULT_CONCURRENCY_LIMIT",
        beyond="the event waits, and the page shows its place",
    ),
    Bound(
        name="on_leave",
        default=15,
        resource="Event that runs while its visitor has left for good",
        unit="seconds",
        per="request",
        option="launch(on_leave=…), Blocks(on_leave=…), or on_leave=… of a listener",
        environment="HOLDFAST_ON_LEAVE",
        beyond="it is canceled, a generator at its next `yield`; a plain function runs to its end",
    ),
    Bound(
        name="max_threads",
        default=40,
        resource="Synchronous functions that run at once",
        unit="number",
        per="app",
        option="launch(max_threads=…)",
        environment="",
        beyond="the event waits for a thread",
    ),
)
"""The bounds that options of their own set."""


def bounds() -> Iterator[Bound]:
    """Return all bounds: those of `Limits`, then those that options of their own set."""
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
    """Let these limits hold for what runs in the present context: an app's event."""
    _applied.set(limits)


def applied() -> Limits:
    """Return the limits of the app whose event runs here."""
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
    """Return the table of all bounds as Markdown, one row per bound."""
    lines = [HEAD, ("---",) * len(HEAD), *(_row(one) for one in sorted(bounds(), key=lambda one: one.resource))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _row(one: Bound) -> tuple[str, ...]:
    counted = tuple(SCOPES[one.per] if one.unit == unit else "" for unit in ("number", "bytes", "seconds"))
    environment = f"`{one.environment}`" if one.environment else ""
    option = f"`{one.option}`" if one.option else "fixed"
    return (one.resource, *counted, shown(one.default, one.unit), option, environment, one.beyond)


def shown(value: float | None, unit: Unit) -> str:
    """Return a bound's value for people."""
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
    """Return the documentation page with its table replaced by the present one."""
    before, _, rest = page.partition(START)
    after = rest.partition(END)[2]
    return f"{before}{START}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.write_text(with_table(target.read_text(encoding="utf-8")), encoding="utf-8")

"""Settings of the runtime."""

from __future__ import annotations

from dataclasses import dataclass, field

from holdfast.files.rules import FileRules
from holdfast.limits import Limits


@dataclass(frozen=True, kw_only=True)
class RuntimeOptions:
    """Settings for running events and for limits. Names and defaults match Gradio's where they exist there.

    Args:
        max_threads: Maximum number of synchronous functions that run at the same time; others wait for a thread.
        default_concurrency_limit: Maximum number of simultaneous events of a function that does not specify a limit;
            `None` for no limit.
        max_queue_size: Maximum number of waiting events over all functions; `None` for no limit.
        show_error: Show the visitor the message of every exception, not only of `gr.Error`.
        session_capacity: Maximum number of sessions.
        session_grace: Seconds for which a closed session is kept.
        limits: Limits on data and work that clients can cause.
        estimation_interval: Seconds between reports to events that wait in the queue.
        progress_interval: Seconds between progress reports of an event.
        max_rounds: Number of consecutive State changes after which a chain is stopped (R3.5).
        shutdown_grace: Seconds that running events have to end when the runtime closes.
        run_in_queue: Schedule direct calls like all other events.
        file_rules: Rules for files that components can receive and publish; see `holdfast.files.rules`.
        root_path: Prefix of URLs in rendered parts and files.
    """

    max_threads: int = 40
    default_concurrency_limit: int | None = 1
    max_queue_size: int | None = None
    show_error: bool = False
    session_capacity: int = 10_000
    session_grace: float = 3600
    limits: Limits = field(default_factory=Limits)
    estimation_interval: float = 0.5
    progress_interval: float = 0.02
    max_rounds: int = 100
    shutdown_grace: float = 5
    run_in_queue: bool = True
    file_rules: FileRules = field(default_factory=FileRules)
    root_path: str = ""

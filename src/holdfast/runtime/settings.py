"""The runtime's settings."""

from __future__ import annotations

from dataclasses import dataclass, field

from holdfast.files.rules import FileRules
from holdfast.limits import Limits


@dataclass(frozen=True, kw_only=True)
class RuntimeOptions:
    """How events are run and how much is kept. Names and defaults are Gradio's where it has them.

    Args:
        max_threads: Synchronous functions that run at once; more wait for a thread.
        default_concurrency_limit: Most events at once of a function that says nothing; `None` for no limit.
        max_queue_size: Most events that wait, over all functions; `None` for no limit.
        show_error: Whether the visitor reads the text of every exception, or of `gr.Error` alone.
        session_capacity: Most sessions that are kept.
        session_grace: Seconds that a closed session is kept, counted from the close.
        limits: How much is kept and done for what clients name.
        estimation_interval: Seconds between two reports to those who wait in the queue.
        progress_interval: Seconds between two progress reports of an event.
        max_rounds: State changes in a row after which a chain is stopped (R3.5).
        shutdown_grace: Seconds that running events get to end when the runtime closes.
        run_in_queue: Whether direct calls wait for their turn as all events do.
        file_rules: Which files components may take and give; see `holdfast.files.rules`.
        root_path: Prefix for URLs in rendered parts and files.
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

"""Bodies of the HTTP routes that Gradio's clients use."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class PredictBody(Struct, kw_only=True):
    """Body of `/queue/join`, `/run/{name}` and `/stream/{event_id}`; extra keys are ignored."""

    data: list[Any]
    fn_index: int | None = None
    session_hash: str | None = None
    event_data: Any = None
    trigger_id: int | None = None
    event_id: str | None = None
    simple_format: bool = False
    batched: bool = False


class CallBody(Struct, kw_only=True):
    """Body of `/call/{name}`."""

    data: list[Any] = []
    session_hash: str | None = None


class CancelBody(Struct, kw_only=True):
    """Body of `/cancel`."""

    session_hash: str
    fn_index: int
    event_id: str


class ResetBody(Struct, kw_only=True):
    """Body of `/reset`."""

    event_id: str

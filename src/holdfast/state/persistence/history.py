"""Earlier versions of a cell in a durable store: one record beside the cell's own, written in the same commit."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

from holdfast.state.codec import DecodeError, Opened, decode, encode
from holdfast.state.history import History, Kept
from holdfast.state.model import UNSET
from holdfast.state.persistence.reader import HISTORY, is_older, migrated
from holdfast.state.values.atoms import is_atom
from holdfast.state.values.capture import Sealed, payload_of

if TYPE_CHECKING:
    from holdfast.state.spec import CellSpec


def cell_name(name: str) -> str:
    """Return the name of the cell to which a stored name belongs: its own, or that of its earlier versions."""
    return name.removesuffix(HISTORY)


def dump(history: History) -> bytes:
    """Return the payload of a history."""
    return encode((_parts(history.past), _parts(history.future)))


def _parts(kept: Iterable[Kept]) -> list[tuple[int, bytes]]:
    return [(each.version, payload_of(each.value, each.image)) for each in kept]


def load(opened: Opened, spec: CellSpec, limit: int) -> History:
    """Return the history of stored bytes, with the versions of an older program converted (R6.3).

    Args:
        opened: The opened bytes.
        spec: The State.
        limit: Maximum number of bytes kept.

    Raises:
        DecodeError: The bytes are not a history, a newer program wrote them, or `migrate` failed.
    """
    history = History(spec.history, limit)
    schema = opened.schema if is_older(opened, spec) else None
    parts = decode(opened.payload)
    try:
        past, future = parts
        history.past = deque(_kept(part, spec, schema) for part in past)
        history.future = deque(_kept(part, spec, schema) for part in future)
    except (TypeError, ValueError) as error:
        raise DecodeError(f"it is not a history ({error})") from error
    history.size = sum(kept.size for kept in (*history.past, *history.future))
    return history


def _kept(part: tuple[int, bytes], spec: CellSpec, schema: int | None) -> Kept:
    version, payload = part
    value = decode(payload, lenient=schema is not None)
    if schema is not None:
        value, payload = migrated(spec, value, schema)
    return Kept(version, value, None) if is_atom(value) else Kept(version, UNSET, Sealed(payload))

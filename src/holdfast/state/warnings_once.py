"""What the log says once about values that are not copied."""

from __future__ import annotations

import logging

from holdfast.state.codec import EncodeError, encode
from holdfast.state.spec import CellSpec
from holdfast.state.values.snapshot import Uncaptured, image_of
from holdfast.state.values.unencodable import path_to_culprit

log = logging.getLogger("holdfast.state")


def _can_be_copied(part: object) -> bool:
    return not (isinstance(image := image_of(part, watched=False), Uncaptured) and image.reason is not None)


def _can_be_stored(part: object) -> bool:
    try:
        encode(part)
    except EncodeError:
        return False
    return True


def warn_bound(spec: CellSpec, value: object, error: EncodeError) -> None:
    """Say once for each State that its value stays in this process (R6.5)."""
    if not spec.said_bound:
        spec.said_bound = True
        log.warning(
            "The value of %s cannot be stored because of %s: %s. It stays in this process; what was stored of it "
            "before is what a restart finds.",
            spec.label,
            path_to_culprit(value, _can_be_stored, spec.key or f"state_{spec.id}"),
            error,
        )


def warn_unkept(spec: CellSpec, value: object, image: Uncaptured) -> Uncaptured:
    """Say once for each State that in-place changes of its value stay when a step fails (R2.2)."""
    if spec.warned:
        return image
    spec.warned = True
    if image.reason is None:
        log.warning(
            "The value of %s is larger than state_rollback_limit, so it is not copied: "
            "what a failing event has changed in it in place stays.",
            spec.label,
        )
    else:
        log.warning(
            "The value of %s cannot be copied because of %s (%s), so it stays live: "
            "what a failing event has changed in it in place stays.",
            spec.label,
            path_to_culprit(value, _can_be_copied, spec.key or f"state_{spec.id}"),
            image.reason,
        )
    return image


def warn_version(spec: CellSpec) -> None:
    """Say at the start that nothing carries values of older versions of a State to its present one."""
    if spec.version > 1 and spec.migrate is None:
        log.warning(
            "%s has version=%s and no migrate, so functions get values that older versions have stored as they are. "
            "Pass State(migrate=…) to carry them to the present shape.",
            spec.label,
            spec.version,
        )


def warn_met(spec: CellSpec, version: int) -> None:
    """Say once for a State that such a value was met."""
    if not spec.said_older:
        spec.said_older = True
        log.warning(
            "A stored value of %s has version %s, and the State has version=%s and no migrate: functions get the old "
            "value as it is. Pass State(migrate=…).",
            spec.label,
            version,
            spec.version,
        )

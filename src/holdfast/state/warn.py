"""What the log says once about values that are not copied."""

from __future__ import annotations

import logging

from holdfast.state.codec import EncodeError, encode
from holdfast.state.culprit import path_to_culprit
from holdfast.state.snapshot import Unkept, image_of
from holdfast.state.spec import CellSpec

log = logging.getLogger("holdfast.state")


def _can_be_copied(part: object) -> bool:
    return not (isinstance(image := image_of(part, watched=False), Unkept) and image.reason is not None)


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


def warn_unkept(spec: CellSpec, value: object, image: Unkept) -> Unkept:
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

"""What the log says once about values that are not copied."""

from __future__ import annotations

import logging

from holdfast.state.snapshot import Unkept
from holdfast.state.spec import CellSpec

log = logging.getLogger("holdfast.state")


def warn_unkept(spec: CellSpec, image: Unkept) -> Unkept:
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
            "The value of %s cannot be copied (%s), so it stays live: "
            "what a failing event has changed in it in place stays.",
            spec.label,
            image.reason,
        )
    return image

"""Warnings that are logged once for each State."""

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
    """Warn that the value of a State cannot be stored and stays in this process (R6.5)."""
    if not spec.said_bound:
        spec.said_bound = True
        log.warning(
            "The value of %s cannot be stored because of %s: %s. It stays in this process, and a restart loads the "
            "value that was stored last.",
            spec.label,
            path_to_culprit(value, _can_be_stored, spec.key or f"state_{spec.id}"),
            error,
        )


def warn_unkept(spec: CellSpec, value: object, image: Uncaptured) -> Uncaptured:
    """Warn that in-place changes of a State's value remain when a step fails (R2.2)."""
    if spec.warned:
        return image
    spec.warned = True
    if image.reason is None:
        log.warning(
            "The value of %s is larger than state_rollback_limit, so it is not copied: "
            "in-place changes of a failing event remain.",
            spec.label,
        )
    else:
        log.warning(
            "The value of %s cannot be copied because of %s (%s), so it stays live: "
            "in-place changes of a failing event remain.",
            spec.label,
            path_to_culprit(value, _can_be_copied, spec.key or f"state_{spec.id}"),
            image.reason,
        )
    return image


def warn_version(spec: CellSpec) -> None:
    """Warn at startup that nothing converts values of older versions of a State."""
    if spec.version > 1 and spec.migrate is None:
        log.warning(
            "%s has version=%s and no migrate, so functions get values from older versions unchanged. "
            "Pass State(migrate=…) to convert them.",
            spec.label,
            spec.version,
        )


def warn_met(spec: CellSpec, version: int) -> None:
    """Warn that a value of an older version was loaded and not converted."""
    if not spec.said_older:
        spec.said_older = True
        log.warning(
            "A stored value of %s has version %s, but the State has version=%s and no migrate: functions get the old "
            "value unchanged. Pass State(migrate=…) to convert it.",
            spec.label,
            version,
            spec.version,
        )

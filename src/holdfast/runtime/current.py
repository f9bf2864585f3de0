"""The event that the running code belongs to."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdfast.runtime.jobs import Job

job: ContextVar[Job | None] = ContextVar("holdfast_job", default=None)

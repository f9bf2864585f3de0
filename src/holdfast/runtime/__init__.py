"""Run events: functions of every kind as steps, with State lanes, scheduling, progress, and cancellation. No HTTP."""

from __future__ import annotations

from holdfast.runtime.feed import Feed
from holdfast.runtime.jobs import EventRequest, Job
from holdfast.runtime.progress import Progress
from holdfast.runtime.request import Request
from holdfast.runtime.runtime import Runtime
from holdfast.runtime.session import Session
from holdfast.runtime.sessions import Sessions
from holdfast.runtime.settings import RuntimeOptions

__all__ = ["EventRequest", "Feed", "Job", "Progress", "Request", "Runtime", "RuntimeOptions", "Session", "Sessions"]

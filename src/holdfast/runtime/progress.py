"""`gr.Progress`: shows the progress of a handler."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from holdfast.graph.injected import Injected
from holdfast.wire.messages import ProgressUnit

if TYPE_CHECKING:
    from holdfast.runtime.jobs import Job

tracked: ContextVar[Progress | None] = ContextVar("holdfast_tqdm", default=None)
"""Progress on which the running handler's tqdm bars are shown."""


class Progress(Injected):
    """Shows the visitor the progress of a handler. Use it as the default of a parameter.

    Args:
        track_tqdm: Show the bars of every `tqdm` that the handler uses, directly or not.
    """

    def __init__(self, track_tqdm: bool = False) -> None:
        self.track_tqdm = track_tqdm
        self._job: Job | None = None
        self._bars: list[_Bar] = []

    def bound(self, job: Job) -> Progress:
        """Return a copy for an event."""
        progress = Progress(self.track_tqdm)
        progress._job = job
        if self.track_tqdm and follow_tqdm():
            tracked.set(progress)
        return progress

    def __call__(
        self,
        progress: float | tuple[float, float | None] | None,
        desc: str | None = None,
        total: float | None = None,
        unit: str = "steps",
        _tqdm: Any = None,
    ) -> float | tuple[float, float | None] | None:
        """Show the handler's progress.

        Args:
                progress: Fraction from 0 to 1, or (done, total), or `None` for no bar.
                desc: Description of the current work.
                total: Total number of steps, if `progress` counts steps.
                unit: Name of a step.

        Returns:
            `progress`.
        """
        if isinstance(progress, tuple):
            done, total = progress
            now = ProgressUnit(index=done, length=total, unit=unit, desc=desc)
        elif total is not None and progress is not None:
            now = ProgressUnit(index=progress, length=total, unit=unit, desc=desc)
        else:
            now = ProgressUnit(unit=unit, progress=progress, desc=desc)
        self._send([*(bar.as_unit() for bar in self._bars), now])
        return progress

    def tqdm(
        self,
        iterable: Iterable[Any] | None,
        desc: str | None = None,
        total: float | None = None,
        unit: str = "steps",
        _tqdm: Any = None,
    ) -> Iterable[Any]:
        """Iterate over items and show the progress.

        Args:
                iterable: Items to iterate over.
                desc: Description of the current work.
                total: Number of items, if the iterable has no length.
                unit: Name of an item.
        """
        if iterable is None:
            return _Bar(self, iter(()), desc, total, unit)
        if total is None and isinstance(iterable, Sized):
            total = len(iterable)
        return _Bar(self, iter(iterable), desc, total, unit)

    def show(self, bar: _Bar) -> None:
        """Show a new bar, or the new position of a bar."""
        if bar not in self._bars:
            self._bars.append(bar)
        self._send([each.as_unit() for each in self._bars])

    def hide(self, bar: _Bar) -> None:
        """Remove a bar that has ended."""
        if bar in self._bars:
            self._bars.remove(bar)

    def _send(self, units: list[ProgressUnit]) -> None:
        if self._job is not None and self._job.feed is not None:
            self._job.report(units)


class _Bar:
    """A progress bar: an iterator that counts its items."""

    def __init__(
        self, progress: Progress, items: Iterator[Any], desc: str | None, total: float | None, unit: str | None
    ) -> None:
        self.progress = progress
        self.items = items
        self.desc = desc
        self.total = total
        self.unit = unit
        self.done: float = 0
        self._started = False

    def as_unit(self) -> ProgressUnit:
        return ProgressUnit(index=self.done, length=self.total, unit=self.unit, desc=self.desc)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if self._started:
            self.done += 1
        self._started = True
        try:
            item = next(self.items)
        except StopIteration:
            self.progress.show(self)
            self.progress.hide(self)
            raise
        self.progress.show(self)
        return item

    def update(self, steps: float = 1) -> None:
        """Advance the bar by a number of steps, as with tqdm."""
        self.done += steps
        self.progress.show(self)

    def close(self) -> None:
        """Remove the bar."""
        self.progress.hide(self)


def follow_tqdm() -> bool:
    """Show `tqdm` bars on the page for handlers that request it. Return False if tqdm is not installed."""
    try:
        import tqdm as package
    except ImportError:
        return False
    kind: Any = package.tqdm
    if getattr(kind, "_holdfast", False):
        return True
    start, step, end = kind.__init__, kind.update, kind.close

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807 - replaces tqdm's method
        start(self, *args, **kwargs)
        progress = tracked.get()
        self.holdfast_bar = None
        if progress is not None:
            unit = None if self.unit == "it" else self.unit
            self.holdfast_bar = _Bar(progress, iter(()), self.desc or None, self.total, unit or "steps")
            progress.show(self.holdfast_bar)

    def __iter__(self: Any) -> Iterator[Any]:  # noqa: N807 - replaces tqdm's method
        # tqdm's own loop counts in local variables, so a tracked bar is counted with update() instead.
        if getattr(self, "holdfast_bar", None) is None or self.disable:
            yield from iterate(self)
            return
        try:
            for item in self.iterable:
                yield item
                self.update(1)
        finally:
            self.close()

    def update(self: Any, n: float | None = 1) -> Any:
        result = step(self, n)
        bar = getattr(self, "holdfast_bar", None)
        if bar is not None:
            bar.desc, bar.total = self.desc or None, self.total
            bar.update(1 if n is None else n)
        return result

    def close(self: Any) -> None:
        bar = getattr(self, "holdfast_bar", None)
        if bar is not None:
            bar.close()
        end(self)

    iterate = kind.__iter__
    kind.__init__, kind.__iter__, kind.update, kind.close, kind._holdfast = __init__, __iter__, update, close, True
    return True

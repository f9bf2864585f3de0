"""The one thread that writes to an SQLite file: what waits is committed together."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from holdfast.stores.errors import StoreError, StoreUnavailableError
from holdfast.stores.sqlite.database import place_of, translate
from holdfast.tasks import Stubborn, heed_cancel

_MOST = 256
"""Jobs of one transaction."""


class WriteJob(NamedTuple):
    """Something to do inside a transaction; a `StoreError` raised before its first write touches nobody else."""

    work: Callable[[sqlite3.Connection], Any]
    future: asyncio.Future[Any]


class Writer:
    """Runs jobs in transactions.

    Args:
        path: The file, for messages.
        connection: Used by the writer's thread alone.
        loop: Where the futures live.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, loop: asyncio.AbstractEventLoop) -> None:
        self._path = path
        self._place = place_of(path)
        self._connection = connection
        self._loop = loop
        self._jobs: queue.SimpleQueue[WriteJob | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="holdfast-sqlite", daemon=True)
        self._thread.start()

    async def do(self, work: Callable[[sqlite3.Connection], Any]) -> Any:
        """Run `work` in a transaction; returns when it is committed, also when it is cancelled meanwhile.

        Raises:
            StoreUnavailableError: It could not be committed.
        """
        if not self._thread.is_alive():
            raise StoreUnavailableError(f"{self._path} is closed.")
        await heed_cancel()
        future = Stubborn(loop=self._loop)
        self._jobs.put(WriteJob(work, future))
        return await future.outlast()

    def close(self) -> None:
        """Finish what waits, then end."""
        self._jobs.put(None)
        self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        while True:
            batch = [self._jobs.get()]
            with suppress(queue.Empty):
                while len(batch) < _MOST and batch[-1] is not None:
                    batch.append(self._jobs.get_nowait())
            jobs = [job for job in batch if job is not None]
            if jobs:
                self._together(jobs)
            if len(jobs) < len(batch):
                return

    def _together(self, jobs: list[WriteJob]) -> None:
        try:
            self._check_place()
            outcomes = self._transaction(jobs)
        except Exception as error:  # a value that SQLite does not take raises Python's own; the thread must go on
            if len(jobs) > 1:
                # One of them may be at fault; the others shall not suffer.
                for job in jobs:
                    self._together([job])
                return
            outcomes = [(jobs[0], None, translate(self._path, error) if isinstance(error, sqlite3.Error) else error)]
        self._loop.call_soon_threadsafe(_tell, outcomes)

    def _check_place(self) -> None:
        """See that what is written is what the next start will find.

        Raises:
            StoreUnavailableError: The file was removed, or another one is in its place.
        """
        if place_of(self._path) != self._place:
            raise StoreUnavailableError(
                f"{self._path} was removed or replaced while it was in use, so what is written now would be lost. "
                "Put it back, or start the app again."
            )

    def _transaction(self, jobs: list[WriteJob]) -> list[tuple[WriteJob, Any, Exception | None]]:
        connection = self._connection
        connection.execute("begin immediate")
        try:
            outcomes = [_done(job, connection) for job in jobs]
            connection.execute("commit")
        except BaseException:
            if connection.in_transaction:
                connection.execute("rollback")
            raise
        return outcomes


def _done(job: WriteJob, connection: sqlite3.Connection) -> tuple[WriteJob, Any, Exception | None]:
    try:
        return job, job.work(connection), None
    except StoreError as error:
        return job, None, error


def _tell(outcomes: list[tuple[WriteJob, Any, Exception | None]]) -> None:
    for job, result, error in outcomes:
        if job.future.done():
            continue
        if error is None:
            job.future.set_result(result)
        else:
            job.future.set_exception(error)

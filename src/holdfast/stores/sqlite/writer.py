"""The thread that writes to an SQLite file and commits waiting jobs together."""

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
"""Maximum number of jobs in one transaction."""


class WriteJob(NamedTuple):
    """Work for a transaction; a `StoreError` raised before its first write does not affect other jobs."""

    work: Callable[[sqlite3.Connection], Any]
    future: asyncio.Future[Any]


class Writer:
    """Runs jobs in transactions.

    Args:
        path: The file, for messages.
        connection: Connection for the writer's thread only.
        loop: Event loop of the futures.
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
        """Run work in a transaction, and return once it is committed, even if canceled in the meantime.

        Raises:
            StoreUnavailableError: The transaction could not be committed.
        """
        if not self._thread.is_alive():
            raise StoreUnavailableError(f"{self._path} is closed.")
        await heed_cancel()
        future = Stubborn(loop=self._loop)
        self._jobs.put(WriteJob(work, future))
        return await future.outlast()

    def close(self) -> None:
        """Finish waiting jobs, and stop the thread."""
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
        except Exception as error:  # a value that SQLite cannot store raises a Python error; the thread must continue
            if len(jobs) > 1:
                # Only one job may be at fault, so run each one separately.
                for job in jobs:
                    self._together([job])
                return
            outcomes = [(jobs[0], None, translate(self._path, error) if isinstance(error, sqlite3.Error) else error)]
        self._loop.call_soon_threadsafe(_tell, outcomes)

    def _check_place(self) -> None:
        """Check that the next start will find what is written now.

        Raises:
            StoreUnavailableError: The file was removed or replaced.
        """
        if place_of(self._path) != self._place:
            raise StoreUnavailableError(
                f"{self._path} was removed or replaced while it was in use, so writes would be lost. "
                "Put it back, or restart the app."
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

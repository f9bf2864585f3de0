"""Results of examples, computed once and stored in a folder."""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from pathlib import Path, PurePath
from typing import Any

from holdfast.apps.function_identity import identity_of
from holdfast.apps.samples import keep_files
from holdfast.clock import SystemClock
from holdfast.components.base import Component
from holdfast.errors import BuildError
from holdfast.files import private
from holdfast.files.cache import app_folder, cache_dir
from holdfast.files.folders import process_folder
from holdfast.files.retention import paths_in
from holdfast.files.rules import is_url
from holdfast.ids import random_id
from holdfast.seals import reissued

CACHE_FOLDER = Path(private.HOME) / "cached_examples"
IN_APP = ".examples"
"""Folder of results within the file folder of an app or a process; its name prevents it from being served."""
UNUSED = 30 * 24 * 3600.0
"""Age in seconds at which unused results are deleted."""
NO_FACTS = frozenset({"value", "every", "inputs", "render", "visible", "elem_id", "elem_classes", "key", "buttons"})
"""Properties of components that do not affect results."""


class CachedResults:
    """Results of a function for each row, stored in a folder named after everything that the results depend on.

    Args:
        fn: Function of any kind; for a generator, the last value counts.
        rows: Rows of example inputs.
        inputs: Components that a row fills.
        outputs: Components for the results.
        preprocess: `False` passes the browser's values to `fn`.
        postprocess: `False` stores the values of `fn` without conversion.
        batch: Whether `fn` takes and returns lists.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        rows: Sequence[Sequence[Any]],
        inputs: Sequence[Component],
        outputs: Sequence[Component],
        *,
        preprocess: bool = True,
        postprocess: bool = True,
        batch: bool = False,
    ) -> None:
        self._fn, self._rows, self._inputs, self._outputs = fn, rows, inputs, outputs
        self._preprocess, self._postprocess, self._batch = preprocess, postprocess, batch
        self.folder = self._folder()
        now = SystemClock().time()
        prune(CACHE_FOLDER, now)
        with suppress(OSError):
            os.utime(self.folder, (now, now))

    def row(self, place: int) -> list[Any]:
        """Return the outputs' values for a row, in the browser's form; computed if they are not stored yet."""
        file = self.folder / f"{place}.json"
        with suppress(FileNotFoundError):
            found = list(json.loads(file.read_text(encoding="utf-8")))
            if all(Path(path).is_file() for path in paths_in(found) if not is_url(path)):
                return list(reissued(found))
        payloads = self._compute(self._rows[place])
        private.make_folder(self.folder)
        kept = [keep_files(payload, self.folder / f"files-{place}", simplify=False) for payload in payloads]
        unfinished = file.with_suffix(f".{random_id()}")  # others may be computing the same row
        private.make_file(unfinished)
        unfinished.write_text(json.dumps(kept), encoding="utf-8")
        unfinished.replace(file)
        return kept

    def _compute(self, row: Sequence[Any]) -> list[Any]:
        given = [component.postprocess(value) for component, value in zip(self._inputs, row, strict=True)]
        if self._preprocess:
            given = [component.preprocess(value) for component, value in zip(self._inputs, given, strict=True)]
        result = last_result(self._fn, [[value] for value in given] if self._batch else given)
        values = _by_output(result, self._outputs)
        if self._batch:
            values = [value[0] for value in values]
        if not self._postprocess:
            return values
        return [component.postprocess(value) for component, value in zip(self._outputs, values, strict=True)]

    def _folder(self) -> Path:
        """Return the folder of the results.

        Results that depend on values without stable content must stay in this process, or they would be mistaken for
        others. Results of a `gr.render` can depend on what visitors send, so they are stored and limited like visitors'
        files.
        """
        files = [
            str(value)
            for component, values in zip(self._inputs, zip(*self._rows, strict=False), strict=False)
            for value in values
            if component.HAS_FILES and isinstance(value, str | PurePath)
        ]
        settings = (self._preprocess, self._postprocess, self._batch)
        components = [(type(one), _facts(one)) for one in (*self._inputs, *self._outputs)]
        found = identity_of(self._fn, self._rows, components, len(self._inputs), settings, files=files)
        if app_folder.get() is not None:
            return cache_dir() / IN_APP / found.digest()
        return (CACHE_FOLDER if found.stable else process_folder() / IN_APP) / found.digest()


def prune(folder: Path, now: float) -> None:
    """Delete stored results that have not been used for a long time.

    Args:
        folder: Folder that contains all stored results.
        now: Current time.
    """
    if not folder.is_dir():
        return
    for one in folder.iterdir():
        with suppress(OSError):
            if now - one.stat().st_mtime > UNUSED:
                shutil.rmtree(one, ignore_errors=True)


def _facts(component: Component) -> dict[str, Any]:
    """Return the properties of a component that conversions can depend on."""
    return {name: value for name, value in component.given.items() if name not in NO_FACTS}


def last_result(fn: Callable[..., Any], arguments: Sequence[Any]) -> Any:
    """Return the final result of a function of any kind: its return value, or its last yield.

    An async function runs on a new event loop in a new thread, so that this function can be called from anywhere.
    """
    result = fn(*arguments)
    if inspect.iscoroutine(result) or inspect.isasyncgen(result):  # also from objects and lambdas
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(copy_context().run, asyncio.run, _awaited(result)).result()
    if inspect.isgenerator(result):
        last = None
        for last in result:  # noqa: B007 -- only the last one is needed
            pass
        return last
    return result


async def _awaited(running: Any) -> Any:
    if not inspect.isasyncgen(running):
        return await running
    last = None
    async for last in running:  # noqa: B007 -- only the last one is needed
        pass
    return last


def _by_output(result: Any, outputs: Sequence[Component]) -> list[Any]:
    if isinstance(result, dict) and result and all(key in outputs for key in result if isinstance(key, Component)):
        keyed = {key: value for key, value in result.items() if isinstance(key, Component)}
        if len(keyed) == len(result):
            return [keyed.get(output) for output in outputs]
    if len(outputs) == 1:
        return [result]
    values = list(result)
    if len(values) < len(outputs):
        raise BuildError(f"The function of cached examples returned {len(values)} values for {len(outputs)} outputs.")
    return values[: len(outputs)]

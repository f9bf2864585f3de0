"""Results of examples, computed once and kept in a folder."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from holdfast import private
from holdfast.components.base import Component
from holdfast.errors import BuildError
from holdfast.flagging import keep_files
from holdfast.ids import random_id
from holdfast.seals import reissued

CACHE_FOLDER = Path(private.HOME) / "cached_examples"


class CachedResults:
    """What a function gave for each row, kept in a folder that is named after the rows and the function's code.

    Args:
        fn: The function, of any kind; of a generator the last value counts.
        rows: The examples.
        inputs: The components that a row fills.
        outputs: The components that the results go to.
        preprocess: `False` gives `fn` the browser's values.
        postprocess: `False` keeps what `fn` gave unconverted.
        batch: `fn` takes and returns lists.
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
        self.folder = CACHE_FOLDER / self._mark()

    def row(self, place: int) -> list[Any]:
        """The outputs' values for a row, in the browser's form; computed when they are not kept yet."""
        file = self.folder / f"{place}.json"
        if file.exists():
            return list(reissued(json.loads(file.read_text(encoding="utf-8"))))
        payloads = self._compute(self._rows[place])
        private.make_folder(self.folder)
        kept = [keep_files(payload, self.folder / f"files-{place}", simplify=False) for payload in payloads]
        unfinished = file.with_suffix(f".{random_id()}")  # others, or other processes, may be computing the same row
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

    def _mark(self) -> str:
        code = getattr(self._fn, "__code__", None)
        facts = [
            getattr(self._fn, "__qualname__", repr(type(self._fn))),
            (code.co_code.hex(), repr(code.co_names), repr([c for c in code.co_consts if not inspect.iscode(c)]))
            if code
            else "",
            repr(self._rows),
            [output.NAME for output in self._outputs],
        ]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:20]


def last_result(fn: Callable[..., Any], arguments: Sequence[Any]) -> Any:
    """What a function of any kind gives in the end: its return, or its last yield.

    An async one runs on an event loop of its own, in a thread of its own, so that it works from anywhere.
    """
    if inspect.iscoroutinefunction(fn) or inspect.isasyncgenfunction(fn):
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, _awaited(fn(*arguments))).result()
    result = fn(*arguments)
    if inspect.isgenerator(result):
        last = None
        for last in result:  # noqa: B007 -- the last one is what is wanted
            pass
        return last
    return result


async def _awaited(running: Any) -> Any:
    if not inspect.isasyncgen(running):
        return await running
    last = None
    async for last in running:  # noqa: B007 -- the last one is what is wanted
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
        raise BuildError(f"The function of cached examples gave {len(values)} values for {len(outputs)} outputs.")
    return values[: len(outputs)]

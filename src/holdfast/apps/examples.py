"""`gr.Examples`: rows of example inputs. A click fills them in, and runs the function or shows its cached results."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from holdfast.apps.examples_cache import CachedResults
from holdfast.components.base import Component
from holdfast.components.dataset import Dataset
from holdfast.errors import BadValue, BuildError, RenderError, did_you_mean
from holdfast.files.rules import adopt
from holdfast.graph.callsite import warn
from holdfast.graph.context import current
from holdfast.graph.dependency import Dependency, register
from holdfast.graph.listener import ListenerOptions, Target, Visibility
from holdfast.graph.parameters import names_meant

MODES = ("eager", "lazy", None)


class Examples:
    """Rows of example inputs for an app.

    Args:
        examples: A list of rows, a flat list if there is one input, or a folder: the rows of its `log.csv` (which
            starts with a heading line), or, without one, each file as a row.
        inputs: Components that a row fills.
        outputs: Components for the results, if examples are run.
        fn: Function that computes the results.
        cache_examples: Whether to store the results of `fn` for all rows in a folder, and show those instead of running
            `fn`.
        cache_mode: `"eager"` computes results when the app is built, `"lazy"` at a row's first click.
        examples_per_page: Number of rows per page.
        label: Heading; by default "Examples".
        elem_id: `id` of the HTML element.
        run_on_click: Whether to run `fn` when a row is clicked.
        preprocess: `False` passes the browser's values to `fn` without conversion.
        postprocess: `False` sends the values of `fn` without conversion.
        api_visibility: Whether the endpoints are documented.
        api_name: Name of the endpoint that returns a row.
        api_description: Description of that endpoint.
        batch: Whether `fn` takes and returns lists.
        example_labels: Texts to show instead of the rows' values.
        visible_columns: Indexes of the inputs to show as columns; by default all.
        visible: Whether the examples are visible.
        preload: Index of the row that is filled in when the page opens, if results are cached; `False` for none.
    """

    @names_meant("gr.Examples()")
    def __init__(
        self,
        examples: Sequence[Any] | str | Path,
        inputs: Component | Sequence[Component],
        outputs: Component | Sequence[Component] | None = None,
        fn: Callable[..., Any] | None = None,
        cache_examples: bool | None = None,
        cache_mode: Literal["eager", "lazy"] | None = None,
        examples_per_page: int = 10,
        _api_mode: bool = False,
        label: str | None = None,
        elem_id: str | None = None,
        run_on_click: bool = False,
        preprocess: bool = True,
        postprocess: bool = True,
        api_visibility: Visibility = "undocumented",
        api_name: str | None = "load_example",
        api_description: str | Literal[False] | None = None,
        batch: bool = False,
        *,
        example_labels: Sequence[str] | None = None,
        visible_columns: Sequence[int] | None = None,
        visible: bool | Literal["hidden"] = True,
        preload: int | Literal[False] = 0,
    ) -> None:
        if current.get() is None:
            raise RenderError("gr.Examples was used outside of a Blocks. Put it inside `with gr.Blocks():`.")
        self.inputs = [inputs] if isinstance(inputs, Component) else list(inputs)
        self.outputs = [outputs] if isinstance(outputs, Component) else list(outputs or ())
        self.fn = fn
        self.preprocess, self.postprocess, self.batch = preprocess, postprocess, batch
        self.examples = read_rows(examples, self.inputs)
        for row in self.examples:
            for component, value in zip(self.inputs, row, strict=True):
                component.report_value(value, "has an example")
        if cache_mode not in MODES:
            raise BuildError(
                f"cache_mode={cache_mode!r} is not 'eager' or 'lazy'.{did_you_mean(str(cache_mode), MODES)}"
            )
        self.columns = _columns(self.examples, visible_columns)
        if (cache_examples or run_on_click) and (fn is None or not self.outputs):
            raise BuildError("Examples that are run or cached need `fn` and `outputs`: pass both.")
        self.options: ListenerOptions = {
            "api_visibility": api_visibility,
            "api_description": api_description,
            "show_progress": "hidden",
            "queue": False,
        }
        shown = [self.inputs[place] for place in self.columns]
        self.dataset = Dataset(
            components=shown,
            samples=[[row[place] for place in self.columns] for row in self.examples],
            headers=[str(c.label) for c in shown] if any(c.label for c in shown) else None,
            type="tuple",
            label=label,
            samples_per_page=examples_per_page,
            sample_labels=list(example_labels) if example_labels else None,
            elem_id=elem_id,
            visible=visible,
        )
        self.cached: CachedResults | None = None
        if cache_examples and fn is not None:
            self.cached = CachedResults(
                fn,
                self.examples,
                self.inputs,
                self.outputs,
                preprocess=preprocess,
                postprocess=postprocess,
                batch=batch,
            )
            if (cache_mode or "eager") == "eager":
                for place in range(len(self.examples)):
                    self.cached.row(place)
            self._wire_cached(api_name, preload)
        else:
            self._wire(api_name, run=run_on_click)

    def _wire(self, api_name: str | None, *, run: bool) -> None:
        self.load_input_event = self._on_click(self._row, self.inputs, {**self.options, "api_name": api_name})
        if run:
            self.load_input_event.then(
                self.fn,
                self.inputs,
                self.outputs,
                api_visibility="undocumented",
                preprocess=self.preprocess,
                postprocess=self.postprocess,
                batch=self.batch,
            )

    def _wire_cached(self, api_name: str | None, preload: int | Literal[False]) -> None:
        def kept(example: tuple[int, list[Any]] | None) -> Any:
            return self._kept(chosen(example))

        self.load_input_event = self._on_click(
            self._row, self.inputs, {**self.options, "api_name": f"{api_name}_input" if api_name else None}
        )
        self.cache_event = self.load_input_event.then(
            kept, self.dataset, self.outputs, api_name=api_name, api_visibility="undocumented", postprocess=False
        )
        context = current.get()
        if preload is False or context is None or preload >= len(self.examples):
            return
        opened = (Target(context.graph.root, "load"),)
        register(
            lambda: self._fill(preload), opened, None, self.inputs, {**self.options, "api_name": f"{api_name}_input"}
        )
        register(
            lambda: self._kept(preload),
            opened,
            None,
            self.outputs,
            {**self.options, "api_name": f"{api_name}_output", "postprocess": False},
        )

    def _on_click(self, fn: Callable[..., Any], outputs: Sequence[Component], options: ListenerOptions) -> Dependency:
        return register(fn, (self.dataset.click,), self.dataset, list(outputs), options)

    def _row(self, example: tuple[int, list[Any]] | None) -> Any:
        return self._fill(chosen(example))

    def _fill(self, place: int) -> Any:
        row = self.examples[place]
        return row[0] if len(row) == 1 else tuple(row)

    def _kept(self, place: int) -> Any:
        payloads = adopt(self.cached.row(place)) if self.cached is not None else []
        return payloads[0] if len(payloads) == 1 else tuple(payloads)


def chosen(example: tuple[int, list[Any]] | None) -> int:
    """Return the index of the example that a client sent.

    Raises:
        BadValue: The client did not choose an example.
    """
    if example is None:
        raise BadValue("No example was chosen. Send the index of an example.")
    return example[0]


def read_rows(examples: Sequence[Any] | str | Path, inputs: Sequence[Component]) -> list[list[Any]]:
    """Return the rows, each with one value per input; surplus values are dropped with a warning.

    Raises:
        FileNotFoundError: The folder does not exist.
        BuildError: *examples* is not a list of rows.
    """
    if isinstance(examples, str | Path):
        examples = _folder(Path(examples), inputs)
    if isinstance(examples, Mapping) or not isinstance(examples, Sequence):
        raise BuildError(f"Examples are a list of rows or the path of a folder, not {type(examples).__name__}.")
    several = bool(examples) and all(isinstance(row, list | tuple) for row in examples)
    rows = [list(row) for row in examples] if several else [[row] for row in examples]
    longest = max(range(len(rows)), key=lambda place: len(rows[place]), default=0)
    if rows and len(rows[longest]) > len(inputs):
        warn(
            f"Example {longest} has {len(rows[longest])} values for {len(inputs)} inputs: {rows[longest]!r}. "
            f"Only the first {len(inputs)} are used."
        )
    return [[*row[: len(inputs)], *[None] * (len(inputs) - len(row))] for row in rows]


def _folder(folder: Path, inputs: Sequence[Component]) -> list[list[Any]]:
    if not folder.is_dir():
        raise FileNotFoundError(f"Could not find examples directory: {folder}")
    table = folder / "log.csv"
    if not table.exists():
        if len(inputs) != 1:
            warn(f"{folder} has no log.csv, so its files fill only one of {len(inputs)} inputs.")
        return [[str(file)] for file in sorted(folder.iterdir()) if file.is_file() and not file.name.startswith(".")]
    with table.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.reader(opened))[1:]
    return [
        [
            str(folder / value) if component.HAS_FILES and value else value
            for component, value in zip(inputs, row, strict=False)
        ]
        for row in rows
    ]


def _columns(rows: Sequence[Sequence[Any]], visible: Sequence[int] | None) -> list[int]:
    """Return the indexes of the inputs to show: those with a value in some row."""
    width = len(rows[0]) if rows else 0
    filled = [place for place in range(width) if any(row[place] is not None for row in rows)]
    return [place for place in filled if visible is None or place in visible]

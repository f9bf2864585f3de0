"""Flagging: visitors mark results, which are written to a file for the author."""

from __future__ import annotations

import csv
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from holdfast.apps.samples import Samples
from holdfast.clock import Clock, SystemClock
from holdfast.components.base import Component
from holdfast.files import private
from holdfast.files.rules import sanitize
from holdfast.graph.updates import update
from holdfast.runtime.request import Request


class FlaggingCallback(ABC):
    """Destination of flagged samples. Subclass it and pass an instance as `flagging_callback`."""

    @abstractmethod
    def setup(self, components: Sequence[Component], flagging_dir: str | Path) -> None:
        """Prepare the destination; called once, before the first sample.

        Args:
            components: Components whose values make up a sample, in this order.
            flagging_dir: Folder that the author chose.
        """

    @abstractmethod
    def flag(self, flag_data: list[Any], flag_option: str | None = None, username: str | None = None) -> int:
        """Store one sample.

        Args:
            flag_data: Values of the components in the browser's form.
            flag_option: Option of the flag button that was pressed.
            username: Name of the logged-in user.

        Returns:
            Number of samples stored so far.
        """


class CSVLogger(FlaggingCallback):
    """Writes samples to `dataset1.csv` with a heading line; different columns start `dataset2.csv`, and so on.

    Files among the values are copied into the folder, and the table contains their paths.

    Args:
        simplify_file_data: Whether to write only a file's path instead of the complete FileData.
        verbose: Whether to print a message when a file is created.
        dataset_file_name: Name of the file, instead of the default.
        clock: Clock for the timestamps of samples.
    """

    def __init__(
        self,
        simplify_file_data: bool = True,
        verbose: bool = True,
        dataset_file_name: str | None = None,
        *,
        clock: Clock | None = None,
    ) -> None:
        self.simplify_file_data = simplify_file_data
        self.verbose = verbose
        self.dataset_file_name = dataset_file_name
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()

    def setup(self, components: Sequence[Component], flagging_dir: str | Path) -> None:
        """Store the columns; the folder is created with the first sample."""
        self.components = list(components)
        self.flagging_dir = own_folder(flagging_dir)
        self._samples = Samples(self.flagging_dir, self.dataset_file_name or "dataset*.csv")

    def flag(self, flag_data: list[Any], flag_option: str | None = None, username: str | None = None) -> int:
        """Add a line, and return the number of samples in the file."""
        extra = {"flag": flag_option, "username": username}
        given = {name: value for name, value in extra.items() if value is not None}
        header = [*map(column_name, self.components, range(len(self.components))), *given, "timestamp"]
        with self._lock:
            private.make_folder(self.flagging_dir)
            row = [self._cell(place, value) for place, value in enumerate(flag_data)]
            row += [*given.values(), str(datetime.fromtimestamp(self._clock.time()))]
            return self._samples.append(self._file(header), row)

    def _cell(self, place: int, value: Any) -> Any:
        component = self.components[place]
        if component.HAS_FILES:
            folder = self.flagging_dir / sanitize(column_name(component, place))
            value = self._samples.keep(value, folder, simplify=self.simplify_file_data)
        return value

    def _file(self, header: list[str]) -> Path:
        if self.dataset_file_name is not None:
            file = self.flagging_dir / self.dataset_file_name
            return file if file.exists() else self._begin(file, header)
        count = 1
        while (file := self.flagging_dir / f"dataset{count}.csv").exists():
            with file.open(encoding="utf-8", newline="") as opened:
                if next(csv.reader(opened), None) == header:
                    return file
            count += 1
        return self._begin(file, header)

    def _begin(self, file: Path, header: list[str]) -> Path:
        private.make_file(file)
        with file.open("w", encoding="utf-8", newline="") as opened:
            csv.writer(opened).writerow(header)
        if self.verbose:
            print(f"Flagged samples are written to {file}")
        return file


class SimpleCSVLogger(FlaggingCallback):
    """Writes samples to `log.csv`, without heading or timestamp."""

    def setup(self, components: Sequence[Component], flagging_dir: str | Path) -> None:
        """Store the columns; the folder is created with the first sample."""
        self.components = list(components)
        self.flagging_dir = own_folder(flagging_dir)
        self._samples = Samples(self.flagging_dir, "log.csv")
        self._lock = threading.Lock()

    def flag(self, flag_data: list[Any], flag_option: str | None = None, username: str | None = None) -> int:  # noqa: ARG002 -- neither is stored
        """Add a line, and return the number of samples before it."""
        with self._lock:
            private.make_folder(self.flagging_dir)
            row = [
                self._samples.keep(value, self.flagging_dir, simplify=True) if component.HAS_FILES else value
                for component, value in zip(self.components, flag_data, strict=True)
            ]
            return self._samples.append(self.flagging_dir / "log.csv", row)


class ChatCSVLogger:
    """Writes messages that visitors rated to `log.csv`, each with its conversation.

    Args:
        flagging_dir: Folder of the file.
        clock: Clock for the timestamps of entries.
    """

    HEADER = ("conversation", "index", "value", "flag", "username", "timestamp")

    def __init__(self, flagging_dir: str | Path, *, clock: Clock | None = None) -> None:
        self.flagging_dir = own_folder(flagging_dir)
        self._samples = Samples(self.flagging_dir, "log.csv")
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()

    def flag(self, conversation: list[Any], index: Any, value: Any, liked: bool | str, username: str | None) -> None:
        """Add a line for one message of a conversation."""
        mark = {True: "Like", False: "Dislike"}.get(liked, str(liked)) if isinstance(liked, bool) else liked
        file = self.flagging_dir / "log.csv"
        with self._lock:
            private.make_folder(self.flagging_dir)
            if not file.exists():
                self._samples.append(file, self.HEADER)
            now = str(datetime.fromtimestamp(self._clock.time()))
            self._samples.append(file, [conversation, index, value, mark, username, now])


def flag_method(callback: FlaggingCallback, option: tuple[str, str]) -> Callable[..., Any]:
    """Return the listener function of one flag button.

    Args:
        callback: Destination of the samples.
        option: Text of the button, and the option that is written for it.
    """
    text, mark = option

    def flag(request: Request, *values: Any) -> Any:
        callback.flag(list(values), flag_option=mark or None, username=request.username)
        return update(value=text, interactive=True)

    flag.__name__ = "Flag"
    return flag


def own_folder(flagging_dir: str | Path) -> Path:
    """Return the folder of flagged samples and keep it, or its tables if it contains the program, from being served."""
    folder = Path(flagging_dir)
    around = Path.cwd().is_relative_to(folder.resolve())
    private.guard(*(folder / name for name in ("log.csv", "dataset1.csv")) if around else (folder,))
    return folder


def column_name(component: Component, place: int) -> str:
    """Return the heading of a component's column."""
    return str(component.label or f"component {place}")

"""Values other than inputs that a handler can request, by annotation or default: event data, the request.

The graph only needs the types; the runtime supplies the values. A parameter of such a type is not an input and does not
appear in the API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from holdfast.files.rules import FileData

if TYPE_CHECKING:
    from holdfast.graph.block import Block


class Injected:
    """Base class of the types whose parameters the runtime fills (`Request`, `Progress`, event data, …)."""


class EventData(Injected):
    """Information from the page about the event that started the handler.

    Args:
        target: Block that fired the event.
        _data: Data of the event, as the page sent it.
    """

    def __init__(self, target: Block | None, _data: Any) -> None:
        self.target = target
        self._data = _data

    def _get(self, name: str) -> Any:
        return self._data.get(name) if isinstance(self._data, dict) else None


class SelectData(EventData):
    """Data of a selection.

    Attributes:
        index: Index of the selection: a number, or `[row, column]`.
        value: Value of the selection.
        row_value: Row of the selected cell, in a table.
        col_value: Column of the selected cell, in a table.
        selected: `True` if it was selected, `False` if it was deselected.
    """

    def __init__(self, target: Block | None, data: Any) -> None:
        super().__init__(target, data)
        self.index: int | tuple[int, int] = self._get("index")
        self.value: Any = self._get("value")
        self.row_value: list[Any] | None = self._get("row_value")
        self.col_value: list[Any] | None = self._get("col_value")
        chosen = self._get("selected")
        self.selected: bool = True if chosen is None else bool(chosen)


class KeyUpData(EventData):
    """Data of a released key: `key`, and the content of the field (`input_value`)."""

    def __init__(self, target: Block | None, data: Any) -> None:
        super().__init__(target, data)
        self.key: str = self._get("key")
        self.input_value: str = self._get("input_value")


class LikeData(EventData):
    """Data of a like or dislike.

    Attributes:
        index: Index of the message.
        value: Content of the message.
        liked: `True`, `False`, or the chosen option.
    """

    def __init__(self, target: Block | None, data: Any) -> None:
        super().__init__(target, data)
        self.index: int | tuple[int, int] = self._get("index")
        self.value: Any = self._get("value")
        given = self._get("liked")
        self.liked: bool | str = True if given is None else given


class RetryData(EventData):
    """Data of a request for another answer to a message: `index`, `value`."""

    def __init__(self, target: Block | None, data: Any) -> None:
        super().__init__(target, data)
        self.index: int | tuple[int, int] = self._get("index")
        self.value: Any = self._get("value")


class UndoData(RetryData):
    """Data of a request to undo a message: `index`, `value`."""


class EditData(RetryData):
    """Data of an edit: `index`, `previous_value`, `value`."""

    def __init__(self, target: Block | None, data: Any) -> None:
        super().__init__(target, data)
        self.previous_value: Any = self._get("previous_value")


class DeletedFileData(EventData):
    """Data of a file that was removed from a list: `file`, its FileData."""

    def __init__(self, target: Block | None, data: Any) -> None:
        super().__init__(target, data)
        self.file = FileData()
        given = self._get("file") if self._get("file") is not None else data
        if isinstance(given, dict):
            self.file.update(given)


class DownloadData(DeletedFileData):
    """Data of a downloaded file: `file`, its FileData."""


class CopyData(EventData):
    """Data of a copy action: `value`."""

    def __init__(self, target: Block | None, data: Any) -> None:
        super().__init__(target, data)
        self.value: Any = self._get("value")


class Header(str, Injected):
    """Annotation of a parameter that receives an HTTP header: `x_api_key: gr.Header` gets `X-Api-Key`."""

    __slots__ = ()


class OAuthProfile(dict[str, Any], Injected):
    """Profile of the logged-in visitor at the identity provider."""


class OAuthToken(Injected):
    """Access token of the logged-in visitor at the identity provider."""

    def __init__(self, token: str, scope: str, expires_at: int) -> None:
        self.token = token
        self.scope = scope
        self.expires_at = expires_at

"""What a handler may ask for besides its inputs, by annotation or default: event data, the request.

These types carry no behaviour of their own that the graph would need; the runtime fills them. A parameter of such a
type is not counted among the inputs and does not appear in the API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from holdfast.files.rules import FileData

if TYPE_CHECKING:
    from holdfast.graph.block import Block


class Injected:
    """Root of the types whose parameters the runtime fills (`Request`, `Progress`, event data, …)."""


class EventData(Injected):
    """What the page knows about the event that started the handler.

    Args:
        target: The block whose event it was.
        _data: The event's own data, as the page sent it.
    """

    def __init__(self, target: Block | None, _data: Any) -> None:
        self.target = target
        self._data = _data

    def _get(self, name: str) -> Any:
        return self._data.get(name) if isinstance(self._data, dict) else None


class SelectData(EventData):
    """What was selected.

    Attributes:
        index: Its place: a number, or `[row, column]`.
        value: Its value.
        row_value: The whole row, of a table.
        col_value: The whole column, of a table.
        selected: Whether it is selected now, `False` when it was deselected.
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
    """A key was released: `key`, and what stands in the field (`input_value`)."""

    def __init__(self, target: Block | None, data: Any) -> None:
        super().__init__(target, data)
        self.key: str = self._get("key")
        self.input_value: str = self._get("input_value")


class LikeData(EventData):
    """A message was liked or disliked.

    Attributes:
        index: Its place.
        value: Its content.
        liked: `True`, `False`, or the option that was chosen.
    """

    def __init__(self, target: Block | None, data: Any) -> None:
        super().__init__(target, data)
        self.index: int | tuple[int, int] = self._get("index")
        self.value: Any = self._get("value")
        given = self._get("liked")
        self.liked: bool | str = True if given is None else given


class RetryData(EventData):
    """A message is to be answered again: `index`, `value`."""

    def __init__(self, target: Block | None, data: Any) -> None:
        super().__init__(target, data)
        self.index: int | tuple[int, int] = self._get("index")
        self.value: Any = self._get("value")


class UndoData(RetryData):
    """A message is to be taken back: `index`, `value`."""


class EditData(RetryData):
    """A value was edited: `index`, `previous_value`, `value`."""

    def __init__(self, target: Block | None, data: Any) -> None:
        super().__init__(target, data)
        self.previous_value: Any = self._get("previous_value")


class DeletedFileData(EventData):
    """A file was removed from a list: `file`, its FileData."""

    def __init__(self, target: Block | None, data: Any) -> None:
        super().__init__(target, data)
        self.file = FileData()
        given = self._get("file") if self._get("file") is not None else data
        if isinstance(given, dict):
            self.file.update(given)


class DownloadData(DeletedFileData):
    """A file was downloaded: `file`, its FileData."""


class CopyData(EventData):
    """Something was copied: `value`."""

    def __init__(self, target: Block | None, data: Any) -> None:
        super().__init__(target, data)
        self.value: Any = self._get("value")


class Header(str, Injected):
    """Annotation of a parameter that takes an HTTP header: `x_api_key: gr.Header` gets `X-Api-Key`."""

    __slots__ = ()


class OAuthProfile(dict[str, Any], Injected):
    """The logged-in visitor's profile at the identity provider."""


class OAuthToken(Injected):
    """The logged-in visitor's access token at the identity provider."""

    def __init__(self, token: str, scope: str, expires_at: int) -> None:
        self.token = token
        self.scope = scope
        self.expires_at = expires_at

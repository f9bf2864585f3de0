"""Component that shows a conversation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from typing_extensions import NotRequired, TypedDict, Unpack

from holdfast.components import events
from holdfast.components.base import Component, ComponentOptions
from holdfast.components.chat_message import ChatMessage, MessageDict, message_text, messages_in, messages_out
from holdfast.components.markdown import LatexDelimiter, default_delimiters
from holdfast.components.message_parts import as_text, checked, component_in, sealed
from holdfast.components.schemas import chat_schema
from holdfast.files.rules import FileData, FileRules, file_data, guess_type, icon_data

__all__ = ["ChatMessage", "Chatbot", "ExampleMessage", "MessageDict", "message_text"]


class ExampleMessage(TypedDict, total=False):
    """Example message that the visitor can start with."""

    icon: str | FileData
    """Path or URL of an image, or `{"type": "text", "text": ...}`."""
    display_text: NotRequired[str]
    """Text shown instead of `text`."""
    text: NotRequired[str]
    full_text: NotRequired[str]
    files: NotRequired[Sequence[str | FileData]]


class Chatbot(Component):
    """Shows a conversation.

    A handler gets and returns a list of messages: dicts with `role` and `content`, or `gr.ChatMessage`s. In the
    messages it gets, each `content` is a list of parts, even if a function wrote it as a string; the messages it
    returns may contain strings, files, components, or lists of those. `gr.message_text(message)` reads the text of
    either form.

    Args:
        value: Initial messages, or a function that returns them.
        autoscroll: Whether to scroll to the end when a message arrives.
        height: Height in pixels or as a CSS length.
        resizable: Whether the visitor can change the height.
        max_height: Height in pixels or as a CSS length up to which the component grows.
        min_height: Minimum height in pixels or as a CSS length.
        editable: Messages that the visitor can edit: `"user"` or `"all"`.
        latex_delimiters: Pairs of delimiters around LaTeX.
        rtl: Whether text runs from right to left.
        watermark: Text that is appended to what the visitor copies.
        avatar_images: Paths or URLs of the images of the user and the assistant.
        sanitize_html: Whether to remove HTML that could do harm.
        render_markdown: Whether to render text as Markdown.
        feedback_options: Ratings that the visitor can give a message; options other than Like and Dislike appear in a
            menu.
        feedback_value: Rating of each message.
        line_breaks: Whether to keep line breaks in the text.
        layout: `"bubble"` or `"panel"`.
        placeholder: Markdown shown while there are no messages.
        examples: Example messages that the visitor can start with.
        allow_file_downloads: Whether files in messages have a download button.
        group_consecutive_messages: Whether consecutive messages of the same role share a frame.
        allow_tags: Custom HTML tags to keep in the text; `True` for all.
        reasoning_tags: Pairs of opening and closing tags around text to show as a thought.
        like_user_message: Whether the visitor's own messages have like buttons.
        **options: See `ComponentOptions`.
    """

    NAME: ClassVar[str] = "chatbot"
    HAS_FILES: ClassVar[bool] = True
    FROM_CLIENT: ClassVar[bool] = True
    FILE_PROPS: ClassVar[tuple[str, ...]] = ("avatar_images", "examples")
    BUTTONS: ClassVar[Sequence[str] | None] = ("share", "copy", "copy_all")
    change = events.CHANGE
    select = events.SELECT
    like = events.LIKE
    retry = events.RETRY
    undo = events.UNDO
    example_select = events.EXAMPLE_SELECT
    option_select = events.OPTION_SELECT
    clear = events.CLEAR
    copy = events.COPY
    edit = events.EDIT

    def __init__(
        self,
        value: Any = None,
        *,
        autoscroll: bool = True,
        height: int | str | None = 400,
        resizable: bool = False,
        max_height: int | str | None = None,
        min_height: int | str | None = None,
        editable: Literal["user", "all"] | None = None,
        latex_delimiters: list[LatexDelimiter] | None = None,
        rtl: bool = False,
        watermark: str | None = None,
        avatar_images: Sequence[str | Path | None] | None = None,
        sanitize_html: bool = True,
        render_markdown: bool = True,
        feedback_options: Sequence[str] | None = ("Like", "Dislike"),
        feedback_value: Sequence[str | None] | None = None,
        line_breaks: bool = True,
        layout: Literal["bubble", "panel"] | None = None,
        placeholder: str | None = None,
        examples: Sequence[ExampleMessage] | None = None,
        allow_file_downloads: bool = True,
        group_consecutive_messages: bool = True,
        allow_tags: Sequence[str] | bool = True,
        reasoning_tags: Sequence[tuple[str, str]] | None = None,
        like_user_message: bool = False,
        **options: Unpack[ComponentOptions],
    ) -> None:
        self.autoscroll = autoscroll
        self.height = height
        self.resizable = resizable
        self.max_height = max_height
        self.min_height = min_height
        self.editable = editable
        self.latex_delimiters = default_delimiters() if latex_delimiters is None else latex_delimiters
        self.rtl = rtl
        self.watermark = watermark
        self.avatar_images = [icon_data(image) for image in avatar_images or (None, None)]
        self.sanitize_html = sanitize_html
        self.render_markdown = render_markdown
        self.feedback_options = list(feedback_options) if feedback_options is not None else None
        self.feedback_value = feedback_value
        self.line_breaks = line_breaks
        self.layout = layout
        self.placeholder = placeholder
        self.examples = None if examples is None else [_example(example) for example in examples]
        self.allow_file_downloads = allow_file_downloads
        self.group_consecutive_messages = group_consecutive_messages
        self.allow_tags = allow_tags
        self.reasoning_tags = reasoning_tags
        self.like_user_message = like_user_message
        super().__init__(value, **options)

    def incoming(self, payload: Any, rules: FileRules, *, fetch: bool = False) -> Any:
        """Check the messages, keeping only components that a client may send or that this server issued."""
        return super().incoming(checked(payload, rules.seal), rules, fetch=fetch)

    def outgoing(self, payload: Any, rules: FileRules, *, keep: bool = False) -> Any:
        """Complete the messages, with a seal on each component that a handler added."""
        return sealed(super().outgoing(payload, rules, keep=keep), rules.seal)

    def preprocess(self, payload: Any) -> list[dict[str, Any]]:
        """Return the messages, each a dict of `role`, `metadata`, `content` and `options`."""
        return messages_in(payload, self.called, component_in)

    def from_message(self, payload: Any) -> list[dict[str, Any]]:
        """Return the text and files of a conversation inside a client's message; components in it become text."""
        return messages_in(payload, self.called, as_text)

    def postprocess(self, value: Any) -> list[dict[str, Any]]:
        """Convert the messages to the wire format; `None` clears the conversation."""
        return messages_out(value, self.reasoning_tags)

    def api_info(self) -> dict[str, Any]:
        return chat_schema()

    def example_payload(self) -> list[dict[str, Any]]:
        texts = (("user", "Hello!"), ("assistant", "How can I help you?"))
        return [
            {"role": role, "metadata": None, "content": [{"text": text, "type": "text"}], "options": None}
            for role, text in texts
        ]


def _example(example: ExampleMessage) -> dict[str, Any]:
    """Return an example with its image and files as FileData."""
    found: dict[str, Any] = dict(example)
    if isinstance(icon := found.get("icon"), (str, Path)):
        found["icon"] = icon_data(icon)
    if found.get("files"):
        found["files"] = [
            file if isinstance(file, dict) else file_data(file, mime_type=guess_type(file)) for file in found["files"]
        ]
    return found

"""One module per component: converts a value between the browser's JSON and Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from holdfast import lazy

if TYPE_CHECKING:
    from holdfast.components.base import Component as Component
    from holdfast.components.base import Field as FormComponent
    from holdfast.components.button import Button as Button
    from holdfast.components.chatbot import Chatbot as Chatbot
    from holdfast.components.chatbot import ChatMessage as ChatMessage
    from holdfast.components.chatbot import MessageDict as MessageDict
    from holdfast.components.checkbox import Checkbox as Checkbox
    from holdfast.components.checkbox_group import CheckboxGroup as CheckboxGroup
    from holdfast.components.checkbox_group import CheckboxGroup as Checkboxgroup
    from holdfast.components.clear_button import ClearButton as ClearButton
    from holdfast.components.dataframe import Dataframe as DataFrame
    from holdfast.components.dataframe import Dataframe as Dataframe
    from holdfast.components.dataframe import List as List
    from holdfast.components.dataframe import Matrix as Matrix
    from holdfast.components.dataframe import Numpy as Numpy
    from holdfast.components.dataset import Dataset as Dataset
    from holdfast.components.download_button import DownloadButton as DownloadButton
    from holdfast.components.dropdown import Dropdown as Dropdown
    from holdfast.components.file import File as File
    from holdfast.components.file import Files as Files
    from holdfast.components.html import HTML as HTML
    from holdfast.components.image import Image as Image
    from holdfast.components.json import JSON as JSON
    from holdfast.components.json import JSON as Json  # noqa: N811 -- Gradio exports both spellings
    from holdfast.components.label import Label as Label
    from holdfast.components.markdown import Markdown as Markdown
    from holdfast.components.number import Number as Number
    from holdfast.components.option_types import InputHTMLAttributes as InputHTMLAttributes
    from holdfast.components.option_types import WatermarkOptions as WatermarkOptions
    from holdfast.components.option_types import WebcamOptions as WebcamOptions
    from holdfast.components.radio import Radio as Radio
    from holdfast.components.shortcuts import component as component
    from holdfast.components.shortcuts import get_component_instance as get_component_instance
    from holdfast.components.slider import Slider as Slider
    from holdfast.components.state import State as State
    from holdfast.components.textbox import TextArea as TextArea
    from holdfast.components.textbox import Textbox as Text
    from holdfast.components.textbox import Textbox as Textbox
    from holdfast.components.timer import Timer as Timer
    from holdfast.components.upload_button import UploadButton as UploadButton
    from holdfast.graph.layouts import Form as Form

PLACES: dict[str, str] = {
    "Button": "holdfast.components.button",
    "ChatMessage": "holdfast.components.chatbot",
    "Chatbot": "holdfast.components.chatbot",
    "Checkbox": "holdfast.components.checkbox",
    "CheckboxGroup": "holdfast.components.checkbox_group",
    "Checkboxgroup": "holdfast.components.checkbox_group:CheckboxGroup",
    "ClearButton": "holdfast.components.clear_button",
    "Component": "holdfast.components.base",
    "DataFrame": "holdfast.components.dataframe:Dataframe",
    "Dataframe": "holdfast.components.dataframe",
    "Dataset": "holdfast.components.dataset",
    "DownloadButton": "holdfast.components.download_button",
    "Dropdown": "holdfast.components.dropdown",
    "File": "holdfast.components.file",
    "Files": "holdfast.components.file",
    "Form": "holdfast.graph.layouts",
    "FormComponent": "holdfast.components.base:Field",
    "HTML": "holdfast.components.html",
    "Image": "holdfast.components.image",
    "InputHTMLAttributes": "holdfast.components.option_types",
    "JSON": "holdfast.components.json",
    "Json": "holdfast.components.json:JSON",
    "Label": "holdfast.components.label",
    "List": "holdfast.components.dataframe",
    "Markdown": "holdfast.components.markdown",
    "Matrix": "holdfast.components.dataframe",
    "MessageDict": "holdfast.components.chatbot",
    "Number": "holdfast.components.number",
    "Numpy": "holdfast.components.dataframe",
    "Radio": "holdfast.components.radio",
    "Slider": "holdfast.components.slider",
    "State": "holdfast.components.state",
    "Text": "holdfast.components.textbox:Textbox",
    "TextArea": "holdfast.components.textbox",
    "Textbox": "holdfast.components.textbox",
    "Timer": "holdfast.components.timer",
    "UploadButton": "holdfast.components.upload_button",
    "WatermarkOptions": "holdfast.components.option_types",
    "WebcamOptions": "holdfast.components.option_types",
    "component": "holdfast.components.shortcuts",
    "get_component_instance": "holdfast.components.shortcuts",
}
"""Module that defines each public name."""

__all__ = [
    "HTML",
    "JSON",
    "Button",
    "ChatMessage",
    "Chatbot",
    "Checkbox",
    "CheckboxGroup",
    "Checkboxgroup",
    "ClearButton",
    "Component",
    "DataFrame",
    "Dataframe",
    "Dataset",
    "DownloadButton",
    "Dropdown",
    "File",
    "Files",
    "Form",
    "FormComponent",
    "Image",
    "InputHTMLAttributes",
    "Json",
    "Label",
    "List",
    "Markdown",
    "Matrix",
    "MessageDict",
    "Number",
    "Numpy",
    "Radio",
    "Slider",
    "State",
    "Text",
    "TextArea",
    "Textbox",
    "Timer",
    "UploadButton",
    "WatermarkOptions",
    "WebcamOptions",
    "component",
    "get_component_instance",
]

_get, _directory = lazy.attach(__name__, PLACES)


if not TYPE_CHECKING:  # type checkers use the imports above, so that they still report unknown names

    def __getattr__(name: str) -> Any:
        return _get(name)


def __dir__() -> list[str]:
    return _directory()

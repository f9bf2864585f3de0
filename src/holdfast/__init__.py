"""Turn Python functions into web apps with state that holds: `import holdfast as gr` and use Gradio's API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from holdfast import lazy
from holdfast.gradio_names import PUBLIC_NAMES
from holdfast.version import __version__

if TYPE_CHECKING:
    from holdfast import components as components
    from holdfast import errors as exceptions
    from holdfast import mcp as mcp
    from holdfast import themes as themes
    from holdfast.apps import flagging as flagging
    from holdfast.apps.chat.interface import ChatInterface as ChatInterface
    from holdfast.apps.examples import Examples as Examples
    from holdfast.apps.flagging import CSVLogger as CSVLogger
    from holdfast.apps.flagging import FlaggingCallback as FlaggingCallback
    from holdfast.apps.flagging import SimpleCSVLogger as SimpleCSVLogger
    from holdfast.apps.interface import Interface as Interface
    from holdfast.apps.tabbed import TabbedInterface as TabbedInterface
    from holdfast.blocks import Blocks as Blocks
    from holdfast.components.base import Component as Component
    from holdfast.components.button import Button as Button
    from holdfast.components.chatbot import Chatbot as Chatbot
    from holdfast.components.chatbot import ChatMessage as ChatMessage
    from holdfast.components.chatbot import MessageDict as MessageDict
    from holdfast.components.chatbot import message_text as message_text
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
    from holdfast.components.slider import Slider as Slider
    from holdfast.components.state import State as State
    from holdfast.components.textbox import TextArea as TextArea
    from holdfast.components.textbox import Textbox as Text
    from holdfast.components.textbox import Textbox as Textbox
    from holdfast.components.timer import Timer as Timer
    from holdfast.components.upload_button import UploadButton as UploadButton
    from holdfast.errors import Error as Error
    from holdfast.files.rules import FileData as FileData
    from holdfast.files.rules import FileSize as FileSize
    from holdfast.files.rules import set_static_paths as set_static_paths
    from holdfast.graph import events as events
    from holdfast.graph import layouts as layouts
    from holdfast.graph.api.endpoint import api as api
    from holdfast.graph.injected import CopyData as CopyData
    from holdfast.graph.injected import DeletedFileData as DeletedFileData
    from holdfast.graph.injected import DownloadData as DownloadData
    from holdfast.graph.injected import EditData as EditData
    from holdfast.graph.injected import EventData as EventData
    from holdfast.graph.injected import Header as Header
    from holdfast.graph.injected import KeyUpData as KeyUpData
    from holdfast.graph.injected import LikeData as LikeData
    from holdfast.graph.injected import OAuthProfile as OAuthProfile
    from holdfast.graph.injected import OAuthToken as OAuthToken
    from holdfast.graph.injected import RetryData as RetryData
    from holdfast.graph.injected import SelectData as SelectData
    from holdfast.graph.injected import UndoData as UndoData
    from holdfast.graph.layouts import Accordion as Accordion
    from holdfast.graph.layouts import Column as Column
    from holdfast.graph.layouts import Group as Group
    from holdfast.graph.layouts import Row as Row
    from holdfast.graph.layouts import Sidebar as Sidebar
    from holdfast.graph.layouts import Step as Step
    from holdfast.graph.layouts import Tab as Tab
    from holdfast.graph.layouts import TabItem as TabItem
    from holdfast.graph.layouts import Tabs as Tabs
    from holdfast.graph.layouts import Walkthrough as Walkthrough
    from holdfast.graph.on import on as on
    from holdfast.graph.render import render as render
    from holdfast.graph.updates import skip as skip
    from holdfast.graph.updates import update as update
    from holdfast.graph.updates import validate as validate
    from holdfast.launch import close_all as close_all
    from holdfast.launch import mount_gradio_app as mount_gradio_app
    from holdfast.limits import Limits as Limits
    from holdfast.runtime.progress import Progress as Progress
    from holdfast.runtime.request import Request as Request
    from holdfast.runtime.toasts import Info as Info
    from holdfast.runtime.toasts import Success as Success
    from holdfast.runtime.toasts import Warning as Warning  # noqa: A004 -- the name in Gradio's API
    from holdfast.themes import Base as Theme

NO_RELOAD = True
"""Code under `if gr.NO_RELOAD:` runs once; Holdfast reloads the whole program when it changes."""

PLACES: dict[str, str] = {
    "Accordion": "holdfast.graph.layouts",
    "Blocks": "holdfast.blocks",
    "Button": "holdfast.components.button",
    "CSVLogger": "holdfast.apps.flagging",
    "ChatInterface": "holdfast.apps.chat.interface",
    "ChatMessage": "holdfast.components.chatbot",
    "Chatbot": "holdfast.components.chatbot",
    "Checkbox": "holdfast.components.checkbox",
    "CheckboxGroup": "holdfast.components.checkbox_group",
    "Checkboxgroup": "holdfast.components.checkbox_group:CheckboxGroup",
    "ClearButton": "holdfast.components.clear_button",
    "Column": "holdfast.graph.layouts",
    "Component": "holdfast.components.base",
    "CopyData": "holdfast.graph.injected",
    "DataFrame": "holdfast.components.dataframe:Dataframe",
    "Dataframe": "holdfast.components.dataframe",
    "Dataset": "holdfast.components.dataset",
    "DeletedFileData": "holdfast.graph.injected",
    "DownloadButton": "holdfast.components.download_button",
    "DownloadData": "holdfast.graph.injected",
    "Dropdown": "holdfast.components.dropdown",
    "EditData": "holdfast.graph.injected",
    "Error": "holdfast.errors",
    "EventData": "holdfast.graph.injected",
    "Examples": "holdfast.apps.examples",
    "File": "holdfast.components.file",
    "FileData": "holdfast.files.rules",
    "FileSize": "holdfast.files.rules",
    "Files": "holdfast.components.file",
    "FlaggingCallback": "holdfast.apps.flagging",
    "Group": "holdfast.graph.layouts",
    "HTML": "holdfast.components.html",
    "Header": "holdfast.graph.injected",
    "Image": "holdfast.components.image",
    "Info": "holdfast.runtime.toasts",
    "InputHTMLAttributes": "holdfast.components.option_types",
    "Interface": "holdfast.apps.interface",
    "JSON": "holdfast.components.json",
    "Json": "holdfast.components.json:JSON",
    "KeyUpData": "holdfast.graph.injected",
    "Label": "holdfast.components.label",
    "LikeData": "holdfast.graph.injected",
    "Limits": "holdfast.limits",
    "List": "holdfast.components.dataframe",
    "Markdown": "holdfast.components.markdown",
    "Matrix": "holdfast.components.dataframe",
    "MessageDict": "holdfast.components.chatbot",
    "Number": "holdfast.components.number",
    "Numpy": "holdfast.components.dataframe",
    "OAuthProfile": "holdfast.graph.injected",
    "OAuthToken": "holdfast.graph.injected",
    "Progress": "holdfast.runtime.progress",
    "Radio": "holdfast.components.radio",
    "Request": "holdfast.runtime.request",
    "RetryData": "holdfast.graph.injected",
    "Row": "holdfast.graph.layouts",
    "SelectData": "holdfast.graph.injected",
    "Sidebar": "holdfast.graph.layouts",
    "SimpleCSVLogger": "holdfast.apps.flagging",
    "Slider": "holdfast.components.slider",
    "State": "holdfast.components.state",
    "Step": "holdfast.graph.layouts",
    "Success": "holdfast.runtime.toasts",
    "Tab": "holdfast.graph.layouts",
    "TabItem": "holdfast.graph.layouts",
    "TabbedInterface": "holdfast.apps.tabbed",
    "Tabs": "holdfast.graph.layouts",
    "Text": "holdfast.components.textbox:Textbox",
    "TextArea": "holdfast.components.textbox",
    "Textbox": "holdfast.components.textbox",
    "Theme": "holdfast.themes:Base",
    "Timer": "holdfast.components.timer",
    "UndoData": "holdfast.graph.injected",
    "UploadButton": "holdfast.components.upload_button",
    "Walkthrough": "holdfast.graph.layouts",
    "Warning": "holdfast.runtime.toasts",
    "WatermarkOptions": "holdfast.components.option_types",
    "WebcamOptions": "holdfast.components.option_types",
    "api": "holdfast.graph.api.endpoint",
    "close_all": "holdfast.launch",
    "component": "holdfast.components.shortcuts",
    "components": "holdfast.components:",
    "events": "holdfast.graph.events:",
    "exceptions": "holdfast.errors:",
    "flagging": "holdfast.apps.flagging:",
    "layouts": "holdfast.graph.layouts:",
    "mcp": "holdfast.mcp:",
    "message_text": "holdfast.components.chatbot",
    "mount_gradio_app": "holdfast.launch",
    "on": "holdfast.graph.on",
    "render": "holdfast.graph.render",
    "set_static_paths": "holdfast.files.rules",
    "skip": "holdfast.graph.updates",
    "themes": "holdfast.themes:",
    "update": "holdfast.graph.updates",
    "validate": "holdfast.graph.updates",
}
"""Module that defines each public name; imported on first use."""

__all__ = [
    "HTML",
    "JSON",
    "NO_RELOAD",
    "Accordion",
    "Blocks",
    "Button",
    "CSVLogger",
    "ChatInterface",
    "ChatMessage",
    "Chatbot",
    "Checkbox",
    "CheckboxGroup",
    "Checkboxgroup",
    "ClearButton",
    "Column",
    "Component",
    "CopyData",
    "DataFrame",
    "Dataframe",
    "Dataset",
    "DeletedFileData",
    "DownloadButton",
    "DownloadData",
    "Dropdown",
    "EditData",
    "Error",
    "EventData",
    "Examples",
    "File",
    "FileData",
    "FileSize",
    "Files",
    "FlaggingCallback",
    "Group",
    "Header",
    "Image",
    "Info",
    "InputHTMLAttributes",
    "Interface",
    "Json",
    "KeyUpData",
    "Label",
    "LikeData",
    "Limits",
    "List",
    "Markdown",
    "Matrix",
    "MessageDict",
    "Number",
    "Numpy",
    "OAuthProfile",
    "OAuthToken",
    "Progress",
    "Radio",
    "Request",
    "RetryData",
    "Row",
    "SelectData",
    "Sidebar",
    "SimpleCSVLogger",
    "Slider",
    "State",
    "Step",
    "Success",
    "Tab",
    "TabItem",
    "TabbedInterface",
    "Tabs",
    "Text",
    "TextArea",
    "Textbox",
    "Theme",
    "Timer",
    "UndoData",
    "UploadButton",
    "Walkthrough",
    "Warning",
    "WatermarkOptions",
    "WebcamOptions",
    "__version__",
    "api",
    "close_all",
    "component",
    "components",
    "events",
    "exceptions",
    "flagging",
    "layouts",
    "mcp",
    "message_text",
    "mount_gradio_app",
    "on",
    "render",
    "set_static_paths",
    "skip",
    "themes",
    "update",
    "validate",
]

_get, _directory = lazy.attach(__name__, PLACES)


if not TYPE_CHECKING:  # type checkers use the imports above, so that they still report unknown names

    def __getattr__(name: str) -> Any:
        if name in PUBLIC_NAMES and name not in PLACES:
            raise AttributeError(
                f"holdfast.{name}: Gradio has this name, but this version of Holdfast does not support it yet."
            )
        return _get(name)


def __dir__() -> list[str]:
    return _directory()

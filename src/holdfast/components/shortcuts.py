"""Components by name: the strings that an `Interface` takes, and the names in a chat's messages."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

from holdfast.components.base import Component, describe
from holdfast.errors import BadValue


class Shortcut(NamedTuple):
    """What a name makes."""

    module: str
    name: str
    options: dict[str, Any] = {}  # noqa: RUF012 - a named tuple's default; nobody changes it


SHORTCUTS: dict[str, Shortcut] = {
    "textbox": Shortcut("textbox", "Textbox"),
    "text": Shortcut("textbox", "Textbox"),
    "textarea": Shortcut("textbox", "TextArea"),
    "number": Shortcut("number", "Number"),
    "slider": Shortcut("slider", "Slider"),
    "checkbox": Shortcut("checkbox", "Checkbox"),
    "checkboxgroup": Shortcut("checkbox_group", "CheckboxGroup"),
    "radio": Shortcut("radio", "Radio"),
    "dropdown": Shortcut("dropdown", "Dropdown"),
    "button": Shortcut("button", "Button"),
    "clearbutton": Shortcut("clear_button", "ClearButton"),
    "uploadbutton": Shortcut("upload_button", "UploadButton"),
    "downloadbutton": Shortcut("download_button", "DownloadButton"),
    "file": Shortcut("file", "File"),
    "files": Shortcut("file", "Files"),
    "image": Shortcut("image", "Image"),
    "json": Shortcut("json", "JSON"),
    "markdown": Shortcut("markdown", "Markdown"),
    "html": Shortcut("html", "HTML"),
    "label": Shortcut("label", "Label"),
    "dataframe": Shortcut("dataframe", "Dataframe"),
    "numpy": Shortcut("dataframe", "Numpy"),
    "matrix": Shortcut("dataframe", "Matrix"),
    "list": Shortcut("dataframe", "List"),
    "chatbot": Shortcut("chatbot", "Chatbot"),
    "dataset": Shortcut("dataset", "Dataset"),
    "timer": Shortcut("timer", "Timer"),
    "state": Shortcut("state", "State"),
}


def component_class(name: str) -> type[Component]:
    """The class that a name stands for.

    Args:
        name: Lower case; underscores are allowed (`checkbox_group`).

    Raises:
        ValueError: No component has that name.
    """
    shortcut = SHORTCUTS.get(name.replace("_", ""))
    if shortcut is None:
        raise ValueError(
            f"No such component or layout: {name}. It is possible it is a custom component, in which case make sure "
            "it is installed and imported in your python session."
        )
    found: type[Component] = getattr(import_module(f"holdfast.components.{shortcut.module}"), shortcut.name)
    return found


def component(name: str, **options: Any) -> Component:
    """Make the component that a name stands for, with its defaults.

    Args:
        name: `"textbox"`, `"state"`, `"checkbox_group"`, …
        **options: Parameters of its constructor.

    Raises:
        ValueError: No component has that name.
    """
    return component_class(name)(**options)


def get_component_instance(given: str | Component, render: bool = False, unrender: bool = False) -> Component:
    """The component that is given, or that a name stands for.

    Args:
        given: A component or its name.
        render: Whether it is placed here.
        unrender: Whether it is taken out of the place that it has.
    """
    if not isinstance(given, Component):
        return component(given, render=render)
    if unrender and given.parent is not None:
        given.unrender()
    if render and given.parent is None:
        given.render()
    return given


def rebuilt(name: str, given: dict[str, Any], value: Any) -> Component:
    """The component that a client says a chat message holds.

    It is made from the client's words, so nothing of them is opened or called: the value stays as it was sent, and
    what a constructor would read from disk is left out.

    Args:
        name: Its type.
        given: The options it was made with.
        value: Its value in the form of the wire.

    Raises:
        BadValue: There is no such component, or it cannot have those options.
    """
    safe = {option: v for option, v in given.items() if option not in {"value", "render", "every", "inputs"}}
    try:
        found = component_class(name)(render=False, **safe)
    except (TypeError, ValueError) as error:
        raise BadValue(f"A message holds a {describe(name)} that cannot be made: {error}") from None
    found._value = value
    return found

"""Components by name: the strings that an `Interface` accepts, and the names in chat messages."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

from holdfast.components.base import Component, describe
from holdfast.errors import BadValue


class Shortcut(NamedTuple):
    """Component class and options that a name refers to."""

    module: str
    name: str
    options: dict[str, Any] = {}  # noqa: RUF012 - default of a named tuple, never modified


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
    """Return the class that a name refers to.

    Args:
        name: Name in lower case; underscores are allowed (`checkbox_group`).

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
    """Create the component that a name refers to, with its defaults.

    Args:
        name: `"textbox"`, `"state"`, `"checkbox_group"`, …
        **options: Parameters of the constructor.

    Raises:
        ValueError: No component has that name.
    """
    return component_class(name)(**options)


def get_component_instance(given: str | Component, render: bool = False, unrender: bool = False) -> Component:
    """Return the given component, or create the one that a name refers to.

    Args:
        given: A component or its name.
        render: Whether to place it here.
        unrender: Whether to remove it from where it was placed.
    """
    if not isinstance(given, Component):
        return component(given, render=render)
    if unrender and given.parent is not None:
        given.unrender()
    if render and given.parent is None:
        given.render()
    return given


def rebuilt(name: str, given: dict[str, Any], value: Any) -> Component:
    """Create the component that a client put into a chat message.

    The options come from the client, so nothing in them is opened or called: the value stays as it was sent, and
    options that a constructor would read from disk are ignored.

    Args:
        name: Type of the component.
        given: Options that the component was created with.
        value: Value in the wire format.

    Raises:
        BadValue: The component does not exist, or does not accept these options.
    """
    safe = {option: v for option, v in given.items() if option not in {"value", "render", "every", "inputs"}}
    try:
        found = component_class(name)(render=False, **safe)
    except (TypeError, ValueError) as error:
        raise BadValue(f"A message contains a {describe(name)} that cannot be created: {error}") from None
    found._value = value
    return found

"""A program that imports gradio gets Holdfast."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator

import pytest

import holdfast
from holdfast import gradio_alias
from holdfast.errors import UnavailableError
from holdfast.gradio_names import PUBLIC_NAMES


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    uninstall = gradio_alias.install()
    yield
    uninstall()


def run(program: str) -> dict[str, object]:
    """Run a program and return its names."""
    names: dict[str, object] = {}
    exec(program, names)
    return names


def test_gradio_is_holdfast() -> None:
    names = run("import gradio as gr\nfrom gradio import Textbox, on")
    assert names["Textbox"] is holdfast.Textbox
    assert names["on"] is holdfast.on
    assert names["gr"].Blocks is holdfast.Blocks  # type: ignore[attr-defined]


def test_it_has_gradios_version() -> None:
    assert run("import gradio\nv = gradio.__version__")["v"] == "6.31.0"


@pytest.mark.parametrize(
    ("program", "same"),
    [
        ("from gradio.components import Textbox as x", "Textbox"),
        ("from gradio.components.textbox import Textbox as x", "Textbox"),
        ("from gradio.components.base import Component as x", "Component"),
        ("from gradio.blocks import Blocks as x", "Blocks"),
        ("from gradio.layouts import Row as x", "Row"),
        ("from gradio.events import SelectData as x", "SelectData"),
        ("from gradio.exceptions import Error as x", "Error"),
        ("from gradio.helpers import Progress as x", "Progress"),
        ("from gradio.helpers import update as x", "update"),
        ("from gradio.routes import Request as x", "Request"),
        ("from gradio.routes import mount_gradio_app as x", "mount_gradio_app"),
        ("from gradio.data_classes import FileData as x", "FileData"),
        ("from gradio.templates import TextArea as x", "TextArea"),
        ("from gradio.flagging import CSVLogger as x", "CSVLogger"),
        ("from gradio.interface import Interface as x", "Interface"),
        ("from gradio.chat_interface import ChatInterface as x", "ChatInterface"),
        ("import gradio.themes\nx = gradio.themes.Base", "Theme"),
        ("from gradio.themes.base import Base as x", "Theme"),
        ("import gradio\nx = gradio.components.Dropdown", "Dropdown"),
    ],
)
def test_submodules_hold_the_same_things(program: str, same: str) -> None:
    assert run(program)["x"] is getattr(holdfast, same)


def test_a_custom_theme_imports_its_parts() -> None:
    names = run("from gradio.themes.utils import colors, fonts, sizes\nfrom gradio.themes.utils.colors import blue")
    assert names["blue"] is holdfast.themes.colors.blue
    assert names["sizes"].radius_md is holdfast.themes.sizes.radius_md  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", sorted(PUBLIC_NAMES))
def test_every_public_name_can_be_imported(name: str) -> None:
    assert name in run(f"from gradio import {name}")


@pytest.mark.parametrize("module", ["processing_utils", "state_holder", "utils", "queueing", "oauth"])
def test_submodules_without_a_counterpart_can_be_imported(module: str) -> None:
    assert importlib.import_module(f"gradio.{module}").__name__ == f"gradio.{module}"


@pytest.mark.parametrize(
    "use", ["Model3D()", "Model3D.x", "class A(Model3D): pass", "Model3D[0]", "with Model3D: pass"]
)
def test_a_missing_name_raises_an_error_when_it_is_used(use: str) -> None:
    with pytest.raises(UnavailableError, match=r"gradio\.Model3D exists in Gradio"):
        run(f"from gradio import Model3D\n{use}")


def test_a_missing_name_works_in_annotations_and_comparisons() -> None:
    names = run("import gradio as gr\ndef f(x: gr.Model3D | None): ...\nsame = isinstance(3, gr.Model3D)")
    assert names["same"] is False


def test_a_name_that_gradio_does_not_have_either_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Nonsense"):
        run("import gradio\ngradio.Nonsense")
    with pytest.raises(ImportError):
        run("from gradio import Nonsense")


def test_a_submodule_that_gradio_does_not_have_is_not_found() -> None:
    with pytest.raises(ModuleNotFoundError):
        run("import gradio.nonsense")


def test_everything_can_be_imported_with_a_star() -> None:
    assert run("from gradio import *")["Blocks"] is holdfast.Blocks


def test_it_can_be_uninstalled() -> None:
    before = list(sys.meta_path)
    uninstall = gradio_alias.install()
    run("import gradio.components")
    uninstall()
    assert sys.meta_path == before
    assert "gradio.components" not in sys.modules

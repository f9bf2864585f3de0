"""Public names load when they are used."""

from __future__ import annotations

import pytest

import holdfast
from holdfast import components, lazy


def test_a_name_is_looked_up_once() -> None:
    vars(holdfast).pop("Slider", None)
    slider = holdfast.Slider
    assert vars(holdfast)["Slider"] is slider


def test_aliases_are_the_same_objects() -> None:
    assert holdfast.Text is holdfast.Textbox
    assert holdfast.TabItem is holdfast.Tab
    assert holdfast.DataFrame is holdfast.Dataframe
    assert components.Textbox is holdfast.Textbox


def test_a_name_that_only_gradio_has_is_explained() -> None:
    with pytest.raises(AttributeError, match="Workflow: Gradio has this name, but this version of Holdfast does not"):
        holdfast.Workflow  # type: ignore[attr-defined] # noqa: B018 -- the access is what is tested


def test_a_module_that_is_missing_is_an_attribute_error() -> None:
    get, _ = lazy.attach(__name__, {"Thing": "holdfast.no_such_module"})
    with pytest.raises(AttributeError, match=r"no holdfast\.no_such_module"):
        get("Thing")


def test_a_modules_own_missing_dependency_is_not_hidden(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "needs_more.py").write_text("import not_installed_anywhere")
    monkeypatch.syspath_prepend(tmp_path)
    get, _ = lazy.attach(__name__, {"Thing": "needs_more"})
    with pytest.raises(ModuleNotFoundError, match="not_installed_anywhere"):
        get("Thing")

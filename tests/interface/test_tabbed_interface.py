"""`TabbedInterface`: several apps in tabs."""

from __future__ import annotations

import pytest

import holdfast as gr
from holdfast.errors import BuildError


def apps() -> list[gr.Interface]:
    return [
        gr.Interface(lambda text: text, "text", "text", api_name="first"),
        gr.Interface(lambda number: number, "number", "text", api_name="second"),
    ]


def test_each_app_is_a_tab_and_keeps_its_endpoint() -> None:
    demo = gr.TabbedInterface(apps(), ["One", "Two"], title="Both")
    tabs = [c["props"]["label"] for c in demo.get_config_file()["components"] if c["type"] == "tabitem"]
    assert tabs == ["One", "Two"]
    assert set(demo.get_api_info()["named_endpoints"]) == {"/first", "/second"}
    assert demo.title == "Both"


def test_tabs_are_numbered_without_names() -> None:
    demo = gr.TabbedInterface(apps())
    tabs = [c["props"]["label"] for c in demo.get_config_file()["components"] if c["type"] == "tabitem"]
    assert tabs == ["Tab 0", "Tab 1"]


@pytest.mark.parametrize(("names", "shown"), [(["One"], ["One", "Tab 1"]), (["One", "Two", "Three"], ["One", "Two"])])
def test_a_wrong_number_of_names_causes_a_warning_and_loses_no_app(names: list[str], shown: list[str]) -> None:
    with pytest.warns(UserWarning, match=f"2 apps and {len(names)} tab names") as warned:
        demo = gr.TabbedInterface(apps(), names)
    tabs = [c["props"]["label"] for c in demo.get_config_file()["components"] if c["type"] == "tabitem"]
    assert tabs == shown
    assert warned[0].filename == __file__


def test_the_apps_can_share_a_state() -> None:
    seen = gr.State([])
    both = [gr.Interface(lambda text, kept: (text, kept), ["text", seen], ["text", seen]) for _ in range(2)]
    demo = gr.TabbedInterface(both)
    assert len(demo.spec.states) == 1


def test_only_an_app_can_be_a_tab() -> None:
    with pytest.raises(BuildError, match="5, a int, cannot be a tab"):
        gr.TabbedInterface([5], ["One"])  # type: ignore[list-item]


def test_one_app_instead_of_a_list_is_rejected() -> None:
    with pytest.raises(BuildError, match=r"takes a list of apps, but got one app\. Write \[app\]"):
        gr.TabbedInterface(gr.Interface(str, "text", "text"))  # type: ignore[arg-type]

"""The `/config` object: the one for Gradio's clients, and the compact one for Holdfast's page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import holdfast as gr
from holdfast.graph.app_config import app_config, block_props, component_entry
from holdfast.wire.encode import encode


def greeter() -> gr.Blocks:
    """A small app with State."""
    with gr.Blocks(title="Greeter") as demo:
        name = gr.Textbox(label="Name", max_length=30)
        seen = gr.State([])
        greeting = gr.Textbox()

        def greet(name: str, seen: list[str]) -> tuple[str, list[str]]:
            """Say hello."""
            return f"Hello {name}", [*seen, name]

        gr.Button("Greet").click(greet, [name, seen], [greeting, seen])
    return demo


TOP_LEVEL = {
    "version", "api_prefix", "mode", "app_id", "dev_mode", "vibe_mode", "analytics_enabled", "components", "css",
    "connect_heartbeat", "js", "head", "title", "space_id", "enable_queue", "show_error", "footer_links", "run_history",
    "is_colab", "max_file_size", "stylesheets", "theme", "protocol", "body_css", "fill_height", "fill_width",
    "theme_hash", "pwa", "pages", "page", "mcp_server", "i18n_translations", "layout", "dependencies",
}  # fmt: skip
"""What Gradio 6.31 puts there, without `username` and `root`, which depend on the request."""

LISTENER = {
    "id": 0,
    "targets": [[4, "click"]],
    "inputs": [1, 2],
    "outputs": [3, 2],
    "backend_fn": True,
    "js": None,
    "queue": True,
    "api_name": "greet",
    "api_description": None,
    "scroll_to_output": False,
    "show_progress": "full",
    "show_progress_on": None,
    "batch": False,
    "max_batch_size": 4,
    "cancels": [],
    "types": {"generator": False, "cancel": False},
    "collects_event_data": False,
    "trigger_after": None,
    "trigger_only_on_success": False,
    "trigger_only_on_failure": False,
    "trigger_mode": "once",
    "api_visibility": "public",
    "rendered_in": None,
    "render_id": None,
    "connection": "sse",
    "time_limit": None,
    "stream_every": 0.5,
    "event_specific_args": None,
    "component_prop_inputs": [],
    "js_implementation": None,
}
"""The same listener in Gradio 6.31."""


def test_the_config_has_all_that_gradios_has() -> None:
    config = greeter().get_config_file()
    assert set(config) == TOP_LEVEL
    assert (config["version"], config["protocol"], config["api_prefix"]) == ("6.31.0", "sse_v3", "/gradio_api")
    assert config["enable_queue"] is True
    assert config["pages"] == [["", "Home", True]]


def test_a_listener_is_described_as_by_gradio() -> None:
    assert greeter().get_config_file()["dependencies"] == [LISTENER]


def test_the_layout_is_a_tree_of_ids() -> None:
    config = greeter().get_config_file()
    tree = {"id": 0, "children": [{"id": 5, "children": [{"id": 1}, {"id": 3}]}, {"id": 2}, {"id": 4}]}
    assert config["layout"] == tree
    assert config["page"][""] == {"layout": tree, "components": [1, 2, 3, 4, 5], "dependencies": [0]}


def test_a_component_is_described_as_by_gradio() -> None:
    (entry,) = [entry for entry in greeter().get_config_file()["components"] if entry["id"] == 1]
    assert {**entry, "component_class_id": "", "props": {}} == {
        "id": 1,
        "type": "textbox",
        "props": {},
        "skip_api": False,
        "component_class_id": "",
        "key": None,
        "api_info": {"type": "string"},
        "api_info_as_input": {"type": "string"},
        "api_info_as_output": {"type": "string"},
        "example_inputs": "Hello!!",
    }
    assert entry["props"]["name"] == "textbox"
    assert entry["props"]["preserved_by_key"] == ["value"]
    assert None not in entry["props"].values()


def test_the_config_contains_no_state_value() -> None:
    """R1.4: no State value appears in the config."""
    with gr.Blocks() as demo:
        gr.State("the secret word")
    config = demo.get_config_file()
    (entry,) = config["components"]
    assert (entry["type"], entry["skip_api"]) == ("state", True)
    assert "value" not in entry["props"]
    assert b"the secret word" not in encode(config)


def test_clients_stay_connected_if_their_leaving_has_an_effect() -> None:
    def connects(demo: gr.Blocks) -> Any:
        return demo.get_config_file()["connect_heartbeat"]

    with gr.Blocks() as plain:
        gr.Textbox()
    with gr.Blocks() as leaving:
        leaving.unload(lambda: None)
    assert (connects(plain), connects(greeter()), connects(leaving)) == (False, True, True)


def test_a_listener_marks_what_it_listens_to() -> None:
    with gr.Blocks() as demo:
        box = gr.Textbox()
        other = gr.Textbox()
        box.select(lambda text: text, box, box)
        bot = gr.Chatbot()
        bot.like(lambda: None)
        bot.edit(lambda: None)
    app = demo.spec
    assert block_props(box, app)["_selectable"] is True
    assert block_props(other, app)["_selectable"] is False
    assert block_props(bot, app)["likeable"] is True
    assert block_props(bot, app)["editable"] == "user"


def test_the_page_gets_only_values_that_differ_from_defaults() -> None:
    app = greeter().spec
    config = app_config(app, compact=True)
    assert config["components"] == [
        {"id": 1, "type": "textbox", "props": {"label": "Name", "max_length": 30, "value": ""}},
        {"id": 2, "type": "state", "props": {}},
        {"id": 3, "type": "textbox", "props": {}},
        {"id": 4, "type": "button", "props": {"value": "Greet"}},
        {"id": 5, "type": "form", "props": {}},
    ]
    assert config["dependencies"] == [
        {
            "id": 0,
            "event": app.listeners[0].identity,
            "targets": [[4, "click"]],
            "inputs": [1, 2],
            "outputs": [3, 2],
            "api_name": "greet",
        }
    ]


def test_the_page_gets_a_short_head() -> None:
    with gr.Blocks(title="Short", fill_width=True) as demo:
        pass
    config = app_config(demo.spec, page="", compact=True)
    assert config == {
        "version": "6.31.0",
        "mode": "blocks",
        "program": demo.spec.program,
        "title": "Short",
        "footer_links": ["api", "gradio", "settings"],
        "fill_width": True,
        "pages": [["", "Home", True]],
        "layout": {"id": 0, "children": []},
        "components": [],
        "dependencies": [],
        "current_page": "",
    }


def test_the_page_gets_values_that_are_false_by_choice() -> None:
    with gr.Blocks() as demo:
        gr.Textbox(show_label=False, container=False, lines=3, value="")
    (entry,) = app_config(demo.spec, compact=True)["components"]
    assert entry["props"] == {"show_label": False, "container": False, "lines": 3, "value": ""}


def test_the_page_can_tell_an_empty_value_from_a_missing_one() -> None:
    with gr.Blocks() as demo:
        gr.CheckboxGroup(["a"])
        gr.Dropdown(["a"], multiselect=True)
        gr.Chatbot()
    entries = app_config(demo.spec, compact=True)["components"]
    assert [e["props"]["value"] for e in entries if e["type"] != "form"] == [[], [], []]


def test_the_page_knows_the_keys_of_states() -> None:
    """R3.5: it names them in an error."""
    with gr.Blocks() as demo:
        gr.State(key="cart"), gr.State()
    keyed, other = app_config(demo.spec, compact=True)["components"]
    assert (keyed["props"], other["props"]) == ({"key": "cart"}, {})


def test_initial_values_that_contain_files_can_be_published(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("text")
    with gr.Blocks():
        file = gr.File(str(tmp_path / "notes.txt"))
    entry = component_entry(file, publish=lambda block, _, value: [block.NAME, value["orig_name"]])
    assert entry["props"]["value"] == ["file", "notes.txt"]


def test_a_tabs_id_is_the_authors() -> None:
    with gr.Blocks(), gr.Tabs(selected="b"), gr.Tab("B", id="b") as tab:
        gr.Markdown("text")
    entry = component_entry(tab)
    assert (entry["type"], entry["props"]["id"], entry["props"]["name"]) == ("tabitem", "b", "tab")
    assert "_selectable" not in entry["props"]


def test_a_theme_goes_into_the_config() -> None:
    with gr.Blocks() as demo:
        pass
    app = demo.spec.with_options(theme=gr.themes.Soft(font=gr.themes.GoogleFont("Inter")))
    config = app_config(app)
    assert config["theme"] == "soft"
    assert config["stylesheets"] == ["https://fonts.googleapis.com/css2?family=Inter:wght@400;600&display=swap"]
    assert config["theme_hash"] == app.options.theme.digest()
    assert config["app_id"] == demo.spec.app_id

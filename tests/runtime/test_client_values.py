"""A client's JSON is data: not the author's update, not a component's properties, and not a file on the server.

A1, A2: related cases: `preprocess` of every component, listeners with `preprocess=False` or `postprocess=False`,
initial values and updates of a Chatbot, cached examples, parameters annotated with a component, event data, server
functions. Affected were `constructor_args` of every component that accepts paths, the first two, cached examples, and
the properties that a page sends.
A3, R8.4: related cases: single values, values for all outputs, values by component, batches, generators, values nested
in lists, copies, State in memory and in a store, validators, API clients, MCP. All were affected except the validators.
Checked later: other ways in which a program decodes a client's data. Affected were files, parts of a message, Python
literals, a table's cells, and values in containers other than lists and dicts.
"""

from __future__ import annotations

import ast
import copy
import json
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import holdfast as gr
from holdfast.files.rules import FileRules
from holdfast.received import Sources, is_received, mark
from holdfast.runtime.inputs import client_value
from holdfast.seals import Issued, Seal, reissued
from holdfast.state.codec.payload import decode, encode
from holdfast.wire.encode import encode_value

from .driver import Driver

pytestmark = pytest.mark.anyio

UPDATE = {"__type__": "update", "value": "v", "html_template": "<script>"}


def part(component: str, value: Any, args: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"type": "component", "component": component, "value": value, "constructor_args": args or {}, **more}


def said(*parts: Any) -> list[dict[str, Any]]:
    return [{"role": "user", "content": list(parts), "metadata": None, "options": None}]


def sent(payload: Any) -> Any:
    """Return a value as a client's JSON."""
    return json.loads(encode_value(payload))


def accepted(payload: Any, rules: FileRules) -> list[dict[str, Any]]:
    """Return the parts of a message that a handler receives."""
    bot = gr.Chatbot()
    (message,) = bot.preprocess(client_value(bot, sent(payload), rules))
    parts: list[dict[str, Any]] = message["content"]
    return parts


def shown(content: Any, rules: FileRules) -> list[dict[str, Any]]:
    """Return the parts of a message from a handler in wire format."""
    bot = gr.Chatbot()
    (message,) = sent(bot.outgoing(bot.postprocess([{"role": "assistant", "content": content}]), rules))
    parts: list[dict[str, Any]] = message["content"]
    return parts


@pytest.mark.parametrize("name", ["html", "state", "timer", "dataset", "uploadbutton"])
def test_a_component_that_could_run_code_becomes_text(name: str) -> None:
    """A1."""
    assert accepted(said(part(name, "<b>hi</b>", {"js_on_load": "x"})), FileRules()) == [
        {"text": "<b>hi</b>", "type": "text"}
    ]


def test_only_type_value_and_harmless_options_of_other_components_are_kept() -> None:
    """A1, A2: properties are created on the server, and options must be in a list."""
    args = {"label": "L", "sanitize_html": False, "elem_id": "x", "elem_classes": ["y"], "height": 50, "buttons": ["z"],
            "visible": False, "container": "yes", "max_height": 1e9, "min_width": True}  # fmt: skip
    (found,) = accepted(said(part("markdown", "# Hi", args, props={"sanitize_html": False})), FileRules())
    assert found["constructor_args"] == {"label": "L", "height": 50, "render": False}
    assert found["props"]["sanitize_html"] is True
    assert (found["props"]["label"], found["props"]["elem_id"], found["value"]) == ("L", None, "# Hi")
    assert found["instance"].value == "# Hi"


@pytest.mark.parametrize(
    ("name", "value", "args"),
    [
        ("button", "b", {"icon": "secret.txt", "link": "javascript:x"}),
        ("chatbot", [], {"avatar_images": ["secret.txt", "secret.txt"]}),
        ("chatbot", [], {"examples": [{"icon": "secret.txt", "files": ["secret.txt"]}]}),
        ("downloadbutton", None, {"icon": "secret.txt"}),
        ("image", None, {"watermark": "secret.txt"}),
        ("image", None, {"placeholder": "secret.txt"}),
        ("dataframe", {"headers": ["a"], "data": [[1]]}, {"value": "secret.txt"}),
    ],
)
def test_a_clients_options_cannot_refer_to_files(name: str, value: Any, args: dict[str, Any], tmp_path: Path) -> None:
    """A2: files in the working directory are neither read nor published."""
    (found,) = accepted(said(part(name, value, args)), FileRules(upload_dir=tmp_path))
    assert "secret.txt" not in json.dumps({**found, "instance": None})
    again = shown(found["instance"], FileRules(upload_dir=tmp_path))
    assert "secret.txt" not in json.dumps(again)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "value", "args", "kept"),
    [
        ("radio", "a", {"choices": ["a", "b"]}, "a"),
        ("slider", 5, {"minimum": 0, "maximum": 10}, 5),
        ("label", {"label": "cat"}, {}, {"label": "cat"}),
        ("dataframe", {"headers": ["a"], "data": [[1]], "metadata": {"styling": [["position:fixed"]]}}, {},
         {"headers": ["a"], "data": [[1]]}),
    ],
)  # fmt: skip
def test_a_value_accepted_by_its_component_is_kept(name: str, value: Any, args: dict[str, Any], kept: Any) -> None:
    """A1."""
    (found,) = accepted(said(part(name, value, args)), FileRules())
    assert found["value"] == kept


@pytest.mark.parametrize(
    "wrong", [part("radio", "c", {"choices": ["a"]}), part("markdown", {"a": 1}), part("image", "x"), part("bogus", 1)]
)
def test_a_value_rejected_by_its_component_is_rejected(wrong: Any) -> None:
    """A1."""
    with pytest.raises(gr.Error):
        accepted(said(wrong), FileRules())


@pytest.mark.parametrize(
    "url", ["javascript:x", " JAVA\tSCRIPT:x", "\x01javascript:x", "data:text/html,x", "vbscript:x", "file:///x", 5]
)
@pytest.mark.parametrize("kind", [gr.File, gr.Image, gr.DownloadButton, gr.Chatbot])
def test_a_file_url_that_is_a_script_is_rejected(kind: type[Any], url: Any) -> None:
    """A1: the file has no path, so no other check applies."""
    file = {"path": None, "url": url, "meta": {"_type": "gradio.FileData"}}
    value = said({"type": "file", "file": file}) if kind is gr.Chatbot else file
    with pytest.raises(gr.Error):
        client_value(kind(), value, FileRules())
    assert json.dumps(kind().outgoing(file, FileRules())).find("script") < 0


@pytest.mark.parametrize("url", ["https://a/b", "/gradio_api/file=x", "a/b", "blob:x", "data:image/png;base64,x", None])
def test_other_urls_are_kept(url: str | None) -> None:
    """A1."""
    file = {"path": None, "url": url, "meta": {"_type": "gradio.FileData"}}
    assert client_value(gr.Image(), dict(file), FileRules()) == file


@pytest.mark.parametrize("change", ["value", "props", "constructor_args", "component", "seal", None])
def test_an_issued_part_is_accepted_only_unchanged(change: str | None) -> None:
    """A1: exactly the part that was issued, except that numbers can have JavaScript's format."""
    rules = FileRules(seal=Seal(b"k"))
    (issued,) = shown(gr.HTML("<b>", js_on_load="x", ratio=2.0, size=1.5), rules)
    issued["props"]["props"]["ratio"] = 2
    issued["constructor_args"]["ratio"] = 2
    if change is not None:
        issued[change] = {"js_on_load": "y"} if isinstance(issued[change], dict) else "html2"[: len(change)]
    if change == "component":
        issued[change] = "markdown"
    (found,) = accepted(said(issued), rules)
    if change is None:
        assert found["instance"].js_on_load == "x"
        assert shown(found, rules) == [{**issued, "seal": found["seal"]}]
        assert shown(found, FileRules(seal=Seal(b"other"))) == [{"text": "<b>", "type": "text"}]
    elif change == "component":
        assert "seal" not in found
        assert "x" not in (found["constructor_args"], found["props"])
    else:
        assert found == {"text": issued["value"], "type": "text"}


def test_parts_are_sealed_on_every_way_to_the_page(tmp_path: Path) -> None:
    """A1: initial value, update, cached examples; a forged part is also reduced on its way out."""
    rules = FileRules(seal=Seal(b"k"))
    bot = gr.Chatbot([{"role": "user", "content": gr.HTML("<b>")}])
    kept = json.loads(json.dumps(bot.value))
    for value in (bot.value, bot.config_value(bot.initial), reissued(kept)):
        (message,) = bot.outgoing(value, rules)
        (found,) = message["content"]
        assert rules.seal.fits(encode_value([found[n] for n in ("component", "value", "constructor_args", "props")]),
                               found["seal"])  # fmt: skip
        assert not isinstance(found["seal"], Issued)
    made_up = said(
        part("html", "hi", {"js_on_load": "x"}, props={"js_on_load": "x"}), part("bogus", "b"), {"type": "component"}
    )
    (message,) = bot.outgoing(made_up, rules)
    assert [each["type"] for each in message["content"]] == ["text"] * 3


@pytest.mark.parametrize("preprocess", [True, False])
async def test_every_listener_accepts_values_in_the_same_way(preprocess: bool) -> None:
    """A1: including `preprocess=False` and `postprocess=False`."""
    seen: list[Any] = []
    with gr.Blocks() as demo:
        bot = gr.Chatbot()

        def run(value: Any) -> Any:
            seen.append(copy.deepcopy(value))
            return value

        demo.load(run, bot, bot, api_name="run", preprocess=preprocess, postprocess=preprocess)
    async with Driver(demo) as driver:
        (back,) = await driver.values("run", said(part("html", "hi", {"js_on_load": "x"})))
    assert seen[0][0]["content"] == back[0]["content"] == [{"text": "hi", "type": "text"}]


async def test_properties_from_a_page_are_not_the_functions_changes() -> None:
    """A1, R8.4: properties from the page are data; changes by the function are an update."""
    seen: list[Any] = []

    def run(box: gr.HTML) -> Any:
        seen.append((box.html_template, box.padding))
        box.max_height = 7
        return box

    with gr.Blocks() as demo:
        html = gr.HTML("v")
        demo.load(run, html, html, api_name="run")
    async with Driver(demo) as driver:
        sent = {**html.props(), "value": "w", "html_template": "<script>", "head": "<script>", "padding": True}
        assert await driver.values("run", sent) == [{"__type__": "update", "value": "w", "max_height": 7}]
    assert seen == [("${value}", True)]


def forms(value: Any) -> dict[str, Any]:
    """Return the forms in which a function can return a client's value."""
    return {
        "same": value,
        "shallow": copy.copy(value),
        "deep": copy.deepcopy(value),
        "dict": dict(value),
        "unpacked": {**value, "more": 1},
        "changed": value | {"html_template": "other"},
        "json": json.loads(json.dumps(value)),
    }


@pytest.mark.parametrize("form", forms(UPDATE))
@pytest.mark.parametrize("nested", [False, True])
async def test_a_clients_dict_is_a_value(form: str, nested: bool) -> None:
    """A3, R8.4: in any form in which a function passes it on, including on the wire."""
    with gr.Blocks() as demo:
        given, html = gr.JSON(), gr.HTML()
        demo.load(lambda v: forms(v["x"] if nested else v)[form], given, html, api_name="run")
    async with Driver(demo) as driver:
        (found,) = await driver.values("run", {"x": dict(UPDATE)} if nested else dict(UPDATE))
        assert found.keys() == {"__type__", "value"}
        assert found["value"]["__type__"] == "update"
        assert driver.page.own_view is None or driver.page.view.block(html.id).props()["html_template"] == "${value}"


@pytest.mark.parametrize(
    ("run", "wanted"),
    [
        (lambda _: {"__type__": "update", "value": "a"}, {"__type__": "update", "value": "a"}),
        (lambda v: {"__type__": "update", "value": v}, {"__type__": "update", "value": UPDATE}),
        (lambda v: gr.update(value=v["value"]), {"__type__": "update", "value": "v"}),
        (lambda _: {"__type__": "update"}, {"__type__": "update"}),
    ],
)
async def test_an_authors_dict_is_an_update(run: Any, wanted: Any) -> None:
    """A3: next to a client's dict, and around one."""
    with gr.Blocks() as demo:
        given, html = gr.JSON(), gr.HTML()
        demo.load(run, given, html, api_name="run")
    async with Driver(demo) as driver:
        assert await driver.values("run", dict(UPDATE)) == [wanted]


async def test_a_clients_skip_has_no_effect() -> None:
    """A3: one dict for all outputs, by component, from a generator, and from event data or JSON text."""
    skip = {"__type__": "update"}
    wrapped = {"__type__": "update", "value": skip}
    with gr.Blocks() as demo:
        given, text, one, two = gr.JSON(), gr.Textbox(), gr.JSON(), gr.JSON()

        def steps(value: Any) -> Any:
            yield value

        def told(data: gr.EventData) -> Any:
            return data._data["x"]

        demo.load(lambda v: (v, v), given, [one, two], api_name="both")
        demo.load(lambda v: {one: v}, given, [one, two], api_name="keyed")
        demo.load(steps, given, one, api_name="steps")
        demo.load(json.loads, text, one, api_name="text")
        demo.load(told, None, one, api_name="told")
        demo.load(lambda vs: [vs], given, one, api_name="batch", batch=True)
    async with Driver(demo) as driver:
        assert await driver.values("both", dict(skip)) == [wrapped, wrapped]
        assert await driver.values("keyed", dict(skip)) == [wrapped, skip]
        assert await driver.values("steps", dict(skip)) == [wrapped]
        assert await driver.values("text", json.dumps(skip)) == [wrapped]
        assert await driver.values("batch", dict(skip)) == [wrapped]
        assert await driver.values("told", event_data={"x": dict(skip)}) == [wrapped]


@dataclass
class Note:
    content: Any


@pytest.mark.parametrize("kept", [lambda v: v, lambda v: [Note(v)], json.dumps], ids=["as is", "in", "text"])
async def test_a_dict_from_state_is_a_value(kept: Any) -> None:
    """A3: for another visitor, in any container."""

    def back(held: Any) -> Any:
        return json.loads(held) if isinstance(held, str) else held[0].content if isinstance(held, list) else held

    with gr.Blocks() as demo:
        state = gr.State(None, scope="app", key="kept")
        given, html = gr.JSON(), gr.HTML()
        demo.load(kept, given, state, api_name="post")
        demo.load(back, state, html, api_name="read")
    async with Driver(demo) as driver:
        await driver.values("post", dict(UPDATE))
        (found,) = await driver.values("read", None, session=driver.open())
        assert found == {"__type__": "update", "value": UPDATE}


def test_the_mark_survives_a_store() -> None:
    """A3: a dict from a client is recognized after a restart, even if the function changes it then."""
    there = decode(encode([mark({"a": [dict(UPDATE)]})]))
    assert there == [{"a": [UPDATE]}]
    assert is_received({**there[0]["a"][0], "more": 1})
    assert there[0]["a"][0]["__type__"] is mark(dict(UPDATE))["__type__"]
    assert type(decode(encode("update"))) is str


def test_a_component_in_a_stored_conversation_still_belongs_to_the_app() -> None:
    """A1: State holds messages before they are sealed; a store keeps them as the app's."""
    kept = decode(encode(gr.Chatbot().postprocess([{"role": "assistant", "content": gr.HTML("<b>")}])))
    assert isinstance(kept[0]["content"][0]["seal"], Issued)


def test_marked_values_are_plain_json() -> None:
    """A3: a program that inspects or serializes the dict sees no difference."""
    value = mark(dict(UPDATE))
    assert value == UPDATE
    assert encode_value(value) == encode_value(UPDATE)
    assert json.dumps(value) == json.dumps(UPDATE)


def test_sources_can_contain_anything() -> None:
    """A3: cycles, and text that only starts like JSON, cause no errors."""
    cycle: list[Any] = ['{"__type__', '{"\\u005f_type__": "update"}']
    cycle.append(cycle)
    sources = Sources(cycle)
    assert sources.hold({"__type__": "update"})
    assert not sources.hold({"__type__": "update", "value": 1})


def fenced(text: str) -> Any:
    return json.loads(text.split("```")[1])


@pytest.mark.parametrize(
    ("decode_text", "text"),
    [
        (fenced, f"Here: ```{json.dumps(UPDATE)}```"),
        (ast.literal_eval, repr(UPDATE)),
        (lambda text: json.loads(json.loads(f'"{text}"')), json.dumps(UPDATE).replace('"', '\\"')),
        (lambda text: pickle.loads(pickle.dumps(json.loads(text))), json.dumps(UPDATE)),
        (lambda text: json.loads(bytes.fromhex(text)), json.dumps(UPDATE).encode().hex()),
        (lambda text: {**json.loads(text[1:]), "more": 1}, "!" + json.dumps(UPDATE)),
    ],
    ids=["part of a message", "literal", "text in text", "pickled", "hexadecimal", "copied"],
)
async def test_data_decoded_by_the_program_is_a_value(decode_text: Any, text: str) -> None:
    """A3, R8.4: with any decoder."""
    with gr.Blocks() as demo:
        box, view = gr.Textbox(), gr.JSON()
        demo.load(decode_text, box, view, api_name="text")
    async with Driver(demo) as driver:
        (found,) = await driver.values("text", text)
        assert found == {"__type__": "update", "value": {**UPDATE, **found["value"]}}


async def test_a_file_or_table_decoded_by_the_program_is_a_value(tmp_path: Path) -> None:
    """A3, R8.4."""
    file = tmp_path / "evil.json"
    file.write_text(json.dumps(UPDATE))
    with gr.Blocks() as demo:
        table, view = gr.Dataframe(), gr.JSON()
        demo.load(lambda: json.loads(file.read_text()), None, view, api_name="file")
        demo.load(lambda frame: json.loads(frame.iloc[0, 0]), table, view, api_name="table")
    async with Driver(demo) as driver:
        table_sent = {"headers": ["a"], "data": [[json.dumps(UPDATE)]]}
        for found in (await driver.values("file"), await driver.values("table", table_sent)):
            assert found == [{"__type__": "update", "value": UPDATE}]


async def test_an_authors_literal_dict_is_still_an_update() -> None:
    """A3: in any syntax."""
    name = "update"

    def written(way: str) -> Any:
        ways = {
            "literal": {"__type__": "update", "label": "new"},
            "call": dict(__type__="update", label="new"),  # noqa: C408 -- one of the ways
            "variable": {"__type__": name, "label": "new"},
            "copy": copy.deepcopy({"__type__": "update", "label": "new"}),
            "spread": {**gr.update(label="new")},
            "json": {**json.loads('{"label": "new"}'), "__type__": "update"},
        }
        return ways[way]

    with gr.Blocks() as demo:
        box = gr.Textbox(label="old")
        demo.load(written, box, box, api_name="written")
    async with Driver(demo) as driver:
        for way in ("literal", "call", "variable", "copy", "spread", "json"):
            (found,) = await driver.values("written", way)
            assert found["label"] == "new"

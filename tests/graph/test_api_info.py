"""Descriptions of the API: `/info`, snippets, OpenAPI."""

from __future__ import annotations

import ast
import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest

import holdfast as gr
from holdfast.errors import BuildError, RenderError
from holdfast.graph.api.info import api_info
from holdfast.graph.api.openapi import openapi, plain_schema
from holdfast.graph.api.python_types import type_name
from holdfast.graph.api.snippets import snippets


def cart() -> gr.Blocks:
    """An app with State in the middle of its inputs."""
    with gr.Blocks() as demo:
        boxes = gr.CheckboxGroup(["apple", "pear"], label="Fruit")
        kept = gr.State([])
        count = gr.Number(2, label="How many")
        out = gr.JSON(label="Cart")

        def add(fruit: list[str], cart: list[str], n: float, request: gr.Request) -> Any:
            """Put fruit into the cart.

            Keeps what is there.

            Args:
                fruit: what to add
            """
            return [request.username, *fruit * int(n), *cart]

        button = gr.Button()
        button.click(add, [boxes, kept, count], [out, kept])
        button.click(add, [boxes, kept, count], [out, kept], api_visibility="undocumented")
        button.click(add, [boxes, kept, count], [out, kept], api_visibility="private")
        button.click(None, js="() => 1")
    return demo


def test_an_endpoint_is_described_as_by_gradio_without_its_state() -> None:
    """R9.1: State is hidden from schemas, and the other names stay right."""
    info = cart().get_api_info()
    assert info["unnamed_endpoints"] == {}
    (endpoint,) = info["named_endpoints"].values()
    del endpoint["code_snippets"]
    assert endpoint == {
        "parameters": [
            {
                "label": "Fruit",
                "parameter_name": "fruit",
                "parameter_has_default": True,
                "parameter_default": [],
                "type": {
                    "items": {"enum": ["apple", "pear"], "type": "string"},
                    "title": "Checkbox Group",
                    "type": "array",
                },
                "python_type": {"type": "list[Literal['apple', 'pear']]", "description": ""},
                "component": "Checkboxgroup",
                "example_input": ["apple"],
            },
            {
                "label": "How many",
                "parameter_name": "n",
                "parameter_has_default": True,
                "parameter_default": 2,
                "type": {"type": "number"},
                "python_type": {"type": "float", "description": ""},
                "component": "Number",
                "example_input": 3,
            },
        ],
        "returns": [
            {
                "label": "Cart",
                "type": {"type": {}, "description": "any valid json"},
                "python_type": {"type": "str | float | bool | list | dict", "description": "any valid json"},
                "component": "Json",
            }
        ],
        "api_visibility": "public",
        "description": "Put fruit into the cart. Keeps what is there.",
    }


def test_undocumented_endpoints_are_shown_on_request_and_private_ones_never() -> None:
    everything = cart().get_api_info(all_endpoints=True)["named_endpoints"]
    assert list(everything) == ["/add", "/add_1"]
    assert "code_snippets" not in everything["/add"]


def test_a_component_without_a_label_is_named_by_its_id() -> None:
    with gr.Blocks() as demo:
        box = gr.Textbox()
        gr.Button().click(lambda text: text, box, box)
    (endpoint,) = demo.get_api_info()["named_endpoints"].values()
    assert endpoint["parameters"][0]["label"] == f"parameter_{box.id}"
    assert endpoint["returns"][0]["label"] == f"value_{box.id}"


def test_inputs_of_a_set_get_the_remaining_parameter_names() -> None:
    with gr.Blocks() as demo:
        first, second = gr.Textbox(), gr.Number()
        gr.Button().click(lambda values: values, {first, second}, first)
    (endpoint,) = demo.get_api_info()["named_endpoints"].values()
    assert [p["parameter_name"] for p in endpoint["parameters"]] == ["values", "param_1"]


def test_keyword_inputs_are_named_by_keyword() -> None:
    with gr.Blocks() as demo:
        box = gr.Textbox()
        gr.Button().click(lambda a, b, c: (a, b, c), box, None, inputs_kwargs={"c": box, "b": box})
    (endpoint,) = demo.get_api_info()["named_endpoints"].values()
    assert [p["parameter_name"] for p in endpoint["parameters"]] == ["a", "c", "b"]


def test_none_as_the_functions_default_makes_a_parameter_optional() -> None:
    with gr.Blocks() as demo:
        box = gr.Textbox()
        gr.Button().click(lambda text=None: text, box, box)
    (endpoint,) = demo.get_api_info()["named_endpoints"].values()
    assert endpoint["parameters"][0]["parameter_has_default"] is True
    assert endpoint["parameters"][0]["parameter_default"] is None


@pytest.mark.parametrize(("given", "said"), [(None, "Doc."), ("Other.", "Other."), (False, "")])
def test_the_author_can_override_the_docstring(given: Any, said: str) -> None:
    def handler() -> None:
        """Doc."""

    with gr.Blocks() as demo:
        gr.Button().click(handler, api_description=given)
    assert demo.get_api_info()["named_endpoints"]["/handler"]["description"] == said


def test_the_info_of_one_page_leaves_the_others_out() -> None:
    with gr.Blocks() as demo:
        gr.Button().click(lambda: None, api_name="first")
    with demo.route("Second"):
        gr.Button().click(lambda: None, api_name="second")
    assert list(api_info(demo.spec, page="second")["named_endpoints"]) == ["/second"]


# Python types ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "name"),
    [
        ({"type": "string"}, "str"),
        ({}, "Any"),
        ({"type": {}}, "str | float | bool | list | dict"),
        ({"enum": ["a", "b"], "type": "string"}, "Literal['a', 'b']"),
        ({"type": "array", "items": {"type": "integer"}}, "list[int]"),
        ({"type": "array"}, "list[Any]"),
        ({"type": "array", "prefixItems": [{"type": "string"}, {"type": "null"}]}, "tuple[str, None]"),
        ({"anyOf": [{"type": "number"}, {"type": "null"}]}, "float | None"),
        ({"type": "object", "additionalProperties": {"type": "number"}}, "dict(str, float)"),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, "dict(a: str)"),
        ({"$ref": "#/$defs/X"}, "bool"),
    ],
)
def test_schemas_read_as_python_types(schema: dict[str, Any], name: str) -> None:
    assert type_name(schema, {"X": {"type": "boolean"}}) == name


def test_files_read_as_paths() -> None:
    assert type_name(gr.Image(render=False).api_info(), {}) == "filepath"
    many = gr.File(file_count="multiple", render=False).api_info()
    assert type_name(many, many["$defs"]) == "list[filepath]"


# gr.api ---------------------------------------------------------------------------------------------------------------


def test_an_endpoint_without_components_has_the_types_of_its_annotations() -> None:
    def lookup(key: str, depth: int = 3, kind: Literal["a", "b"] | None = None) -> tuple[str, list[int]]:
        """Find it."""
        return key * depth, [len(kind or "")]

    with gr.Blocks() as demo:
        gr.api(lookup)
    endpoint = demo.get_api_info()["named_endpoints"]["/lookup"]
    taken = [(p["label"], p["parameter_name"], p["python_type"]["type"]) for p in endpoint["parameters"]]
    assert taken == [
        ("1st", "key", "str"),
        ("2nd", "depth", "int"),
        ("3rd", "kind", "None | Literal['a', 'b']"),
    ]
    assert [p["parameter_has_default"] for p in endpoint["parameters"]] == [False, True, True]
    assert [p["example_input"] for p in endpoint["parameters"]] == ["...", 3, "..."]
    assert [r["python_type"]["type"] for r in endpoint["returns"]] == ["str", "list[int]"]
    assert demo.fns[0].targets == ()
    assert (demo.fns[0].preprocess, demo.fns[0].postprocess) == (False, False)


def test_a_generators_results_are_what_it_yields() -> None:
    def steps(n: int) -> Iterator[str]:
        yield str(n)

    with gr.Blocks() as demo:
        gr.api(steps, api_name="go")
    (returned,) = demo.get_api_info()["named_endpoints"]["/go"]["returns"]
    assert returned["python_type"]["type"] == "str"


def test_an_endpoint_needs_annotations() -> None:
    with gr.Blocks(), pytest.raises(BuildError, match="value of '<lambda>' has none"):
        gr.api(lambda value: value)


def test_an_endpoint_needs_an_app() -> None:
    with pytest.raises(RenderError, match="outside of a Blocks"):
        gr.api(len)


# Snippets -------------------------------------------------------------------------------------------------------------


ENDPOINT = {
    "parameters": [
        {
            "parameter_name": "text",
            "parameter_has_default": False,
            "parameter_default": None,
            "example_input": 'it\'s "so"',
        },
        {
            "parameter_name": "image",
            "parameter_has_default": False,
            "parameter_default": None,
            "example_input": {"path": "/x.png", "url": "https://x.org/x.png", "meta": {"_type": "gradio.FileData"}},
        },
        {"parameter_name": "on", "parameter_has_default": True, "parameter_default": True, "example_input": False},
    ]
}


def test_the_python_snippet_is_python_that_calls_the_endpoint() -> None:
    code = snippets("see", ENDPOINT, "http://localhost:1")["python"]
    call = ast.parse(code).body[2]
    assert isinstance(call, ast.Assign)
    assert isinstance(call.value, ast.Call)
    assert {k.arg: ast.unparse(k.value) for k in call.value.keywords} == {
        "text": repr('it\'s "so"'),
        "image": "handle_file('https://x.org/x.png')",
        "on": "True",
        "api_name": "'/see'",
    }


def test_the_javascript_snippet_names_the_endpoint_and_its_values() -> None:
    code = snippets("see", ENDPOINT, "http://localhost:1")["javascript"]
    assert 'import { Client, handle_file } from "@gradio/client";' in code
    assert 'client.predict("/see", {\n    text: "it\'s \\"so\\"",\n' in code
    assert 'image: handle_file("https://x.org/x.png"),\n    on: true,' in code


def run_in_shell(code: str) -> tuple[str, Any]:
    """Run commands in a shell with a recording `curl`; return their output and the body that was sent."""
    fake = """
    curl() {
        case "$*" in
            *upload*) echo '["/up/my load.png"]';;
            *call/v2*)
                echo "$*" >> said
                while [ "$1" != -d ]; do shift; done; printf '%s' "$2" > body.json; echo '{"event_id": "e1"}';;
            *) echo "$*" >> said;;
        esac
    }
    cd "$1"
    """
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["bash", "-c", fake + code, "bash", folder], check=True, timeout=20)
        return Path(folder, "said").read_text(), json.loads(Path(folder, "body.json").read_text())


def test_the_shell_snippet_sends_the_values_as_the_shell_reads_them() -> None:
    said, body = run_in_shell(snippets("see", ENDPOINT, "http://localhost:1")["bash"])
    assert said.splitlines()[-1] == "-N http://localhost:1/gradio_api/call/see/e1"
    assert body == {
        "text": 'it\'s "so"',
        "image": {"path": "/up/my load.png", "meta": {"_type": "gradio.FileData"}},
        "on": True,
    }


def test_the_shell_snippet_calls_an_endpoint_of_any_name() -> None:
    said, _ = run_in_shell(snippets("it's odd", ENDPOINT, "http://localhost:1")["bash"])
    assert "http://localhost:1/gradio_api/call/v2/it%27s%20odd -H" in said
    assert said.splitlines()[-1] == "-N http://localhost:1/gradio_api/call/it%27s%20odd/e1"


def test_snippets_of_an_app_with_a_login_have_placeholders() -> None:
    found = snippets("see", ENDPOINT, "http://localhost:1", login=True)
    assert 'Client("http://localhost:1", auth=("YOUR_NAME", "YOUR_PASSWORD"))' in found["python"]
    assert 'connect("http://localhost:1", { auth: ["YOUR_NAME", "YOUR_PASSWORD"] })' in found["javascript"]
    said, _ = run_in_shell(found["bash"])
    login, call, result = said.splitlines()
    assert login.endswith(
        "-c cookies.txt http://localhost:1/login -d username=YOUR_NAME --data-urlencode password=YOUR_PASSWORD"
    )
    assert "-b cookies.txt" in call
    assert "-b cookies.txt" in result


def test_snippets_use_the_address_that_they_are_given() -> None:
    found = api_info(cart().spec, root="https://example.org/app/")["named_endpoints"]["/add"]["code_snippets"]
    assert set(found) == {"python", "javascript", "bash", "cli"}
    assert all("https://example.org/app" in code and "app//" not in code for code in found.values())


# OpenAPI --------------------------------------------------------------------------------------------------------------


def test_the_openapi_document_has_the_upload_and_two_paths_per_endpoint() -> None:
    document = openapi(cart().spec)
    assert document["openapi"] == "3.0.2"
    assert list(document["paths"]) == [
        "/gradio_api/upload",
        "/gradio_api/call/v2/add",
        "/gradio_api/call/add/{event_id}",
    ]
    body = document["paths"]["/gradio_api/call/v2/add"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert list(body["properties"]) == ["fruit", "n"]
    assert "required" not in body


def test_openapi_schemas_have_no_types_of_newer_versions() -> None:
    assert plain_schema({"anyOf": [{"type": "string"}, {"type": "null"}]}) == {
        "anyOf": [{"type": "string"}],
        "nullable": True,
    }
    assert plain_schema({"type": {}, "description": "any valid json"}) == {"description": "any valid json"}
    many = plain_schema(gr.File(file_count="multiple", render=False).api_info())
    assert many["items"]["format"] == "filepath"

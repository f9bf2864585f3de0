"""MCP clients: the official client over HTTP, with both transports."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from mcp import Client, types
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from PIL import Image
from tests.clients import apps
from tests.clients.conftest import Serve, Served
from tests.waiting import until, wait_until

import holdfast as gr
from holdfast.errors import BuildError
from holdfast.launch import start
from holdfast.runtime import runtime

Progress = tuple[float, float | None, str | None]
TRANSPORTS = pytest.mark.parametrize("transport", ["streamable", "sse"])


@asynccontextmanager
async def client(app: Served, transport: str = "streamable", query: str = "", **options: Any) -> AsyncIterator[Client]:
    address = f"{app.api}/mcp/{query}" if transport == "streamable" else f"{app.api}/mcp/sse{query}"
    target: Any = address if transport == "streamable" else sse_client(address)
    async with Client(target, **options) as found:
        yield found


@asynccontextmanager
async def with_headers(app: Served, headers: dict[str, str]) -> AsyncIterator[Client]:
    target = httpx2.AsyncClient(headers=headers)
    async with target as http, Client(streamable_http_client(f"{app.api}/mcp/", http_client=http)) as found:
        yield found


def run(work: Awaitable[None]) -> None:
    async def all_of_it() -> None:
        await asyncio.wait_for(work, 60)

    asyncio.run(all_of_it())


def texts(result: types.CallToolResult) -> list[str]:
    assert not result.is_error, result
    return [block.text for block in result.content if isinstance(block, types.TextContent)]


def sentence(result: types.CallToolResult) -> str:
    assert result.is_error
    [block] = result.content
    assert isinstance(block, types.TextContent)
    return block.text


def offered(fn: Callable[..., Any], *, inputs: Any = None, outputs: Any = None, **options: Any) -> gr.Blocks:
    """Return an app with one tool."""
    with gr.Blocks(title="One tool") as demo:
        made = [gr.Textbox()] if inputs is None else inputs()
        setattr(fn, "__name__", "tool")  # noqa: B010 -- a tool has its function's name; not every callable has one
        gr.Button().click(fn, made, gr.Textbox() if outputs is None else outputs(), api_name="tool", **options)
    return demo


# State ----------------------------------------------------------------------------------------------------------------


@TRANSPORTS
def test_state_is_kept_for_a_session_and_shared_by_its_tools(serve: Serve, transport: str) -> None:
    """R2.7, R9.1: without arguments; State is removed and only the result remains."""
    app = serve(apps.increments(), mcp_server=True)

    async def work() -> None:
        async with client(app, transport) as mcp:
            assert [texts(await mcp.call_tool("add", {})) for _ in range(2)] == [["1"], ["2"]]
            assert texts(await mcp.call_tool("add_1", {})) == ["3"]

    run(work())


@TRANSPORTS
def test_two_sessions_share_nothing(serve: Serve, transport: str) -> None:
    """R9.2."""
    app = serve(apps.increments(), mcp_server=True)

    async def work() -> None:
        async with client(app, transport) as one, client(app, transport) as two:
            assert [texts(await one.call_tool("add", {})) for _ in range(2)] == [["1"], ["2"]]
            assert texts(await two.call_tool("add", {})) == ["1"]

    run(work())


def test_a_client_with_a_version_without_sessions_has_new_state_for_every_call(serve: Serve) -> None:
    app = serve(apps.increments(), mcp_server=True)

    async def work() -> None:
        async with client(app, mode="2026-07-28") as mcp:
            assert [texts(await mcp.call_tool("add", {})) for _ in range(2)] == [["1"], ["1"]]
        await until(lambda: len(app.context.runtime.sessions) == 0)

    run(work())


def test_calls_of_one_session_that_write_one_state_wait_for_each_other(serve: Serve) -> None:
    """R2.3, R2.7: nothing is lost if a client sends many calls at the same time."""

    async def add(n: int) -> tuple[int, int]:
        await asyncio.sleep(0)
        return n + 1, n + 1

    with gr.Blocks() as demo:
        n, shown = gr.State(0), gr.Number()
        gr.Button().click(add, n, [n, shown], api_name="add", concurrency_limit=None)
    app = serve(demo, mcp_server=True)

    async def work() -> None:
        async with client(app) as mcp:
            found = await asyncio.gather(*(mcp.call_tool("add", {}) for _ in range(10)))
            assert sorted(int(texts(one)[0]) for one in found) == list(range(1, 11))

    run(work())


@TRANSPORTS
def test_a_session_ends_with_its_client_and_not_before(serve: Serve, transport: str) -> None:
    """R4.5: unload runs once, with the State of the session."""
    ended: list[int] = []

    def add(n: int) -> tuple[int, int]:
        return n + 1, n + 1

    with gr.Blocks() as demo:
        n, shown = gr.State(0), gr.Number()
        gr.Button().click(add, n, [n, shown], api_name="add")
        demo.unload(ended.append, n)
    app = serve(demo, mcp_server=True)

    async def work() -> None:
        async with client(app, transport) as mcp:
            for _ in range(3):
                await mcp.call_tool("add", {})
            assert app.context.runtime.sessions.count_open == 1
            assert ended == []
        await until(lambda: ended == [3])
        assert app.context.runtime.sessions.count_open == 0

    run(work())


def test_a_client_that_only_lists_tools_creates_no_session(serve: Serve) -> None:
    """R4.6."""
    app = serve(apps.increments(), mcp_server=True)

    async def work() -> None:
        async with client(app) as mcp:
            await mcp.list_tools()
            assert len(app.context.runtime.sessions) == 0

    run(work())


HELLO = {
    "jsonrpc": "2.0", "id": 1, "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}  # fmt: skip
ACCEPT = {"accept": "application/json, text/event-stream"}


def test_the_number_of_open_sessions_is_limited(serve: Serve) -> None:
    """C3, R4.6: an idle session is replaced by a new one, so a client that opens many does not lock others out."""
    app = serve(apps.increments(), mcp_server=True, state_session_capacity=2)
    answers = [app.post("/gradio_api/mcp/", HELLO, headers=ACCEPT) for _ in range(250)]
    assert {answer.status_code for answer in answers} == {200}
    call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "add", "arguments": {}}}

    def status(answer: Any) -> int:
        theirs = {**ACCEPT, "mcp-session-id": answer.headers["mcp-session-id"]}
        return app.post("/gradio_api/mcp/", call, headers=theirs).status_code

    run(until(lambda: status(answers[0]) == 404))
    assert [status(answer) for answer in answers[-2:]] == [200, 200]


def test_a_visitors_sessions_evict_its_own(serve: Serve) -> None:
    """C3, R4.6: the limit per visitor."""
    app = serve(apps.increments(), mcp_server=True, limits={"visitor_mcp_sessions": 2})
    answers = [app.post("/gradio_api/mcp/", HELLO, headers=ACCEPT) for _ in range(4)]
    assert {answer.status_code for answer in answers} == {200}
    call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "add", "arguments": {}}}

    def statuses() -> list[int]:
        found = []
        for answer in answers:
            theirs = {**ACCEPT, "mcp-session-id": answer.headers["mcp-session-id"]}
            found.append(app.post("/gradio_api/mcp/", call, headers=theirs).status_code)
        return found

    run(until(lambda: statuses() == [404, 404, 200, 200]))


def test_the_session_of_a_lost_client_ends_after_the_grace_period(serve: Serve) -> None:
    """R4.1, R4.6: its ID is then unknown."""
    app = serve(apps.increments(), mcp_server=True, session_grace=1)
    id = app.post("/gradio_api/mcp/", HELLO, headers=ACCEPT).headers["mcp-session-id"]
    call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "add", "arguments": {}}}
    theirs = {**ACCEPT, "mcp-session-id": id}
    assert '"text":"1"' in app.post("/gradio_api/mcp/", call, headers=theirs).text
    assert app.context.runtime.sessions.count_open == 1
    run(until(lambda: len(app.context.runtime.sessions) == 0))
    assert app.post("/gradio_api/mcp/", call, headers=theirs).status_code == 404


def test_an_evicted_session_continues_with_its_initial_values(serve: Serve) -> None:
    """R4.4."""
    app = serve(apps.increments(), mcp_server=True, state_session_capacity=2)

    async def work() -> None:
        async with client(app) as mcp:
            assert texts(await mcp.call_tool("add", {})) == ["1"]
            [session] = app.context.runtime.sessions
            app.demo.server.app.state.context.runtime.sessions.drop(session.id)
            assert texts(await mcp.call_tool("add", {})) == ["1"]

    run(work())


# Tools ----------------------------------------------------------------------------------------------------------------


def test_a_tool_has_its_functions_descriptions(serve: Serve) -> None:
    """R9.1: no State in the schema; private endpoints are not tools."""

    def greet(name: str, total: int, times: int = 2) -> tuple[str, int]:
        """Greet somebody.

        It is polite.

        Args:
            name: Who is greeted,
                by the first name.
            times (int): How often.

        Returns:
            The greeting.
        """
        return f"Hello {name}! " * times, total + 1

    with gr.Blocks(title="Greeter") as demo:
        total = gr.State(0)
        box = gr.Textbox(label="Name")
        number = gr.Number(2, label="Times", precision=0)
        gr.Button().click(greet, [box, total, number], [gr.Textbox(), total])
        gr.Button().click(lambda x: x, box, box, api_name="undescribed")
        gr.Button().click(lambda x: x, box, box, api_name="said", api_description="Says it.")
        gr.Button().click(lambda x: x, box, box, api_name="hidden", api_visibility="private")
        gr.Button().click(lambda x: x, box, box, api_name="half_hidden", api_visibility="undocumented")
    app = serve(demo, mcp_server=True)

    async def work() -> None:
        async with client(app) as mcp:
            tools = {tool.name: tool for tool in (await mcp.list_tools()).tools}
            assert set(tools) == {"greet", "undescribed", "said"}
            assert tools["greet"].description == "Greet somebody. It is polite. Returns: The greeting."
            assert tools["greet"].input_schema == {
                "type": "object",
                "properties": {
                    "name": {"type": "string", "description": "Who is greeted, by the first name."},
                    "times": {"type": "integer", "description": "How often.", "default": 2},
                },
                "required": ["name"],
            }
            assert tools["undescribed"].input_schema["properties"]["x"]["description"] == "Name"
            assert tools["said"].description == "Says it."
            assert mcp.server_info is not None
            assert mcp.server_info.name == "Greeter"
            assert texts(await mcp.call_tool("greet", {"name": "Ada"})) == ["Hello Ada! Hello Ada! "]

    run(work())


def test_schemas_are_complete_json_schemas_whatever_the_component(serve: Serve) -> None:
    jsonschema: Any = pytest.importorskip("jsonschema")  # comes with mcp

    def take(*values: Any) -> None:
        del values

    with gr.Blocks() as demo:
        inputs = [
            gr.Textbox(), gr.Number(), gr.Slider(), gr.Checkbox(), gr.CheckboxGroup(["a"]), gr.Radio(["a"]),
            gr.Dropdown(["a", "b"], multiselect=True), gr.Image(), gr.File(), gr.Files(), gr.Dataframe(), gr.JSON(),
            gr.Chatbot(), gr.HTML(), gr.Markdown(), gr.Label(),
        ]  # fmt: skip
        gr.Button().click(take, inputs, None)
    app = serve(demo, mcp_server=True)
    [tool] = app.get("/gradio_api/mcp/schema").json()
    jsonschema.Draft202012Validator.check_schema(tool["inputSchema"])
    filled = {name: one.get("default") for name, one in tool["inputSchema"]["properties"].items()}
    filled["param_12"] = [{"role": "user", "content": "hello"}]
    for error in jsonschema.Draft202012Validator(tool["inputSchema"]).iter_errors(filled):
        assert error.validator in {"type", "enum", "anyOf"}, error  # a default of null; no unresolved reference


def test_a_client_can_choose_among_the_tools(serve: Serve) -> None:
    with gr.Blocks() as demo:
        box = gr.Textbox()
        for name in ("one", "two", "three"):
            gr.Button().click(lambda x: x, box, box, api_name=name)
    app = serve(demo, mcp_server=True)
    assert [tool["name"] for tool in app.get("/gradio_api/mcp/schema?tools=two,one").json()] == ["one", "two"]

    async def work() -> None:
        for transport in ("streamable", "sse"):
            async with client(app, transport, "?tools=one,two") as mcp:
                assert [tool.name for tool in (await mcp.list_tools()).tools] == ["one", "two"]
                assert sentence(await mcp.call_tool("three", {"x": "a"})).startswith("This app has no tool 'three'.")

    run(work())


def test_names_are_converted_to_characters_that_clients_accept(serve: Serve) -> None:
    with gr.Blocks() as demo:
        box = gr.Textbox()
        gr.Button().click(lambda x: x, box, box, api_name="say/it now")
        gr.Button().click(lambda x: x, box, box, api_name="say it/now")
    app = serve(demo, mcp_server=True)
    tools = app.get("/gradio_api/mcp/schema").json()
    assert [tool["name"] for tool in tools] == ["say_it_now", "say_it_now_1"]
    assert [tool["meta"]["endpoint_name"] for tool in tools] == ["say/it now", "say it/now"]


def test_a_header_is_read_from_the_request_and_is_not_an_argument(serve: Serve) -> None:
    def who(x: str, x_api_key: gr.Header, request: gr.Request) -> str:
        return f"{x} {x_api_key} {request.headers['x-api-key']}"

    app = serve(offered(who), mcp_server=True)
    [tool] = app.get("/gradio_api/mcp/schema").json()
    assert list(tool["inputSchema"]["properties"]) == ["x"]
    assert tool["meta"]["headers"] == ["x-api-key"]

    async def work() -> None:
        async with with_headers(app, {"x-api-key": "abc"}) as mcp:
            assert texts(await mcp.call_tool("tool", {"x": "key"})) == ["key abc abc"]

    run(work())


def described_otherwise() -> gr.Blocks:
    @gr.mcp.tool(name="renamed", description="In other words.", structured_output=True, _meta={"a": 1})
    def double(x: int) -> int:
        """Doubles."""
        return 2 * x

    @gr.mcp.resource("notes://{title}/text")
    def note(title: str) -> str:
        """A note."""
        if title == "gone":
            raise gr.Error("There is no such note.")
        return f"Note on {title}"

    @gr.mcp.resource("notes://all", description="All notes.", mime_type="application/json")
    def every() -> dict[str, int]:
        return {"notes": 2}

    @gr.mcp.resource("notes://picture", mime_type="image/png")
    def picture() -> str:
        return red_square().partition(",")[2]

    @gr.mcp.prompt(description="Asks.")
    def ask(topic: str, tone: str = "kind") -> str:
        """Ignored.

        Args:
            topic: About what.
        """
        return f"Write about {topic}, be {tone}."

    with gr.Blocks() as demo:
        for fn in (double, note, every, picture, ask):
            gr.api(fn)
    return demo


def test_a_tool_can_have_another_name_and_description(serve: Serve) -> None:
    app = serve(described_otherwise(), mcp_server=True)

    async def work() -> None:
        async with client(app) as mcp:
            [tool] = (await mcp.list_tools()).tools
            assert (tool.name, tool.description, tool.meta) == ("renamed", "In other words.", {"a": 1})
            result = await mcp.call_tool("renamed", {"x": 3})
            assert texts(result) == ["6"]
            assert result.structured_content == {"result": [{"type": "text", "text": "6"}]}

    run(work())


def test_a_function_can_be_a_resource(serve: Serve) -> None:
    app = serve(described_otherwise(), mcp_server=True)

    async def work() -> None:
        async with client(app) as mcp:
            fixed = {one.uri: (one.description, one.mime_type) for one in (await mcp.list_resources()).resources}
            assert fixed == {
                "notes://all": ("All notes.", "application/json"),
                "notes://picture": ("", "image/png"),
            }
            [template] = (await mcp.list_resource_templates()).resource_templates
            assert (template.uri_template, template.description) == ("notes://{title}/text", "A note.")
            [found] = (await mcp.read_resource("notes://a%20b/text")).contents
            assert isinstance(found, types.TextResourceContents)
            assert found.text == "Note on a b"
            [found] = (await mcp.read_resource("notes://all")).contents
            assert isinstance(found, types.TextResourceContents)
            assert found.text == '{"notes":2}'
            [picture] = (await mcp.read_resource("notes://picture")).contents
            assert isinstance(picture, types.BlobResourceContents)
            assert Image.open(io.BytesIO(base64.b64decode(picture.blob))).size == (6, 4)
            for uri, why in (("notes://none", "no resource"), ("notes://gone/text", "There is no such note.")):
                with pytest.raises(MCPError, match=why):
                    await mcp.read_resource(uri)

    run(work())


def test_a_function_can_be_a_prompt(serve: Serve) -> None:
    app = serve(described_otherwise(), mcp_server=True)

    async def work() -> None:
        async with client(app) as mcp:
            [prompt] = (await mcp.list_prompts()).prompts
            assert (prompt.name, prompt.description) == ("ask", "Asks.")
            listed = [(one.name, one.description, one.required) for one in prompt.arguments or ()]
            assert listed == [("topic", "About what.", True), ("tone", "", False)]
            [message] = (await mcp.get_prompt("ask", {"topic": "tea"})).messages
            assert isinstance(message.content, types.TextContent)
            assert (message.role, message.content.text) == ("user", "Write about tea, be kind.")
            for name, why in (("ask", "required argument: topic"), ("none", "no prompt")):
                with pytest.raises(MCPError, match=why):
                    await mcp.get_prompt(name, {})

    run(work())


# Results and errors ---------------------------------------------------------------------------------------------------


def test_an_error_is_a_message_for_the_user(serve: Serve) -> None:
    """R2.2: nothing of the failed step is kept."""

    def fail(kind: str, seen: list[str]) -> str:
        seen.append(kind)
        if kind == "said":
            raise gr.Error("Out of paper.")
        if kind == "not said":
            raise ValueError("the password is hunter2")
        return ",".join(seen)

    with gr.Blocks() as demo:
        seen = gr.State([])
        gr.Button().click(fail, [gr.Textbox(), seen], gr.Textbox(), api_name="fail")
    app = serve(demo, mcp_server=True)

    async def work() -> None:
        async with client(app) as mcp:
            assert sentence(await mcp.call_tool("fail", {"kind": "said"})) == "Out of paper."
            hidden = sentence(await mcp.call_tool("fail", {"kind": "not said"}))
            assert hidden == "The function failed. See the app's log for details."
            assert "required argument: kind" in sentence(await mcp.call_tool("fail", {}))
            assert "no parameter 'other'" in sentence(await mcp.call_tool("fail", {"kind": "a", "other": 1}))
            assert "fail" in sentence(await mcp.call_tool("nothing", {}))
            assert texts(await mcp.call_tool("fail", {"kind": "fine"})) == ["fine"]

    run(work())


def test_a_value_that_is_not_a_choice_is_rejected_with_the_choices(serve: Serve) -> None:
    app = serve(offered(lambda x: x, inputs=lambda: [gr.Dropdown(["a", "b"])]), mcp_server=True)

    async def work() -> None:
        async with client(app) as mcp:
            assert "['a', 'b']" in sentence(await mcp.call_tool("tool", {"x": "z"}))

    run(work())


def test_each_output_is_a_separate_content(serve: Serve) -> None:
    def give(x: str) -> tuple[str, dict[str, Any], Any, Any]:
        return x, {"ü": [1, None]}, gr.skip(), gr.update(value="new", visible=True)

    with gr.Blocks() as demo:
        box = gr.Textbox()
        gr.Button().click(give, box, [gr.Textbox(), gr.JSON(), gr.Textbox(), gr.Textbox()], api_name="give")
    app = serve(demo, mcp_server=True)

    async def work() -> None:
        async with client(app) as mcp:
            assert texts(await mcp.call_tool("give", {"x": "a"})) == ["a", '{"ü":[1,null]}', "new"]

    run(work())


def red_square() -> str:
    stream = io.BytesIO()
    Image.new("RGB", (6, 4), "red").save(stream, "PNG")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()


def test_an_image_is_passed_as_a_data_url_and_returned_as_an_image(serve: Serve) -> None:
    def turn(picture: Any) -> Any:
        return picture.rotate(90, expand=True)

    app = serve(offered(turn, inputs=lambda: [gr.Image(type="pil")], outputs=gr.Image), mcp_server=True)

    async def work() -> None:
        async with client(app) as mcp:
            [tool] = (await mcp.list_tools()).tools
            assert tool.input_schema["properties"]["picture"]["type"] == "string"
            picture, address = (await mcp.call_tool("tool", {"picture": red_square()})).content
            assert isinstance(picture, types.ImageContent)
            assert Image.open(io.BytesIO(base64.b64decode(picture.data))).size == (4, 6)
            assert isinstance(address, types.TextContent)
            url = address.text.removeprefix("Image URL: ")
            assert url.startswith(f"{app.api}/file=")
            assert (await asyncio.to_thread(httpx.get, url)).headers["content-type"] == picture.mime_type
            again, _ = (
                await mcp.call_tool("tool", {"picture": url})
            ).content  # a tool's result can be another tool's argument
            assert isinstance(again, types.ImageContent)
            assert Image.open(io.BytesIO(base64.b64decode(again.data))).size == (6, 4)

    run(work())


def test_single_and_listed_files_are_returned_as_urls(serve: Serve, tmp_path: Path) -> None:
    def lengths(one: str, many: list[str]) -> tuple[str, list[str]]:
        return str([len(Path(path).read_text()) for path in [one, *many]]), [one, *many]

    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    with gr.Blocks() as demo:
        inputs = [gr.File(), gr.Files()]
        gr.Button().click(lengths, inputs, [gr.Textbox(), gr.Files()], api_name="lengths")
    app = serve(demo, mcp_server=True)
    uploaded = app.http.post("/gradio_api/upload", files={"files": ("b.txt", b"12345")}).json()[0]

    async def work() -> None:
        async with client(app) as mcp:
            given = {"one": "data:text/plain;base64,YWJj", "many": ["data:,a%20b%20c%20d", uploaded]}
            sizes, *addresses = texts(await mcp.call_tool("lengths", given))
            assert sizes == "[3, 7, 5]"
            assert [address.startswith(f"{app.api}/file=") for address in addresses] == [True] * 3
            for wrong, why in (
                (str(secret), "was not uploaded"),
                (f"{app.api}/file={secret}", "was not uploaded"),
                ("data:text/plain;base64,%%%", "does not contain valid base64"),
                ("data:nonsense", "must have the form"),
                ("AAAA" * 2000, "neither"),
            ):
                assert why in sentence(await mcp.call_tool("lengths", {"one": wrong, "many": []}))

    run(work())


def test_a_file_that_exceeds_the_apps_limit_is_rejected(serve: Serve) -> None:
    app = serve(offered(lambda f: f, inputs=lambda: [gr.File()]), mcp_server=True, max_file_size=4)

    async def work() -> None:
        async with client(app) as mcp:
            assert "the maximum is 4" in sentence(await mcp.call_tool("tool", {"f": "data:,12345"}))

    run(work())


# Progress and canceling -----------------------------------------------------------------------------------------------


@TRANSPORTS
def test_progress_and_steps_are_reported_with_growing_numbers(serve: Serve, transport: str) -> None:
    stage = threading.Semaphore(0)
    told: list[Progress] = []

    def work_hard(x: str, progress: gr.Progress = gr.Progress()) -> Iterator[str]:  # noqa: B008 -- Gradio's way
        progress((1, 4), desc="one")
        assert stage.acquire(timeout=20)
        progress((1, 4), desc="one again")
        assert stage.acquire(timeout=20)
        yield "half"
        assert stage.acquire(timeout=20)
        yield x

    app = serve(offered(work_hard), mcp_server=True)

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))
        stage.release()

    async def work() -> None:
        async with client(app, transport) as mcp:
            assert texts(await mcp.call_tool("tool", {"x": "whole"}, progress_callback=hear)) == ["whole"]
        assert [message for _, _, message in told] == ["one", "one again", "half", "whole"]
        assert list(told[0]) == [1, 4, "one"]
        numbers = [number for number, _, _ in told]
        assert numbers == sorted(set(numbers))

    run(work())


@TRANSPORTS
def test_a_call_that_the_client_cancels_is_canceled(serve: Serve, transport: str) -> None:
    """R2.5: the last commit is kept, `finally` has run, and the lane is released."""
    cleaned = threading.Event()
    told = threading.Event()

    async def endless(n: int) -> AsyncIterator[tuple[int, int]]:
        try:
            yield n + 1, n + 1
            await asyncio.Event().wait()
        finally:
            cleaned.set()

    with gr.Blocks() as demo:
        n, shown = gr.State(0), gr.Number()
        gr.Button().click(endless, n, [n, shown], api_name="endless")
        gr.Button().click(lambda n: n, n, shown, api_name="look")
        gr.Button().click(lambda n: (n + 10, n + 10), n, [n, shown], api_name="add")
    app = serve(demo, mcp_server=True)

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        told.set()

    async def work() -> None:
        async with client(app, transport) as mcp:
            call = asyncio.create_task(mcp.call_tool("endless", {}, progress_callback=hear))
            await asyncio.to_thread(told.wait, 20)
            call.cancel()
            assert await asyncio.to_thread(cleaned.wait, 20)
            assert texts(await mcp.call_tool("add", {})) == ["11"]

    run(work())


@TRANSPORTS
@pytest.mark.parametrize("policy", ["cancel", "finish"])
def test_a_call_of_a_disconnected_client_ends_by_its_policy(
    serve: Serve, transport: str, policy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C7: disconnecting does not cancel."""
    monkeypatch.setattr(runtime, "SECONDS", 0.0)
    told, go = threading.Event(), threading.Event()
    ended: list[str] = []

    def steps(x: str) -> Iterator[str]:
        try:
            while not go.wait(0.01):
                yield "on"
            ended.append("finished")
        finally:
            ended.append("closed")

    app = serve(offered(steps, on_leave=policy), mcp_server=True)

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        told.set()

    async def work() -> None:
        with suppress(Exception):  # the client's own streams may be closed while more progress arrives
            async with client(app, transport) as mcp:
                call = asyncio.create_task(mcp.call_tool("tool", {"x": ""}, progress_callback=hear))
                await asyncio.to_thread(told.wait, 20)
        await asyncio.gather(call, return_exceptions=True)  # errors of a disconnected client do not matter
        if policy == "cancel":
            await until(lambda: ended == ["closed"])
        go.set()
        await until(lambda: ended == (["closed"] if policy == "cancel" else ["finished", "closed"]))

    run(work())


def test_a_call_with_a_lost_response_ends_although_its_session_remains(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C7"""
    monkeypatch.setattr(runtime, "SECONDS", 0.0)
    entered, closed = threading.Event(), threading.Event()

    def steps(x: str) -> Iterator[str]:
        entered.set()
        try:
            while True:
                yield "on"
        finally:
            closed.set()

    app = serve(offered(steps, on_leave="cancel"), mcp_server=True)
    headers = {"accept": "application/json, text/event-stream"}
    about = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": about}
    begun = app.post("/gradio_api/mcp/", hello, headers=headers)
    headers["mcp-session-id"] = begun.headers["mcp-session-id"]
    app.post("/gradio_api/mcp/", {"jsonrpc": "2.0", "method": "notifications/initialized"}, headers=headers)
    call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "tool", "arguments": {"x": ""}}}
    with app.broken_off("/gradio_api/mcp/", call, headers):
        assert entered.wait(60)
    assert closed.wait(60)


# URLs and access ------------------------------------------------------------------------------------------------------


def test_without_mcp_server_there_are_no_routes(serve: Serve) -> None:
    app = serve(apps.increments())
    assert [app.get(f"/gradio_api/mcp{path}").status_code for path in ("", "/", "/schema", "/sse")] == [404] * 4
    assert app.get("/config").json()["mcp_server"] is False


def test_the_environment_enables_the_server_unless_launch_disables_it(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADIO_MCP_SERVER", "True")
    app = serve(apps.increments())
    assert app.get("/config").json()["mcp_server"] is True
    assert app.get("/gradio_api/mcp/schema").status_code == 200
    assert serve(apps.increments(), mcp_server=False).get("/gradio_api/mcp/schema").status_code == 404


def test_without_its_package_the_error_explains_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp.server.streamable_http_manager", None)  # simulates a failed import
    with pytest.raises(BuildError, match=r"requires the package mcp.*pip install 'holdfast\[mcp\]'"):
        start(apps.increments(), {"mcp_server": True}, server_port=0, quiet=True)


def test_the_start_message_contains_the_url(capsys: pytest.CaptureFixture[str]) -> None:
    demo = apps.increments()
    start(demo, {"mcp_server": True}, server_port=0)
    assert f"MCP server (streamable HTTP): {demo.local_url}gradio_api/mcp/" in capsys.readouterr().out
    demo.close()


def test_a_browser_receives_a_page_with_instructions(serve: Serve) -> None:
    demo = offered(lambda x: x, api_description="<b>Bold</b>")
    demo.title = "<i>Title</i>"
    app = serve(demo, mcp_server=True)
    answer = app.get("/gradio_api/mcp/", headers={"accept": "text/html,*/*"})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert f"{app.api}/mcp/" in answer.text
    assert "&lt;b&gt;Bold" in answer.text
    assert "<b>" not in answer.text
    assert "<i>" not in answer.text


def test_clients_without_a_login_are_rejected(serve: Serve) -> None:
    """R8.1, R8.2: and another user cannot use the session that a user has started."""

    def who(n: int, request: gr.Request) -> tuple[int, str]:
        return n + 1, f"{request.username} {n + 1}"

    with gr.Blocks() as demo:
        n = gr.State(0)
        gr.Button().click(who, n, [n, gr.Textbox()], api_name="who")
    app = serve(demo, mcp_server=True, auth=[("ada", "a"), ("bob", "b")])
    for path in ("/", "/sse", "/schema", "/messages/"):
        assert app.get(f"/gradio_api/mcp{path}").status_code == 401
    assert app.post("/gradio_api/mcp/", {}).status_code == 401
    cookies = {}
    for name in ("ada", "bob"):
        browser = app.client()
        browser.post("/login", data={"username": name, "password": name[0]})
        cookies[name] = "; ".join(f"{key}={value}" for key, value in browser.cookies.items())

    async def work() -> None:
        manager = app.demo.server.app.state.tools._serving._manager
        async with with_headers(app, {"cookie": cookies["ada"]}) as mcp:
            assert texts(await mcp.call_tool("who", {})) == ["ada 1"]
            [id] = manager._server_instances  # the client's secret, which is not accessible from outside
            theirs = {"cookie": cookies["bob"], "mcp-session-id": id, "accept": "application/json, text/event-stream"}
            question = {"jsonrpc": "2.0", "id": 9, "method": "tools/list"}
            stolen = await asyncio.to_thread(lambda: httpx.post(f"{app.api}/mcp/", headers=theirs, json=question))
            assert stolen.status_code == 404
            assert texts(await mcp.call_tool("who", {})) == ["ada 2"]

    run(work())


def test_a_page_of_another_site_cannot_use_an_app_on_this_machine(serve: Serve) -> None:
    app = serve(apps.increments(), mcp_server=True)
    for path in ("/", "/sse"):
        assert app.get(f"/gradio_api/mcp{path}", headers={"origin": "https://evil.example"}).status_code == 403


@TRANSPORTS
@pytest.mark.parametrize("slash", ["/", ""])
def test_tools_work_behind_a_root_path_and_inside_another_app(transport: str, slash: str) -> None:
    import uvicorn
    from fastapi import FastAPI

    inner = FastAPI()
    gr.mount_gradio_app(inner, apps.increments(), "/gradio", mcp_server=True)
    config = uvicorn.Config(inner, port=0, log_level="warning", root_path="")
    server = uvicorn.Server(config)

    async def work() -> None:
        serving = asyncio.create_task(server.serve())
        await until(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        base = f"http://127.0.0.1:{port}/gradio/gradio_api/mcp"
        target: Any = base + slash if transport == "streamable" else sse_client(f"{base}/sse{slash}")
        async with Client(target) as mcp:
            assert [texts(await mcp.call_tool("add", {})) for _ in range(2)] == [["1"], ["2"]]
        server.should_exit = True
        await serving

    run(work())


@TRANSPORTS
def test_tools_work_behind_a_proxy_that_serves_the_app_under_a_path(serve: Serve, transport: str) -> None:
    app = serve(offered(lambda f: f, inputs=lambda: [gr.File()], outputs=gr.File), mcp_server=True, root_path="/behind")

    async def work() -> None:
        address = f"{app.url}behind/gradio_api/mcp/"
        target: Any = address if transport == "streamable" else sse_client(address + "sse")
        async with Client(target) as mcp:
            [file] = texts(await mcp.call_tool("tool", {"f": "data:,abc"}))
            assert file.startswith(f"{app.url}behind/gradio_api/file=")

    run(work())


def test_the_server_stops_while_clients_are_connected(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    app = serve(apps.increments(), mcp_server=True)

    async def work() -> None:
        async with client(app) as one, client(app, "sse") as two:
            await one.call_tool("add", {})
            await two.call_tool("add", {})
            await asyncio.to_thread(app.demo.close)
            await asyncio.wait_for(one.call_tool("add", {}), 20)

    with suppress(Exception):  # errors of the client do not matter here
        run(work())
    assert len(app.context.streams) == 0
    assert [record.exc_text for record in caplog.records if record.exc_info] == []  # streams have ended normally


@pytest.mark.parametrize("limit", ["visitor_mcp_sessions", "mcp_sessions"])
def test_streams_of_the_older_transport_are_limited(serve: Serve, limit: str) -> None:
    """C3, R4.6: 503 beyond the limit; a stream that ends makes room."""
    app = serve(apps.increments(), mcp_server=True, limits={limit: 2})
    frames: list[Iterator[bytes]] = []
    with ExitStack() as others, ExitStack() as one:
        for stack in (others, one):
            stream = stack.enter_context(app.http.stream("GET", "/gradio_api/mcp/sse"))
            assert stream.status_code == 200
            frames.append(stream.iter_raw())  # garbage collection would close the stream
            assert b"endpoint" in next(frames[-1])
        with app.client().stream("GET", "/gradio_api/mcp/sse") as refused:
            assert refused.status_code == 503
        one.close()

        def has_room() -> bool:
            with app.client().stream("GET", "/gradio_api/mcp/sse") as stream:
                return stream.status_code == 200

        wait_until(has_room)


def test_results_for_a_slow_reader_of_the_older_transport_are_limited_in_bytes(serve: Serve) -> None:
    """C2 a, R4.6: each call receives a response, which is an error if there was no room."""
    calls, most = 120, 0
    ran: list[float] = []

    def long(size: float) -> str:
        ran.append(size)
        return "x" * int(size)

    with gr.Blocks() as demo:
        gr.Button().click(long, gr.Number(), gr.Textbox(), api_name="long")
    app = serve(demo, mcp_server=True, limits={"session_bytes": 2_000_000})
    holdings = app.context.runtime.sessions.holdings
    shake = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "slow", "version": "1"}}
    with app.client().stream("GET", "/gradio_api/mcp/sse") as stream:
        lines = stream.iter_lines()
        path = next(line for line in lines if line.startswith("data: ")).removeprefix("data: ")

        def post(**message: Any) -> None:
            answer = app.http.post(path, json={"jsonrpc": "2.0", **message})
            assert answer.status_code == 202, answer.text

        def answer() -> dict[str, Any]:
            line = next(line for line in lines if line.startswith("data: "))
            return dict(json.loads(line.removeprefix("data: ")))

        post(id="first", method="initialize", params=shake)
        assert answer()["id"] == "first"
        post(method="notifications/initialized")
        for number in range(calls):
            post(id=number, method="tools/call", params={"name": "long", "arguments": {"size": 400_000}})
            wait_until(lambda number=number: len(ran) > number)
            most = max(most, holdings.held)
        answers = [answer() for _ in range(calls)]
    assert {one["id"] for one in answers} == set(range(calls))
    refused = [one["error"]["message"] for one in answers if "error" in one]
    assert 0 < len(refused) < calls
    assert "Wait until some have ended" in refused[0]
    assert most < 2_500_000
    wait_until(lambda: holdings.held == 0)

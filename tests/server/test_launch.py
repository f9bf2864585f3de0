"""`launch()` and `mount_gradio_app()`: URLs, options, and errors."""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.applications import Starlette
from starlette.testclient import TestClient
from tests.server.apps import counter
from tests.server.conftest import Serve
from tests.signals import send

import holdfast as gr
from holdfast.errors import BuildError
from holdfast.launch import close_all, launch, mount_gradio_app, start
from holdfast.server import uvicorn_server
from holdfast.server.build import size_in_bytes
from holdfast.server.uvicorn_server import Certificate, bind
from holdfast.stores import StoreDamagedError

SRC = Path(__file__).parents[2] / "src"


@pytest.fixture
def demo() -> Iterator[gr.Blocks]:
    made = counter()
    yield made
    made.close()


def test_launch_sets_the_apps_url_and_no_public_url(demo: gr.Blocks) -> None:
    app, local, public = demo.launch(server_port=0, prevent_thread_lock=True, quiet=True)
    assert isinstance(app, Starlette)
    assert (local, public) == (demo.local_url, None)
    assert httpx.get(f"{local}gradio_api/app_id").status_code == 200
    assert demo.local_api_url == f"{local}gradio_api/"


def test_an_app_has_its_url(demo: gr.Blocks) -> None:
    assert (demo.is_running, demo.server_name, demo.server_port) == (False, None, None)
    app, local, _ = demo.launch(server_port=0, prevent_thread_lock=True, quiet=True)
    assert demo.server_app is app
    assert demo.is_running
    assert local == f"http://{demo.server_name}:{demo.server_port}/"
    demo.close()
    assert (demo.is_running, demo.server_name, demo.server_port) == (False, None, None)


def test_a_closed_app_leaves_nothing_behind() -> None:
    demo = counter()
    demo.launch(prevent_thread_lock=True, quiet=True, server_port=0)
    server = weakref.ref(demo.server)
    demo.close()
    gc.collect()
    assert server() is None


def test_block_thread_waits_if_launch_did_not(demo: gr.Blocks) -> None:
    demo.block_thread()  # not served, so there is nothing to wait for
    demo.launch(server_port=0, prevent_thread_lock=True, quiet=True)
    waiting = threading.Thread(target=demo.block_thread)
    waiting.start()
    assert waiting.is_alive()
    demo.close()
    waiting.join(10)
    assert not waiting.is_alive()


def test_the_port_is_the_first_free_one(demo: gr.Blocks) -> None:
    with bind("127.0.0.1", None) as taken:
        number = taken.getsockname()[1]
        assert 7860 <= number < 7960
        _, local, _ = demo.launch(prevent_thread_lock=True, quiet=True)
        assert int(local.rstrip("/").rsplit(":", 1)[1]) > number


def test_the_error_for_a_port_in_use_explains_what_to_do(demo: gr.Blocks) -> None:
    with bind("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=rf"Cannot find empty port in range: {port}-{port}.*server_port"):
            demo.launch(server_port=port, prevent_thread_lock=True, quiet=True)


def test_no_free_port_in_the_range_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("in use")

    monkeypatch.setattr(socket, "create_server", refuse)
    with pytest.raises(OSError, match=r"7860-7862.*HOLDFAST_SERVER_PORT"):
        bind("127.0.0.1", None, 3)


def test_a_name_that_is_not_an_address_is_reported() -> None:
    with pytest.raises(OSError, match=r"server_name='no such name.invalid' is not an address"):
        bind("no such name.invalid", 0)


@pytest.mark.parametrize("prefix", ["HOLDFAST", "GRADIO"])
def test_the_environment_sets_options_missing_from_the_call(
    demo: gr.Blocks, monkeypatch: pytest.MonkeyPatch, prefix: str
) -> None:
    monkeypatch.setenv(f"{prefix}_SERVER_NAME", "0.0.0.0")
    monkeypatch.setenv(f"{prefix}_SERVER_PORT", "0")
    monkeypatch.setenv(f"{prefix}_ROOT_PATH", "/sub")
    _, local, _ = demo.launch(prevent_thread_lock=True, quiet=True)
    assert local.startswith("http://localhost:")
    assert httpx.get(f"{local}config").json()["root"].endswith("/sub")


def test_the_start_message_contains_the_url(demo: gr.Blocks, capsys: pytest.CaptureFixture[str]) -> None:
    _, local, _ = demo.launch(server_port=0, prevent_thread_lock=True)
    assert f"* Running on local URL:  {local.rstrip('/')}" in capsys.readouterr().out


def test_the_message_for_share_explains_what_to_do_without_a_tunnel(
    demo: gr.Blocks, capsys: pytest.CaptureFixture[str]
) -> None:
    _, _, public = demo.launch(server_port=0, prevent_thread_lock=True, share=True)
    assert public is None
    assert "server_name='0.0.0.0'" in capsys.readouterr().out


def test_quiet_prints_nothing(demo: gr.Blocks, capsys: pytest.CaptureFixture[str]) -> None:
    demo.launch(server_port=0, prevent_thread_lock=True, quiet=True)
    assert capsys.readouterr().out == ""


def test_a_relaunched_app_keeps_its_server(demo: gr.Blocks, capsys: pytest.CaptureFixture[str]) -> None:
    """E12. Related cases: a changed graph, a changed queue, other options, a closed app; all were affected."""
    _, first, _ = demo.launch(server_port=0, prevent_thread_lock=True, quiet=True)
    server = demo.server
    assert demo.launch(server_port=1, prevent_thread_lock=True)[1] == first
    assert demo.server is server
    assert "use `close()` to stop" in capsys.readouterr().out


def test_a_changed_and_relaunched_app_is_served_at_the_same_url(demo: gr.Blocks) -> None:
    """E12: blocks added in a notebook are included."""
    _, first, _ = demo.launch(server_port=0, prevent_thread_lock=True, quiet=True, max_file_size="5kb")
    with demo:
        gr.Textbox(label="Added later")
    assert demo.launch(prevent_thread_lock=True, quiet=True)[1] == first
    config = httpx.get(f"{first}config").json()
    assert "Added later" in {one["props"].get("label") for one in config["components"]}
    assert config["max_file_size"] == 5 * 1024
    demo.queue(max_size=3)
    assert demo.launch(prevent_thread_lock=True, quiet=True)[1] == first


def test_a_closed_app_can_be_launched_with_new_options(demo: gr.Blocks) -> None:
    """E12."""
    demo.launch(server_port=0, prevent_thread_lock=True, quiet=True)
    demo.close()
    _, again, _ = demo.launch(server_port=0, prevent_thread_lock=True, quiet=True, max_file_size="5kb")
    assert httpx.get(f"{again}config").json()["max_file_size"] == 5 * 1024


def test_close_frees_the_port(demo: gr.Blocks) -> None:
    _, local, _ = demo.launch(server_port=0, prevent_thread_lock=True, quiet=True)
    port = int(local.rstrip("/").rsplit(":", 1)[1])
    demo.close()
    bind("127.0.0.1", port).close()


def test_close_all_stops_every_app() -> None:
    demos = [counter(), counter()]
    urls = [one.launch(server_port=0, prevent_thread_lock=True, quiet=True)[1] for one in demos]
    close_all()
    for url in urls:
        with pytest.raises(httpx.ConnectError):
            httpx.get(url)


def test_every_option_of_gradio_is_accepted(demo: gr.Blocks) -> None:
    demo.launch(
        inline=False, inbrowser=False, share=False, debug=False, max_threads=3, auth=None, auth_message=None,
        prevent_thread_lock=True, show_error=True, server_name="127.0.0.1", server_port=0, height=1, width="1%",
        favicon_path=None, ssl_keyfile=None, ssl_certfile=None, ssl_keyfile_password=None, ssl_verify=True, quiet=True,
        footer_links=["api"], run_history=None, allowed_paths=[], blocked_paths=[], root_path=None, app_kwargs=None,
        state_session_capacity=5, share_server_address=None, share_server_protocol=None,
        share_server_tls_certificate=None, auth_dependency=None, max_file_size="1mb", enable_monitoring=None,
        strict_cors=True, node_server_name=None, node_port=None, ssr_mode=False, pwa=False, mcp_server=None,
        num_workers=None, _frontend=True, i18n=None, theme=None, css="a{}", css_paths=None, js="() => 1", head="<x>",
        head_paths=None, session="page", session_grace=5, state_store="memory://",
    )  # fmt: skip
    config = httpx.get(f"{demo.local_url}config").json()
    assert (config["show_error"], config["max_file_size"], config["footer_links"]) == (True, 1024**2, ["api"])
    assert (config["css"], config["js"], config["head"]) == ("a{}", "() => 1", "<x>")


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"colour": "red"}, TypeError, "no parameter 'colour'"),
        ({"max_file_size": "big"}, BuildError, "max_file_size='big' is not a valid size"),
        ({"max_file_size": -1}, BuildError, "is not a valid size"),
        ({"allowed_paths": "/tmp"}, BuildError, r"Use allowed_paths=\["),
        ({"ssl_keyfile": "k"}, BuildError, "ssl_certfile is missing"),
        (
            {"ssl_keyfile": "/no/k", "ssl_certfile": "/no/c"},
            BuildError,
            "certificate cannot be used: ssl_keyfile='/no/k' is no",
        ),
        ({"server_port": 99999}, BuildError, "server_port=99999 is not a valid port. Use an integer from 0 to 65535"),
        ({"server_port": "7860"}, BuildError, "server_port='7860' is not a valid port"),
        ({"max_threads": 0}, BuildError, "max_threads=0 would let no function run. Use 1 or more"),
        ({"max_threads": "4"}, BuildError, "max_threads='4' is not a whole number"),
        ({"auth": "ann"}, BuildError, "auth must be a pair"),
        ({"css_paths": "/no/such.css"}, BuildError, "/no/such.css cannot be read"),
        ({"state_store": "ftp://x"}, ValueError, "ftp"),
    ],
)
def test_an_invalid_option_is_reported_by_launch(
    demo: gr.Blocks, options: dict[str, object], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        launch(demo, prevent_thread_lock=True, quiet=True, **{"server_port": 0, **options})  # type: ignore[arg-type]
    assert demo.server is None


@pytest.mark.parametrize(
    ("queue", "sentence"),
    [
        ({"default_concurrency_limit": 0}, "default_concurrency_limit=0 would let no event run. Use 1 or more"),
        ({"default_concurrency_limit": "five"}, "default_concurrency_limit='five' is not a whole number"),
        ({"max_size": "5"}, r"queue\(max_size='5'\) is not a valid number of events"),
        ({"max_size": -1}, r"queue\(max_size=-1\) is not a valid number of events"),
    ],
)
def test_a_queue_in_which_nothing_could_run_is_reported_by_launch(
    demo: gr.Blocks, queue: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(BuildError, match=sentence):
        demo.queue(**queue).launch(prevent_thread_lock=True, server_port=0, quiet=True)
    assert demo.server is None


def test_the_message_names_a_published_theme_and_the_page_keeps_its_look(demo: gr.Blocks) -> None:
    with pytest.warns(UserWarning, match="'somebody/seafoam' is not downloaded") as said:
        app, _, _ = demo.launch(server_port=0, prevent_thread_lock=True, quiet=True, theme="somebody/seafoam")
    assert said[0].filename == __file__
    assert TestClient(app).get("/config").json()["theme"] == "default"
    with pytest.warns(UserWarning, match="belong to launch|'somebody/seafoam' is not downloaded"):
        older = gr.Blocks(theme="somebody/seafoam")
    assert older.graph.options.theme.name == "default"


def test_a_missing_icon_is_reported_and_the_app_is_served(demo: gr.Blocks) -> None:
    with pytest.warns(UserWarning, match=r"favicon_path='no_such\.ico' is not a file"):
        demo.launch(server_port=0, prevent_thread_lock=True, quiet=True, favicon_path="no_such.ico")


def test_a_component_with_a_missing_initial_file_is_reported_by_launch_not_by_the_page() -> None:
    with gr.Blocks() as demo:
        gr.Image("no_such.png", label="Cat")
    with pytest.raises(
        BuildError, match=r'Image "Cat" cannot use .* no_such\.png cannot be shown, because it does not'
    ):
        launch(demo, prevent_thread_lock=True, server_port=0, quiet=True)
    assert demo.server is None


def test_an_invalid_store_is_reported_by_launch_in_a_sentence(
    demo: gr.Blocks, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """R6.6: only once; the port is released."""
    (tmp_path / "junk.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreDamagedError, match="is damaged or not an SQLite database"):
        demo.launch(
            server_port=0, prevent_thread_lock=True, quiet=True, state_store=f"sqlite:///{tmp_path / 'junk.db'}"
        )
    assert caplog.records == []
    demo.launch(server_port=0, prevent_thread_lock=True, quiet=True)


def test_options_without_effect_are_reported(demo: gr.Blocks) -> None:
    with pytest.warns(UserWarning, match="num_workers of launch") as said:
        demo.launch(server_port=0, prevent_thread_lock=True, quiet=True, num_workers=4)
    assert said[0].filename == __file__


@pytest.mark.parametrize(
    ("given", "size"), [(None, None), (5, 5), ("5b", 5), ("2kb", 2048), ("1.5 MB", 1572864), ("1g", 1024**3)]
)
def test_sizes(given: str | int | None, size: int | None) -> None:
    assert size_in_bytes(given) == size


def test_https_is_served_with_a_certificate(demo: gr.Blocks, certificate: Certificate) -> None:
    _, local, _ = demo.launch(
        server_port=0,
        prevent_thread_lock=True,
        quiet=True,
        ssl_keyfile=certificate.key,
        ssl_certfile=certificate.chain,
    )
    assert local.startswith("https://")
    assert httpx.get(f"{local}config", verify=False).json()["root"] == local.rstrip("/")


SCRIPT = """
import sys; sys.path.insert(0, {src!r})
import holdfast as gr
with gr.Blocks() as demo:
    state = gr.State(1, delete_callback=lambda v: print("dropped", v, flush=True))
    gr.Button().click(lambda s: None, state, None, api_name="read")
demo.launch(server_port=0{more})
print("after launch", flush=True)
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_script_runs_until_it_is_stopped_and_ends_cleanly(how: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(src=str(SRC), more="")],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        first = process.stdout.readline()
        url = first.split("URL:")[1].strip()
        body = {"data": [None], "session_hash": "s"}
        assert httpx.post(f"{url}/gradio_api/run/read", json=body, timeout=20).status_code == 200
        send(process, how)
        out, _ = process.communicate(timeout=30)
        assert process.returncode == 0
    assert "dropped 1" in out
    assert out.rstrip().endswith("after launch")


AT_ONCE = """
import builtins, os, signal
plain = builtins.print
def print(*words, **options):
    plain(*words, **options)
    if "URL" in str(words):
        os.kill(os.getpid(), signal.SIGTERM)
builtins.print = print
"""


def test_sigterm_counts_as_soon_as_the_address_is_printed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", AT_ONCE + SCRIPT.format(src=str(SRC), more="")],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("after launch")


BUSY = """
import sys, threading; sys.path.insert(0, {src!r})
import holdfast as gr
def wait(text):
    print("running", flush=True)
    threading.Event().wait(60)
with gr.Blocks() as demo:
    box = gr.Textbox()
    box.submit(wait, box, None, api_name="wait")
demo.launch(server_port=0)
"""


def test_a_script_interrupted_twice_ends_without_waiting() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", BUSY.format(src=str(SRC))], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        url = process.stdout.readline().split("URL:")[1].strip()
        body = {"data": ["x"], "fn_index": 0, "session_hash": "s"}
        assert httpx.post(f"{url}/gradio_api/queue/join", json=body, timeout=20).status_code == 200
        assert process.stdout.readline() == "running\n"
        send(process, signal.SIGINT)
        assert "closing server" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == "Interrupted again: the server is abandoned.\n"
    assert err == ""


MOUNTED = """
import sys; sys.path.insert(0, {src!r})
import holdfast as gr
import uvicorn
from fastapi import FastAPI
main = FastAPI()
for name in ("one", "two"):
    with gr.Blocks() as demo:
        gr.State(1)
    main = gr.mount_gradio_app(main, demo, path=f"/{{name}}")
with __import__("socket").create_server(("127.0.0.1", 0)) as listener:
    print(listener.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(main, log_level="error")).run(sockets=[listener])
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_another_server_ends_although_streams_of_a_mounted_app_are_open(how: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", MOUNTED.format(src=str(SRC))], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = f"http://127.0.0.1:{process.stdout.readline().strip()}"
        paths = ("one/gradio_api/heartbeat/s", "two/gradio_api/heartbeat/s")
        with httpx.Client(timeout=30) as client, ExitStack() as streams:
            lines = [streams.enter_context(client.stream("GET", f"{url}/{path}")).iter_lines() for path in paths]
            assert [next(each) for each in lines] == ["data: ALIVE"] * 2
            send(process, how)
            try:
                process.communicate(timeout=30)
            finally:
                process.kill()
    assert process.returncode in {0, -how}  # uvicorn raises the signal again after it has ended


def test_a_request_interrupted_by_a_stop_receives_a_message(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(uvicorn_server, "SHUTDOWN_WITHIN", 0.1)
    entered, release = threading.Event(), threading.Event()

    def wait(text: str) -> str:
        entered.set()
        release.wait(30)
        return text

    with gr.Blocks() as demo:
        box = gr.Textbox()
        box.submit(wait, box, box, api_name="wait")
    start(demo, {}, server_port=0, quiet=True)
    answers: list[httpx.Response] = []

    def ask() -> None:
        answers.append(httpx.post(f"{demo.local_url}gradio_api/run/wait", json={"data": ["x"]}, timeout=30))
        release.set()

    asking = threading.Thread(target=ask)
    asking.start()
    assert entered.wait(60)
    demo.close()
    asking.join(30)
    assert [answer.status_code for answer in answers] == [503]
    assert answers[0].json() == {"detail": "The server stopped before it could respond. Try again later."}
    assert not [record for record in caplog.records if record.exc_info]


def test_a_script_that_does_not_block_continues_immediately() -> None:
    script = SCRIPT.format(src=str(SRC), more=", prevent_thread_lock=True")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.rstrip().endswith("after launch")
    assert done.stderr == ""


# In another app ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [FastAPI, Starlette])
def test_an_app_is_served_below_a_path_of_another(kind: type[Starlette], demo: gr.Blocks) -> None:
    parent = mount_gradio_app(kind(), demo, "/gradio")
    with TestClient(parent) as client:
        config = client.get("/gradio/config").json()
        assert config["root"] == "http://testserver/gradio"
        assert client.get("/gradio/").status_code in {200, 503}
        answer = client.post("/gradio/gradio_api/run/count", json={"data": ["x", None]})
        assert answer.json()["data"][0] == "hi x 1"
        assert client.get("/config").status_code == 404


def test_a_mounted_app_knows_its_root_path(demo: gr.Blocks) -> None:
    with TestClient(mount_gradio_app(FastAPI(), demo, "/gradio", root_path="/api/gradio")) as client:
        assert client.get("/gradio/config").json()["root"] == "http://testserver/api/gradio"


def test_two_apps_are_served_next_to_each_other() -> None:
    parent = FastAPI()
    for path in ("/one", "/two"):
        mount_gradio_app(parent, counter(), path)
    with TestClient(parent) as client:
        for path in ("/one", "/two"):
            body = {"data": ["x", None], "session_hash": "s"}
            assert client.post(f"{path}/gradio_api/run/count", json=body).json()["data"][0] == "hi x 1"


def test_the_parents_own_lifespan_still_runs(demo: gr.Blocks) -> None:
    said: list[str] = []
    parent = FastAPI(lifespan=lambda _: _Lifespan(said))
    with TestClient(mount_gradio_app(parent, demo, "/gradio")) as client:
        assert said == ["start"]
        assert client.get("/gradio/config").status_code == 200
    assert said == ["start", "end"]


class _Lifespan:
    def __init__(self, said: list[str]) -> None:
        self.said = said

    async def __aenter__(self) -> None:
        await anyio.lowlevel.checkpoint()
        self.said.append("start")

    async def __aexit__(self, *_: object) -> None:
        self.said.append("end")


def test_the_cors_of_a_parent_is_not_changed(demo: gr.Blocks) -> None:
    parent = FastAPI()
    parent.add_middleware(CORSMiddleware, allow_origins=["https://only.example"])
    with TestClient(mount_gradio_app(parent, demo, "/gradio")) as client:
        answer = client.get("/gradio/config", headers={"origin": "https://other.example"})
        assert "access-control-allow-origin" not in answer.headers


def test_a_mounted_apps_page_uses_its_socket(demo: gr.Blocks) -> None:
    with (
        TestClient(mount_gradio_app(FastAPI(), demo, "/gradio")) as client,
        client.websocket_connect("/gradio/gradio_api/page/socket") as page,
    ):
        page.send_json({"type": "hello"})
        assert page.receive_json()["type"] == "welcome"


@pytest.mark.parametrize(
    ("parent", "path", "sentence"),
    [(object(), "/x", "takes a FastAPI or Starlette app"), (FastAPI(), "x", "does not start with a slash")],
)
def test_an_invalid_mount_is_reported(parent: object, path: str, sentence: str, demo: gr.Blocks) -> None:
    with pytest.raises(BuildError, match=sentence):
        mount_gradio_app(parent, demo, path)


def test_an_app_can_be_launched_from_a_thread_and_a_running_loop(serve: Serve) -> None:
    urls: list[str] = []
    thread = threading.Thread(target=lambda: urls.append(serve(counter()).url))
    thread.start()
    thread.join()

    async def inside() -> None:
        urls.append(serve(counter()).url)

    anyio.run(inside)
    assert [httpx.get(f"{url}config").status_code for url in urls] == [200, 200]

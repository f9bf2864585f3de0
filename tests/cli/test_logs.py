"""The log of a served program, and the message of a program that cannot start.

E34: related cases: everything that ends a start (a port in use, a host of another machine, options, TLS files, an
unreachable store, the environment), with `holdfast run` and with `python`. All of them showed a traceback with
`python`, and the port and the host also with `holdfast run`.
E35: related cases: other mistakes of a visitor (rejected values, a validator's rejection). They were not logged at all,
nor was the error of a validator.
E36: related cases: other ends that are mistaken for Ctrl+C (`close()`, the end of `--reload`). None were affected.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import httpx
import pytest
from tests.redis_server import RedisServer, own_redis_server
from tests.signals import send
from tests.waiting import wait_until

__all__ = ["own_redis_server"]

SOURCE = Path(__file__).resolve().parents[2] / "src"
RECORD = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([A-Z]+) +session=(\S+) event=(\S+) ([\w.]+): (.*)")
PROGRAM = """
    import holdfast as gr

    def fault(text):
        try:
            return int(text)
        except ValueError as error:
            raise RuntimeError("first\\nsecond \\x1b[31m") from error

    def mistake(text):
        raise gr.Error(f"Only \\x1b letters\\n2026-11-29 {text}")

    def few(text):
        return text, text, text

    def broken(text):
        raise KeyError("the validator failed")

    with gr.Blocks() as demo:
        box, out = gr.Textbox(), gr.Textbox()
        choice = gr.Dropdown(["a"])
        kept = gr.State("secret-of-state")
        box.submit(fault, box, out, api_name="fault")
        box.submit(mistake, box, out, api_name="mistake")
        box.submit(lambda c, s: c, [choice, kept], out, api_name="choose")
        box.submit(lambda s: (s, s), kept, [kept, out], api_name="keep")
        box.submit(few, box, [out, out, kept, box], api_name="few")
        box.submit(lambda t: t, box, out, api_name="check", validator=lambda t: gr.validate(False, "too short"))
        box.submit(lambda t: t, box, out, api_name="broken", validator=broken)
    demo.launch(server_port=0)
"""


class Program:
    """A program served in a separate process, with its output."""

    def __init__(self, folder: Path, code: str, *options: str, **environ: str) -> None:
        (folder / "app.py").write_text(dedent(code))
        environ = {**os.environ, "PYTHONPATH": str(SOURCE), "PYTHONUNBUFFERED": "1", **environ}
        command = [sys.executable, "-m", "holdfast", "run", "app.py", *options]
        self.process = subprocess.Popen(
            command, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self.process.stdout is not None
        self.before = ""
        for line in self.process.stdout:
            if "local URL" in line:
                self.url = line.split()[-1]
                break
            self.before += line
        while "State is kept" not in line and "--session" in options:
            line = next(iter(self.process.stdout))

    def run(self, name: str, text: str = "x", **more: Any) -> httpx.Response:
        body = {"data": [text], "session_hash": "me", **more}
        return httpx.post(f"{self.url}/gradio_api/run/{name}", json=body, timeout=20)

    def end(self, how: signal.Signals = signal.SIGTERM) -> str:
        """Stop the program and return its output."""
        send(self.process, how)
        return self.before + self.process.communicate(timeout=20)[0]


Begin = Callable[..., Program]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    running: list[Program] = []

    def start(*options: str, code: str = PROGRAM, **environ: str) -> Program:
        running.append(Program(tmp_path, code, *options, **environ))
        return running[-1]

    yield start
    for program in running:
        program.process.kill()
        program.process.wait()


def records(output: str) -> list[tuple[str, ...]]:
    """Return level, session, event, logger, and message of each record. Other lines belong to a record's traceback."""
    found = []
    for line in output.splitlines():
        match = RECORD.fullmatch(line)
        assert match or line.startswith("  "), line
        if match:
            found.append(match.groups()[1:])
    return found


def test_a_gr_error_is_one_line_and_cannot_forge_another(begin: Begin) -> None:
    """E35"""
    program = begin()
    program.run("mistake", "12:00:00")
    ((level, session, event, logger, message),) = records(program.end())
    assert (level, session, logger) == ("INFO", "me", "holdfast.runtime")
    assert len(event) > 8
    assert message == r"'mistake' showed an error: Only \x1b letters\n2026-11-29 12:00:00"


def test_a_rejected_input_is_one_line(begin: Begin) -> None:
    """E35: rejected by a component, and by a validator."""
    program = begin()
    program.run("choose", "z")
    program.run("check", "z")
    one, two = records(program.end())
    assert one[0] == two[0] == "INFO"
    assert "'<lambda>' was not run because its input was rejected: Value: z is not in the list" in one[-1]
    assert two[-1] == "'<lambda>' was not run because its validator rejected the input: too short"


def test_what_the_servers_packages_log_of_a_clients_mistakes_is_a_record_or_nothing(begin: Begin) -> None:
    """E35: a related case; a client's broken upload or MCP message must not write lines of its own into the log."""
    program = begin("--mcp")
    forged = "x\n\x1b[31m2026-11-29T00:00:00.000Z ERROR   session=- event=- forged: line"
    with httpx.Client(base_url=program.url, timeout=20) as client:
        form = {"content-type": "multipart/form-data; boundary=b"}
        assert client.post("/gradio_api/upload", content=forged, headers=form).status_code == 400
        with client.stream("GET", "/gradio_api/mcp/sse") as stream:
            lines = stream.iter_lines()  # dropped, it would close the stream
            path = next(line for line in lines if line.startswith("data: ")).removeprefix("data: ")
            with httpx.Client(base_url=program.url, timeout=20) as other:
                for body in (forged, json.dumps({forged: 1})):
                    answer = other.post(path, content=body, headers={"content-type": "application/json"})
                    assert answer.status_code == 400
    output = program.end()
    for words in ("forged", "Traceback", "boundary", "ERROR", "WARNING"):
        assert words not in output, output


def test_an_error_in_the_program_has_one_traceback_that_starts_there_also_for_its_cause(begin: Begin) -> None:
    """Requirement 8"""
    program = begin()
    program.run("fault")
    output = program.end()
    ((level, *_),) = records(output)
    assert level == "ERROR"
    assert "holdfast/" not in output
    assert output.count("Traceback") == 2
    files = re.findall(r'File "([^"]+)", line \d+, in (\w+)', output)
    assert files == [("app.py", "fault"), ("app.py", "fault")]
    assert "\x1b" not in output
    assert "\nsecond" not in output


def test_a_function_that_returns_too_little_is_one_line_and_a_broken_validator_a_traceback(begin: Begin) -> None:
    program = begin()
    program.run("few")
    program.run("broken")
    output = program.end()
    few, broken = records(output)
    assert "'few' returned 3 values, but its event has 4 outputs" in few[-1]
    assert broken[0] == "ERROR"
    assert re.findall(r'File "([^"]+)", line \d+, in (\w+)', output) == [("app.py", "broken")]


def test_an_error_in_an_auth_function_is_an_error_of_the_program(begin: Begin) -> None:
    """The function fails in the server, not in an event. The password is not logged."""
    program = begin(
        code="""
        import holdfast as gr

        def who(user, password):
            raise ValueError("no database")

        with gr.Blocks() as demo:
            gr.Textbox()
        demo.launch(server_port=0, auth=who)
        """
    )
    data = {"username": "a", "password": "hunter2"}
    assert httpx.post(f"{program.url}/login", data=data, timeout=20).status_code == 500
    output = program.end()
    (record,) = records(output)
    assert record[-2] == "uvicorn.error"
    assert re.findall(r'File "([^"]+)", line \d+, in (\w+)', output) == [("app.py", "who")]
    assert "hunter2" not in output


def test_json_has_one_object_per_line_and_the_access_log_has_no_queries(begin: Begin) -> None:
    """Requirement 8"""
    program = begin("--log-format", "json", "--access-log")
    program.run("fault")
    httpx.get(f"{program.url}/?token=hidden")
    output = program.end()
    found = [json.loads(line) for line in output.splitlines()]
    fault = next(one for one in found if one["level"] == "error")
    assert {"time", "level", "session", "event", "logger", "message", "traceback"} == set(fault)
    assert fault["session"] == "me"
    access = [one for one in found if one["logger"] == "holdfast.access"]
    assert [(one["method"], one["path"], one["status"]) for one in access] == [
        ("POST", "/gradio_api/run/fault", 500),
        ("GET", "/", 200),
    ]
    assert access[0]["session"] == "me"
    assert "hidden" not in output


def test_the_level_can_be_set_by_the_command_and_the_environment(begin: Begin) -> None:
    program = begin("--log-level", "error")
    program.run("mistake")
    assert program.end() == ""
    program = begin(HOLDFAST_LOG_LEVEL="debug", HOLDFAST_ACCESS_LOG="true")
    program.run("mistake")
    assert "holdfast.access" in program.end()


def test_no_value_of_a_state_and_no_secret_is_logged(begin: Begin, tmp_path: Path) -> None:
    """R1.4: at every level, even if events fail."""
    key = "0123456789abcdef0123456789abcdef"
    options = ("--log-level", "debug", "--access-log", "--auth", "ann:hunter2", "--session", "tab")
    program = begin(*options, HOLDFAST_SECRET_KEY=key)
    with httpx.Client(base_url=program.url, timeout=20) as http:
        assert http.post("/login", data={"username": "ann", "password": "wrong-guess"}).status_code == 400
        assert http.post("/login", data={"username": "ann", "password": "hunter2"}).status_code == 200
        cookies = [value for value in http.cookies.values() if len(value) > 8]
        for name in ("keep", "choose", "fault", "few", "mistake", "check", "broken"):
            http.post(f"/gradio_api/run/{name}", json={"data": ["x"], "session_hash": "me"})
        http.get("/?session_hash=me&token=abcdefgh")
    output = program.end()
    assert "session=me" in output
    for secret in ("secret-of-state", key, "hunter2", "wrong-guess", "abcdefgh", *cookies):
        assert secret not in output, output


@pytest.mark.timeout(120)
def test_no_value_and_no_secret_is_logged_while_the_store_fails(begin: Begin, own_redis_server: RedisServer) -> None:
    """R1.4: with a store that becomes unreachable, is full afterward, and cannot return or accept values."""
    key = "0123456789abcdef0123456789abcdef"
    program = begin("--log-level", "debug", "--state-store", own_redis_server.url, HOLDFAST_SECRET_KEY=key)

    def outcomes() -> list[int]:
        return [program.run(name).status_code for name in ("keep", "choose", "fault")]

    def store() -> str:
        found: str = httpx.get(f"{program.url}/gradio_api/health", timeout=20).json()["store"]
        return found

    assert outcomes()[0] == 200
    own_redis_server.stop()
    outcomes()
    assert store() == "out of reach"
    own_redis_server.start("--maxmemory", "1", "--maxmemory-policy", "noeviction")
    outcomes()
    own_redis_server.stop()
    own_redis_server.start()
    wait_until(lambda: store() == "ok")
    assert outcomes()[0] == 200
    output = program.end()
    assert "is unreachable" in output
    assert "is back;" in output
    for secret in ("secret-of-state", key):
        assert secret not in output, output


def test_a_programs_own_logging_configuration_is_kept(begin: Begin) -> None:
    """A library must not replace its user's logging."""
    code = dedent(PROGRAM).replace(
        "import holdfast as gr\n",
        "import logging\nlogging.basicConfig(format='MINE %(message)s')\nimport holdfast as gr\n",
        1,
    )
    program = begin(code=code)
    program.run("fault")
    output = program.end()
    assert output.startswith("MINE The event of 'fault' failed")
    assert "holdfast/" not in output


# End and start --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("how", "said"), [(signal.SIGTERM, False), (signal.SIGINT, True)])
def test_only_ctrl_c_is_reported_as_a_keyboard_interruption(begin: Begin, how: signal.Signals, said: bool) -> None:
    """E36"""
    assert ("Keyboard interruption" in begin().end(how)) is said


MISTAKES = {
    "server_port={port}": "Port {port} of 127.0.0.1 is not available",
    "server_port=99999": "server_port=99999 is no",
    "server_name='no.such.host.invalid'": "is not an address of this machine",
    "log_level='loud'": "log_level='loud' is not one of",
    "on_leave='never'": "on_leave='never' is not a policy",
    "max_file_size='big'": "max_file_size='big'",
    "ssl_keyfile='a.pem', ssl_certfile='b.pem'": "The certificate cannot be used",
    "ssl_keyfile='app.py', ssl_certfile='app.py'": "The certificate cannot be used",
    "state_store='redis://localhost:1/0'": "redis://localhost:1/0",
}


@pytest.mark.parametrize("command", ["python", "holdfast"])
@pytest.mark.parametrize("option", list(MISTAKES))
def test_a_program_that_cannot_start_shows_the_reason_without_a_traceback(
    tmp_path: Path, option: str, command: str
) -> None:
    """E34"""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        given = option.format(port=port)
        code = f"import holdfast as gr\n\nwith gr.Blocks() as demo:\n    gr.Textbox()\ndemo.launch({given})\n"
        (tmp_path / "app.py").write_text(code)
        runner = ["app.py"] if command == "python" else ["-m", "holdfast", "run", "app.py"]
        done = subprocess.run(
            [sys.executable, *runner],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode in {1, 2}
    said = done.stdout + done.stderr
    assert MISTAKES[option].format(port=port) in said
    assert "Traceback" not in said
    *before, last = said.strip().splitlines()
    assert last.startswith("holdfast: ")
    assert len(before) <= 2, said  # the program's line
    if "server_port={port}" in option:
        assert before == []


def test_the_error_for_a_port_in_use_can_still_be_caught_as_gradios() -> None:
    import holdfast as gr

    with gr.Blocks() as demo:
        gr.Textbox()
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="Cannot find empty port"):
        demo.launch(server_port=taken.getsockname()[1], prevent_thread_lock=True, quiet=True)

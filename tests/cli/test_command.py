"""`holdfast run`: serves programs of every kind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import httpx
import pytest
from gradio_client import Client
from tests.ports import free_port
from tests.signals import send

from holdfast.cli import program
from holdfast.cli.arguments import launch_options
from holdfast.cli.main import main, parser

SOURCE = Path(__file__).resolve().parents[2] / "src"
BUTTON = """
    with gr.Blocks() as {name}:
        gr.Button().click(lambda: "{says}", None, gr.Textbox(), api_name="say")
"""


class Command:
    """A running `holdfast` command."""

    def __init__(self, *arguments: str, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "holdfast", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(SOURCE), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def url(self) -> str:
        """Return the URL that the command prints."""
        lines = []
        assert self.process.stdout is not None
        for line in self.process.stdout:
            lines.append(line)
            found = re.search(r"https?://\S+", line)
            if found:
                return found[0]
        raise AssertionError(f"it ended with {self.process.wait()}:\n{''.join(lines)}")

    def stop(self) -> None:
        """Send Ctrl+C, as a terminal does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=20)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Command]]:
    """Write a program and run the command on it."""
    running: list[Command] = []

    def run(code: str, *arguments: str, name: str = "app.py", of: str = "") -> Command:
        (tmp_path / name).write_text(dedent(code))
        running.append(Command("run", f"{name}{of}", "--port", "0", *arguments, folder=tmp_path))
        return running[-1]

    yield run
    for command in running:
        command.stop()


def says(command: Command) -> str:
    client = Client(command.url(), verbose=False)
    try:
        return str(client.predict(api_name="/say"))
    finally:
        client.close()


def test_a_program_without_launch_is_served(run: Callable[..., Command]) -> None:
    assert says(run("import holdfast as gr\n" + dedent(BUTTON.format(name="demo", says="hello")))) == "hello"


def test_the_only_app_is_found_whatever_its_name(run: Callable[..., Command]) -> None:
    assert says(run("import holdfast as gr\n" + dedent(BUTTON.format(name="mine", says="hello")))) == "hello"


def test_one_of_several_apps_is_chosen_by_name(run: Callable[..., Command]) -> None:
    both = dedent(BUTTON.format(name="one", says="one")) + dedent(BUTTON.format(name="two", says="two"))
    assert says(run("import holdfast as gr\n" + both, of=":two")) == "two"


def test_a_program_that_launches_itself_is_served_at_the_commands_address(run: Callable[..., Command]) -> None:
    code = "import holdfast as gr\n" + dedent(BUTTON.format(name="demo", says="hello"))
    code += 'if __name__ == "__main__":\n    demo.launch(server_port=1)\n'
    assert says(run(code)) == "hello"


def test_the_port_belongs_to_the_first_app(run: Callable[..., Command]) -> None:
    """A second app of the program, here launched by an event as in the gallery, has its own port."""
    code = """
        import holdfast as gr
        with gr.Blocks() as other:
            gr.Textbox(label="Other")
        def open_other():
            other.launch(server_port=0, prevent_thread_lock=True, quiet=True)
            port = other.server_port
            other.close()
            return str(port)
        with gr.Blocks() as demo:
            out = gr.Textbox(label="Out")
            gr.Button("Say").click(open_other, None, out, api_name="say")
        demo.launch()
    """
    port = free_port()
    url = run(dedent(code), "--port", str(port)).url()
    assert url == f"http://127.0.0.1:{port}"
    client = Client(url, verbose=False)
    try:
        assert client.predict(api_name="/say") != str(port)
    finally:
        client.close()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_one_signal_ends_all_apps_of_a_program(run: Callable[..., Command], how: signal.Signals) -> None:
    """A program with two apps, such as the gallery after its login was opened, ends like one with a single app."""
    apps = "".join(dedent(BUTTON).format(name=name, says=name) for name in ("one", "two"))
    begin = "import holdfast as gr\n"
    served = "one.launch(server_port=0, prevent_thread_lock=True, quiet=True)\ntwo.launch(server_port=0)\n"
    command = run(begin + apps + served)
    command.url()
    send(command.process, how)
    assert command.process.wait(60) == 0


def test_a_program_that_imports_gradio_runs(run: Callable[..., Command]) -> None:
    code = "import gradio as gr\nfrom gradio import Textbox\n" + dedent(BUTTON.format(name="demo", says="hello"))
    assert says(run(code + "demo.launch()\n")) == "hello"


def test_gradio_is_holdfast_in_spawned_processes_too(run: Callable[..., Command]) -> None:
    code = """
        import multiprocessing

        import gradio as gr
        from gradio.themes import Soft

        class Answer(str):
            pass

        def where(name):
            return Answer(f"{name} {gr.Textbox.__module__} {Soft.__module__}")

        def ask():
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                return str(pool.apply_async(where, ["worker"]).get(30))

        demo = gr.Interface(ask, None, "text", api_name="say")
        if __name__ == "__main__":
            demo.launch()
    """
    assert says(run(code)) == "worker holdfast.components.textbox holdfast.themes.presets"


def test_a_login_can_be_required(run: Callable[..., Command]) -> None:
    url = run("import holdfast as gr\n" + dedent(BUTTON.format(name="demo", says="x")), "--auth", "ada:secret").url()
    assert httpx.get(f"{url}/config").status_code == 401
    logged_in = httpx.post(f"{url}/login", data={"username": "ada", "password": "secret"})
    assert logged_in.status_code == 200


def test_the_program_receives_its_own_arguments(run: Callable[..., Command]) -> None:
    code = "import sys\nimport holdfast as gr\n"
    code += 'demo = gr.Interface(lambda: " ".join(sys.argv[1:]), None, "text", api_name="say")\n'
    assert says(run(code, "--", "--fast", "twice")) == "--fast twice"


def test_a_program_imports_from_its_own_folder(run: Callable[..., Command], tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text('word = "beside"')
    code = (
        'import beside\nimport holdfast as gr\ndemo = gr.Interface(lambda: beside.word, None, "text", api_name="say")\n'
    )
    assert says(run(code)) == "beside"


def test_a_changed_program_restarts_at_the_same_url(tmp_path: Path) -> None:
    file = tmp_path / "app.py"
    file.write_text("import holdfast as gr\n" + dedent(BUTTON.format(name="demo", says="old")))
    command = Command("run", "app.py", "--reload", folder=tmp_path)
    try:
        first = command.url()
        file.write_text("import holdfast as gr\n" + dedent(BUTTON.format(name="demo", says="new and longer")))
        assert command.url() == first
        client = Client(first, verbose=False)
        assert client.predict(api_name="/say") == "new and longer"
        client.close()
    finally:
        command.stop()


def test_the_demo_command_serves_an_app(tmp_path: Path) -> None:
    command = Command("demo", "--port", "0", folder=tmp_path)
    try:
        assert httpx.get(f"{command.url()}/config").json()["title"] == "Holdfast"
    finally:
        command.stop()


def test_the_error_names_a_missing_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "nowhere.py"]) == 2
    assert "The file 'nowhere.py' does not exist" in capsys.readouterr().err


def test_the_error_lists_several_apps_without_a_choice() -> None:
    import holdfast as gr

    with pytest.raises(ValueError, match=r"Its apps are: one, two\. Specify one, for example: app\.py:one"):
        program.find_app({"one": gr.Blocks(), "two": gr.Blocks()}, None, "app.py")


def test_an_app_inside_another_is_not_a_candidate() -> None:
    import holdfast as gr

    with gr.Blocks() as whole:
        part = gr.Interface(lambda: "x", None, "text")
    assert program.find_app({"part": part, "whole": whole}, None, "app.py") is whole


def test_the_error_for_a_program_without_an_app_explains_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"app\.py has no app\. Create one"):
        program.find_app({"number": 1}, None, "app.py")


def test_options_are_mapped_to_those_of_launch() -> None:
    given = parser().parse_args(
        [
            "run",
            "app.py",
            "--host",
            "0.0.0.0",
            "--port",
            "80",
            "--root-path",
            "/x",
            "--auth",
            "a:b",
            "--auth",
            "c:d",
            "--mcp",
        ]
    )
    assert launch_options(given) == {
        "server_name": "0.0.0.0",
        "server_port": 80,
        "root_path": "/x",
        "auth": [("a", "b"), ("c", "d")],
        "mcp_server": True,
    }


def test_a_user_without_a_password_is_rejected(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--auth", "ada"]) == 2
    assert "USER:PASSWORD" in capsys.readouterr().err

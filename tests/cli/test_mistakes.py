"""Messages about mistakes for the author of a program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from holdfast.cli import program_errors


def told(folder: Path, source: str) -> tuple[int, str]:
    """Return the exit status and the last words of `holdfast run` for a program."""
    (folder / "app.py").write_text(source)
    ended = subprocess.run(
        [sys.executable, "-m", "holdfast", "run", "app.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ended.returncode, ended.stderr


BUILDING = """import gradio as gr

with gr.Blocks() as demo:
    text = gr.Textbox()
    gr.Button().click(
        len, ["name"], text
    )
"""


def test_a_mistake_in_building_is_shown_with_its_line(tmp_path: Path) -> None:
    status, words = told(tmp_path, BUILDING)
    place, sentence = words.split("holdfast: ")
    assert 'app.py", line 5, in <module>' in place
    assert place.count("File ") == 1
    assert sentence.startswith("`inputs` contains 'name' (str), which is not a component.")
    assert status == 2


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("gr.Textbox(lable='x')", "TypeError: Textbox has no parameter 'lable'"),
        ("gr.Textbox(type='pill')", "ValueError: "),
    ],
)
def test_a_rejected_parameter_is_shown_without_the_frames_inside_holdfast(
    tmp_path: Path, line: str, words: str
) -> None:
    status, said = told(tmp_path, f"import gradio as gr\n\n{line}\n")
    assert 'app.py", line 3, in <module>' in said
    assert said.count("File ") == 1
    assert words in said
    assert status == 1


def test_an_error_of_the_program_is_shown_with_all_its_frames(tmp_path: Path) -> None:
    status, said = told(tmp_path, "def half(x):\n    return x / 0\n\nhalf(1)\n")
    assert 'app.py", line 4, in <module>' in said
    assert 'app.py", line 2, in half' in said
    assert said.count("File ") == 2
    assert said.endswith("ZeroDivisionError: division by zero\n")
    assert status == 1


def test_an_unexpected_error_is_shown_completely() -> None:
    """Fixing the error requires the frames inside Holdfast."""
    names: dict[str, Any] = {}
    exec(
        compile("def look():\n    return {}['it']", str(Path(program_errors.__file__).with_name("inside.py")), "exec"),
        names,
    )
    with pytest.raises(KeyError) as caught:
        names["look"]()
    said = program_errors.error_text(caught.value)
    assert "test_mistakes.py" in said
    assert 'inside.py", line 2, in look' in said


def test_a_syntax_error_is_shown_with_its_line(tmp_path: Path) -> None:
    status, said = told(tmp_path, "import gradio as gr\nwith gr.Blocks( as demo:\n    pass\n")
    assert 'app.py", line 2' in said
    assert said.count("File ") == 1
    assert "SyntaxError" in said
    assert status == 1

"""The page's types match the server's."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import Struct

from holdfast.wire.page import Submit
from holdfast.wire.typescript import TARGET, main, typescript

ROOT = Path(__file__).parents[2]


def test_the_generated_file_is_up_to_date() -> None:
    written = (ROOT / TARGET).read_text(encoding="utf-8")
    assert written == typescript(), "Run `python -m holdfast.wire.typescript` and commit the result."


def test_fields_that_the_page_can_omit_are_optional() -> None:
    text = typescript()
    assert "round?: number" in text
    assert "changed_state_ids: number[]" in text
    assert issubclass(Submit, Struct)


def test_the_command_outside_of_the_project_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main() == 1
    assert "Run the command in the project's root" in capsys.readouterr().err


def test_the_command_writes_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "frontend" / "src").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert main() == 0
    assert (tmp_path / TARGET).read_text(encoding="utf-8") == typescript()

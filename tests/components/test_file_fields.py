"""File, UploadButton and DownloadButton."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import holdfast as gr
from holdfast.components.file_types import fits
from holdfast.errors import BadValue
from holdfast.files.rules import FileData


@pytest.fixture
def note(tmp_path: Path) -> str:
    path = tmp_path / "note.txt"
    path.write_text("hi")
    return str(path)


@pytest.mark.parametrize("kind", [gr.File, gr.UploadButton])
def test_a_handler_gets_a_path_that_has_a_name(kind: Any, note: str) -> None:
    path = kind().preprocess(FileData(path=note, orig_name="other.txt"))
    assert path == note
    assert path.name == note
    assert isinstance(path, str)


@pytest.mark.parametrize("kind", [gr.File, gr.UploadButton])
def test_a_handler_can_get_the_bytes(kind: Any, note: str) -> None:
    assert kind(type="binary").preprocess(FileData(path=note)) == b"hi"
    assert kind(type="binary", file_count="multiple").preprocess([FileData(path=note)]) == [b"hi"]


@pytest.mark.parametrize("kind", [gr.File, gr.UploadButton])
@pytest.mark.parametrize("count", ["multiple", "directory"])
def test_several_files_are_a_list(kind: Any, count: str, note: str) -> None:
    component = kind(file_count=count)
    assert component.preprocess([FileData(path=note)]) == [note]
    assert component.preprocess([]) == []
    assert component.preprocess(None) is None


@pytest.mark.parametrize("payload", ["x", 5, {}, {"path": None}, {"url": "x"}, [], {"path": ["x"]}])
def test_an_invalid_file_is_rejected(payload: Any) -> None:
    with pytest.raises(BadValue, match="File takes a file such as"):
        gr.File().preprocess(payload)


@pytest.mark.parametrize("payload", ["x", {"path": "a"}, 5])
def test_several_files_must_be_a_list(payload: Any) -> None:
    with pytest.raises(BadValue, match="File takes a list of files, but"):
        gr.File(file_count="multiple").preprocess(payload)


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(BadValue, match=r'File "CV": the file \'gone\.pdf\' no longer exists'):
        gr.File(label="CV").preprocess({"path": str(tmp_path / "gone.pdf")})


@pytest.mark.parametrize(
    ("path", "types", "fitting"),
    [
        ("a.txt", [".txt"], True),
        ("a.TXT", [".txt"], True),
        ("a.png", [".txt"], False),
        ("a.png", ["image"], True),
        ("a.txt", ["text"], True),
        ("a.mp3", ["audio", "video"], True),
        ("a.png", ["audio", "video"], False),
        ("a.png", ["file"], True),
        ("a.png", ["image/png"], True),
        ("a.png", ["image/*"], True),
        ("a.jpg", ["image/png"], False),
        ("a.txt", ["txt"], True),
        ("nothing", [".txt"], False),
        ("brain.NII.gz", [".nii.gz"], True),
        ("other.gz", [".nii.gz"], False),
        ("dir.nii/x.gz", [".nii.gz"], False),
    ],
)
def test_types_are_extensions_categories_or_mime_types(path: str, types: list[str], fitting: bool) -> None:
    assert fits(path, types) is fitting


@pytest.mark.parametrize("kind", [gr.File, gr.UploadButton])
def test_a_file_of_another_type_is_rejected_based_on_its_path(kind: Any, note: str) -> None:
    with pytest.raises(BadValue) as refused:
        kind(file_types=[".png"]).preprocess(FileData(path=note, orig_name="a.png"))
    assert str(refused.value) == ("Invalid file type. Please upload a file that is one of these formats: ['.png']")


@pytest.mark.parametrize("kind", [gr.File, gr.UploadButton])
def test_a_returned_path_becomes_a_file_with_name_and_size(kind: Any, note: str) -> None:
    expected = FileData(path=note, orig_name="note.txt", size=2)
    component = kind()
    assert component.postprocess(note) == expected
    assert component.postprocess(Path(note)) == expected
    assert component.postprocess([note]) == [expected]
    assert component.postprocess([]) == []
    assert component.postprocess(None) is None


def test_a_single_path_stays_a_single_file(note: str) -> None:
    assert gr.File(file_count="multiple").postprocess(note) == FileData(path=note, orig_name="note.txt", size=2)


def test_a_url_keeps_its_last_part_as_the_name() -> None:
    assert gr.File().postprocess("http://x/y.pdf?v=1") == FileData(path="http://x/y.pdf?v=1", orig_name="y.pdf")


def test_a_missing_file_or_a_folder_cannot_be_returned(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="does not exist; write it first"):
        gr.File().postprocess(str(tmp_path / "nope"))
    with pytest.raises(FileNotFoundError, match="is a folder; return the files in it"):
        gr.File().postprocess(str(tmp_path))


def test_a_result_that_is_not_a_path_is_rejected() -> None:
    with pytest.raises(ValueError, match="File takes a path or a list of paths, but was given 5"):
        gr.File().postprocess(5)


@pytest.mark.parametrize("kind", [gr.File, gr.UploadButton])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"file_types": "image"}, "Parameter file_types must be a list. Received str"),
        ({"file_count": "x"}, "Parameter file_count must be one of them: ['single', 'multiple', 'directory']"),
        (
            {"type": "x"},
            "Invalid value for parameter `type`: x. Please choose from one of: ['filepath', 'binary']",
        ),
    ],
)
def test_invalid_options_are_rejected(kind: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        kind(**options)


def test_a_download_button_gives_and_takes_a_path(note: str) -> None:
    button = gr.DownloadButton()
    assert button.preprocess(FileData(path=note)) == note
    assert button.preprocess(None) is None
    assert button.postprocess(note) == FileData(path=note, orig_name="note.txt")
    assert button.postprocess(Path(note)) == FileData(path=note, orig_name="note.txt")
    assert button.postprocess("http://x/y.pdf") == FileData(path="http://x/y.pdf", orig_name="y.pdf")
    assert button.postprocess(None) is None
    with pytest.raises(ValueError, match="takes a path or a URL, but was given 5"):
        button.postprocess(5)


def test_their_schemas_are_gradios() -> None:
    one, many = gr.File().api_info(), gr.File(file_count="multiple").api_info()
    assert one["title"] == "FileData"
    assert one["required"] == ["path"]
    assert one["properties"]["meta"] == {"$ref": "#/$defs/FileDataMeta"}
    assert list(one["properties"]) == ["path", "url", "size", "orig_name", "mime_type", "is_stream", "meta"]
    assert many["title"] == "ListFiles"
    assert many["items"] == {"$ref": "#/$defs/FileData"}
    assert gr.DownloadButton().api_info() == gr.UploadButton().api_info() == one


def test_their_examples_are_publicly_available() -> None:
    example = gr.File().example_payload()
    assert sorted(example) == ["meta", "orig_name", "path", "url"]
    assert example["path"] == example["url"] == gr.File().example_value()
    assert gr.File(file_count="multiple").example_payload() == [example]


def test_their_configs_and_events_are_gradios() -> None:
    props = gr.File().props()
    expected: dict[str, Any] = {
        "file_count": "single",
        "file_types": None,
        "type": "filepath",
        "height": None,
        "interactive": None,
        "allow_reordering": False,
        "buttons": [],
        "name": "file",
    }
    assert {name: props[name] for name in expected} == expected
    for button, label in ((gr.UploadButton(), "Upload a File"), (gr.DownloadButton(), "Download")):
        props = button.props()
        assert (props["label"], props["variant"], props["size"]) == (label, "secondary", "lg")
        assert props["interactive"] is True
        assert "show_label" not in props
    assert gr.File.EVENTS == ("change", "select", "clear", "upload", "delete", "download")
    assert gr.UploadButton.EVENTS == ("change", "click", "upload")
    assert gr.DownloadButton.EVENTS == ("change", "click")

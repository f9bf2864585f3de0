"""Storing files, serving files, and checking paths in payloads."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

import holdfast as gr
from holdfast.errors import BadValue, InvalidPathError, TooLarge
from holdfast.files import rules as file_rules
from holdfast.files.rules import FileData, FileRules, SavedFile, check, file_data, publish, sanitize, save_bytes


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    folder = tmp_path / "cache"
    folder.mkdir()
    return folder


@pytest.fixture
def rules(cache: Path) -> FileRules:
    return FileRules(upload_dir=cache)


@pytest.fixture(autouse=True)
def _no_static_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_rules, "_static", [])


def upload(cache: Path, name: str = "a.txt", data: bytes = b"hi") -> str:
    return save_bytes(data, name, directory=cache)


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("photo.png", "photo.png"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/etc/shadow", "shadow"),
        ("..", "file"),
        ("", "file"),
        ("a\x00b\n.txt", "ab.txt"),
        ("Bericht März 2024.pdf", "Bericht März 2024.pdf"),
        ('a"<>|?*#%&.txt', "a.txt"),
        (".env", ".env"),
        ("日本語.txt", "日本語.txt"),
        ("a" * 300 + ".tar", "a" * 196 + ".tar"),
        ("x." + "y" * 300, "x." + "y" * 198),
        ("a" * 300 + ".nii.gz", "a" * 193 + ".nii.gz"),
    ],
)
def test_a_file_name_is_cleaned(name: str, clean: str) -> None:
    assert sanitize(name) == clean


def test_a_long_name_is_cut_between_characters() -> None:
    assert len(sanitize("ü" * 300 + ".txt").encode()) <= 200
    assert sanitize("ü" * 300 + ".txt").endswith("ü.txt")
    assert len(sanitize("a" * 2_000_000 + "." + "b" * 2_000_000)) == 200


def test_a_file_is_kept_under_the_hash_of_its_content(cache: Path) -> None:
    path = save_bytes(b"hi", "a.txt", directory=cache)
    assert path == str(cache / hashlib.sha256(b"hi").hexdigest() / "a.txt")
    assert Path(path).read_bytes() == b"hi"
    assert save_bytes(b"hi", "a.txt", directory=cache) == path


def test_a_file_that_fails_half_way_leaves_nothing(cache: Path) -> None:
    def fail() -> None:
        with SavedFile("a.txt", directory=cache) as file:
            file.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(cache.iterdir()) == []


def test_a_file_above_the_limit_is_rejected_during_the_upload(cache: Path) -> None:
    def write() -> None:
        with SavedFile("a.txt", directory=cache, max_size=5) as file:
            file.write(b"123")
            file.write(b"456")

    with pytest.raises(TooLarge, match=r"a\.txt exceeds the maximum file size of 5 bytes"):
        write()
    assert list(cache.iterdir()) == []


def test_the_environment_determines_the_cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "there"))
    assert file_rules.cache_dir().is_relative_to((tmp_path / "there").resolve())
    assert file_rules.cache_dir().is_dir()


def test_the_cache_belongs_to_this_user_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)
    monkeypatch.delenv("HOLDFAST_TEMP_DIR", raising=False)
    assert any(str(os.getuid()) in part for part in file_rules.cache_dir().parts)


def test_a_file_data_is_a_dict_with_attributes() -> None:
    file = FileData(path="/a.txt", orig_name="b.txt")
    assert file.path == file["path"] == "/a.txt"
    assert file == {
        "path": "/a.txt",
        "url": None,
        "size": None,
        "orig_name": "b.txt",
        "mime_type": None,
        "is_stream": False,
        "meta": {"_type": "gradio.FileData"},
    }
    with pytest.raises(AttributeError, match="bogus"):
        _ = file.bogus


def test_a_local_files_name_is_known(cache: Path) -> None:
    assert file_data(upload(cache)).orig_name == "a.txt"
    assert file_data("/nope/x.png").orig_name is None
    assert file_data("http://x/y.png").orig_name is None


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("a.txt", "inline"),
        ("a.json", "inline"),
        ("a.png", "inline"),
        ("a.jpg", "inline"),
        ("a.gif", "inline"),
        ("a.webp", "inline"),
        ("a.mp3", "inline"),
        ("a.mp4", "inline"),
        ("a.html", "attachment"),
        ("a.svg", "attachment"),
        ("a.pdf", "attachment"),
        ("a.js", "attachment"),
        ("a", "attachment"),
    ],
)
def test_only_uploads_that_cannot_run_a_script_are_shown(rules: FileRules, cache: Path, name: str, how: str) -> None:
    assert rules.may_serve(upload(cache, name)) == how


def test_files_elsewhere_folders_and_missing_files_are_not_served(
    rules: FileRules, cache: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("x")
    for path in (str(secret), str(cache), str(cache / "nope.txt"), f"{cache}/../secret.txt", "a\x00b", "/etc/passwd"):
        assert rules.may_serve(path) is None


def test_a_link_out_of_the_cache_is_not_followed(rules: FileRules, cache: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("x")
    link = cache / "link.txt"
    link.symlink_to(secret)
    assert rules.may_serve(link) is None


def test_allowed_folders_are_served_as_they_are(cache: Path, tmp_path: Path) -> None:
    page = tmp_path / "site" / "page.html"
    page.parent.mkdir()
    page.write_text("x")
    assert FileRules(upload_dir=cache, allowed_paths=(str(page.parent),)).may_serve(page) == "sandboxed"
    assert FileRules(upload_dir=cache, allowed_paths=(str(page),), sandbox=False).may_serve(page) == "inline"


def test_a_folder_with_a_longer_name_is_not_the_allowed_one(cache: Path, tmp_path: Path) -> None:
    other = tmp_path / "site-secret" / "a.txt"
    other.parent.mkdir()
    other.write_text("x")
    assert FileRules(upload_dir=cache, allowed_paths=(str(tmp_path / "site"),)).may_serve(other) is None


def test_a_blocked_path_comes_before_all_others_whatever_its_case(cache: Path) -> None:
    path = upload(cache)
    blocked = FileRules(upload_dir=cache, allowed_paths=(str(cache),), blocked_paths=(str(cache).upper(),))
    assert blocked.may_serve(path) is None


def test_static_paths_are_served_without_a_copy(rules: FileRules, tmp_path: Path) -> None:
    logo = tmp_path / "static" / "logo.svg"
    logo.parent.mkdir()
    logo.write_text("<svg/>")
    gr.set_static_paths(logo.parent)
    assert rules.may_serve(logo) == "sandboxed"
    assert publish(FileData(path=str(logo)), rules)["path"] == str(logo)


def test_a_handlers_file_is_copied_into_the_cache_and_gets_a_url(
    rules: FileRules, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "result.txt").write_text("hi")
    payload: dict[str, Any] = {"deep": [file_data("result.txt")], "other": 1}
    published = publish(payload, rules)
    (file,) = published["deep"]
    assert file["path"] == upload(cache, "result.txt")
    assert file["url"] == f"/gradio_api/file={file['path']}"
    assert payload["deep"][0]["url"] is None


def test_a_file_in_the_cache_stays_where_it_is(rules: FileRules, cache: Path) -> None:
    path = upload(cache)
    assert publish(FileData(path=path), rules) == {**FileData(path=path), "url": f"/gradio_api/file={path}"}


def test_a_url_is_its_own_url(rules: FileRules) -> None:
    assert publish(FileData(path="https://x/y.png"), rules)["url"] == "https://x/y.png"


def test_a_data_url_and_null_stay(rules: FileRules) -> None:
    svg = FileData(url="data:image/svg+xml,x")
    assert publish(svg, rules) == svg
    assert publish(None, rules) is None


def test_what_holds_no_file_stays_the_same_object(rules: FileRules) -> None:
    payload = {"path": "/not/marked", "rows": [[1, 2]]}
    assert publish(payload, rules) is payload


@pytest.mark.parametrize("place", ["missing.txt", "/etc/hostname", ".hidden/a.txt"])
def test_a_handlers_file_that_may_not_be_served_is_rejected(
    rules: FileRules, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path / "temporary"))
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "a.txt").write_text("x")
    with pytest.raises(InvalidPathError, match="cannot be shown"):
        publish(FileData(path=place), rules)


def test_an_allowed_file_can_be_hidden(cache: Path, tmp_path: Path) -> None:
    hidden = tmp_path / ".hidden"
    hidden.write_text("x")
    rules = FileRules(upload_dir=cache, allowed_paths=(str(hidden),))
    assert publish(FileData(path=str(hidden)), rules)["url"]


def test_a_clients_path_in_the_cache_gets_its_url(rules: FileRules, cache: Path) -> None:
    path = upload(cache)
    assert check([FileData(path=path)], rules)[0]["url"] == f"/gradio_api/file={path}"


@pytest.mark.parametrize("marked", [True, False])
@pytest.mark.parametrize("deep", [True, False])
def test_a_clients_path_elsewhere_is_rejected_marked_or_not(rules: FileRules, marked: bool, deep: bool) -> None:
    file: dict[str, Any] = {"path": "/etc/hostname"}
    if marked:
        file["meta"] = {"_type": "gradio.FileData"}
    with pytest.raises(InvalidPathError, match="was not uploaded by a user"):
        check([{"content": [{"file": file}]}] if deep else file, rules)


@pytest.mark.parametrize("path", ["{cache}/../../etc/hostname", "{cache}/link/hostname", "/etc/hostname\x00.png"])
def test_manipulated_paths_are_rejected(rules: FileRules, cache: Path, path: str) -> None:
    (cache / "link").symlink_to("/etc")
    with pytest.raises((InvalidPathError, BadValue)):
        check({"path": path.format(cache=cache)}, rules)


def test_a_missing_file_is_reported(rules: FileRules, cache: Path) -> None:
    with pytest.raises(BadValue, match="no longer exists"):
        check({"path": str(cache / "gone.txt")}, rules)


def test_a_path_that_is_not_a_string_is_rejected(rules: FileRules) -> None:
    with pytest.raises(BadValue, match="The path of a file must be a string, but 5"):
        check({"path": 5}, rules)


def test_sizes_are_in_bytes() -> None:
    assert (gr.FileSize.KB, gr.FileSize.MB, gr.FileSize.GB, gr.FileSize.TB) == (2**10, 2**20, 2**30, 2**40)

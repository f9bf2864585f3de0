"""The built page: fresh, compressed, and described for the server."""

from __future__ import annotations

import gzip
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "src" / "holdfast" / "page"


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    """The build hook; hatchling itself need not be installed."""

    class Plugin:
        """In the place of hatchling's."""

    name = "hatchling.builders.hooks.plugin.interface"
    before = dict(sys.modules)
    for parent in (
        "hatchling",
        "hatchling.builders",
        "hatchling.builders.hooks",
        "hatchling.builders.hooks.plugin",
        name,
    ):
        sys.modules.setdefault(parent, ModuleType(parent))
    sys.modules[name].BuildHookInterface = Plugin  # type: ignore[attr-defined]
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules.clear()
    sys.modules.update(before)
    return module


@pytest.fixture(scope="module")
def manifest() -> Any:
    return json.loads((BUILT / "manifest.json").read_text("utf-8"))


def sources(folder: Path) -> Path:
    """The least that counts as the page's sources."""
    (folder / "frontend" / "src").mkdir(parents=True)
    (folder / "frontend" / "build").mkdir()
    (folder / "frontend" / "public").mkdir()
    for name in (
        "index.html",
        "package.json",
        "package-lock.json",
        "svelte.config.js",
        "vite.config.ts",
        "src/main.ts",
    ):
        (folder / "frontend" / name).write_text(name, "utf-8")
    return folder


def built(folder: Path, digest: str) -> None:
    page = folder / "src" / "holdfast" / "page"
    page.mkdir(parents=True)
    (page / "index.html").write_text("", "utf-8")
    (page / "digest.txt").write_text(digest + "\n", "utf-8")


def test_a_page_that_was_never_built_is_not_fresh(hook: ModuleType, tmp_path: Path) -> None:
    assert not hook.is_fresh(sources(tmp_path))


def test_a_page_is_fresh_until_a_source_changes(hook: ModuleType, tmp_path: Path) -> None:
    root = sources(tmp_path)
    built(root, hook.digest(root / "frontend"))
    assert hook.is_fresh(root)
    (root / "frontend" / "src" / "more.ts").write_text("", "utf-8")
    assert not hook.is_fresh(root)


def test_tests_of_the_page_do_not_make_it_stale(hook: ModuleType, tmp_path: Path) -> None:
    root = sources(tmp_path)
    built(root, hook.digest(root / "frontend"))
    (root / "frontend" / "src" / "main.test.ts").write_text("", "utf-8")
    assert hook.is_fresh(root)


def test_a_built_page_without_sources_is_taken_as_it_is(hook: ModuleType, tmp_path: Path) -> None:
    built(tmp_path, "from elsewhere")
    assert hook.is_fresh(tmp_path)


def test_the_build_counts_the_same_sources_as_the_hook(hook: ModuleType) -> None:
    if hook.node_on_path() is None:
        pytest.skip("the build itself needs Node on the path")
    program = "import { digest } from './build/digest.mjs'; console.log(digest('.'))"
    run = ["node", "--input-type=module", "-e", program]
    said = subprocess.run(run, cwd=ROOT / "frontend", capture_output=True, text=True, check=True).stdout
    assert said.strip() == hook.digest(ROOT / "frontend")


def test_node_is_fetched_only_where_there_is_none(
    hook: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = hook.PageHook()
    plugin.root = str(sources(tmp_path))
    monkeypatch.setattr(hook, "node_on_path", lambda: (["npm"], {}))
    assert plugin.dependencies() == []
    monkeypatch.setattr(hook, "node_on_path", lambda: None)
    assert plugin.dependencies() == [hook.NODE_PACKAGE]
    built(tmp_path, hook.digest(tmp_path / "frontend"))
    assert plugin.dependencies() == []


def test_an_npm_that_reaches_nothing_is_said(hook: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = sources(tmp_path)
    fails = [sys.executable, "-c", "import sys; sys.exit('ENOTFOUND')"]
    monkeypatch.setattr(hook, "node_on_path", lambda: (fails, {}))
    with pytest.raises(hook.PageError, match=r"(?s)Can this machine reach npm's registry.*ENOTFOUND"):
        hook.build(root / "frontend")


def test_every_asset_that_is_worth_it_has_a_compressed_form() -> None:
    for asset in (BUILT / "assets").iterdir():
        if asset.suffix in {".js", ".css"} and asset.stat().st_size >= 512:
            packed = asset.with_name(asset.name + ".gz")
            assert gzip.decompress(packed.read_bytes()) == asset.read_bytes()
            assert asset.with_name(asset.name + ".br").is_file()


def test_the_manifest_names_files_that_exist(manifest: Any) -> None:
    groups = [manifest["entry"], *manifest["components"].values()]
    names = [name for group in groups for name in (*group["js"], *group["css"])]
    assert names
    assert [name for name in names if not (BUILT / name).is_file()] == []


def test_the_manifest_knows_components_and_layouts(manifest: Any) -> None:
    assert {"textbox", "chatbot", "dataframe", "tabs", "accordion"} <= set(manifest["components"])


def test_light_and_dark_reach_the_browser_as_they_were_written() -> None:
    """A build for older browsers would rewrite `light-dark()`, and a dark part of a light page would stay light."""
    styles = "".join(path.read_text("utf-8") for path in (BUILT / "assets").glob("shell-*.css"))
    assert "light-dark(" in styles


def test_the_page_asks_nothing_of_other_hosts() -> None:
    page = (BUILT / "index.html").read_text("utf-8")
    assert "<!--holdfast:head-->" in page
    assert "://" not in page


def test_what_every_page_runs_is_compiled_as_a_whole() -> None:
    """The hint to the browser counts only as the first line."""
    for name in ("shell", "parts"):
        (path,) = (BUILT / "assets").glob(f"{name}-*.js")
        assert path.read_text("utf-8").startswith("//# allFunctionsCalledOnLoad\n"), name

"""Pages of the site that are kept outside `docs/`, and links from pages to files of the repository.

Markdown files link to one another, and to tests and examples, as they do in the repository. Here each such link is
turned into one within the site: a file that is linked gets a page that shows its source.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security-policy.md",
    "benchmarks/README.md": "benchmarks.md",
}
"""Files of the repository that are pages of the site, with their place in it."""
ASSETS = {"docs/site/site.css": "site.css", "frontend/public/favicon.svg": "favicon.svg"}
LINK = re.compile(r"(\]\(|^\[[^\]]+\]: *)(?![a-z]+:|#|/)([^)\s#]+)", re.MULTILINE)
"""A relative link: what precedes its target, and the target without its fragment."""
LANGUAGES = {".py": "python", ".ts": "typescript", ".svelte": "html", ".sh": "bash", ".toml": "toml", ".json": "json"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages from outside `docs/`, the site's assets, and a page for each linked source file."""
    for kept, place in {**OUTSIDE, **ASSETS}.items():
        files.append(File.generated(config, place, abs_src_path=str(ROOT / kept)))
    documents = [file for file in files if file.is_documentation_page()]
    for linked in sorted({target for file in documents for target in _targets(file)}):
        if _is_shown_as_source(linked):
            files.append(File.generated(config, _source_page(linked), content=_source(linked)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 -- MkDocs' signature
    """Point the links of a page to their places in the site."""
    here = page.file.src_uri
    kept = _kept_at(here)
    if kept == "CHANGELOG.md":
        page.meta["search"] = {"boost": 0.2}  # it mentions everything and explains nothing

    def point(found: re.Match[str]) -> str:
        linked = _target(kept, found[2])
        place = _source_page(linked) if _is_shown_as_source(linked) else OUTSIDE.get(linked)
        if place is None and not linked.startswith("docs/"):
            return found[0]
        place = place or linked.removeprefix("docs/")
        return found[1] + posixpath.relpath(place, posixpath.dirname(here) or ".")

    return markdown if here.startswith(("source/", "reference/")) else LINK.sub(point, markdown)


def _targets(file: File) -> Iterator[str]:
    kept = _kept_at(file.src_uri)
    for found in LINK.finditer(file.content_string):
        yield _target(kept, found[2])


def _target(kept: str, link: str) -> str:
    """Return the path in the repository that a link in the file `kept` leads to."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(kept), link))


def _kept_at(place: str) -> str:
    """Return where a page of the site is kept in the repository."""
    return next((kept for kept, its in OUTSIDE.items() if its == place), f"docs/{place}")


def _is_shown_as_source(path: str) -> bool:
    return path not in OUTSIDE and not path.startswith(("docs/", "..")) and (ROOT / path).is_file()


def _source_page(path: str) -> str:
    return f"source/{path}.md"


def _source(path: str) -> str:
    text = (ROOT / path).read_text("utf-8").rstrip()
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall(r"`{3,}", text))])
    language = LANGUAGES.get(Path(path).suffix, "text")
    front = f'---\ntitle: "{path}"\nsearch: {{exclude: true}}\nhide: [toc]\n---\n'
    return f"{front}\n# `{path}`\n\n{fence}{language}\n{text}\n{fence}\n"

"""The changelog is in the format of Keep a Changelog, so that people and programs can read it."""

from __future__ import annotations

import re
from pathlib import Path

from holdfast.version import __version__

TEXT = (Path(__file__).resolve().parents[2] / "CHANGELOG.md").read_text("utf-8")
KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
RELEASE = re.compile(r"\[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})")


def releases() -> dict[str, str]:
    """Return what is under each heading of a release, in order."""
    parts = re.split(r"^## (.+)$\n", TEXT.partition("\n<!--")[0], flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def kinds(release: str) -> dict[str, str]:
    """Return the entries of a release by their kind."""
    parts = re.split(r"^### (.+)$\n", release, flags=re.MULTILINE)
    assert parts[0].strip() == "", f"Outside of a section: {parts[0].strip()[:80]!r}"
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_unreleased_changes_come_first_and_every_release_has_a_version_and_a_date() -> None:
    unreleased, *released = releases()
    assert unreleased == "[Unreleased]"
    assert all(RELEASE.fullmatch(heading) for heading in released)
    dates = [heading[-10:] for heading in released]
    assert dates == sorted(dates, reverse=True)


def test_the_latest_release_is_the_version_of_the_package() -> None:
    latest = RELEASE.fullmatch(list(releases())[1])
    assert latest is not None
    assert latest[1] == __version__


def test_every_entry_is_in_a_section_of_a_known_kind() -> None:
    for release in releases().values():
        found = kinds(release)
        assert list(found) == [kind for kind in KINDS if kind in found]
        lines = [line for entries in found.values() for line in entries.splitlines() if line]
        assert [line for line in lines if not line.startswith(("- ", "  "))] == []


def test_the_first_release_only_adds() -> None:
    assert list(kinds(list(releases().values())[-1])) == ["Added"]


def test_nothing_follows_the_end() -> None:
    assert TEXT.endswith("<!-- New entries go under Unreleased, at the top. -->\n")


def test_no_entry_is_there_twice() -> None:
    entries = re.findall(r"^- .+$", TEXT, re.MULTILINE)
    assert sorted(entries) == sorted(set(entries))

"""`docs/moving-from-gradio.md` lists what is missing, exactly."""

from __future__ import annotations

import re
from pathlib import Path

import holdfast
from holdfast.errors import UnavailableError
from holdfast.gradio_names import PUBLIC_NAMES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "moving-from-gradio.md"


def is_missing(name: str) -> bool:
    try:
        getattr(holdfast, name)
    except (UnavailableError, AttributeError):
        return True
    return False


def test_the_page_lists_every_missing_name_and_no_other() -> None:
    listed = PAGE.read_text("utf-8").partition("<!-- missing -->")[2].partition("<!-- end -->")[0]
    assert set(re.findall(r"`(\w+)`", listed)) == {name for name in PUBLIC_NAMES if is_missing(name)}

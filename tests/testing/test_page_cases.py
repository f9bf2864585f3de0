"""The page of the test kit does what the page in the browser does."""

from __future__ import annotations

from typing import Any

import pytest
from tests.testing.page_cases import PageCase, Step, filled, opened, read_cases

pytestmark = pytest.mark.anyio
CASES = read_cases()


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{file}: {case.name}") for file, case in CASES])
async def test_the_kit_does_what_the_case_says(case: PageCase) -> None:
    script = case.script if case.script[0].load else [Step(load=True), *case.script]
    async with opened(case) as page:
        for number, step in enumerate(script):
            seen = await page.run(step)
            assert {**seen, "frames": [filled(frame) for frame in seen["frames"]]} == expected(step), f"step {number}"


def expected(step: Step) -> dict[str, Any]:
    return {
        "frames": [filled(frame) for frame in step.frames],
        "toasts": step.toasts,
        "values": step.values,
        "props": step.props,
        "invalid": step.invalid,
        "missing": step.missing,
    }


def test_there_are_cases() -> None:
    assert len(CASES) >= 40

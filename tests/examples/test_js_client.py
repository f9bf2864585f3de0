"""Gradio's JavaScript client talks to each example that has an endpoint."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HARNESS = Path(__file__).resolve().parents[1] / "clients" / "js" / "harness.mjs"
SCENARIO = """
const client = await Client.connect(url)
for (const [endpoint, values] of CALLS) say((await client.predict(endpoint, values)).data)
"""


def run(url: str, scenario: str) -> list[Any]:
    """What a scenario says, one value a line."""
    node = shutil.which("node")
    assert node is not None, "Node is missing: run scripts/setup"
    done = subprocess.run(
        [node, str(HARNESS), url], input=scenario, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("name", "calls", "expected"),
    [
        ("scores", [("/enter", [3]), ("/enter", [8])], [[[3]], [[8, 3]]]),
        (
            "messages",
            [("/remember", ["a"]), ("/remember", ["b"])],
            [[{"now": "a", "before": []}], [{"now": "b", "before": ["a"]}]],
        ),
        ("counter", [("/press", []), ("/press", [])], [["Pressed 1 time"], ["Pressed 2 times"]]),
        ("cart", [("/add", [["Apples", "Bread"]]), ("/len", [])], [[], [2]]),
        (
            "steps",
            [("/set_name", ["Ada"]), ("/set_age", [36])],
            [["Hello Ada. How old are you?"], ["Thank you: Ada, 36."]],
        ),
        ("history", [("/say", ["one"]), ("/say", ["two"])], [["1. one"], ["1. one\n2. two"]]),
        ("shortcuts", [("/collect", ["red"]), ("/collect", ["blue"])], [["red"], ["red, blue"]]),
        ("own_class", [("/start", []), ("/extend", ["Rome"])], [["Home with nothing"], ["Home - Rome with 2 x socks"]]),
        ("visible_state", [("/number_lines", ["a\nb"])], [["1. a\n2. b"]]),
        ("reset", [("/take", []), ("/take", []), ("/refill", [])], [["9 left"], ["8 left"], ["10 left"]]),
        ("large", [("/look", [7])], [["At 7 of 1,000,000 stands 7"]]),
        ("conditional", [("/offer", [8, 10])], [["Bought for 8. 1 so far, 8 in all."]]),
        ("chain", [("/split", ["a longer one"]), ("/count", [])], [["3 words found"], ["The longest is 'longer'"]]),
        (
            "chat_interface",
            [("/tell", ["one"]), ("/tell", ["two"])],
            [["You said, as number 1: one"], ["You said, as number 2: two"]],
        ),
    ],
)
def test_the_endpoints_of_an_example_share_the_clients_session(
    name: str, calls: list[tuple[str, list[Any]]], expected: list[list[Any]], serve: Callable[[str], str]
) -> None:
    """R9.1: State is filled in by the server and dropped from results."""
    assert run(serve(name), SCENARIO.replace("CALLS", json.dumps(calls))) == expected


def test_an_answer_streams(serve: Callable[[str], str]) -> None:
    scenario = """
    const client = await Client.connect(url)
    const said = await collect(client.submit('/tell', ['one two three']))
    say(said.filter((message) => message.type === 'data').map((message) => message.data[0]))
    """
    [texts] = run(serve("chat_interface"), scenario)
    assert texts[0] == "You said, as number 1: one"
    assert texts[-1] == "You said, as number 1: one two three"
    assert len(texts) >= 3

"""Gradio's Python client talks to each example that has an endpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from gradio_client import Client

Connect = Callable[[str], Client]


@pytest.fixture
def connect(serve: Callable[[str], str]) -> Iterator[Connect]:
    """Connects a new client to an example; the server is shared by the clients of one test."""
    urls: dict[str, str] = {}
    clients: list[Client] = []

    def connect(name: str) -> Client:
        if name not in urls:
            urls[name] = serve(name)
        clients.append(Client(urls[name], verbose=False))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()


def test_scores_are_everybodys(connect: Connect) -> None:
    one, two = connect("scores"), connect("scores")
    one.predict(5, api_name="/enter")
    assert two.predict(9, api_name="/enter") == [9, 5]


def test_messages_are_each_clients_own(connect: Connect) -> None:
    """R9.2: one client is one session; two clients share nothing; reset_session() starts afresh."""
    one, two = connect("messages"), connect("messages")
    assert one.predict("a", api_name="/remember") == {"now": "a", "before": []}
    assert one.predict("b", api_name="/remember") == {"now": "b", "before": ["a"]}
    assert two.predict("c", api_name="/remember") == {"now": "c", "before": []}
    one.reset_session()
    assert one.predict("d", api_name="/remember") == {"now": "d", "before": []}


def test_the_counter_counts_without_arguments(connect: Connect) -> None:
    """R9.1: State is filled in by the server and dropped from results."""
    client = connect("counter")
    assert [client.predict(api_name="/press") for _ in range(2)] == ["Pressed 1 time", "Pressed 2 times"]


def test_the_cart_keeps_what_is_put_into_it(connect: Connect) -> None:
    client = connect("cart")
    assert client.predict(["Apples", "Bread"], api_name="/add") == ()
    assert client.predict(api_name="/len") == 2


@pytest.mark.parametrize(
    ("name", "calls"),
    [
        (
            "steps",
            [
                ("/set_age", [36], "Please say your name first."),
                ("/set_name", ["Ada"], "Hello Ada. How old are you?"),
                ("/set_age", [36], "Thank you: Ada, 36."),
            ],
        ),
        ("history", [("/say", ["one"], "1. one"), ("/say", ["two"], "1. one\n2. two")]),
        ("shortcuts", [("/collect", ["red"], "red"), ("/collect", ["blue"], "red, blue")]),
        (
            "own_class",
            [
                ("/extend", ["Rome"], "Rome with 2 x socks"),
                ("/start", [], "Home with nothing"),
                ("/extend", ["Oslo"], "Home - Oslo with 2 x socks"),
            ],
        ),
        ("visible_state", [("/number_lines", ["a\nb"], "1. a\n2. b")]),
        ("load", [("/welcome", [], "Ready. Your browser prefers en."), ("/recall", [], "Still remembered: en.")]),
        ("reset", [("/take", [], "9 left"), ("/take", [], "8 left"), ("/refill", [], "10 left")]),
        ("large", [("/look", [7], "At 7 of 1,000,000 stands 7")]),
        (
            "conditional",
            [
                ("/offer", [8, 10], "Bought for 8. 1 so far, 8 in all."),
                ("/offer", [12, 10], "12 is over 10: not bought. 1 so far."),
            ],
        ),
        (
            "chain",
            [("/split", ["a longer one"], "3 words found"), ("/count", [], "The longest is 'longer'")],
        ),
    ],
)
def test_the_endpoints_of_an_example_share_the_clients_session(
    name: str, calls: list[tuple[str, list[Any], str]], connect: Connect
) -> None:
    """R9.1"""
    client = connect(name)
    for endpoint, arguments, expected in calls:
        assert client.predict(*arguments, api_name=endpoint) == expected


def test_the_chat_gives_both_values(connect: Connect) -> None:
    box, messages = connect("chat").predict("hello", [], api_name="/answer")
    assert box == ""
    assert [message["role"] for message in messages] == ["user", "assistant"]


def test_the_chat_interface_streams_and_keeps_its_history(connect: Connect) -> None:
    """R9.2"""
    client = connect("chat_interface")
    job = client.submit("one two", api_name="/tell")
    assert job.result(timeout=30) == "You said, as number 1: one two"
    assert job.outputs()[0] == "You said, as number 1: one"
    assert client.predict("three", api_name="/tell") == "You said, as number 2: three"
    client.reset_session()
    assert client.predict("four", api_name="/tell") == "You said, as number 1: four"

"""Testing apps without a browser: actions of a page, and events that affect it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import holdfast as gr
from holdfast import testing
from holdfast.errors import StateError

pytestmark = pytest.mark.anyio


class Shop:
    """An app with a cart."""

    def __init__(self, **options: Any) -> None:
        def add(thing: str, things: list[str]) -> list[str]:
            if not thing:
                raise gr.Error("What?")
            return [*things, thing]

        with gr.Blocks() as self.demo:
            self.box, self.count, self.last = gr.Textbox(), gr.Number(), gr.Textbox()
            self.cart = gr.State([], **options)
            self.button, self.clear = gr.Button("Add"), gr.ClearButton([self.box, self.cart])
            self.button.click(add, [self.box, self.cart], self.cart).success(
                lambda things: things[-1], self.cart, self.last
            )
            self.cart.change(len, self.cart, self.count)

    async def add(self, page: testing.Page, thing: str) -> None:
        await page.fill(self.box, thing)
        await page.click(self.button)


async def test_a_click_returns_when_its_whole_chain_has_ended() -> None:
    shop = Shop()
    async with testing.open(shop.demo) as app:
        page = await app.visit()
        await shop.add(page, "tea")
        await shop.add(page, "milk")
        assert page.value(shop.count) == 2
        assert page.value(shop.last) == "milk"
        assert await page.state(shop.cart) == ["tea", "milk"]


async def test_a_failed_event_shows_its_error_and_runs_failure_listeners() -> None:
    with gr.Blocks() as demo:
        shown, button = gr.Textbox(), gr.Button()

        def fail() -> None:
            raise gr.Error("no luck")

        failing = button.click(fail)
        failing.success(lambda: "success", None, shown)
        failing.failure(lambda: "failure", None, shown).then(lambda text: f"{text}, then", shown, shown)
    async with testing.open(demo) as app:
        page = await app.visit()
        await page.click(button)
        assert page.errors == ["no luck"]
        assert page.value(shown) == "failure, then"


async def test_refresh_starts_over_and_visitors_are_separate() -> None:
    """R4.1, R5.3"""
    shop = Shop()
    async with testing.open(shop.demo) as app:
        ann, bob = await app.visit(), await app.visit()
        await shop.add(ann, "tea")
        assert await bob.state(shop.cart) == []
        await ann.refresh()
        assert (await ann.state(shop.cart), ann.value(shop.box), ann.value(shop.count)) == ([], "", None)


async def test_a_clear_button_resets_values_and_state() -> None:
    """R1.7"""
    shop = Shop()
    async with testing.open(shop.demo) as app:
        page = await app.visit()
        await shop.add(page, "tea")
        await page.click(shop.clear)
        assert (page.value(shop.box), await page.state(shop.cart), page.value(shop.count)) == ("", [], 0)


async def test_a_tabs_session_survives_refresh_and_restart() -> None:
    """R5.2"""
    shop = Shop()
    async with testing.open(shop.demo, session="tab") as app:
        page = await app.visit()
        await shop.add(page, "tea")
        await page.refresh()
        assert (page.value(shop.box), page.value(shop.count)) == ("tea", 1)
        await app.restart()
        await shop.add(page, "milk")
        assert await page.state(shop.cart) == ["tea", "milk"]
        assert page.value(shop.count) == 2


async def test_a_duplicated_tab_gets_a_copy() -> None:
    """R5.2"""
    shop = Shop()
    async with testing.open(shop.demo, session="tab") as app:
        page = await app.visit()
        await shop.add(page, "tea")
        copy = await page.duplicate()
        assert copy.value(shop.box) == "tea"
        await shop.add(copy, "milk")
        assert await copy.state(shop.cart) == ["tea", "milk"]
        assert await page.state(shop.cart) == ["tea"]


async def test_a_page_without_its_session_shows_a_notice_until_reloaded() -> None:
    shop = Shop()
    async with testing.open(shop.demo) as app:
        page = await app.visit()
        await shop.add(page, "tea")
        await app.restart()
        with pytest.raises(StateError, match=r"await page\.refresh"):
            await page.click(shop.button)
        await page.refresh()
        await shop.add(page, "milk")
        assert await page.state(shop.cart) == ["milk"]


async def test_a_lost_connection_loses_nothing() -> None:
    go = asyncio.Event()

    async def count() -> Any:
        for number in range(3):
            yield number
            await go.wait()

    shop = Shop()
    with shop.demo:
        stream, steps = gr.Button(), gr.Number()
        stream.click(count, None, steps)
    async with testing.open(shop.demo) as app:
        page = await app.visit()
        await page.click(stream, wait=False)
        page.lose_connection()
        await page.fill(shop.box, "tea")
        await page.click(shop.button)
        assert await page.state(shop.cart) == []
        go.set()
        await page.reconnect()
        assert await page.state(shop.cart) == ["tea"]
        assert (page.value(shop.count), page.value(shop.last)) == (1, "tea")
        assert page.value(steps) in {0, 1, 2}


async def test_time_passes_only_when_the_test_moves_it() -> None:
    """R4.2"""
    dropped: list[Any] = []
    shop = Shop(time_to_live=600, delete_callback=dropped.append)
    async with testing.open(shop.demo) as app:
        page = await app.visit()
        await shop.add(page, "tea")
        await app.clock.advance(599)
        assert page.value(shop.count) == 1
        await app.clock.advance(1)
        assert (page.value(shop.count), await page.state(shop.cart), dropped) == (0, [], [["tea"]])


async def test_a_closed_page_unloads_and_its_state_goes_after_the_grace() -> None:
    """R4.1, R4.5"""
    seen: list[Any] = []
    dropped: list[Any] = []
    shop = Shop(delete_callback=dropped.append)
    with shop.demo:
        shop.demo.unload(seen.append, shop.cart)
    async with testing.open(shop.demo, session_grace=60) as app:
        page = await app.visit()
        await shop.add(page, "tea")
        await page.close()
        assert (seen, dropped) == ([["tea"]], [])
        await app.clock.advance(60)
        assert dropped == [["tea"]]


@pytest.mark.parametrize("scope", ["browser", "user", "app"])
async def test_scopes_are_shared_by_their_owners(scope: str) -> None:
    """R5.1, R7.2: the other page is notified of the change."""
    shop = Shop(scope=scope, key="cart")
    async with testing.open(shop.demo) as app:
        ann = await app.visit(user="ann", browser="laptop")
        same = {"browser": ("bob", "laptop"), "user": ("ann", "phone"), "app": ("bob", "phone")}[scope]
        other = {"browser": ("ann", "phone"), "user": ("bob", "laptop"), "app": ("bob", "phone")}[scope]
        sharing = await app.visit(user=same[0], browser=same[1])
        apart = await app.visit(user=other[0], browser=other[1])
        await shop.add(ann, "tea")
        assert sharing.value(shop.count) == 1
        assert await sharing.state(shop.cart) == ["tea"]
        assert await apart.state(shop.cart) == (["tea"] if scope == "app" else [])
        await app.restart()
        await ann.refresh()
        assert await ann.state(shop.cart) == ["tea"]


async def test_a_generators_steps_arrive_as_whole_values() -> None:
    def write() -> Iterator[dict[str, Any]]:
        for n in range(1, 4):
            yield {"text": "a" * n, "list": list(range(n))}

    shown_before: list[Any] = []
    with gr.Blocks() as demo:
        shown, button, changes = gr.JSON(), gr.Button(), gr.Number(0)
        button.click(write, None, shown)
        shown.change(lambda value, n: (shown_before.append(value), n + 1)[1], [shown, changes], changes)
    async with testing.open(demo) as app:
        page = await app.visit()
        await page.click(button)
        assert page.value(shown) == {"text": "aaa", "list": [0, 1, 2]}
        assert page.value(changes) >= 1
        assert shown_before[-1] == {"text": "aaa", "list": [0, 1, 2]}


async def test_updates_change_properties_and_visibility() -> None:
    with gr.Blocks() as demo:
        button = gr.Button()
        with gr.Column() as column:
            box = gr.Textbox(label="Before")
        button.click(lambda: (gr.update(label="After", value="x"), gr.update(visible=False)), None, [box, column])
    async with testing.open(demo) as app:
        page = await app.visit()
        assert page.is_visible(box)
        await page.click(button)
        assert (page.props(box)["label"], page.value(box), page.is_visible(box)) == ("After", "x", False)


async def test_rendered_blocks_can_be_found_and_used() -> None:
    """R5.4"""
    with gr.Blocks() as demo:
        names, more = gr.State(["a"]), gr.Button("More")
        more.click(lambda found: [*found, "b"], names, names)

        @gr.render(inputs=names)
        def rows(found: list[str]) -> None:
            for name in found:
                box, press = gr.Textbox(label=name, key=f"box {name}"), gr.Button(f"Press {name}")
                press.click(lambda text: f"{text or ''}!", box, box)

    async with testing.open(demo) as app:
        page = await app.visit()
        await page.fill(page.find("textbox", label="a"), "hi")
        await page.click(page.find(gr.Button, value="Press a"))
        assert page.value(page.find("textbox", label="a")) == "hi!"
        await page.click(more)
        assert page.value(page.find("textbox", label="a")) == "hi!"
        await page.click(page.find(gr.Button, value="Press b"))
        assert page.value(page.find("textbox", label="b")) == "!"
        with pytest.raises(LookupError, match="0 blocks with textbox, label='c'"):
            page.find("textbox", label="c")


async def test_timers_tick_with_the_clock() -> None:
    with gr.Blocks() as demo:
        ticks, timer = gr.State(0), gr.Timer(10)
        timer.tick(lambda n: n + 1, ticks, ticks)
    async with testing.open(demo) as app:
        page = await app.visit()
        await app.clock.advance(35)
        assert await page.state(ticks) == 3


async def test_a_chain_that_never_settles_is_stopped() -> None:
    """R3.5"""
    with gr.Blocks() as demo:
        count, button = gr.State(0), gr.Button()
        button.click(lambda n: n + 1, count, count)
        count.change(lambda n: n + 1, count, count)
    async with testing.open(demo) as app:
        page = await app.visit()
        await page.click(button)
        assert "never settled" in page.errors[0]
        assert await page.state(count) == 101


async def test_validators_mark_their_input() -> None:
    with gr.Blocks() as demo:
        box, button, shown = gr.Textbox(), gr.Button(), gr.Textbox()
        button.click(str.upper, box, shown, validator=lambda text: gr.validate(bool(text), "Say something"))
    async with testing.open(demo) as app:
        page = await app.visit()
        await page.click(button)
        assert page.invalid == {box.id: "Say something"}
        await page.fill(box, "x")
        await page.click(button)
        assert (page.invalid, page.value(shown)) == ({}, "X")


async def test_handlers_get_the_request_and_event_data() -> None:
    seen: list[Any] = []

    def note(request: gr.Request, chosen: gr.SelectData) -> None:
        seen.append((request.username, request.query_params, request.session_hash, chosen.index))

    with gr.Blocks() as demo:
        box = gr.CheckboxGroup(["a", "b"])
        box.select(note)
    async with testing.open(demo) as app:
        page = await app.visit(user="ann", query={"q": "1"})
        await page.fire(box, "select", {"index": 1, "value": "b", "selected": True})
        assert seen == [("ann", {"q": "1"}, page.session.id, 1)]


async def test_files_are_uploaded_as_by_a_visitor(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    path.write_text("hello")
    with gr.Blocks() as demo:
        file, shown = gr.File(), gr.Textbox()
        file.upload(lambda given: Path(given).read_text(), file, shown)
    async with testing.open(demo) as app:
        page = await app.visit()
        await page.upload(file, path)
        assert page.errors == []
        assert page.value(shown) == "hello"


async def test_an_event_that_takes_too_long_is_named() -> None:
    with gr.Blocks() as demo:
        button = gr.Button()
        button.click(lambda: asyncio.Event().wait(), None, None, api_name="for_ever")
    async with testing.open(demo, patience=0.05) as app:
        page = await app.visit()
        with pytest.raises(TimeoutError, match="for_ever"):
            await page.click(button)


async def test_a_real_store_can_be_used(tmp_path: Path) -> None:
    """R6.1"""
    shop = Shop(scope="app", key="cart")
    async with testing.open(shop.demo, state_store=f"sqlite:///{tmp_path / 'state.db'}") as app:
        await shop.add(await app.visit(), "tea")
        await app.restart()
        assert await (await app.visit()).state(shop.cart) == ["tea"]
    assert (tmp_path / "state.db").exists()


async def test_mistakes_in_a_test_are_explained() -> None:
    shop = Shop()
    async with testing.open(shop.demo) as app:
        page = await app.visit()
        with pytest.raises(StateError, match="has no event 'tick'"):
            await page.fire(shop.button, "tick")
        with pytest.raises(StateError, match=r"await page\.state"):
            page.value(shop.cart)
        with pytest.raises(StateError, match="no page 'about'"):
            await app.visit("/about")
        await page.close()
        with pytest.raises(StateError, match="This page is closed"):
            await page.click(shop.button)


async def test_input_in_a_render_without_keys_stays() -> None:
    """E20: as on the page, the same type in the same place is the same component."""
    with gr.Blocks() as demo:
        number = gr.State(0)
        again = gr.Button("Again")
        again.click(lambda n: n + 1, number, number)

        @gr.render(inputs=number)
        def draw(n: int) -> None:
            gr.Textbox(label="Name")
            gr.Textbox(f"given {n}", label="Given")

    async with testing.open(demo) as app:
        page = await app.visit()
        await page.fill(page.find("textbox", label="Name"), "Ada")
        await page.fill(page.find("textbox", label="Given"), "mine")
        await page.click(again)
        assert page.value(page.find("textbox", label="Name")) == "Ada"
        assert page.value(page.find("textbox", label="Given")) == "given 1"


async def test_javascript_that_nothing_replaces_is_an_error() -> None:
    """At the act that needs it, also where a message of the server leads to it."""
    with gr.Blocks() as demo:
        box, direct, chained = gr.Textbox(), gr.Button(), gr.Button()
        direct.click(str.upper, box, box, js="(text) => text + 1", api_name="shout")
        chained.click(lambda: "a", None, box).then(None, box, box, js="(text) => text + 2")
    async with testing.open(demo) as app:
        page = await app.visit()
        with pytest.raises(StateError, match=r"'shout' runs JavaScript .*text \+ 1.*scripts=\{"):
            await page.click(direct)
        with pytest.raises(StateError, match=r"runs JavaScript .*text \+ 2"):
            await page.click(chained)


async def test_a_function_runs_in_place_of_javascript() -> None:
    with gr.Blocks() as demo:
        box, button = gr.Textbox("a"), gr.Button()
        button.click(str.upper, box, box, js="(text) => text + 'b'")
    async with testing.open(demo, scripts={"(text) => text + 'b'": lambda text, _: text + "b"}) as app:
        page = await app.visit()
        await page.click(button)
        assert page.value(box) == "AB"


async def test_timers_of_renders_tick() -> None:
    with gr.Blocks() as demo:
        ticks = gr.State(0)

        @gr.render()
        def draw() -> None:
            gr.Timer(10).tick(lambda n: n + 1, ticks, ticks)

    async with testing.open(demo) as app:
        page = await app.visit()
        await app.clock.advance(25)
        assert await page.state(ticks) == 2


async def test_keyed_values_of_renders_survive_a_restart() -> None:
    """R5.2, R5.4: the blocks have other numbers then."""
    with gr.Blocks() as demo:
        more, count = gr.Button("More"), gr.State(1)
        more.click(lambda n: n + 1, count, count)

        @gr.render(inputs=count)
        def rows(count: int) -> None:
            for n in reversed(range(count)):
                gr.Textbox(label=f"Row {n}", key=f"row {n}")

    async with testing.open(demo, session="tab") as app:
        page = await app.visit()
        await page.click(more)
        await page.fill(page.find("textbox", label="Row 0"), "zero")
        await page.fill(page.find("textbox", label="Row 1"), "one")
        await app.restart()
        assert page.value(page.find("textbox", label="Row 0")) == "zero"
        assert page.value(page.find("textbox", label="Row 1")) == "one"


async def test_what_a_visitor_does_while_the_server_restarts_runs_afterwards() -> None:
    """R5.2, R6.8: also on what a render has built, which has other numbers then."""
    with gr.Blocks() as demo:
        more, count, said = gr.Button("More"), gr.State(1), gr.Textbox()
        more.click(lambda n: n + 1, count, count)

        @gr.render(inputs=count)
        def rows(count: int) -> None:
            for n in range(count):
                press, seen = gr.Button(f"Press {n}"), gr.Textbox(label=f"Seen {n}")
                press.click(lambda text, n=n: (f"{text} {n}", "seen"), said, [said, seen])

    async with testing.open(demo, session="tab") as app:
        page = await app.visit()
        await page.click(more)
        await page.fill(said, "row")
        page.lose_connection()
        await page.click(page.find(gr.Button, value="Press 1"))
        await app.restart()
        assert page.errors == []
        assert page.value(said) == "row 1"
        assert page.value(page.find("textbox", label="Seen 1")) == "seen"


async def test_a_call_on_a_part_that_is_not_built_again_is_refused() -> None:
    """R6.8"""
    built = [True]
    with gr.Blocks() as demo:
        said = gr.Textbox()

        @gr.render()
        def part() -> None:
            if built[0]:
                gr.Button("Press").click(lambda: "pressed", None, said)

    async with testing.open(demo, session="tab") as app:
        page = await app.visit()
        page.lose_connection()
        await page.click(page.find(gr.Button, value="Press"))
        built[0] = False
        await app.restart()
        assert len(page.errors) == 1
        assert "render has removed it" in page.errors[0]
        assert page.value(said) == ""

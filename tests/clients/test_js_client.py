"""Programs that use `@gradio/client`."""

from __future__ import annotations

from pathlib import Path

from tests.clients import apps
from tests.clients.conftest import RunJS, Serve

import holdfast as gr


def test_state_is_kept_for_a_client_and_two_clients_share_nothing(serve: Serve, run_js: RunJS) -> None:
    """R2.7, R9.2."""
    said = run_js(
        serve(apps.increments()),
        """
        const one = await Client.connect(url), two = await Client.connect(url)
        for (const [client, name] of [[one, '/queued'], [one, '/at_once'], [two, '/queued'], [one, '/queued']])
          say((await client.predict(name, [])).data)
        """,
    )
    assert said == [[1], [2], [1], [3]]


def test_a_client_can_choose_its_session(serve: Serve, run_js: RunJS) -> None:
    """R8.2."""
    said = run_js(
        serve(apps.increments()),
        """
        for (let i = 0; i < 2; i++) {
          const client = await Client.connect(url, { session_hash: 'chosen' })
          say((await client.predict('/queued', [])).data)
        }
        """,
    )
    assert said == [[1], [2]]


def test_values_can_be_positional_or_named(serve: Serve, run_js: RunJS) -> None:
    """R9.1: State has no name and no position."""
    said = run_js(
        serve(apps.between()),
        """
        const client = await Client.connect(url)
        say((await client.predict('/join', ['a', 'b'])).data)
        say((await client.predict('/join', { text: 'a', other: 'c' })).data)
        say((await client.predict('/join', { text: 'a' })).data)
        say(await failure(client.predict('/join', { other: 'c' })))
        """,
    )
    assert said[:3] == [["a [1, 2, 3] b"], ["a [1, 2, 3] c"], ["a [1, 2, 3] default"]]
    assert "text" in said[3]["failed"]


def test_the_api_is_described(serve: Serve, run_js: RunJS) -> None:
    [api] = run_js(serve(apps.greetings()), "say(await (await Client.connect(url)).view_api())")
    greeting = api["named_endpoints"]["/greeting"]
    assert [p["parameter_name"] for p in greeting["parameters"] if not p.get("hidden")] == ["name"]
    assert [r["component"] for r in greeting["returns"]] == ["Textbox", "Number"]


def test_results_leave_out_state(serve: Serve, run_js: RunJS) -> None:
    said = run_js(
        serve(apps.greetings()),
        """
        const client = await Client.connect(url)
        say((await client.predict('/greeting', ['Al'])).data.slice(0, 2))
        say((await client.predict('/open', [])).data[0])
        """,
    )
    assert said == [["Hello Al", 1], 2]


def test_a_generators_steps_arrive_in_order(serve: Serve, run_js: RunJS) -> None:
    [messages] = run_js(
        serve(apps.counting()),
        "say(await collect((await Client.connect(url, { events: ['data', 'status'] })).submit('/count', [4])))",
    )
    assert [m["data"][0] for m in messages if m["type"] == "data"] == [0, 1, 2, 3, 3]
    stages = [m["stage"] for m in messages if m["type"] == "status"]
    assert stages[0] == "pending"
    assert stages[-1] == "complete"
    assert stages.count("generating") == 4


def test_changed_states_are_reported_with_the_status(serve: Serve, run_js: RunJS) -> None:
    """R3.1."""
    demo = apps.increments()
    state = next(block for block in demo.blocks.values() if isinstance(block, gr.State))
    with demo:
        state.change(lambda: None)
    [messages] = run_js(
        serve(demo),
        "say(await collect((await Client.connect(url, { events: ['data', 'status'] })).submit('/queued', [])))",
    )
    assert messages[-1]["stage"] == "complete"
    assert messages[-1]["changed_state_ids"] == [state.id]


def test_toasts_and_progress_arrive(serve: Serve, run_js: RunJS) -> None:
    [messages] = run_js(
        serve(apps.counting()),
        """
        const client = await Client.connect(url, { events: ['data', 'status', 'log'] })
        say(await collect(client.submit('/work', ['ab'])))
        """,
    )
    assert [(m["level"], m["log"]) for m in messages if m["type"] == "log"] == [("info", "begun")]
    units = [unit for m in messages if m.get("progress_data") for unit in m["progress_data"]]
    assert units
    assert {(u["desc"], u["length"]) for u in units} == {("Working", 5)}
    assert [m["data"] for m in messages if m["type"] == "data"] == [["abab"]]


def test_errors_are_reported(serve: Serve, run_js: RunJS) -> None:
    scenario = """
        const client = await Client.connect(url)
        for (const name of ['/own', '/own_now', '/plain']) {
          const failed = await failure(client.predict(name, ['x']))
          say(typeof failed.failed === 'object' ? failed.failed.message : failed.failed)
        }
        """
    hidden = run_js(serve(apps.failures()), scenario)
    assert hidden[:2] == ["told", "told"]
    assert "untold" not in str(hidden[2])
    assert run_js(serve(apps.failures(), show_error=True), scenario)[2] == "untold"


def test_a_running_job_can_be_canceled(serve: Serve, run_js: RunJS) -> None:
    endless = apps.Endless()
    said = run_js(
        serve(endless.demo),
        """
        const client = await Client.connect(url)
        const job = client.submit('/endless', [])
        for await (const message of job) {
          if (message.type === 'data') { say(message.data[0]); break }
        }
        await job.cancel()
        """,
    )
    assert said == [0]
    assert endless.stopped.wait(60)


def test_files_can_be_uploaded_and_downloaded(serve: Serve, run_js: RunJS, tmp_path: Path) -> None:
    source = tmp_path / "né w.txt"
    source.write_text("quiet")
    said = run_js(
        serve(apps.files()),
        f"""
        const {{ readFileSync }} = await import('node:fs')
        const client = await Client.connect(url)
        const blob = new File([readFileSync({str(source)!r})], 'né w.txt')
        const {{ data }} = await client.predict('/shout', [handle_file(blob)])
        say(data[0])
        say(await (await fetch(data[1].url)).text())
        """,
    )
    assert said == ["né w.txt", "QUIET"]


def test_an_app_with_a_login_requires_it(serve: Serve, run_js: RunJS) -> None:
    said = run_js(
        serve(apps.increments(), auth=("ann", "pw")),
        """
        say('failed' in await failure(Client.connect(url)))
        say('failed' in await failure(Client.connect(url, { auth: ['ann', 'wrong'] })))
        const client = await Client.connect(url, { auth: ['ann', 'pw'] })
        say((await client.predict('/queued', [])).data)
        say((await client.predict('/at_once', [])).data)
        """,
    )
    assert said == [True, True, [1], [2]]


def test_a_chat_keeps_its_history(serve: Serve, run_js: RunJS) -> None:
    said = run_js(
        serve(apps.chatting()),
        """
        const client = await Client.connect(url)
        say((await client.predict('/chat', ['hi'])).data[0])
        say((await client.predict('/chat', ['yo'])).data[0])
        """,
    )
    assert said == ["0:hi", "2:yo"]


def test_many_simultaneous_jobs_all_end(serve: Serve, run_js: RunJS) -> None:
    [results] = run_js(
        serve(apps.between()),
        """
        const client = await Client.connect(url)
        const calls = Array.from({ length: 30 }, (_, i) => client.predict('/join', [String(i), 'x']))
        say((await Promise.all(calls)).map(({ data }) => data[0]))
        """,
    )
    assert results == [f"{i} [1, 2, 3] x" for i in range(30)]


def test_batches(serve: Serve, run_js: RunJS) -> None:
    [results] = run_js(
        serve(apps.batches()),
        """
        const client = await Client.connect(url)
        const calls = Array.from({ length: 6 }, (_, i) => client.predict('/join', [`t${i}`, i]))
        say((await Promise.all(calls)).map(({ data }) => data[0].split('/')[0]))
        """,
    )
    assert results == [f"t{i}{i}" for i in range(6)]

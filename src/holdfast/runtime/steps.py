"""Run any kind of function as steps: one step for a plain function, many for a generator."""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine

from holdfast.runtime.generators import GeneratorThread
from holdfast.runtime.invocation import Invocation
from holdfast.runtime.outputs import ConvertedStep
from holdfast.runtime.threads import Threads, outlast


async def run_plain(call: Invocation, threads: Threads) -> ConvertedStep:
    """Run a plain function and return its only step. If it runs in a thread, wait for it to end even when canceled.

    Args:
        call: Function and inputs.
        threads: Threads that run synchronous functions.
    """
    if call.plan.kind == "async":
        return await call.outputs_from_loop(await (await call.start_on_loop()))
    step = await outlast(threads.run(call.run_plain))
    return await call.outputs_from_loop(await step) if isinstance(step, Coroutine) else step


async def steps(call: Invocation, generators: Threads) -> AsyncIterator[ConvertedStep]:
    """Run a generator and yield a step for each `yield`.

    The `aclose()` of this iterator closes the generator and waits until its `finally` blocks have run.

    Args:
        call: Function and inputs.
        generators: Threads that run synchronous generators, one thread per generator.
    """
    if call.plan.kind == "async generator":
        generator = await call.start_on_loop()
        try:
            async for value in generator:
                yield await call.outputs_from_loop(value)
        finally:
            await generator.aclose()
    else:
        thread = GeneratorThread(generators, call.start, call.outputs, lockstep=call.plan.lockstep)
        try:
            while batch := await thread.next():
                for step in batch:
                    yield step
        finally:
            await thread.close()

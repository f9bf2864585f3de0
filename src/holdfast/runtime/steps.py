"""Every kind of function as its steps: the one of a plain function, those of a generator."""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine

from holdfast.runtime.generators import GeneratorThread
from holdfast.runtime.invocation import Invocation
from holdfast.runtime.outputs import ConvertedStep
from holdfast.runtime.threads import Threads, outlast


async def whole(call: Invocation, threads: Threads) -> ConvertedStep:
    """Run a plain function; its one step. One that runs in a thread has ended when this returns, even if cancelled.

    Args:
        call: The function and what it is called with.
        threads: Where synchronous functions run.
    """
    if call.plan.kind == "async":
        return await call.outputs_from_loop(await (await call.start_on_loop()))
    step = await outlast(threads.run(call.whole))
    return await call.outputs_from_loop(await step) if isinstance(step, Coroutine) else step


async def steps(call: Invocation, generators: Threads) -> AsyncIterator[ConvertedStep]:
    """Run a generator; one step for each `yield`.

    It is closed, and its `finally` has run, before this iterator's `aclose()` returns.

    Args:
        call: The function and what it is called with.
        generators: Where synchronous generators run, each in a thread of its own.
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

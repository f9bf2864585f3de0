"""Running a program's file, and finding the app in it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from holdfast.blocks import Blocks
from holdfast.errors import BuildError


def split(program: str) -> tuple[Path, str | None]:
    """The file and the name of `FILE[:NAME]`.

    Raises:
        BuildError: There is no such file.
    """
    file, colon, name = program.rpartition(":")
    if not colon or not name.isidentifier():
        file, name = program, ""
    path = Path(file)
    if not path.is_file():
        raise BuildError(f"There is no file {file!r} here ({Path.cwd()}). Give the path of a Python program.")
    return path, name or None


def execute(path: Path, *, main: bool, arguments: list[str]) -> ModuleType:
    """Run a program as Python would: its folder first on the path, itself as `__main__` (or under its own name).

    Args:
        path: The file.
        main: Whether code under `if __name__ == "__main__":` runs.
        arguments: What follows the program's name in `sys.argv`.
    """
    module = ModuleType("__main__" if main else path.stem)
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    if main:
        sys.modules["__mp_main__"] = module  # so `multiprocessing` names it in what spawned processes send back
    sys.argv = [str(path), *arguments]
    sys.path.insert(0, str(path.resolve().parent))
    code = compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    exec(code, vars(module))  # noqa: S102 -- running the program is the command
    return module


def find_app(names: Mapping[str, Any], wanted: str | None, program: str) -> Blocks:
    """The app to serve: the one asked for, `demo`, or the only one there is.

    Args:
        names: The program's global names.
        wanted: Which one to take.
        program: The file, for messages.

    Raises:
        BuildError: There is none, or there are several; the message names them.
    """
    apps = {name: value for name, value in names.items() if isinstance(value, Blocks)}
    if wanted is not None:
        if wanted in apps:
            return apps[wanted]
        raise BuildError(f"{program} has no app named {wanted!r}. {_there_are(apps)}")
    if "demo" in apps:
        return apps["demo"]
    alone = {id(app): app for app in apps.values() if not app.placed}
    if len(alone) == 1:
        return next(iter(alone.values()))
    if not alone:
        raise BuildError(
            f"{program} has no app. Make one with gr.Blocks or gr.Interface and keep it in a global name, such as demo."
        )
    raise BuildError(f"{program} has several apps. {_there_are(apps)} Say which: {program}:{next(iter(apps))}")


def _there_are(apps: Mapping[str, Blocks]) -> str:
    return f"It has: {', '.join(apps)}." if apps else "It has none."

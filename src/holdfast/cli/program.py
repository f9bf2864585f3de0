"""Run a program's file and find its app."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from holdfast.blocks import Blocks
from holdfast.errors import BuildError


def split(program: str) -> tuple[Path, str | None]:
    """Split `FILE[:NAME]` into the file and the name.

    Raises:
        BuildError: The file does not exist.
    """
    file, colon, name = program.rpartition(":")
    if not colon or not name.isidentifier():
        file, name = program, ""
    path = Path(file)
    if not path.is_file():
        raise BuildError(f"The file {file!r} does not exist in {Path.cwd()}. Use the path of a Python program.")
    return path, name or None


def execute(path: Path, *, main: bool, arguments: list[str]) -> ModuleType:
    """Run a program as Python would, with its folder first on the path and the name `__main__` (or its own name).

    Args:
        path: File of the program.
        main: Run code under `if __name__ == "__main__":`.
        arguments: Arguments after the program's name in `sys.argv`.
    """
    module = ModuleType("__main__" if main else path.stem)
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    if main:
        sys.modules["__mp_main__"] = module  # the name that `multiprocessing` uses in spawned processes
    sys.argv = [str(path), *arguments]
    sys.path.insert(0, str(path.resolve().parent))
    code = compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    exec(code, vars(module))  # noqa: S102 -- running the program is the command
    return module


def find_app(names: Mapping[str, Any], wanted: str | None, program: str) -> Blocks:
    """Return the app to serve: the requested one, `demo`, or the only app.

    Args:
        names: Global names of the program.
        wanted: Name of the requested app.
        program: File of the program, for messages.

    Raises:
        BuildError: There is no app, or there are several; the message lists them.
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
            f"{program} has no app. Create one with gr.Blocks or gr.Interface and assign it to a global name, such as "
            "demo."
        )
    raise BuildError(
        f"{program} has several apps. {_there_are(apps)} Specify one, for example: {program}:{next(iter(apps))}"
    )


def _there_are(apps: Mapping[str, Blocks]) -> str:
    return f"Its apps are: {', '.join(apps)}." if apps else "It has no apps."

"""Imports point down the layers, at the top of the file, and never in a circle."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

from tests.house.source import Import, imports, modules, place

LAYERS = (
    ("cli", "gradio_alias", "__main__"),
    (
        "apps",
        "blocks",
        "launch",
    ),
    ("testing", "inspector"),
    ("server",),
    ("runtime",),
    ("components",),
    ("graph",),
    ("state",),
    ("stores",),
    ("wire",),
    (
        "gradio_names",
        "mcp",
        "themes",
        "files",
        "tasks",
        "networks",
        "passwords",
        "programs",
        "links",
        "exact",
        "received",
        "seals",
        "ids",
        "errors",
        "clock",
        "settings",
        "limits",
        "version",
        "logs",
        "lazy",
    ),
)
"""From the top down. A module imports from its own layer and from those below."""

APART = (("stores", "components"), ("components", "stores"), ("server", "stores.memory"), ("server", "stores.sqlite"))
"""Who never imports whom, although the layers would allow it."""

OPTIONAL = {
    "resource",
    "numpy",
    "pandas",
    "PIL",
    "polars",
    "tqdm",
    "hiredis",
    "redis",
    "cryptography",
    "argon2",
    "mcp",
    "torch",
    "IPython",
}
"""Packages that may be missing: imported where they are used."""

LATE = {
    ("holdfast.blocks", "holdfast.launch"): "launching is what loads the server; building an app must not",
    ("holdfast.server.mcp.loader", "holdfast.server.mcp.routes"): "its protocol is an optional package",
    ("holdfast.stores.urls", "holdfast.stores.redis.store"): "its client is an optional package",
}
"""Function-level imports of our own, each with its reason."""


KNOWN_CYCLES = {"graph": 18, "runtime": 7, "state": 4}
"""The most modules that a cycle in a package has, imports for types included; elsewhere at most two."""


def layer(module: str) -> int:
    """The number of a module's layer, 0 at the top."""
    name = module.split(".")[1]
    for number, names in enumerate(LAYERS):
        if name in names:
            return number
    raise AssertionError(f"{module} belongs to no layer yet: name it in LAYERS")


def own() -> list[Import]:
    """Imports between modules of the package that run."""
    return [
        found
        for found in imports()
        if not found.for_types and found.target.startswith("holdfast.") and found.module != "holdfast"
    ]


def where(found: Import) -> str:
    return f"{place(modules()[found.module], found.line)} imports {found.target}"


def test_every_module_has_a_layer() -> None:
    for module in modules():
        if module != "holdfast":
            layer(module)


def test_imports_point_down() -> None:
    upward = [where(found) for found in own() if layer(found.target) < layer(found.module)]
    assert upward == []


def test_what_must_stay_apart_stays_apart() -> None:
    wrong = [
        where(found)
        for found in own()
        for importer, target in APART
        if _within(found.module, importer) and _within(found.target, target)
    ]
    assert wrong == []


def test_only_the_server_and_launch_know_the_web_framework() -> None:
    allowed = ("server", "launch", "cli", "testing")
    wrong = [
        where(found)
        for found in imports()
        if not found.for_types
        and found.target.split(".")[0] in {"starlette", "uvicorn"}
        and not any(_within(found.module, name) for name in allowed)
    ]
    assert wrong == []


def test_imports_stand_at_the_top_of_the_file_except_for_optional_packages() -> None:
    late = [
        where(found)
        for found in imports()
        if not found.at_top
        and not found.for_types
        and found.target.split(".")[0] not in OPTIONAL
        and (found.module, found.target) not in LATE
        and not _within(found.module, "cli")  # a command loads what it runs, so that `--help` is quick
        and found.module != "holdfast"  # the lazy table
    ]
    assert late == []


def test_no_module_imports_itself_in_a_circle() -> None:
    graph: dict[str, set[str]] = {module: set() for module in modules()}
    for found in imports():
        if found.at_top and not found.for_types and found.target in graph and found.target != found.module:
            graph[found.module].add(found.target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise AssertionError(f"import cycle: {' -> '.join(error.args[1])}") from error


def test_modules_know_each_other_in_small_cycles_only() -> None:
    """Imports for types count too: modules in one cycle can only be understood together."""
    graph: dict[str, set[str]] = {module: set() for module in modules()}
    for found in imports():
        if found.target in graph and found.module not in {found.target, "holdfast"}:
            graph[found.module].add(found.target)
    cycles = [cycle for cycle in cycles_of(graph) if len(cycle) > KNOWN_CYCLES.get(min(cycle).split(".")[1], 2)]
    assert cycles == []


def cycles_of(graph: dict[str, set[str]]) -> list[list[str]]:
    """The strongly connected components of a graph that have more than one node, the largest first."""
    reached = {node: _reached(graph, node) for node in graph}
    found = {
        tuple(sorted(other for other in nodes if node in reached[other])) for node, nodes in reached.items() if nodes
    }
    return sorted((list(cycle) for cycle in found if len(cycle) > 1), key=len, reverse=True)


def _reached(graph: dict[str, set[str]], start: str) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for target in graph[waiting.pop()] - seen:
            seen.add(target)
            waiting.append(target)
    return seen


def test_cycles_are_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a", "e"}, "e": {"d"}, "f": {"a"}}
    assert cycles_of(graph) == [["a", "b", "c"], ["d", "e"]]


def _within(module: str, name: str) -> bool:
    return f"{module}.".startswith(f"holdfast.{name}.")

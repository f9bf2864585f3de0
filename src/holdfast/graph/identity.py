"""Names of events and States that stay valid when the program changes elsewhere (R6.8).

A page that was built by another version of the program identifies its events by content, not by number: the function
(or the author's `api_name`), the triggers, inputs and outputs. Moving a listener does not change its identity; changing
its function, targets, inputs or outputs makes it another event.
"""

from __future__ import annotations

import inspect
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from types import CodeType
from typing import TYPE_CHECKING, Any

import xxhash

if TYPE_CHECKING:
    from holdfast.graph.app import AppSpec
    from holdfast.graph.block import Block
    from holdfast.graph.listener import Listener

_WITH_TEXT = frozenset({"button", "downloadbutton", "uploadbutton"})
"""Types whose `value` or label is the text that the visitor reads on them."""
_SIMPLE = (str, int, float, bool, bytes, type(None))
_DEPTH = 4
_READABLE = 40
"""Maximum number of characters of the human-readable part of a name."""


def name_events(
    listeners: Mapping[int, Listener],
    outer: Callable[[int], Listener] | None = None,
    within: tuple[object, ...] = (),
) -> None:
    """Give each listener of a graph its identity, the same in every process that runs the same program.

    Equal listeners (the same function on buttons that look the same) are distinguished by their order, and their count
    is part of the name: when one is added or removed, they cannot be matched up, so all of them count as new.

    Args:
        listeners: All listeners of the graph, by id.
        outer: Function that finds a listener of the surrounding app, which one of these may follow.
        within: Identity of the `gr.render` that built the listeners.
    """
    known: dict[int, str] = {}

    def digest(listener: Listener) -> str:
        found = known.get(listener.id)
        if found is None:
            known[listener.id] = ""  # bounds the recursion, although a listener cannot follow itself
            found = known[listener.id] = _hash([within, *_shape(listener), before(listener.trigger_after)])
        return found

    def before(number: int | None) -> str:
        if number is None:
            return ""
        if number in listeners:
            return digest(listeners[number])
        return "" if outer is None else outer(number).identity

    alike: defaultdict[str, list[Listener]] = defaultdict(list)
    for listener in listeners.values():
        alike[digest(listener)].append(listener)
    for one, equals in alike.items():
        for position, listener in enumerate(equals):
            own = one if len(equals) == 1 else _hash([one, position, len(equals)])
            listener.identity = f"{_readable(listener)}.{own}"


def _readable(listener: Listener) -> str:
    name = listener.given_name or getattr(listener.fn, "__name__", "") or "event"
    return "".join(c if c.isalnum() or c in "_-" else "_" for c in name[:_READABLE])


def _shape(listener: Listener) -> list[object]:
    return [
        ["name", listener.given_name] if listener.given_name else ["function", *_function(listener.fn)],
        [[target.event, described(target.block)] for target in listener.targets],
        [described(block) for block in listener.inputs],
        [described(block) for block in listener.outputs],
        listener.page,
        listener.key_path,
        [listener.inputs_as_dict, listener.keyword_inputs, listener.component_prop_inputs, listener.connection],
        [listener.trigger_only_on_success, listener.trigger_only_on_failure, listener.render is not None],
    ]


def described(block: Block | None) -> list[object]:
    """Describe a component without its id or place: by its key or `elem_id`, or else by its text."""
    if block is None:
        return []
    if block.IS_ROOT:
        return ["page"]
    if block.key_path is not None or block.elem_id is not None:
        return [block.NAME, block.key_path, block.elem_id]
    if block.NAME == "state":
        return [block.NAME, *state_name(block)]
    text = getattr(block, "value", None) if block.NAME in _WITH_TEXT else None
    return [block.NAME, str(getattr(block, "label", None)), str(text) if isinstance(text, str) else None]


def state_name(state: Any) -> list[object]:
    """Describe a State by its key, or else by the variable that holds it and the type of its value."""
    cell = state.cell
    if cell.key is not None:
        return ["key", cell.key]
    initial = _function(cell.factory) if cell.factory is not None else [type(cell.initial).__qualname__]
    return ["variable", state.assigned_to, *initial]


def state_names(states: Iterable[Any]) -> dict[int, str]:
    """Return names for the States without a key, by id; equal ones are distinguished like equal listeners."""
    given = {state.id: repr(state_name(state)) for state in states if state.cell.key is None}
    count = Counter(given.values())
    seen: Counter[str] = Counter()
    names = {}
    for number, name in given.items():
        seen[name] += 1
        names[number] = _hash([name, seen[name], count[name]])
    return names


def block_names(blocks: Iterable[Block]) -> dict[int, str]:
    """Return names for blocks, by id, under which another version of the program finds them."""
    names = {}
    seen: Counter[str] = Counter()
    for block in blocks:
        name = repr([block.page, *described(block)])
        seen[name] += 1
        names[block.id] = _hash([name, seen[name]])
    return names


def program_of(app: AppSpec) -> str:
    """Return a digest of everything that an open page takes from the program; a page with another digest is reloaded.

    Initial values are excluded, because they may differ at each start (a time, a random number).
    """
    options = app.options
    page = [options.title, options.css, options.js, options.head, options.fill_height, options.fill_width]
    blocks = [[n, block.page, described(block), _stable(_looks(block))] for n, block in app.blocks.items()]
    listeners = [[n, li.identity, li.js, li.trigger_mode, li.cancels] for n, li in app.listeners.items()]
    return _hash([_stable(page), blocks, _tree(app.root), listeners, list(map(tuple, app.pages)), options.boot])


def _looks(block: Block) -> dict[str, Any]:
    left_out = {"value", "name", *getattr(block, "FILE_PROPS", ())}
    return {name: value for name, value in block.props().items() if name not in left_out}


def _tree(block: Any) -> object:
    children = getattr(block, "children", None)
    return block.id if children is None else [block.id, [_tree(child) for child in children]]


def _stable(value: Any) -> object:
    """Return the parts of a property's value that are the same in every process."""
    if isinstance(value, _SIMPLE):
        return value
    if isinstance(value, Mapping):
        return [[str(name), _stable(one)] for name, one in value.items()]
    if isinstance(value, (list, tuple)):
        return [_stable(one) for one in value]
    return type(value).__qualname__


# Functions ------------------------------------------------------------------------------------------------------------


def _function(fn: Any, depth: int = _DEPTH) -> list[object]:
    """Return what distinguishes a function from similar ones: its name and the values it was created with."""
    if fn is None or depth == 0:
        return []
    if hasattr(fn, "func") and hasattr(fn, "args"):  # functools.partial
        given = [_value(one, depth) for one in fn.args]
        return ["partial", _function(fn.func, depth - 1), given, _named(fn.keywords, depth)]
    if inspect.ismethod(fn):
        return ["method", type(fn.__self__).__qualname__, _function(fn.__func__, depth - 1)]
    code = getattr(fn, "__code__", None)
    if not isinstance(code, CodeType):
        name = getattr(fn, "__qualname__", None) or type(fn).__qualname__
        return ["callable", getattr(fn, "__module__", None), name]
    held = [_cell(cell, depth) for cell in fn.__closure__ or ()]
    given = [_value(one, depth) for one in fn.__defaults__ or ()]
    body = _code(code) if "<lambda>" in fn.__name__ else None  # a lambda can only be identified by its body
    return ["function", fn.__module__, fn.__qualname__, held, given, _named(fn.__kwdefaults__ or {}, depth), body]


def _named(values: Mapping[str, Any], depth: int) -> list[object]:
    return [[name, _value(value, depth)] for name, value in sorted(values.items())]


def _cell(cell: Any, depth: int) -> object:
    try:
        return _value(cell.cell_contents, depth)
    except ValueError:  # not filled yet
        return None


def _value(value: Any, depth: int) -> object:
    """Return the parts of a value used by a function that are the same in every process."""
    if isinstance(value, _SIMPLE):
        return value
    if isinstance(value, tuple) and depth > 0:
        return [_value(one, depth - 1) for one in value]
    if hasattr(value, "NAME") and hasattr(value, "key_path"):
        return described(value)
    if callable(value) and not isinstance(value, type):
        return _function(value, depth - 1)
    return type(value).__qualname__


def _code(code: CodeType) -> list[object]:
    constants = [
        _code(one) if isinstance(one, CodeType) else sorted(map(repr, one)) if isinstance(one, frozenset) else repr(one)
        for one in code.co_consts
    ]
    return [code.co_code.hex(), code.co_names, code.co_varnames, constants]


def _hash(parts: list[object]) -> str:
    return f"{xxhash.xxh3_64_intdigest(repr(parts).encode()):016x}"[:13]

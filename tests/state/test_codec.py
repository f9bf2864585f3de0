"""R6.3, R6.4: what is stored, and that reading it runs nothing."""

from __future__ import annotations

import array
import collections
import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import math
import os
import pathlib
import pickle
import random
import re
import subprocess
import sys
import threading
import types
import uuid
import zoneinfo
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pandas as pd
import polars as pl
import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.state import stored_classes as stored
from tests.state.stored_classes import Ages, Box, Colour, Frozen, Item, Pair, Plain, Point, Profile, Rights, Tags, Words

from holdfast.errors import StateError
from holdfast.state.codec import DecodeError, EncodeError, Envelope, Keyring, decode, encode, rebuild, register
from holdfast.state.codec.names import Names
from holdfast.state.values.equality import same
from holdfast.state.values.unencodable import path_to_culprit

KEY = "0123456789abcdef"
PLACE = "session:s1/cart"


def there_and_back(value: Any) -> Any:
    return decode(encode(value))


BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
VALUES: list[Any] = [
    None,
    True,
    -1,
    2**200,
    -(2**63),
    0.1,
    math.inf,
    -0.0,
    1 + 2j,
    "",
    "äöü \U0001f600 \0",
    b"\0\xff",
    bytearray(b"ab"),
    [],
    {},
    (),
    set(),
    frozenset({1, (2, 3)}),
    [1, [2, (3, {4: {5}})]],
    {1: "int", 1.5: "float", "s": "text", (1, 2): "tuple", None: 0, False: 1},
    ...,
    range(1, 10, 2),
    slice(1, None, -1),
    dt.date(2024, 2, 29),
    dt.time(1, 2, 3, 4, dt.timezone.utc),
    dt.datetime(2024, 10, 27, 2, 30, 0, 5, tzinfo=BERLIN, fold=1),
    dt.datetime(1, 1, 1),  # naive moments are values too
    dt.timedelta(-1, 2, 3),
    dt.timezone.utc,
    dt.timezone(dt.timedelta(hours=2), "here"),
    BERLIN,
    decimal.Decimal("1.50"),
    decimal.Decimal("NaN"),
    fractions.Fraction(1, 3),
    uuid.UUID(int=7),
    pathlib.PurePosixPath("/a/b"),
    pathlib.PureWindowsPath("C:/a"),
    Path("relative/file"),
    re.compile("a+", re.IGNORECASE),
    array.array("d", [1.5, 2]),
    collections.deque([1, 2], maxlen=3),
    collections.OrderedDict([("b", 1), ("a", 2)]),
    collections.Counter("aab"),
    collections.defaultdict(list, {"a": [1]}),
    types.SimpleNamespace(a=1, b=[2]),
    Colour.BLUE,
    Rights.READ,
    Rights.READ | Rights.RUN,
    Item("tea", 2.5, ["hot"]),
    Frozen("k", {"a": 1}),
    Profile(name="Ada", items=[Item("x")]),
    Box(3, [Box(4)]),
    Plain(1, Plain(2)),
    stored.Slots(),
    Words(["a", "b"]),
    Ages(a=1),
    Tags({"x"}),
    Pair(1, [2]),
    Point(1, y=[2]),
    stored.Broken("no", 3),
    KeyError("missing"),
    np.arange(12, dtype="f4").reshape(3, 4),
    np.asfortranarray(np.eye(3)),
    np.array(["2024-01-01", "NaT"], dtype="M8[D]"),
    np.array([("a", 1)], dtype=[("name", "U3"), ("n", "i4")]),
    np.array([[1, "x"], [None, [2]]], dtype=object),
    np.zeros((0, 3)),
    np.float32(1.5),
    np.bool_(True),
    np.dtype("i8"),
    pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": [1.5, float("nan")]}),
    pd.DataFrame({"t": [pd.Timestamp("2024-01-01"), pd.NaT]}),
    pd.DataFrame({"z": pd.to_datetime(["2024-06-01", "2024-01-01"], utc=True)}),
    pd.DataFrame({"k": pd.Categorical(["a", "b", "a"], ordered=True), "i": pd.array([1, None, 3], dtype="Int64")}),
    pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", 1), ("a", 2)]), index=pd.Index(["r"], name="rows")),
    pd.DataFrame({"same": [1], "x": [2]}).rename(columns={"x": "same"}),
    pd.Series([True, False], index=["x", "y"], name="s"),
    pd.Timestamp("2024-01-01 12:00", tz="Europe/Berlin"),
    pl.DataFrame({"a": [1, None], "b": [["x"], []], "c": [dt.date(2024, 1, 1), None]}),
    pl.Series("s", [1.5, None]),
    Image.new("RGBA", (3, 2), (1, 2, 3, 4)),
    Image.new("P", (2, 2)),
]


@pytest.mark.parametrize("value", [pytest.param(v, id=f"{i}-{type(v).__name__}") for i, v in enumerate(VALUES)])
def test_values_come_back_with_type_and_content(value: Any) -> None:
    """R6.3: exact types, nested too."""
    back = there_and_back(value)
    assert type(back) is type(value)
    assert same(back, value)
    assert same(there_and_back({"in": [value, (value,)]}), {"in": [value, (value,)]})


def test_shared_parts_and_cycles_survive() -> None:
    """R6.3: inside one value."""
    part: list[Any] = [1]
    value: dict[str, Any] = {"a": part, "b": part, "self": Plain()}
    value["self"].parts.append(value)
    part.append(value)
    back = there_and_back(value)
    assert back["a"] is back["b"]
    assert back["a"][1] is back
    assert back["self"].parts[0] is back


def test_what_comes_back_can_be_changed() -> None:
    """R6.3: arrays too."""
    back = there_and_back({"array": np.zeros(2), "frame": pd.DataFrame({"a": [1]})})
    back["array"][0] = 5
    back["frame"].loc[0, "a"] = 9
    assert back["array"][0] == 5


def test_no_constructor_runs_on_reading() -> None:
    """R6.4: nothing of a value's class is called."""
    data = encode(Plain(1))
    before = Plain.made
    decode(data)
    assert Plain.made == before


UNKNOWN: list[Any] = [
    (threading.Lock(), "lock"),
    (lambda: 0, "function"),
    (print, "print"),
    (Colour, "Colour' cannot be stored"),
    (sys, "sys"),
    ((i for i in ()), "generator"),
    (stored.Refusing(), "its own __getstate__"),
    (collections.defaultdict(lambda: 0), "factory"),
    (open(__file__), "TextIOWrapper"),  # noqa: SIM115, PTH123 # an open file is the value
]


@pytest.mark.parametrize(("value", "named"), [pytest.param(*u, id=u[1]) for u in UNKNOWN])
def test_what_cannot_be_stored_is_said_with_the_way_to_it(value: Any, named: str) -> None:
    """R6.5: the error names the kind, and the way there can be found."""

    def can_be_stored(part: Any) -> bool:
        try:
            encode(part)
        except EncodeError:
            return False
        return True

    whole = {"messages": [1, {"deep": Plain(1, value)}]}
    with pytest.raises(EncodeError, match=re.escape(named)):
        encode(whole)
    assert path_to_culprit(whole, can_be_stored, "session") == "session['messages'][1]['deep'].parts[1]"
    if hasattr(value, "close"):
        value.close()


def test_a_class_made_inside_a_function_cannot_be_found_again_unless_it_is_registered() -> None:
    """R6.3: said when it is stored, not when it is lost."""

    @dataclasses.dataclass
    class Local:
        value: int

    with pytest.raises(EncodeError, match=r"Local is defined inside a function.*register"):
        encode(Local(1))
    register(Local, name="tests:Local")
    assert there_and_back(Local(1)) == Local(1)


def test_a_moved_class_is_found_by_its_alias() -> None:
    """R6.3: stored names are not import paths."""
    data = encode(Item("tea"))
    assert b"tests.state.stored_classes:Item" in data
    moved = data.replace(b"tests.state.stored_classes:Item", b"tests.state.other_classess:Item")
    with pytest.raises(DecodeError, match=r"class 'tests.state.other_classess:Item' does not exist.*aliases="):
        decode(moved)
    register(Item, aliases=["tests.state.other_classess:Item"])
    assert decode(moved) == Item("tea")


def test_one_name_never_means_two_classes() -> None:
    """R6.3"""
    names = Names()
    names.register(Item, "thing")
    with pytest.raises(StateError, match=r"'thing' already belongs to tests.state.stored_classes:Item"):
        names.register(Box, "thing")


def test_classes_of_the_program_that_was_started_keep_their_name_when_it_is_imported(tmp_path: Path) -> None:
    """R6.3: `python app.py` and `holdfast run app.py` read each other's State."""
    (tmp_path / "shop.py").write_text(
        "import dataclasses, sys\n"
        "@dataclasses.dataclass\n"
        "class Cart:\n"
        "    n: int\n"
        "if __name__ == '__main__':\n"
        "    from holdfast.state.codec import encode\n"
        "    sys.stdout.buffer.write(encode(Cart(3)))\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    started = subprocess.run(
        [sys.executable, "shop.py"], cwd=tmp_path, env=environment, capture_output=True, check=True
    )
    read = "import sys, shop; from holdfast.state.codec import decode; print(decode(sys.stdin.buffer.read()))"
    seen = subprocess.run(
        [sys.executable, "-c", read],
        cwd=tmp_path,
        env=environment,
        input=started.stdout,
        capture_output=True,
        check=True,
    )
    assert seen.stdout.strip() == b"Cart(n=3)"


# Changed classes


@pytest.fixture
def change_class(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, type], type]:
    """Puts another class in the place of a stored one, as the next version of the program does."""

    def change(name: str, cls: type) -> type:
        cls.__qualname__ = cls.__name__ = name
        cls.__module__ = stored.__name__
        monkeypatch.setattr(stored, name, cls)
        return cls

    return change


def test_added_fields_get_their_default_and_removed_ones_go(change_class: Any) -> None:
    """R6.3: dataclass, pydantic and attrs values need no migration for that."""
    data = encode([stored.Box(1, [2]), stored.Frozen("k"), stored.Profile(name="a", age=9)])

    @attrs.define
    class NewBox:
        size: int
        colour: str = "red"
        parts: list[int] = attrs.field(factory=list)

    @dataclasses.dataclass
    class NewFrozen:
        key: str
        extra: list[int] = dataclasses.field(default_factory=lambda: [7])

    class NewProfile(pydantic.BaseModel):
        name: str
        email: str = "none"

    for name, cls in (("Box", NewBox), ("Frozen", NewFrozen), ("Profile", NewProfile)):
        change_class(name, cls)
    box, frozen, profile = decode(data)
    assert (box.size, box.colour, box.parts) == (1, "red", [])
    assert (frozen.key, frozen.extra) == ("k", [7])
    assert profile == NewProfile(name="a")


def test_an_added_field_without_default_needs_a_migration(change_class: Any) -> None:
    """R6.3: said, and with a `migrate` function the field is left for it."""
    data = encode(stored.Box(1))

    @attrs.define
    class NewBox:
        size: int
        owner: str

    change_class("Box", NewBox)
    with pytest.raises(DecodeError, match=r"has no field 'owner', and the class has no default.*migrate"):
        decode(data)
    assert decode(data, lenient=True).size == 1


def test_a_removed_enum_member_is_said(change_class: Any) -> None:
    """R6.3"""
    data = encode(stored.Colour.RED)
    change_class("Colour", enum.Enum("Colour", {"BLUE": "b"}))
    with pytest.raises(DecodeError, match="no longer has a member 'RED'"):
        decode(data)


# Hostile bytes


class Evil:
    def __reduce__(self) -> Any:
        return exec, ("import sys; sys.evil = True",)


def test_a_plain_pickle_is_refused_and_runs_nothing() -> None:
    """R6.4: also below the signature."""
    hostile = pickle.dumps(Evil())
    with pytest.raises(DecodeError, match="plain pickles are refused"):
        Envelope(Keyring([KEY])).open(hostile, PLACE)
    with pytest.raises(DecodeError, match="this app does not write such bytes"):
        decode(hostile)
    with pytest.raises(DecodeError):
        decode(b"\x80\x05c__builtin__\neval\n(V1+1\ntR.")
    assert not hasattr(sys, "evil")


def test_reading_imports_nothing() -> None:
    """R6.4: a class of a module that is not loaded is not there."""
    data = encode(Item("x")).replace(b"tests.state.stored_classes:Item", b"xml.dom.xmlbuilder:DOMBuilderXX")
    before = set(sys.modules)
    with pytest.raises(DecodeError, match="does not exist"):
        decode(data)
    assert set(sys.modules) == before


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes_raise_the_one_error(data: bytes) -> None:
    """R6.4: never a crash, never another error."""
    with pytest.raises(DecodeError):
        Envelope(Keyring([KEY])).open(data, PLACE)
    with pytest.raises(DecodeError):
        Envelope(Keyring([KEY])).open(b"HF\x01\x00" + data, PLACE)


def test_every_flipped_bit_is_found() -> None:
    """R6.4: only bytes that this app signed."""
    envelope = Envelope(Keyring([KEY]))
    data = envelope.seal(encode({"a": [1, 2, 3]}), PLACE)
    for position in range(len(data)):
        broken = bytearray(data)
        broken[position] ^= 1 << random.Random(position).randrange(8)
        with pytest.raises(DecodeError):
            envelope.open(bytes(broken), PLACE)


def test_bytes_of_another_owner_or_state_are_refused() -> None:
    """R6.4: whoever can write the store cannot move one visitor's value to another."""
    envelope = Envelope(Keyring([KEY]))
    data = envelope.seal(encode(1), "session:a/cart")
    with pytest.raises(DecodeError, match="stored for another owner or State"):
        envelope.open(data, "session:b/cart")


JSONISH = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.dates(), st.decimals()),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text() | st.integers(), inner)
        | st.tuples(inner, inner)
        | st.builds(Item, st.text(), st.floats(), st.lists(st.text()))
        | st.builds(Box, st.integers(), st.lists(inner))
    ),
    max_leaves=30,
)


@settings(max_examples=300, deadline=None)
@given(JSONISH)
def test_random_nested_values_come_back(value: Any) -> None:
    """R6.3: by type and value."""
    assert same(there_and_back(value), value)


# The envelope


def test_old_keys_still_verify_and_the_new_one_signs() -> None:
    """R6.4: keys can be replaced."""
    old, new = Envelope(Keyring([KEY])), Envelope(Keyring(["another-long-key", KEY]))
    data = old.seal(b"payload", PLACE, schema=3)
    assert new.open(data, PLACE) == (b"payload", 3, None)
    with pytest.raises(DecodeError, match="signed with another key"):
        old.open(new.seal(b"payload", PLACE), PLACE)


def test_secret_values_are_not_readable_in_the_store() -> None:
    """R8.3: encrypted at rest."""
    envelope = Envelope(Keyring([KEY]))
    data = envelope.seal(encode("my password"), PLACE, secret=True)
    assert b"password" not in data
    assert decode(envelope.open(data, PLACE).payload) == "my password"
    assert data != envelope.seal(encode("my password"), PLACE, secret=True)


def test_large_values_are_compressed_where_it_pays() -> None:
    """R6: and come back whole."""
    envelope = Envelope(Keyring([KEY]))
    text, noise = b"word " * 50_000, random.Random(1).randbytes(200_000)
    assert len(envelope.seal(text, PLACE)) < 10_000
    assert len(envelope.seal(noise, PLACE)) < 200_100
    for payload in (text, noise):
        assert envelope.open(envelope.seal(payload, PLACE), PLACE).payload == payload


def test_a_newer_format_is_said_to_be_one() -> None:
    """R6.3: not destroyed, not guessed at."""
    data = Envelope(Keyring([KEY])).seal(b"x", PLACE)
    with pytest.raises(DecodeError, match="written by a newer release"):
        Envelope(Keyring([KEY])).open(b"HF\x03" + data[3:], PLACE)


def test_a_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    """R6.4: without a key from outside."""
    path = tmp_path / ".holdfast" / "key"
    first, second = Keyring.kept_in(path), Keyring.kept_in(path)
    assert first.current == second.current
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("secrets", [[], ["short"]])
def test_a_key_that_is_too_short_is_refused(secrets: list[str]) -> None:
    """R6.4"""
    with pytest.raises(StateError, match="key"):
        Keyring(secrets)


def test_a_key_file_without_a_key_is_named(tmp_path: Path) -> None:
    """R6.4: such as one that a full disk has left empty."""
    path = tmp_path / "key"
    for text in ("", "cut off"):
        path.write_text(text)
        with pytest.raises(
            StateError, match=r"The file .*key does not contain a valid key for State.*Restore the old key"
        ):
            Keyring.kept_in(path)
        assert path.read_text() == text


def test_a_default_of_an_older_pydantic_is_asked_for_in_its_way() -> None:
    """R6.3: before 2.10 nothing is given to a default's factory."""

    class OldField:
        def get_default(self, *, call_default_factory: bool = False) -> list[int]:
            return [1] if call_default_factory else []

    assert rebuild.model_default(OldField()) == [1]

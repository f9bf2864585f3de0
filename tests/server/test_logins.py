"""Logins: signed, with an idle limit, revocable, slow to guess, and with hashed passwords.

B5: related cases: other places where a password or token can be guessed (the metrics token and page secrets have 128
bits or more), other cookies without Secure (browser IDs had it), other HTML documents without the headers (the button
of `/logout`, the page that is not built), other secrets in the process list. Affected were `--ssl-keyfile-password`,
and passwords in `--state-store`, both of which can come from the environment.
D11: related cases: other facts about a login lost in a restart. Affected were that it was ended, which is now stored
too, and, with a store that is not durable, the key that signs.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client
from playwright.sync_api import Browser, BrowserContext
from starlette.exceptions import HTTPException
from tests.ports import free_port
from tests.server.apps import counter
from tests.server.conftest import Serve, Served
from websockets.exceptions import ConnectionClosed

from holdfast import launch, passwords
from holdfast.cli.arguments import launch_options
from holdfast.cli.main import main, parser
from holdfast.clock import SystemClock
from holdfast.errors import BuildError
from holdfast.server.build import assemble
from holdfast.server.login.guesses import FORGET, PATIENCE, Guesses, block_of
from holdfast.server.login.revocations import FileShelf, StoreShelf
from holdfast.server.login.routes import Auth
from holdfast.server.login.tokens import Logins
from holdfast.server.login.users import FileUsers, ListedUsers, parse_users
from holdfast.server.page.socket import NEEDS_LOGIN
from holdfast.server.uvicorn_server import Certificate, Listening, bind
from holdfast.settings import read
from holdfast.state.codec import Keyring
from holdfast.stores import StoreUnavailableError
from holdfast.stores import open as open_store
from holdfast.testing import ManualClock

KEYS = Keyring(["a key of at least sixteen bytes"])
OTHER_KEYS = Keyring(["another key of sixteen bytes"])


class Shifted(SystemClock):
    """The machine's time plus an offset."""

    shift = 0.0

    def time(self) -> float:
        return super().time() + self.shift

    def monotonic(self) -> float:
        return super().monotonic() + self.shift


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Change to a program's working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def clock() -> Shifted:
    return Shifted()


@pytest.fixture
def serve_at(clock: Shifted, folder: Path) -> Iterator[Any]:
    """Serve an app whose time can be changed. A second call restarts it on the same port."""
    running: list[Served] = []

    def start(**options: Any) -> Served:
        port = running[-1].site_port if running else free_port()
        for served in running:
            served.demo.close()
        demo = counter()
        assembled = assemble(demo.spec, options, clock=clock, listens_on="127.0.0.1")  # type: ignore[arg-type]
        server = Listening(assembled.asgi, bind("127.0.0.1", port), "127.0.0.1")
        server.start()
        demo.server = server
        running.append(Served(demo))
        return running[-1]

    yield start
    for served in running:
        for client in served.clients:
            client.close()
        served.demo.close()


def log_in(app: Served, name: str = "ann", password: str = "pw") -> httpx.Client:
    client = app.client()
    answer = client.post("login", data={"username": name, "password": password})
    assert answer.status_code == 200, answer.text
    return client


def cookie_of(client: httpx.Client) -> dict[str, str]:
    return {"cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}


# D11: restarts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("store", [None, "sqlite:///state.db"])
def test_a_login_survives_a_restart_and_so_does_a_logout(serve_at: Any, store: str | None) -> None:
    """D11: whether or not the store is durable; the cookie has one name, so that browsers keep only one."""
    options = {"auth": [("ann", "pw"), ("bob", "pw2")]} | ({} if store is None else {"state_store": store})
    app = serve_at(**options)
    ann, gone, bob = log_in(app), log_in(app), log_in(app, "bob", "pw2")
    gone.get("logout?all_session=false")
    left = dict(bob.cookies)
    bob.get("logout")
    app = serve_at(**options)
    assert ann.get("config").json()["username"] == "ann"
    assert gone.get("config").status_code == 401
    assert httpx.get(f"{app.url}config", cookies=left).status_code == 401
    before = set(ann.cookies)
    assert ann.post("login", data={"username": "ann", "password": "pw"}).status_code == 200
    assert set(ann.cookies) == before
    assert log_in(app, "bob", "pw2").get("config").status_code == 200


@pytest.mark.parametrize("users", [[("ann", "another")], [("bob", "pw")], lambda name, password: True])
def test_a_login_ends_with_its_password_or_user(serve_at: Any, users: Any) -> None:
    """B5."""
    ann = log_in(serve_at(auth=("ann", "pw")))
    serve_at(auth=users)
    assert ann.get("config").status_code == 401


def test_the_key_and_the_ended_logins_are_only_accessible_to_their_owner(serve_at: Any, folder: Path) -> None:
    """B5: also with `allowed_paths`; the key would allow creating logins."""
    app = serve_at(auth=("ann", "pw"), allowed_paths=["."])
    ann = log_in(app)
    log_in(app).get("logout?all_session=false")
    kept = sorted(path for path in (folder / ".holdfast").iterdir() if "logins" in path.name)
    assert len(kept) == 2
    for path in kept:
        assert path.stat().st_mode & 0o077 == 0
        assert ann.get(f"gradio_api/file={path}").status_code == 403


def test_a_login_survives_a_reload_of_the_program(folder: Path) -> None:
    """D11: `holdfast run --reload` starts a new process at every change."""
    program = folder / "app.py"
    text = "import holdfast as gr\nwith gr.Blocks(title='Held') as demo:\n    gr.Markdown('one')\n"
    program.write_text(text + "demo.launch(auth=('ann', 'pw'))\n")
    port = free_port()
    command = [sys.executable, "-m", "holdfast", "run", "app.py", "--reload", "--port", str(port)]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/", timeout=20) as client:
            _ready(client, "auth_required")
            assert client.post("login", data={"username": "ann", "password": "pw"}).status_code == 200
            program.write_text(program.read_text().replace("'one'", "'two'"))
            _ready(client, "two")
            assert client.get("config").json()["username"] == "ann"
    finally:
        process.terminate()
        process.wait()


def _ready(client: httpx.Client, text: str) -> None:
    for _ in range(600):
        try:
            if text in client.get("").text:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"the page never held {text!r}")


# Idle ---------------------------------------------------------------------------------------------------------------


def test_an_unused_login_expires_and_one_in_use_continues(serve_at: Any, clock: Shifted) -> None:
    """B5: the cookie is renewed when the page is loaded, and on the page's request."""
    app = serve_at(auth=("ann", "pw"), login_idle=3600)
    used, left, script = log_in(app), log_in(app), log_in(app)
    first = dict(used.cookies)
    assert "set-cookie" not in used.get("").headers
    for path in ("", "gradio_api/login_check", "", ""):
        clock.shift += 1500
        assert "set-cookie" in used.get(path).headers
        assert httpx.get(f"{app.url}config", cookies=dict(script.cookies)).status_code == 200
    assert used.get("config").status_code == 200
    assert left.get("config").status_code == 401
    app = serve_at(auth=("ann", "pw"), login_idle=3600)
    assert httpx.get(f"{app.url}config", cookies=first).status_code == 401
    assert used.get("config").status_code == 200


def test_an_open_page_closes_with_its_login(serve_at: Any, clock: Shifted) -> None:
    """B5: otherwise it would continue to show results; a page whose visitor clicks keeps its login."""
    app = serve_at(auth=("ann", "pw"), login_idle=3600)
    one, two = log_in(app), log_in(app)
    with (
        app.socket(additional_headers=cookie_of(one)) as idle,
        app.socket(additional_headers=cookie_of(two)) as busy,
    ):
        clock.shift += 3000
        busy.submit("e", 0, ["x", None])
        busy.until_completed("e")
        clock.shift += 3000
        with pytest.raises(ConnectionClosed) as closed:
            list(iter(idle.hear, None))
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == NEEDS_LOGIN
        busy.submit("f", 0, ["x", None])
        assert busy.until_completed("f")[-1]["success"]


def test_a_login_in_use_expires_eventually(serve_at: Any, clock: Shifted) -> None:
    """B5: otherwise a stolen cookie used each day would be valid indefinitely; renewals do not extend the lifetime."""
    app = serve_at(auth=("ann", "pw"), login_idle=3600, limits={"login_seconds": 10_000})
    used, path = log_in(app), "gradio_api/login_check"
    with app.socket(additional_headers=cookie_of(used)) as page:
        for _ in range(3):
            clock.shift += 3000
            assert "set-cookie" in used.get(path).headers
        clock.shift += 3000
        assert used.get("config").status_code == 401
        assert "set-cookie" not in used.get(path).headers
        with pytest.raises(ConnectionClosed) as closed:
            list(iter(page.hear, None))
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == NEEDS_LOGIN


@pytest.mark.anyio
async def test_a_login_lasts_thirty_days_by_default() -> None:
    """B5."""
    clock = ManualClock()
    kept = logins(clock=clock)
    kept.idle = 1e9
    token = kept.issue("ann")
    await clock.advance(30 * 86400 - 1)
    assert kept.read(token) is not None
    await clock.advance(2)
    assert kept.read(token) is None


# Tokens -------------------------------------------------------------------------------------------------------------


def logins(keys: Keyring = KEYS, *, clock: Any = None, app: str = "App", **more: Any) -> Logins:
    bond = more.pop("bond", lambda user: "same")
    return Logins(keys, clock or ManualClock(), bond, idle=3600, app=app, **more)


def test_a_token_is_only_valid_for_its_app_and_key() -> None:
    """B5."""
    token = logins().issue("ann")
    read = logins().read(token)
    assert read is not None
    assert read.user == "ann"
    assert logins(OTHER_KEYS).read(token) is None
    assert logins(app="Another").read(token) is None
    assert logins(bond=lambda user: "changed").read(token) is None
    assert logins(bond=lambda user: None).read(token) is None


@pytest.mark.parametrize("at", range(0, 200, 7))
def test_a_token_with_a_changed_character_is_invalid(at: int) -> None:
    token = logins().issue("ann")
    other = token[: at % len(token)] + ("A" if token[at % len(token)] != "A" else "B") + token[at % len(token) + 1 :]
    assert logins().read(other) is None


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "é.é.é", "00000000.W10.00", "x" * 100_000, "\0.\0.\0"])
def test_an_invalid_token_is_rejected(token: str) -> None:
    assert logins().read(token) is None


def test_a_key_can_be_replaced_without_logging_anyone_out() -> None:
    old = logins()
    token = old.issue("ann")
    both = logins(Keyring(["another key of sixteen bytes", "a key of at least sixteen bytes"]), clock=ManualClock())
    assert set(old.names) < set(both.names)
    login = both.read(token)
    assert login is not None
    both._clock.time = lambda: 1_700_000_000.0 + 1800  # type: ignore[method-assign]
    renewed = both.renewed(login)
    assert renewed is not None
    assert logins(OTHER_KEYS).read(renewed) is not None


@pytest.mark.anyio
async def test_ended_logins_are_limited_and_never_become_valid_again() -> None:
    """R4.6: beyond the limit, older logins of everyone end too."""
    clock = ManualClock()
    many = logins(clock=clock, limit=3)
    tokens = [many.issue(f"user {number}") for number in range(10)]
    for token in tokens[:6]:
        login = many.read(token)
        assert login is not None
        await many.end(login, everywhere=False)
    assert len(many.revoked) <= 6
    assert [many.read(token) is not None for token in tokens] == [False] * 6 + [True] * 4
    for token in tokens[6:]:
        login = many.read(token)
        if login is not None:
            await many.end(login, everywhere=True)
    assert all(many.read(token) is None for token in tokens)
    await clock.advance(3601)
    assert many.read(many.issue("new")) is not None
    await many.end(many.read(many.issue("one more")), everywhere=False)  # type: ignore[arg-type]
    assert len(many.revoked) == 1


@pytest.mark.anyio
async def test_one_user_cannot_fill_the_shared_list() -> None:
    """R4.6: another user's login does not end because of it."""
    many = logins()
    other = many.issue("bob")
    tokens = [many.issue("ann") for _ in range(200)]
    for token in tokens:
        login = many.read(token)
        if login is not None:
            await many.end(login, everywhere=False)
    assert len(many.revoked) < 100
    assert not any(many.read(token) for token in tokens)
    assert many.read(other) is not None


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["store", "file"])
async def test_a_logout_applies_in_every_process(kind: str, tmp_path: Path) -> None:
    """R8.1: they share a store or a folder."""
    store = open_store(f"sqlite:///{tmp_path}/state.db")
    await store.open()

    def process() -> Logins:
        shelf = StoreShelf(store, "App") if kind == "store" else FileShelf(tmp_path / "logins")
        return logins(shelf=shelf)

    one, two = process(), process()
    tokens = [one.issue("ann") for _ in range(3)]
    for there, token in ((one, tokens[0]), (two, tokens[1])):
        login = there.read(token)
        assert login is not None
        await there.end(login, everywhere=False)
    for there in (one, two, process()):
        await there.revoked.refresh()
        assert [there.read(token) is not None for token in tokens] == [False, False, True]
    await store.aclose()


@pytest.mark.anyio
async def test_a_list_signed_with_another_key_ends_no_login(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Anyone who can write to the store could otherwise log everyone out; a damaged list is reported in the log."""
    forger = logins(OTHER_KEYS, shelf=FileShelf(tmp_path / "logins"))
    await forger.end(forger.read(forger.issue("ann")), everywhere=True)  # type: ignore[arg-type]
    mine = logins(shelf=FileShelf(tmp_path / "logins"))
    token = mine.issue("ann")
    await mine.revoked.refresh()
    assert mine.read(token) is not None
    assert "signed with another key" in caplog.text
    (tmp_path / "logins").write_bytes(b"\xff\xfe\n{")
    await mine.revoked.refresh()
    assert mine.read(token) is not None


@pytest.mark.anyio
async def test_a_logout_during_an_outage_is_stored_later(tmp_path: Path) -> None:
    """B5."""
    shelf = FileShelf(tmp_path / "logins")
    mine, reachable = logins(shelf=shelf), shelf.write

    async def out_of_reach(data: bytes, expected: int) -> int | None:
        raise StoreUnavailableError("gone")

    shelf.write = out_of_reach  # type: ignore[method-assign]
    token = mine.issue("ann")
    await mine.end(mine.read(token), everywhere=False)  # type: ignore[arg-type]
    assert mine.read(token) is None
    shelf.write = reachable  # type: ignore[method-assign]
    await mine.revoked.refresh()
    later = logins(shelf=FileShelf(tmp_path / "logins"))
    await later.revoked.refresh()
    assert later.read(token) is None


# Guesses ------------------------------------------------------------------------------------------------------------


def test_wrong_guesses_become_slow_and_are_logged(serve_at: Any, caplog: pytest.LogCaptureFixture) -> None:
    """B5: 120 failed logins in a row, and then a correct one."""
    app = serve_at(auth=("ann", "pw"))
    form = {"username": "ann\nroot", "password": "no"}
    statuses = [app.http.post("login", data=form) for _ in range(120)]
    checked = [answer for answer in statuses if answer.status_code == 400]
    told = [answer for answer in statuses if answer.status_code == 429]
    assert len(checked) + len(told) == 120
    assert len(checked) < 12
    assert int(told[-1].headers["retry-after"]) >= 2
    assert told[-1].json()["detail"].startswith("Too many failed logins. Try again in ")
    lines = [record.getMessage() for record in caplog.records if "Failed login" in record.getMessage()]
    assert len(lines) == len(checked)
    assert "'ann\\nroot'" in lines[0]
    assert "127.0.0.1" in lines[0]
    assert app.http.post("login", data={"username": "ann", "password": "pw"}).status_code == 200


@pytest.mark.anyio
async def test_a_correct_guess_is_delayed_too_and_then_resets_the_delay() -> None:
    """B5: otherwise an immediate response would reveal that the guess is correct."""
    clock = ManualClock()
    auth = Auth(("ann", "pw"), clock=clock)
    for _ in range(4):
        assert await auth.log_in("ann", "no", "1.2.3.4") is None
    for _ in range(4):  # the requests are delayed for up to two seconds
        assert await _moved(clock, auth.log_in("ann", "no", "1.2.3.4")) is None
    with pytest.raises(HTTPException) as refused:
        await auth.log_in("ann", "no", "1.2.3.4")
    assert refused.value.status_code == 429
    with pytest.raises(HTTPException):
        await auth.log_in("ann", "pw", "1.2.3.4")
    await clock.advance(60)
    assert await auth.log_in("ann", "pw", "1.2.3.4") is not None
    assert await auth.log_in("ann", "no", "1.2.3.4") is None


async def _moved(clock: ManualClock, work: Any) -> Any:
    """Return the result of a call that may sleep for as long as a request can be delayed."""
    import asyncio

    task = asyncio.ensure_future(work)
    await clock.settle()
    if not task.done():
        await clock.advance(PATIENCE)
    return await task


def guessed(guesses: Guesses, clock: ManualClock, name: str, address: str, seconds: float) -> int:
    """Return the number of guesses checked within a time, if each starts as soon as it is allowed."""
    end, checked = clock.monotonic() + seconds, 0
    while clock.monotonic() < end:
        wait = guesses.begin(name, address)
        checked += wait <= PATIENCE
        clock._monotonic += max(wait, 0.01)
    return checked


def test_guesses_are_delayed_by_pair_by_name_and_by_address() -> None:
    """B5."""
    clock = ManualClock()
    assert guessed(Guesses(clock), clock, "ann", "1.2.3.4", 3600) < 80
    names = Guesses(clock)
    assert sum(names.begin("ann", f"1.2.3.{number}") <= PATIENCE for number in range(200)) < 20
    addresses = Guesses(clock)
    assert sum(addresses.begin(f"user {number}", "1.2.3.4") <= PATIENCE for number in range(200)) < 40


def test_a_delayed_guess_evicts_no_record() -> None:
    """B5: a flood of names from one address does not let another address continue to guess."""
    guesses = Guesses(ManualClock(), limit=200)
    checked = 0
    for around in range(20):
        checked += sum(guesses.begin("ann", "1.2.3.4") <= PATIENCE for _ in range(10))
        for number in range(300):
            guesses.begin(f"user {around} {number}", "5.6.7.8")
    assert checked < 10


def test_guesses_from_many_addresses_do_not_lock_a_user_out_for_long() -> None:
    """B5: the delay for a name alone is short."""
    guesses = Guesses(ManualClock())
    waits = [guesses.begin("ann", f"1.2.{number % 250}.{number % 7}") for number in range(1000)]
    assert max(waits) <= 8.0 + PATIENCE


def test_many_simultaneous_guesses_have_no_advantage() -> None:
    """B5: each counts from its start."""
    guesses = Guesses(ManualClock())
    assert sum(guesses.begin("ann", "1.2.3.4") <= PATIENCE for _ in range(1000)) < 10


def test_records_of_guesses_are_limited_and_expire() -> None:
    """R4.6."""
    clock = ManualClock()
    guesses = Guesses(clock, limit=100)
    for number in range(1000):
        guesses.begin(f"user {number}", f"10.0.{number // 250}.{number % 250}")
    assert len(guesses) == 100
    for _ in range(10):
        guesses.begin("ann", "1.2.3.4")
    clock._monotonic += FORGET + 1
    assert guesses.begin("ann", "1.2.3.4") == 0


@pytest.mark.parametrize(
    ("address", "block"),
    [
        ("1.2.3.4", "1.2.3.4"),
        ("::ffff:1.2.3.4", "1.2.3.4"),
        ("2001:db8::1:2:3:4", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_one_visitor_has_one_address_or_one_network(address: str, block: str) -> None:
    assert block_of(address) == block


# Passwords ----------------------------------------------------------------------------------------------------------


def test_a_hash_is_salted_and_matches_only_its_password() -> None:
    """B5: the format is documented and only needs the standard library."""
    one, two = passwords.hashed("pässword"), passwords.hashed("pässword")
    assert one != two
    assert re.fullmatch(r"\$scrypt\$ln=15,r=8,p=3\$[\w+/]+\$[\w+/]+", one)
    assert passwords.fits("pässword", one)
    assert not passwords.fits("password", one)
    assert passwords.is_hash(one)


def test_a_scrypt_hash_matches_the_rfcs_test_vector() -> None:
    """RFC 7914, section 12."""
    expected = hashlib.scrypt(b"password", salt=b"NaCl-and-more", n=1024, r=8, p=16, dklen=64, maxmem=1 << 26)
    import base64

    salt, digest = (base64.b64encode(part).decode().rstrip("=") for part in (b"NaCl-and-more", expected))
    assert passwords.fits("password", f"$scrypt$ln=10,r=8,p=16${salt}${digest}")


def test_an_argon2_hash_is_accepted() -> None:
    argon2 = pytest.importorskip("argon2", reason="argon2-cffi is an extra")
    stored = argon2.PasswordHasher(time_cost=1, memory_cost=1024).hash("pw")
    passwords.check_hash("ann", stored)
    assert passwords.fits("pw", stored)
    assert not passwords.fits("no", stored)
    assert not passwords.fits("pw", stored[:-5])


def test_an_argon2_hash_requires_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "argon2", None)
    with pytest.raises(BuildError, match=re.escape("holdfast[passwords]")):
        ListedUsers([("ann", "$argon2id$v=19$m=1024,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g")])


@pytest.mark.parametrize(
    "stored",
    [
        "$2b$12$abcdefghijklmnopqrstuv",
        "$apr1$salt$hash",
        "{SHA}abc",
        "$scrypt$ln=15,r=8,p=3$c2FsdHNhbHQ$short",
        "$scrypt$ln=63,r=8,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
        "$scrypt$ln=15,r=0,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
    ],
)
def test_an_invalid_hash_is_reported_at_launch(stored: str) -> None:
    """If it were treated as a password, anyone who knows the hash could log in."""
    with pytest.raises(BuildError, match="hash of user 'ann' is not valid"):
        Auth(("ann", stored))


@pytest.mark.parametrize("place", ["list", "file", "variable", "variable of a file"])
def test_hashed_passwords_can_come_from_every_source(
    serve: Serve, folder: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """B5: neither the program nor its command line need to contain a password."""
    stored = passwords.hashed("pw")
    users = f"# people\n\nann:{stored}\nbob:plain:with colon\n"
    options: dict[str, Any] = {}
    (folder / "users").write_text(users)
    if place == "list":
        options = {"auth": [("ann", stored), ("bob", "plain:with colon")]}
    elif place == "file":
        options = {"auth": Path("users")}
    elif place == "variable":
        monkeypatch.setenv("HOLDFAST_AUTH", users)
    else:
        monkeypatch.setenv("HOLDFAST_AUTH_FILE", "users")
    app = serve(counter(), allowed_paths=["."], **options)
    assert log_in(app).get("config").json()["username"] == "ann"
    assert log_in(app, "bob", "plain:with colon").get("config").status_code == 200
    for name, password in (("ann", stored), ("ann", "no"), ("eve", "pw"), ("eve", "")):
        assert app.http.post("login", data={"username": name, "password": password}).status_code == 400
    if "file" in place:
        assert log_in(app).get("gradio_api/file=users").status_code == 403


def test_the_program_takes_precedence_over_the_environment(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_AUTH", "bob:other")
    assert log_in(serve(counter(), auth=("ann", "pw"))).get("config").status_code == 200
    assert serve(counter(), auth_dependency=lambda request: "zoe").get("/config").json()["username"] == "zoe"
    assert log_in(serve(counter()), "bob", "other").get("config").status_code == 200


def test_a_user_whose_line_was_removed_is_logged_out(
    serve_at: Any, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """B5: the current file applies; one that cannot be read changes nothing."""
    file = folder / "users"
    file.write_text("ann:pw\nbob:pw2\n")
    app = serve_at(auth=file)
    ann, bob = log_in(app), log_in(app, "bob", "pw2")
    with app.socket(additional_headers=cookie_of(bob)) as page:
        file.write_text("no user at all")
        while "Keeping the previous users." not in caplog.text:
            page.say(type="ping")
            page.hear()
        assert bob.get("config").status_code == 200
        file.write_text("ann:pw\n")
        with pytest.raises(ConnectionClosed) as closed:
            list(iter(page.hear, None))
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == NEEDS_LOGIN
    assert bob.get("config").status_code == 401
    assert ann.get("config").status_code == 200


@pytest.mark.parametrize("text", ["", "# nobody\n", "ann", "ann:", ":pw"])
def test_an_invalid_list_of_users_is_reported(text: str) -> None:
    with pytest.raises(BuildError, match="NAME:PASSWORD"):
        parse_users(text, "users")


def test_a_missing_users_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="cannot be read: No such file"):
        FileUsers(tmp_path / "users")


@pytest.mark.anyio
async def test_checking_an_unknown_name_takes_as_long_as_a_known_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """B5: otherwise the time would reveal names."""
    asked: list[str] = []
    monkeypatch.setattr(passwords, "fits", lambda password, stored: bool(asked.append(stored)))
    stored = passwords.hashed("pw")
    users = ListedUsers([("ann", stored)])
    assert not await users.fits("eve", "pw")
    assert asked == [stored]


# The command line ---------------------------------------------------------------------------------------------------


def holdfast(*arguments: str, given: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "holdfast", *arguments],
        input=given, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, **environment},
    )  # fmt: skip


def test_the_command_hashes_a_password() -> None:
    done = holdfast("password", given="my password\n")
    assert done.returncode == 0, done.stderr
    assert passwords.fits("my password", done.stdout.strip())
    assert holdfast("password", given="\n").returncode == 2


def test_a_password_on_the_command_line_causes_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    """B5: every user of the machine can list its processes."""
    stored = passwords.hashed("pw")
    assert launch_options(parser().parse_args(["demo", "--auth", f"ann:{stored}"]))["auth"] == [("ann", stored)]
    assert capsys.readouterr().err == ""
    assert launch_options(parser().parse_args(["demo", "--auth", "ann:pw"]))["auth"] == [("ann", "pw")]
    assert "Use --auth-file" in capsys.readouterr().err
    assert launch_options(parser().parse_args(["demo", "--auth-file", "users"]))["auth"] == Path("users")
    with pytest.raises(BuildError, match="Both --auth and --auth-file"):
        launch_options(parser().parse_args(["demo", "--auth-file", "users", "--auth", "ann:pw"]))


def test_the_list_of_ended_logins_is_not_state(serve_at: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """D11: the commands that inspect a store skip the list."""
    app = serve_at(auth=("ann", "pw"), state_store="sqlite:///state.db")
    log_in(app).get("logout")
    app.demo.close()
    assert main(["state", "check", "--store", "sqlite:///state.db"]) == 0
    assert "0 cells read" in capsys.readouterr().out


def test_the_key_of_a_certificate_can_have_its_password_in_the_environment(tmp_path: Path) -> None:
    """B5: this secret would be in the process list too."""
    (tmp_path / "key.pem").touch()
    options = {"ssl_keyfile": str(tmp_path / "key.pem"), "ssl_certfile": str(tmp_path / "key.pem")}
    found = launch.certificate_of(options, read({"HOLDFAST_SSL_KEYFILE_PASSWORD": "of the key"}).ssl_keyfile_password)
    assert found is not None
    assert found.password == "of the key"


# Cookies and headers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("proof", [{"x-forwarded-proto": "https"}, {"origin": "https://app.example"}])
def test_over_https_the_cookie_is_secure_and_bound_to_the_host(serve: Serve, proof: dict[str, str]) -> None:
    """B5: also behind a proxy that does not report https, because the browser does."""
    app = serve(counter(), auth=("ann", "pw"), allowed_hosts=["app.example"])
    headers = {"host": "app.example", **proof}
    answer = app.http.post("login", data={"username": "ann", "password": "pw"}, headers=headers)
    [cookie] = answer.headers.get_list("set-cookie")
    assert cookie.startswith("__Host-access-token-")
    assert {"HttpOnly", "SameSite=lax", "Path=/", "Secure"} <= {part.strip() for part in cookie.split(";")}
    assert "Domain" not in cookie
    sent = {**headers, "cookie": cookie.split(";")[0]}
    assert app.get("/config", headers=sent).status_code == 200
    gone = app.get("/logout", headers=sent).headers.get_list("set-cookie")
    assert any(one.startswith(f'{cookie.split("=")[0]}=""') and "Secure" in one for one in gone)


def test_over_https_a_cookie_that_a_page_over_http_could_set_is_ignored(serve: Serve) -> None:
    """B5: a network attacker could log a visitor in under another name."""
    app = serve(counter(), auth=("ann", "pw"))
    plain = cookie_of(log_in(app))
    assert app.get("/config", headers=plain).status_code == 200
    assert app.get("/config", headers={**plain, "x-forwarded-proto": "https"}).status_code == 401


def test_a_page_has_headers_that_protect_its_login(serve: Serve) -> None:
    """B5."""
    headers = serve(counter(), auth=("ann", "pw"), hsts=31536000).get("/").headers
    assert headers["content-security-policy"] == "frame-ancestors 'self'"
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert "strict-transport-security" not in headers
    open_to_all = serve(counter()).get("/").headers
    assert "content-security-policy" not in open_to_all
    assert "x-frame-options" not in open_to_all
    assert open_to_all["referrer-policy"] == "strict-origin-when-cross-origin"


@pytest.mark.parametrize(
    ("given", "policy", "same_site"),
    [
        ("https://portal.example", "frame-ancestors https://portal.example", "SameSite=none"),
        (["self", "https://portal.example"], "frame-ancestors 'self' https://portal.example", "SameSite=none"),
        ("*", None, "SameSite=none"),
        ("none", "frame-ancestors 'none'", "SameSite=lax"),
    ],
)
def test_an_author_controls_which_sites_can_frame_the_app(
    serve: Serve, given: Any, policy: str | None, same_site: str
) -> None:
    """B5: the login works there too, over https."""
    app = serve(counter(), auth=("ann", "pw"), frame_ancestors=given, hsts=60)
    https = {"x-forwarded-proto": "https"}
    headers = app.get("/", headers=https).headers
    assert headers.get("content-security-policy") == policy
    assert "x-frame-options" not in headers
    assert headers["strict-transport-security"] == "max-age=60"
    answer = app.http.post("login", data={"username": "ann", "password": "pw"}, headers=https)
    assert same_site in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    "options", [{"frame_ancestors": "'self'; script-src *"}, {"hsts": -1}, {"hsts": True}, {"login_idle": 0}]
)
def test_an_invalid_option_is_reported_at_launch(options: dict[str, Any]) -> None:
    with pytest.raises(BuildError, match=next(iter(options))):
        counter().launch(prevent_thread_lock=True, quiet=True, **options)


# Clients ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def https(certificate: Certificate, folder: Path) -> Iterator[Served]:
    """Serve an app with a login over https."""
    demo = counter()
    launch.start(demo, {"auth": ("ann", "pw")}, certificate=certificate, server_port=0, quiet=True)
    yield Served(demo)
    demo.close()


def test_the_python_client_logs_in(serve: Serve) -> None:
    app = serve(counter(), auth=("ann", "pw"))
    client = Client(app.url, auth=("ann", "pw"), verbose=False)
    assert client.predict("x", api_name="/count") == "hi x 1"
    client.close()
    with pytest.raises(ValueError, match="Could not login"):
        Client(app.url, auth=("ann", "no"), verbose=False)


def test_the_python_client_logs_in_over_https(https: Served) -> None:
    """The cookie's name is different there."""
    client = Client(https.url, auth=("ann", "pw"), verbose=False, ssl_verify=False)
    assert list(client.cookies) == [f"__Host-access-token-{https.context.auth.cookie_id}"]
    assert client.predict("x", api_name="/count") == "hi x 1"
    client.close()


@pytest.mark.browser
def test_a_page_in_chromium_logs_in_over_https(https: Served, browser: Browser) -> None:
    """B5: the browser accepts the cookie and sends it with the socket."""
    context = browser.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.goto(https.url)
    page.get_by_label("username").fill("ann")
    page.get_by_label("password").fill("pw")
    page.get_by_role("button", name="Login").click()
    page.locator("gradio-app[data-connected=true]").wait_for()
    [cookie] = context.cookies()
    assert cookie["name"].startswith("__Host-")
    assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Lax")
    context.close()


@pytest.mark.browser
def test_a_page_in_chromium_logs_in_and_out(serve_at: Any, context: BrowserContext) -> None:
    """B5: the page shows the user, and a restart of the server does not matter."""
    app = serve_at(auth=("ann", "pw"))
    page = context.new_page()
    page.goto(app.url)
    page.get_by_label("username").fill("ann")
    page.get_by_label("password").fill("pw")
    page.get_by_role("button", name="Login").click()
    page.locator("gradio-app[data-connected=true]").wait_for()
    app = serve_at(auth=("ann", "pw"))
    page.goto(app.url)
    page.locator("gradio-app[data-connected=true]").wait_for()
    config = page.evaluate("() => ({name: gradio_config.username, logout: gradio_config.logout})")
    assert config == {"name": "ann", "logout": True}
    assert len(context.cookies()) == 1
    page.evaluate("() => { fetch('./logout', {method: 'POST'}) }")  # the page reloads
    page.get_by_label("username").wait_for()
    assert context.cookies() == []

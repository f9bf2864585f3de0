"""Settings from the environment, and errors for invalid ones."""

from __future__ import annotations

import pytest

from holdfast import settings
from holdfast.errors import BuildError


def test_an_empty_environment_sets_nothing() -> None:
    found = settings.read({})
    assert found == settings.Settings()
    assert (found.heartbeat_interval, found.default_concurrency_limit) == (15.0, "not_set")


@pytest.mark.parametrize("prefix", ["HOLDFAST", "GRADIO"])
def test_names_are_read_under_both_prefixes(prefix: str) -> None:
    found = settings.read(
        {
            f"{prefix}_SERVER_NAME": "0.0.0.0",
            f"{prefix}_SERVER_PORT": "8080",
            f"{prefix}_ALLOWED_PATHS": "/a, /b,",
            f"{prefix}_SHARE": "True",
            f"{prefix}_DEFAULT_CONCURRENCY_LIMIT": "none",
            f"{prefix}_TEMP_DIR": "/t",
        }
    )
    assert (found.server_name, found.server_port, found.allowed_paths) == ("0.0.0.0", 8080, ("/a", "/b"))
    assert (found.share, found.default_concurrency_limit, found.temp_dir) == (True, None, "/t")


def test_holdfasts_name_takes_precedence() -> None:
    assert settings.read({"HOLDFAST_ROOT_PATH": "/mine", "GRADIO_ROOT_PATH": "/theirs"}).root_path == "/mine"


def test_an_empty_value_is_none() -> None:
    assert settings.read({"HOLDFAST_ROOT_PATH": " ", "GRADIO_ROOT_PATH": "/theirs"}).root_path == "/theirs"


def test_gradios_test_mode_has_a_faster_heartbeat_and_shorter_grace_period() -> None:
    found = settings.read({"GRADIO_IS_E2E_TEST": "1"})
    assert (found.heartbeat_interval, found.fast_expiry) == (0.25, True)
    assert settings.read({"GRADIO_IS_E2E_TEST": "1", "GRADIO_HEARTBEAT_INTERVAL": "3"}).heartbeat_interval == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOLDFAST_SERVER_PORT", "http"),
        ("GRADIO_SERVER_PORT", "70000"),
        ("HOLDFAST_SERVER_PORT", "-1"),
        ("HOLDFAST_SERVER_PORT", "--1"),
        ("GRADIO_NUM_PORTS", "0"),
        ("HOLDFAST_SHARE", "maybe"),
        ("HOLDFAST_SESSION", "browser"),
        ("HOLDFAST_SESSION_GRACE", "soon"),
        ("HOLDFAST_SESSION_GRACE", "nan"),
        ("GRADIO_DEFAULT_CONCURRENCY_LIMIT", "0"),
    ],
)
def test_an_invalid_value_is_reported_with_its_name(name: str, value: str) -> None:
    with pytest.raises(BuildError, match=rf"{name} is '{value}'"):
        settings.read({name: value})


@pytest.mark.parametrize("kind", ["page", "tab"])
def test_the_kind_of_session(kind: str) -> None:
    assert settings.read({"HOLDFAST_SESSION": kind, "HOLDFAST_SESSION_GRACE": "7.5"}).session == kind

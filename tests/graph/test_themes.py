"""Gradio's themes on Holdfast's page."""

from __future__ import annotations

import re

import pytest

from holdfast import themes
from holdfast.errors import BuildError
from holdfast.themes.base import PAGE_COLORS
from holdfast.themes.colors import COLORS
from holdfast.themes.contrast import READABLE, contrast
from holdfast.themes.presets import PRESETS, theme_of


def variables(theme: themes.Base) -> dict[str, str]:
    """The custom properties of a theme's stylesheet."""
    return dict(re.findall(r"^\s+(--[\w-]+): (.*);$", theme.css(), re.MULTILINE))


def halves(value: str) -> list[str]:
    """The light and the dark half of a value."""
    found = re.fullmatch(r"light-dark\((.+), (.+)\)", value)
    assert found, value
    return list(found.groups())


def test_the_default_theme_is_the_pages_own_look() -> None:
    assert themes.Default().css() == themes.Base().css() == ""


def test_everything_is_in_the_theme_layer() -> None:
    assert themes.Soft().css().startswith("@layer theme {\n  :root {")


def test_a_hue_becomes_the_accent_and_the_palette_that_programs_refer_to() -> None:
    found = variables(themes.Base(primary_hue="teal"))
    assert found["--primary-500"] == COLORS["teal"].c500
    assert halves(found["--accent"])[0] in COLORS["teal"]
    assert "--bg" not in found


@pytest.mark.parametrize("hue", [str(name) for name in COLORS])
def test_every_hue_is_readable_in_light_and_dark(hue: str) -> None:
    found = variables(themes.Base(primary_hue=hue))
    for behind, front in (("--accent", "--on-accent"), ("--accent-soft", "--accent-text")):
        for one, other in zip(halves(found[behind]), halves(found[front]), strict=True):
            assert contrast(one, other) >= READABLE, (hue, behind, one, other)


@pytest.mark.parametrize("hue", ["slate", "gray", "zinc", "neutral", "stone"])
def test_text_is_readable_on_every_neutral_palette(hue: str) -> None:
    found = variables(themes.Base(neutral_hue=hue))
    for text in ("--text", "--text-2", "--text-3"):
        for surface in ("--bg", "--surface", "--surface-2"):
            for one, other in zip(halves(found[text]), halves(found[surface]), strict=True):
                assert contrast(one, other) >= READABLE, (hue, text, surface)


def test_a_variable_becomes_the_equivalent_token() -> None:
    found = variables(themes.Base().set(body_text_color="#111", body_text_color_dark="#eee"))
    assert found["--body-text-color"] == "light-dark(#111, #eee)"
    assert found["--text"] == "var(--body-text-color)"


def test_the_variant_that_is_not_set_keeps_the_pages_color() -> None:
    light = variables(themes.Base().set(block_background_fill="#fff"))["--block-background-fill"]
    dark = variables(themes.Base().set(block_background_fill_dark="#111"))["--block-background-fill"]
    assert halves(light) == ["#fff", PAGE_COLORS["--surface"][1]]
    assert halves(dark) == [PAGE_COLORS["--surface"][0], "#111"]


def test_a_reference_becomes_a_css_variable() -> None:
    found = variables(themes.Base(primary_hue="red").set(button_primary_shadow="0 0 *spacing_sm *primary_200"))
    assert found["--button-primary-shadow"] == "0 0 var(--spacing-sm) var(--primary-200)"


def test_a_gradient_does_not_become_a_color_token() -> None:
    found = variables(themes.Base().set(body_background_fill="linear-gradient(90deg, red, blue)"))
    assert found["--body-background-fill"] == "linear-gradient(90deg, red, blue)"
    assert "--bg" not in found


def test_variables_are_attributes_too() -> None:
    assert themes.Soft().set(body_text_size="20px").body_text_size == "20px"  # type: ignore[attr-defined]


def test_an_unknown_variable_is_a_type_error_that_names_it() -> None:
    with pytest.raises(TypeError, match="no variable 'body_colour'"):
        themes.Base().set(body_colour="red")


def test_an_unknown_palette_or_scale_lists_the_available_ones() -> None:
    with pytest.raises(ValueError, match=r"'pinkish' is not a valid palette.*rose"):
        themes.Base(primary_hue="pinkish")
    with pytest.raises(ValueError, match=r"'huge' is not a valid scale for text.*lg, md, sm"):
        themes.Base(text_size="huge")


def test_only_a_google_font_is_loaded_from_elsewhere() -> None:
    theme = themes.Base(font=[themes.GoogleFont("Inter", weights=(500, 400)), "Arial", "sans-serif"], font_mono="Mono")
    assert theme.stylesheets == ["https://fonts.googleapis.com/css2?family=Inter:wght@400;500&display=swap"]
    assert variables(theme)["--font"] == "'Inter', 'Arial', sans-serif"


def test_a_class_made_from_a_theme_works_as_in_gradio() -> None:
    class Seafoam(themes.Base):
        def __init__(self) -> None:
            super().__init__(primary_hue=themes.colors.emerald, radius_size=themes.sizes.radius_none)
            super().set(block_shadow="*shadow_drop_lg")

    found = variables(Seafoam())
    assert found["--radius-m"] == "0px"
    assert found["--shadow"] == "var(--block-shadow)"


@pytest.mark.parametrize("name", list(PRESETS))
def test_a_theme_can_be_given_by_its_name(name: str) -> None:
    assert theme_of(name.title()).name == name


def test_an_unknown_name_lists_the_themes() -> None:
    with pytest.raises(ValueError, match=r"'bogus' is not a valid theme.*soft"):
        theme_of("bogus")


def test_a_predefined_theme_can_be_named_with_its_owner() -> None:
    assert theme_of("gradio/soft").name == "soft"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [(themes.Soft, r"theme=Soft is a class. Call it: theme=Soft\(\)"), (3, "theme=3 is not a theme. Pass a theme")],
)
def test_an_invalid_theme_is_explained(given: object, sentence: str) -> None:
    with pytest.raises(BuildError, match=sentence):
        theme_of(given)


def test_a_digest_changes_with_the_stylesheet() -> None:
    assert themes.Soft().digest() == themes.Soft().digest() != themes.Glass().digest()


def test_pages_that_embed_the_app_get_the_bodys_colors() -> None:
    assert themes.Base().body_css() is None
    assert themes.Base().set(body_text_color="red").body_css() == {"body_text_color": "red"}

import itertools
import re
from importlib import resources

import pytest

from labelnext.report import style

SIMULATED = {  # rows of Viénot, Brettel and Mollon (1999), on linear RGB
    "protan": ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0)),
    "deutan": ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0)),
}
PAPER = {"light": "#ffffff", "dark": "#12161b"}


def linear(colour: str) -> list[float]:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]


def luminance(colour: str) -> float:
    r, g, b = linear(colour)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_hue_stands_out_from_its_background(mode: str) -> None:
    hues = (*style.LIGHT, style.GREY[0]) if mode == "light" else (*style.DARK, style.GREY[1])
    assert min(contrast(h, PAPER[mode]) for h in hues) >= 3


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_text_can_be_read_on_every_background(mode: int) -> None:
    css = resources.files("labelnext.report").joinpath("style.css").read_text(encoding="utf-8")
    block = re.findall(r":root \{([^}]*)\}", css)[mode]
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))
    for text, ground in itertools.product(("ink", "muted", "accent"), ("paper", "raised")):
        assert contrast(colours[text], colours[ground]) >= 4.5
    assert contrast(colours["warn"], colours["warn-paper"]) >= 4.5
    assert contrast(colours["ink"], colours["grid"]) >= 4.5


@pytest.mark.parametrize("defect", SIMULATED)
@pytest.mark.parametrize("hues", [style.LIGHT, style.DARK])
def test_first_three_hues_stay_apart_without_red_green_vision(
    hues: tuple[str, ...], defect: str
) -> None:
    seen = [
        [sum(w * c for w, c in zip(row, linear(h), strict=True)) for row in SIMULATED[defect]]
        for h in hues[:3]
    ]
    for a, b in itertools.combinations(seen, 2):
        assert sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) ** 0.5 > 0.08


def test_twelve_arms_have_twelve_markers_and_no_two_look_alike() -> None:
    chosen = style.looks([f"arm {i}" for i in range(11)] + ["random"])
    assert len({look.marker for look in chosen.values()}) == 12
    assert len({(look.hue, look.dash) for look in chosen.values()}) == 12


def test_a_look_does_not_depend_on_the_order_of_the_arms() -> None:
    arms = ["b", "guided-random", "a", "random"]
    assert style.looks(arms) == style.looks(arms[::-1])


def test_random_arms_are_grey_and_unlike() -> None:
    chosen = style.looks(["Guided Random", "random", "entropy"])
    grey = len(style.LIGHT)
    assert chosen["Guided Random"].hue == chosen["random"].hue == grey
    assert chosen["Guided Random"].dash != chosen["random"].dash
    assert chosen["entropy"].hue != grey


def test_stand_ins_become_variables_that_the_stylesheet_defines() -> None:
    assert style.to_variables(f"fill: {style.PAGE.hues[2]}") == "fill: var(--hue-2)"
    assert style.to_variables(f"stroke: {style.PAGE.ink};") == "stroke: var(--ink);"
    for i, (light, dark) in enumerate(zip(style.LIGHT, style.DARK, strict=True)):
        assert f"--hue-{i}:{light}" in style.stylesheet()
        assert f"--hue-{i}:{dark}" in style.stylesheet()

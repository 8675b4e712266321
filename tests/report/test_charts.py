import dataclasses
import io
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from labelnext.report import charts, style, summary
from labelnext.report.drawing import Chart
from labelnext.rounds.results import Study
from tests.report.studies import NAN, metrics, runs, study

DRAW = (charts.miss_rate_per_cycle, charts.miss_rate_fppi, charts.objects_per_cycle)
TWO = {"divergence": runs(0.4, 3), "guided-random": runs(0.6, 3)}


def words(svg: str) -> list[str]:
    return [
        "".join(e.itertext()).strip() for e in ET.fromstring(svg).iter() if e.tag.endswith("}text")
    ]


def drawn(made: Study) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Lines of the first panel of the chart of miss rates, by colour."""
    rows = summary.table(made)
    figure = charts._miss_rate(made, rows, style.PRINT, wide=True)
    return {line.get_color(): line.get_data() for line in figure.axes[0].get_lines()}


@pytest.mark.parametrize("draw", DRAW)
def test_every_chart_is_a_png_and_two_self_contained_svgs_with_the_arms_named(draw) -> None:
    chart = draw(study(TWO, references={"whole pool": (metrics(0.3),)}))
    assert isinstance(chart, Chart)
    image = Image.open(io.BytesIO(chart.png))
    assert image.format == "PNG"
    assert image.size[0] > 1000
    for svg in (chart.wide, chart.narrow):
        root = ET.fromstring(svg)
        assert root.get("viewBox")
        assert root.get("width") is None
        assert {"divergence", "guided-random"} <= set(words(svg))
        assert "url(" not in svg.replace("url(#", "")
        assert not re.search(r'(href|src)="(?!#)', svg)
        assert "#0a00" not in svg  # no stand-in colour is left
        assert "var(--ink)" in svg
        assert "DejaVu" not in svg


def test_the_same_study_gives_the_same_bytes_and_the_charts_share_no_ids() -> None:
    made = study(TWO)
    charts_made = [draw(made) for draw in DRAW]
    assert charts_made == [draw(made) for draw in DRAW]
    ids = [
        re.findall(r' id="([^"]*)"', svg)
        for chart in charts_made
        if chart
        for svg in (chart.wide, chart.narrow)
    ]
    assert all(ids)
    assert sum(map(len, ids)) == len(set().union(*ids))


def test_lines_hold_the_means_of_the_table_and_the_ceiling_is_black() -> None:
    made = study(TWO, references={"whole pool": (metrics(0.3), metrics(0.4))})
    lines = drawn(made)
    rows = [r for r in summary.table(made) if r.arm == "divergence"]
    x, y = lines[style.LIGHT[0]]
    assert list(x) == [r.images.mean for r in rows]
    assert list(y) == pytest.approx([r.miss_rate_at_fppi_1.mean for r in rows])
    assert style.GREY[0] in lines
    assert list(lines[style.PRINT.ink][1]) == pytest.approx([0.35, 0.35])


def test_bands_reach_one_sd_to_either_side_and_one_seed_has_none() -> None:
    made = study({"a": runs(0.4, 3, step=0.05)})
    rows = summary.table(made)
    figure = charts._miss_rate(made, rows, style.PRINT, wide=True)
    (band,) = figure.axes[0].collections
    heights = band.get_paths()[0].vertices[:, 1]
    last = rows[-1].miss_rate_at_fppi_1
    assert heights.min() == pytest.approx(last.mean - last.sd)
    alone = study({"a": runs(0.4, 1)})
    figure = charts._miss_rate(alone, summary.table(alone), style.PRINT, wide=True)
    assert not figure.axes[0].collections


def test_ticks_name_the_cycles_under_the_images() -> None:
    chart = charts.miss_rate_per_cycle(study(TWO))
    assert chart is not None
    assert {"0", "10", "20", "cycle 0", "cycle 1", "cycle 2"} <= set(words(chart.wide))


def test_curves_are_drawn_log_log_for_the_landmark_cycles() -> None:
    made = study({"a": [[0.8] + [0.5] * 5]}, references={"whole pool": (metrics(0.3),)})
    panels = {c: {"a": charts.arm_curve(made, "a", c)} for c in charts.landmarks(made)}
    figure = charts._fppi(made, panels, style.PRINT, wide=True)
    assert [a._left_title.get_text() for a in figure.axes] == ["cycle 1", "cycle 3", "cycle 5"]
    for axis in figure.axes:
        assert (axis.get_xscale(), axis.get_yscale()) == ("log", "log")
        assert style.PRINT.ink in {line.get_color() for line in axis.get_lines()}


def test_objects_are_held_against_what_random_would_find() -> None:
    figure = charts._objects(study(TWO), summary.table(study(TWO)), style.PRINT, wide=True)
    dotted = [ln for ln in figure.axes[0].get_lines() if ln.get_color() == style.PRINT.muted]
    assert [list(line.get_ydata()) for line in dotted] == [[0, 20 * 250 / 100]]
    unknown = dataclasses.replace(study(TWO), pool_instances=None)
    figure = charts._objects(unknown, summary.table(unknown), style.PRINT, wide=True)
    assert style.PRINT.muted not in {ln.get_color() for ln in figure.axes[0].get_lines()}


def test_twelve_arms_get_a_panel_each() -> None:
    made = study({f"arm {i:02d}": runs(0.4 + i / 100, 2) for i in range(12)})
    figure = charts._miss_rate(made, summary.table(made), style.PRINT, wide=True)
    assert [a._left_title.get_text() for a in figure.axes] == [f"arm {i:02d}" for i in range(12)]


def test_odd_names_are_neither_typeset_nor_dropped() -> None:
    names = ["$\\frac{1}{2", "_hidden", "<b>&amp;", "日本語", "'DejaVu Sans' x", "#0a0001"]
    for draw in DRAW:
        chart = draw(study({n: runs(0.4, 1) for n in names}))
        assert chart is not None
        assert set(names) <= set(words(chart.wide))
    crowd = charts.miss_rate_per_cycle(study({f"$x_{i}$": runs(0.4, 1) for i in range(7)}))
    assert crowd is not None
    assert "$x_3$" in words(crowd.wide)


def test_nothing_to_draw() -> None:
    for made in (study({}), study({"a": [[None, None]]}), study({"a": [[NAN, NAN]]})):
        assert charts.miss_rate_per_cycle(made) is None
    undrawn = study({"a": [[None, None]]})
    assert charts.miss_rate_fppi(undrawn) is None
    assert charts.objects_per_cycle(undrawn) is not None
    assert charts.objects_per_cycle(study({"a": [[0.5]]})) is None


def test_the_user_s_settings_are_neither_used_nor_changed() -> None:
    import matplotlib as mpl

    plain = charts.objects_per_cycle(study(TWO))
    with mpl.rc_context({"font.size": 30.0, "axes.facecolor": "red"}):
        assert charts.objects_per_cycle(study(TWO)) == plain
        assert mpl.rcParams["font.size"] == 30.0
    import sys

    assert "matplotlib.pyplot" not in sys.modules

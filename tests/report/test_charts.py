import dataclasses
import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from labelnext.audit.judge import judge
from labelnext.audit.judge.curves import all_runs
from labelnext.audit.judge.facts import arms
from labelnext.report import charts, fppi, style, summary
from labelnext.report.bands import count_bands, metric_bands
from labelnext.report.drawing import Chart
from labelnext.rounds.results import Study
from tests.report.studies import NAN, metrics, runs, study

DRAW = (charts.by_images, charts.by_labour, fppi.miss_rate_fppi, charts.objects_per_cycle)
TWO = {"divergence": runs(0.4, 3), "guided-random": runs(0.6, 3)}


def words(svg: str) -> list[str]:
    return [
        "".join(e.itertext()).strip() for e in ET.fromstring(svg).iter() if e.tag.endswith("}text")
    ]


def drawn(made: Study) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Lines of the first panel of the chart of miss rates, by colour."""
    return {line.get_color(): line.get_data() for line in axes_of(made)[0].get_lines()}


def axes_of(made: Study, unit: str = "images") -> list:
    """Axes of the metric against one unit, for print."""
    judged = judge(made)
    bands = {unit: metric_bands(all_runs(made, arms(made), judged.metric), unit)}
    return charts._by_units(made, judged, bands, style.PRINT, wide=True).axes


def chart_of(draw: Callable, made: Study) -> Chart | None:
    return draw(made, judge(made))


@pytest.mark.parametrize("draw", DRAW)
def test_every_chart_is_a_png_and_two_self_contained_svgs_with_the_arms_named(draw) -> None:
    chart = chart_of(draw, study(TWO, references={"whole pool": (metrics(0.3),)}))
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
    charts_made = [chart_of(draw, made) for draw in DRAW]
    assert charts_made == [chart_of(draw, made) for draw in DRAW]
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


def test_bands_are_bootstrap_intervals_of_the_mean_and_one_seed_has_none() -> None:
    made = study({"a": runs(0.4, 6, step=0.05)})
    (shape,) = axes_of(made)[0].collections
    points = shape.get_paths()[0].vertices
    ends = [0.4 + 0.05 * i for i in range(6)]
    at_end = points[points[:, 0] == 20, 1]
    drawn = np.random.default_rng(5).choice(ends, (40_000, 6)).mean(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert at_end.min() == pytest.approx(low, abs=0.006)
    assert at_end.max() == pytest.approx(high, abs=0.006)
    assert not axes_of(study({"a": runs(0.4, 1)}))[0].collections


def test_boxes_and_hours_are_drawn_against_what_each_arm_spent() -> None:
    made = study(TWO)
    for unit, spent in (("boxes", 2 * 32.0), ("hours", (100 + 640) / 3600)):
        line = next(ln for ln in axes_of(made, unit)[0].get_lines() if len(ln.get_xdata()) == 3)
        assert line.get_xdata()[-1] <= spent + 1e-9  # of the seed that spent least: 2 · 31 boxes
        assert line.get_xdata()[-1] == pytest.approx(
            62.0 if unit == "boxes" else (100 + 620) / 3600
        )


def test_ticks_name_the_cycles_under_the_images() -> None:
    chart = chart_of(charts.by_images, study(TWO))
    assert chart is not None
    assert {"0", "10", "20", "cycle 0", "cycle 1", "cycle 2"} <= set(words(chart.wide))


def test_curves_are_drawn_log_log_for_the_landmark_cycles() -> None:
    made = study({"a": [[0.8] + [0.5] * 5]}, references={"whole pool": (metrics(0.3),)})
    panels = {c: {"a": fppi.arm_curve(made, "a", c)} for c in fppi.landmarks(made)}
    figure = fppi._fppi(made, judge(made), panels, style.PRINT, wide=True)
    assert [a._left_title.get_text() for a in figure.axes] == ["cycle 1", "cycle 3", "cycle 5"]
    for axis in figure.axes:
        assert (axis.get_xscale(), axis.get_yscale()) == ("log", "log")
        assert style.PRINT.ink in {line.get_color() for line in axis.get_lines()}


def objects_of(made: Study) -> list:
    found = count_bands(made, "instances")
    return charts._objects(made, judge(made), found, style.PRINT, wide=True).axes


def test_objects_are_held_against_what_random_would_find() -> None:
    dotted = [
        ln for ln in objects_of(study(TWO))[0].get_lines() if ln.get_color() == style.PRINT.muted
    ]
    assert [list(line.get_ydata()) for line in dotted] == [[0, 20 * 250 / 100]]
    unknown = dataclasses.replace(study(TWO), pool_instances=None)
    colours = {ln.get_color() for ln in objects_of(unknown)[0].get_lines()}
    assert style.PRINT.muted not in colours


def crowd() -> Study:
    rates = {f"arm {i:02d}": runs(0.4 + i / 100, 2) for i in range(13)}
    return study(rates | {"guided-random": runs(0.5, 2)})


def test_of_fourteen_arms_the_best_and_the_random_one_stand_out() -> None:
    made = crowd()
    shown = charts.prominent(judge(made), arms(made))
    assert shown == ("arm 00", "arm 01", "arm 02", "guided-random")
    few = study({f"arm {i}": runs(0.4, 1) for i in range(6)})
    assert charts.prominent(judge(few), arms(few)) == arms(few)
    for draw in (charts.by_images, fppi.miss_rate_fppi, charts.objects_per_cycle):
        chart = chart_of(draw, made)
        assert chart is not None
        assert {*shown, "other arms"} <= set(words(chart.wide))
        assert "arm 07" not in words(chart.wide)


def test_fourteen_arms_get_a_panel_each_and_six_do_not() -> None:
    made = crowd()
    chart = chart_of(charts.each_arm, made)
    assert chart is not None
    assert set(arms(made)) <= set(words(chart.wide))
    assert set(arms(made)) <= set(words(chart.narrow))
    assert chart_of(charts.each_arm, study({f"a{i}": runs(0.4, 1) for i in range(6)})) is None


def test_odd_names_are_neither_typeset_nor_dropped() -> None:
    names = ["$\\frac{1}{2", "_hidden", "<b>&amp;", "日本語", "'DejaVu Sans' x", "#0a0001"]
    for draw in DRAW:
        chart = chart_of(draw, study({n: runs(0.4, 1) for n in names}))
        assert chart is not None
        assert set(names) <= set(words(chart.wide))
    panels = chart_of(charts.each_arm, study({f"$x_{i}$": runs(0.4, 1) for i in range(7)}))
    assert panels is not None
    assert "$x_3$" in words(panels.wide)


def test_nothing_to_draw() -> None:
    for made in (study({}), study({"a": [[None, None]]}), study({"a": [[NAN, NAN]]})):
        assert chart_of(charts.by_images, made) is None
        assert chart_of(charts.by_labour, made) is None
    undrawn = study({"a": [[None, None]]})
    assert chart_of(fppi.miss_rate_fppi, undrawn) is None
    assert chart_of(charts.objects_per_cycle, undrawn) is not None
    assert chart_of(charts.objects_per_cycle, study({"a": [[0.5]]})) is None


def test_the_user_s_settings_are_neither_used_nor_changed() -> None:
    import matplotlib as mpl

    plain = chart_of(charts.objects_per_cycle, study(TWO))
    with mpl.rc_context({"font.size": 30.0, "axes.facecolor": "red"}):
        assert chart_of(charts.objects_per_cycle, study(TWO)) == plain
        assert mpl.rcParams["font.size"] == 30.0
    import sys

    assert "matplotlib.pyplot" not in sys.modules

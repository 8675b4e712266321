import dataclasses
import math
import statistics
from pathlib import Path

import pytest

from labelnext.report import summary, write
from labelnext.rounds.results import Study
from tests.report.studies import NAN, metrics, runs, study

FIGURES = ("images", "instances", "images_with_instances")


def test_every_row_holds_mean_and_sd_over_the_seeds_of_its_cycle_and_arm() -> None:
    given_rates = {"b": runs(0.5, 3), "a": runs(0.6, 3, step=0.03)}
    made = study(given_rates)
    rows = summary.table(made)
    assert [(r.cycle, r.arm) for r in rows] == [(c, a) for c in range(3) for a in ("a", "b")]
    for row in rows:
        mine = [r for r in made.results if (r.arm, r.cycle) == (row.arm, row.cycle)]
        assert row.seeds == 3
        for name in FIGURES:
            values = [getattr(r, name) for r in mine]
            assert getattr(row, name)[:2] == pytest.approx(
                (statistics.mean(values), statistics.stdev(values))
            )
        for name in summary.METRICS:
            values = [getattr(r.metrics, name) for r in mine]
            assert getattr(row, name)[:2] == pytest.approx(
                (statistics.mean(values), statistics.stdev(values))
            )
        assert math.isnan(row.to_ceiling)


def test_the_distance_to_the_whole_pool_is_between_means() -> None:
    references = {"Whole_Pool": (metrics(0.3), metrics(0.4)), "other": (metrics(0.1),)}
    rows = summary.table(study({"a": [[0.8, 0.5], [0.8, 0.6]]}, references=references))
    assert rows[-1].to_ceiling == pytest.approx(0.55 - 0.35)


def test_one_seed_has_no_sd_and_missing_or_nan_metrics_do_not_count() -> None:
    (one,) = summary.table(study({"a": [[0.5]]}))
    assert one.miss_rate_at_fppi_1.n == 1
    assert math.isnan(one.miss_rate_at_fppi_1.sd)
    (some,) = summary.table(study({"a": [[0.5], [NAN], [None]]}))
    assert some.seeds == 3
    assert some.miss_rate_at_fppi_1.n == 1
    assert some.miss_rate_at_fppi_1.mean == 0.5
    (none,) = summary.table(study({"a": [[None]]}))
    assert none.miss_rate_at_fppi_1.n == 0
    assert summary.cells(none)[6:] == ("–", "–", "–", "–", "–")


def test_cells_show_what_the_row_holds_under_as_many_columns() -> None:
    row = summary.table(study({"a": [[0.8, 0.5], [0.8, 0.52]]}))[1]
    assert summary.cells(row) == (
        "1",
        "a",
        "2",
        "10",
        "31.5 ± 0.7",
        "0.10",
        "0.510 ± 0.014",
        "0.663 ± 0.018",
        "0.612 ± 0.017",
        "0.490 ± 0.014",
        "–",
    )
    assert len(summary.cells(row)) == len(summary.COLUMNS)


def test_the_order_of_results_does_not_matter() -> None:
    made = study({"b": runs(0.5, 2), "a": runs(0.6, 2)})
    turned = dataclasses.replace(made, results=made.results[::-1])
    assert repr(summary.table(made)) == repr(summary.table(turned))  # NaN is not equal to itself


def test_a_study_without_results_has_an_empty_table() -> None:
    assert summary.table(study({})) == ()


def segmented(study: Study) -> Study:
    """The same with figures of pixels, made of the miss rates."""
    results = [
        dataclasses.replace(
            r,
            metrics=dataclasses.replace(
                r.metrics,
                mean_iou=1 - r.metrics.miss_rate_at_fppi_1 / 2,
                pixel_accuracy=0.9,
                class_iou=(0.5, 0.9),
            ),
        )
        for r in study.results
        if r.metrics is not None
    ]
    return dataclasses.replace(study, results=tuple(results))


def test_figures_of_pixels_have_columns_where_they_were_measured() -> None:
    made = study({"a": [[0.8, 0.5], [0.8, 0.52]]})
    rows = summary.table(made)
    assert summary.columns(rows) == summary.COLUMNS
    assert rows[1].mean_iou.n == 0
    rows = summary.table(segmented(made))
    shown = summary.columns(rows)
    assert shown[6:8] == ("mean IoU", "pixel accuracy")
    assert (*shown[:6], *shown[8:]) == summary.COLUMNS
    cells = summary.cells(rows[1], shown)
    assert cells[6:8] == ("0.745 ± 0.007", "0.900 ± 0.000")
    assert (*cells[:6], *cells[8:]) == summary.cells(rows[1])


def test_the_page_of_a_segmentation_is_about_mean_iou(tmp_path: Path) -> None:
    made = segmented(study({"divergence": runs(0.5, 6), "guided-random": runs(0.6, 6)}))
    page = write(made, tmp_path).read_text()
    assert "Mean IoU by images, boxes and hours" in page
    assert "Higher is better." in page
    assert '<th scope="col">mean IoU</th>' in page
    assert "divergence is better than guided-random" in page
    plain = write(study({"divergence": runs(0.5, 6)}), tmp_path).read_text()
    assert "mean IoU" not in plain

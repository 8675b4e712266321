"""Figures read out of a ledger: labelling time, and what became of each test detection."""

from pathlib import Path

import pytest

from labelnext.cost import LabellingCost
from labelnext.errors import ProjectError
from labelnext.evaluate.outcomes import outcome_miss_rate
from labelnext.rounds import loop
from labelnext.rounds.collect import cycle_results
from labelnext.rounds.overview import opened
from labelnext.rounds.steps import testing
from tests.rounds.scenes import project

pytest.importorskip("torch", reason="fire-fpn needs torch")


def run(tmp_path: Path, **changes: object) -> Path:
    folder = project(tmp_path / "shop", tmp_path / "data", **changes)
    with opened(folder, writing=True) as shop:
        loop.run(shop, 1)
    return folder


def test_outcomes_give_the_miss_rate_that_was_recorded(tmp_path: Path) -> None:
    with opened(run(tmp_path)) as shop:
        results = cycle_results(shop, "a", 5)
        assert len(results) == 2
        for result in results:
            assert result.metrics is not None
            assert result.outcomes is not None
            assert result.outcomes.images == 6
            again = outcome_miss_rate(result.outcomes)
            assert again == result.metrics.miss_rate_at_fppi_1
        details = shop.ledger.step(1, "evaluate").details  # type: ignore[union-attr]
        assert details["left_out"] == []
        assert details["test_digest"] == shop.index.digest("test")


def test_the_reasonable_subset_is_kept_as_it_was_measured(tmp_path: Path) -> None:
    with opened(run(tmp_path, evaluation={"subset": "reasonable"})) as shop:
        for result in cycle_results(shop, "a", 5):
            assert result.metrics is not None
            assert result.outcomes is not None
            assert result.outcomes.instances.sum() == result.metrics.instances
            again = outcome_miss_rate(result.outcomes)
            assert again == pytest.approx(result.metrics.miss_rate_at_fppi_1, nan_ok=True, abs=0)


def test_the_authors_metric_keeps_none(tmp_path: Path) -> None:
    with opened(run(tmp_path, evaluation={"protocol": "authors-code"})) as shop:
        assert [r.outcomes for r in cycle_results(shop, "a", 5)] == [None, None]


def test_labelling_time_is_images_and_boxes(tmp_path: Path) -> None:
    with opened(run(tmp_path)) as shop:
        start, first = cycle_results(shop, "a", 5)
        assert start.labelling_seconds == 0
        assert first.labelling_seconds == 5 * first.images + 10 * first.instances > 0
        (_, dear) = cycle_results(shop, "a", 5, cost=LabellingCost(60, 1))
        assert dear.labelling_seconds == 60 * first.images + first.instances


def test_a_file_that_was_changed_is_refused(tmp_path: Path) -> None:
    with opened(run(tmp_path)) as shop:
        testing.outcomes_path(shop, 1).write_bytes(b"else")
        with pytest.raises(ProjectError, match="not what the round wrote"):
            cycle_results(shop, "a", 5)

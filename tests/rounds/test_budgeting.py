"""Rounds whose budget is boxes, hours or money, in real small projects."""

import numpy as np
import pytest

from labelnext.cost import LabellingCost
from labelnext.errors import LabelnextError, ProjectError
from labelnext.rounds import loop, overview, pooled
from labelnext.rounds.accounts import budgeting, costs
from labelnext.rounds.project import Project
from labelnext.rounds.steps import propose, training
from tests.rounds.scenes import project

RANDOM = {"name": "random"}


def run(folder, cycles=1, budget=None):
    with overview.opened(folder, writing=True, budget=budget) as p:
        loop.run(p, cycles)
    return overview.opened(folder)


def test_images_stay_a_number_and_hours_text(tmp_path):
    torch_or_skip()
    folder = project(tmp_path / "p", tmp_path / "data", strategy=RANDOM, budget="0.05h")
    with run(folder) as p:
        (row,) = p.ledger.rounds()
        details = p.ledger.step(1, "select").details
        truths = p.index.truth([r.key for r in p.index.records("initial")]).values()
    assert row.budget == "0.05 hours"
    assert details["asked"] == "0.05 hours"
    mean = np.mean([len(truth) for truth in truths])  # every image counts as an initial one
    each = float(LabellingCost().seconds(1, mean))
    assert details["images"] == int(0.05 * 3600 / each)
    assert details["expected"]["hours"] == pytest.approx(details["images"] * each / 3600)
    assert details["expected"]["boxes"] == pytest.approx(details["images"] * mean)
    assert "the detector has not seen count as the mean of the 6 initial" in details["notes"][0]


def test_what_was_received_is_recorded_and_the_next_round_learns_from_it(tmp_path):
    torch_or_skip()
    folder = project(tmp_path / "p", tmp_path / "data", strategy=RANDOM, budget=4)
    with run(folder, 2) as p:
        truths = p.ledger.labels(up_to=1).values()
        objects = sum(len(truth) for truth in truths)
        came = p.ledger.step(1, "ingest").details["received"]
        expected = p.ledger.step(2, "select").details["expected"]
        assert p.ledger.rounds()[1].budget == 4
    seconds = 4 * 5 + objects * 10  # of the simulated oracle, which draws every box
    assert came == {"images": 4, "boxes": objects, "hours": seconds / 3600, "money": None,
                    "currency": "", "timed": 0}  # fmt: skip
    assert expected["boxes"] == pytest.approx(objects)
    assert expected["hours"] == pytest.approx(seconds / 3600)


@pytest.mark.parametrize("budget", ["12 boxes", "150 EUR", "1h"])
def test_a_budget_in_any_unit_is_kept_and_chosen_the_same_twice(tmp_path, budget):
    torch_or_skip()
    picks = []
    for name in "pq":
        folder = project(
            tmp_path / name, tmp_path / "data", budget=budget, cost={"rate": "2000 EUR/h"}
        )
        with run(folder) as p:
            picks.append(p.ledger.picks(1))
            spent = p.ledger.step(1, "select").details["expected"]
            n = len(p.index.records("pool"))
    assert picks[0] == picks[1]
    assert 0 < len(picks[0]) <= n
    unit, most = {"12 boxes": ("boxes", 12), "150 EUR": ("money", 150), "1h": ("hours", 1)}[budget]
    assert spent[unit] <= most * (1 + 1e-9)
    assert spent["currency"] == "EUR"


def test_expected_seconds_are_those_of_the_calibrated_boxes(tmp_path):
    torch_or_skip()
    folder = project(tmp_path / "p", tmp_path / "data", budget=6, strategy={
        "name": "divergence", "within_cycle": 1, "across_cycles": 0})  # fmt: skip
    with overview.opened(folder, writing=True) as p:
        loop.run(p, 1)
        propose.score(p, 2)
        records = sorted(p.index.records("pool"), key=lambda r: (r.video or "", r.frame or 0))
        found = pooled.gathered(p, 2, records)
        closed = np.zeros(len(records), bool)
        got = budgeting.expected(p, 2, found.boxes, closed)
        seen = costs.experience(p, 2)
        rows = {row.key: row.detections for row in pooled.shards(p, 2).rows()}
    assert seen.labelled == seen.offered == 6
    assert found.boxes.predicted.sum() == len(rows) < len(records)
    for i, record in enumerate(records):
        if record.key not in rows:
            assert got.seconds[i] == pytest.approx(5 + 10 * seen.boxes)
            continue
        objects = seen.missed + sum(
            seen.calibration.probability(np.array([score], np.float64))[0]
            for score in rows[record.key].scores
        )
        assert got.boxes[i] == pytest.approx(objects)
        assert got.seconds[i] == pytest.approx(5 + 10 * objects)


def test_score_per_second_prefers_the_cheap(tmp_path):
    """The strategy's argument reaches `Pool.seconds`, and is named in the reason."""
    torch_or_skip()
    folder = project(tmp_path / "p", tmp_path / "data", strategy={
        "name": "entropy", "aggregate": "sum", "temporal": False, "smooth": False,
        "cost_exponent": 1.0})  # fmt: skip
    with run(folder) as p:
        scores = {row.key: row.score for row in pooled.shards(p, 1).rows()}
        rows = {row.key: row.detections for row in pooled.shards(p, 1).rows()}
        chosen = [pick.key for pick in p.ledger.picks(1)]
        reasons = [pick.reason for pick in p.ledger.picks(1)]
    value = {key: scores[key] / (5 + 10 * float(rows[key].scores.sum())) for key in scores}
    assert chosen == sorted(value, key=lambda key: -value[key])[:3]
    assert all("per its cost" in reason for reason in reasons)


def test_a_command_s_budget_holds_for_its_rounds_alone(tmp_path):
    torch_or_skip()
    folder = project(tmp_path / "p", tmp_path / "data", strategy=RANDOM)
    with overview.opened(folder, writing=True, budget=5) as p:
        training.train_initial(p)
        loop.advance(p, loop.where(p))
        propose.score(p, 1)
    with overview.opened(folder, writing=True) as p:  # what was said when scoring still holds
        propose.select(p, 1)
        assert len(p.ledger.picks(1)) == 5
        loop.run(p, 2)
        assert [row.budget for row in p.ledger.rounds()] == [5, 3]


def test_a_budget_that_pays_for_nothing_says_what_would(tmp_path):
    torch_or_skip()
    folder = project(tmp_path / "p", tmp_path / "data", strategy=RANDOM, budget="0.001h")
    with pytest.raises(
        ProjectError, match=r"0\.001 hours does not pay for one image.*takes? 0\.00"
    ):
        run(folder)


def test_a_used_up_pool_is_said_under_any_budget(tmp_path):
    torch_or_skip()
    folder = project(tmp_path / "p", tmp_path / "data", strategy=RANDOM, budget="100h")
    with overview.opened(folder, writing=True) as p:
        stand = loop.run(p, 4)
        assert (len(p.ledger.picks(1)), stand.number) == (24, 2)
        p.ledger.finish(2, "score", 0.0, {})
        with pytest.raises(ProjectError, match="can be picked any more"):
            propose.select(p, 2)


def test_money_needs_a_rate_in_its_currency(tmp_path):
    with pytest.raises(LabelnextError, match=r"cost\.rate='25 EUR/h'"):
        project(tmp_path / "p", tmp_path / "data", budget="300 EUR")
    with pytest.raises(LabelnextError, match=r"a budget in EUR, and cost\.rate in USD"):
        project(tmp_path / "q", tmp_path / "data", budget="300 EUR", cost={"rate": "25 USD/h"})
    folder = project(tmp_path / "r", tmp_path / "data")
    with pytest.raises(LabelnextError, match="The budget is wrong: budget: must be in a known"):
        Project.open(folder, budget="3 apples")


def torch_or_skip():
    pytest.importorskip("torch", reason="fire-fpn needs torch")

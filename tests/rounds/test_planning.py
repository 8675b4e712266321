"""Plans in the paper's setting and of real small projects, with recorded and measured times."""

import shutil

import pytest

from labelnext.cost import LabellingCost, Machine
from labelnext.errors import LabelnextError, ProjectError
from labelnext.rounds import loop, overview, setup
from labelnext.rounds.outlook import measuring, planning
from tests.rounds.scenes import draw, project


def test_the_paper_s_figure_4():
    basis = planning.of_paper(51_363)
    found = planning.plans(basis, 7500, [2500, 500, 50])
    assert [int(one.machine_seconds / 3600) for one in found] == [46, 190, 1800]
    assert [one.cycles for one in found] == [3, 15, 150]
    assert found[0].label_seconds == 7500 * 35
    assert basis.image_seconds == LabellingCost().seconds(1, 3)
    assert planning.advise(basis, 7500).largest == 1656
    assert any("0.15 s an image scored" in said for said in basis.sources)


def test_stills_lose_one_image_a_pick():
    basis = planning.of_paper(1000, stills=True)
    assert (basis.left_per_pick, basis.within_cycle) == (1, 0)
    assert "1,000 stills" in basis.sources[1]


@pytest.mark.parametrize("total", [1, 2, 3, 10, 600, 7500, 10**6])
def test_sizes_to_compare_are_round_and_within_the_total(total):
    found = planning.sizes(total)
    assert found == sorted(set(found), reverse=True)
    assert all(1 <= size <= total for size in found)
    assert found == [total] or all(str(size).rstrip("0") in {"1", "2", "5"} for size in found)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A project with one round behind it."""
    pytest.importorskip("torch", reason="fire-fpn needs torch")
    base = tmp_path_factory.mktemp("ran")
    folder = project(base / "p", base / "data", cost={"rate": "36 EUR/h", "annotators": 2})
    with overview.opened(folder, writing=True) as p:
        loop.run(p, 1)
    return folder


def test_a_project_is_planned_by_what_its_rounds_took(ran):
    with overview.opened(ran) as p:
        basis = planning.of_project(p)
        steps = {(s.round, s.step): s for s in p.ledger.steps()}
        blocked = len(p.ledger.blocked())
        objects = sum(len(truth) for truth in p.ledger.labels().values())
    assert basis.machine.epochs == 2
    assert basis.machine.score_seconds == pytest.approx(steps[1, "score"].seconds / 24)
    assert basis.machine.train_seconds == pytest.approx(steps[1, "train"].seconds / 3 / 2)
    tests = [steps[n, "evaluate"].seconds for n in (0, 1)]
    assert basis.machine.start_seconds == pytest.approx(sum(tests) / 2)
    assert basis.pool == 24 - blocked
    assert basis.left_per_pick == pytest.approx(blocked / 3)
    assert basis.image_seconds == pytest.approx(5 + 10 * objects / 3)
    assert (basis.within_cycle, basis.initial, basis.annotators) == (2, 0, 2)
    assert "as this project's rounds took" in basis.sources[0]
    (one,) = planning.plans(basis, 6, [3, 9])
    assert one.money == pytest.approx(6 * basis.image_seconds / 100)
    assert one.seconds == pytest.approx(one.machine_seconds + one.label_seconds / 2)


def test_a_new_project_is_planned_by_the_paper_s_speed_and_its_own_epochs(tmp_path):
    folder = project(tmp_path / "p", tmp_path / "data", train_on="all")
    with overview.opened(folder) as p:
        basis = planning.of_project(p)
    assert basis.machine == Machine(epochs=2)
    assert (basis.pool, basis.left_per_pick, basis.initial) == (24, 2.0, 6)
    assert "nothing is timed yet" in basis.sources[0]
    assert "the mean of the 6 initial images" in basis.sources[2]


def test_trainings_that_go_on_are_planned_with_their_own_epochs(tmp_path):
    folder = project(
        tmp_path / "p", tmp_path / "data", train_from="last", warm={"epochs": 1}
    )  # fmt: skip
    with overview.opened(folder) as opened:
        basis = planning.of_project(opened)
    assert (basis.machine.epochs, basis.machine.warm_epochs) == (2, 1)
    assert "2 epochs, 1 where it goes on" in basis.sources[0]


def test_measuring_runs_the_detector_and_changes_nothing(ran, tmp_path):
    shutil.copytree(ran, tmp_path / "p")
    told = []
    with overview.opened(tmp_path / "p") as p:
        before = (
            p.ledger.steps(),
            p.detector(1).fingerprint(),
            sorted(p.path().rglob("*.parquet")),
        )
        found = measuring.measure(p, lambda task, done, total, **_: told.append(task))
        after = (p.ledger.steps(), p.detector(1).fingerprint(), sorted(p.path().rglob("*.parquet")))
        assert planning.of_project(p, found).sources[0].startswith("Machine: measured here, ")
        assert before == after
    assert found.score_seconds > 0
    assert found.train_seconds > 0
    assert found.epochs == 2
    assert set(told) == {"measure scoring", "measure training"}


def test_what_does_not_look_and_does_not_train_takes_no_machine_time(tmp_path):
    source = f"coco:{draw(tmp_path / 'pool', 5, seed=1)}"
    config = setup.configure({"detector": {"name": "none"}, "strategy": {"name": "random"}})
    setup.set_up(tmp_path / "p", config, {"pool": [source]})
    with overview.opened(tmp_path / "p") as p:
        found = measuring.measure(p)
        basis = planning.of_project(p, found)
    assert (found.score_seconds, found.train_seconds) == (0.0, 0.0)
    assert planning.plans(basis, 5, [1])[0].machine_seconds == 0
    assert "with 3 boxes to draw, as nothing is labelled yet" in basis.sources[2]


def test_nothing_to_plan_for_or_to_measure_on(tmp_path):
    pytest.importorskip("torch", reason="fire-fpn needs torch")
    setup.set_up(tmp_path / "p", setup.configure({}), {})
    with overview.opened(tmp_path / "p") as p:
        with pytest.raises(ProjectError, match="Nothing is left to pick"):
            planning.of_project(p)
        with pytest.raises(ProjectError, match="pool is empty"):
            measuring.measure(p)
    narrow = {"detector": {"name": "fire-fpn", "width": 0.1}}
    source = f"coco:{draw(tmp_path / 'pool', 3, seed=1)}"
    setup.set_up(tmp_path / "q", setup.configure(narrow), {"pool": [source]})
    with (
        overview.opened(tmp_path / "q") as p,
        pytest.raises(LabelnextError, match="no labelled images to time training on"),
    ):
        measuring.measure(p)

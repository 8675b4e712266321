"""Images without labels in a replay: left out, and said so; never a run that waits for nobody."""

import pytest
from PIL import Image

from labelnext import audit
from labelnext.audit.ledgers import cycles_done
from labelnext.audit.plan import Replay, runs
from labelnext.audit.rates import Counts
from labelnext.errors import LabelnextError, ProjectError
from labelnext.rounds import loop, setup
from labelnext.rounds.overview import opened
from tests.audit import bars


def stills(folder, count):
    """A source of images that nobody has labelled."""
    folder.mkdir(parents=True)
    for i in range(count):
        Image.new("RGB", (64, 48), (9 * i, 40, 90)).save(folder / f"{folder.name}-{i}.png")
    return f"images:{folder}"


def partly(folder, count):
    """A YOLO data set of which only the first image has labels."""
    stills(folder / "images", count)
    labels = folder / "labels"
    labels.mkdir()
    (labels / "images-0.txt").write_text("0 0.5 0.5 0.4 0.6\n")
    (folder / "data.yaml").write_text("train: images\nnames: [person]\n")
    return f"yolo:{folder / 'data.yaml'}"


@pytest.fixture
def plan(world, tmp_path):
    sources = bars.sources(tmp_path / "data", pool=20, test=8)
    sources["pool"].append(stills(tmp_path / "more" / "pool", 10))
    sources["test"].append(partly(tmp_path / "more" / "test", 3))
    config = setup.configure({"detector": {"name": "bars"}, "budget": 5})
    made = Replay(tmp_path / "out", config, (audit.parse("random"),), (0, 1), 4)
    audit.index_sources(made, sources)
    return made


def test_every_run_ends_with_labelled_picks_alone(plan):
    audit.replay(plan, workers=0)
    for run in runs(plan):
        assert cycles_done(run) == max(run.cycles, 1)  # the initial project has the test before
        with opened(run.folder) as project:
            picks = {pick.key for pick in project.ledger.picks()}
            assert len(picks) == 5 * run.cycles
            truths = project.index.truth(sorted(picks)).values()
            assert all(truth is not None for truth in truths)
            tested = project.ledger.step(0, "evaluate").details
            assert (tested["images"], tested["unreadable"], tested["left_out"]) == (9, 0, [])
    assert audit.check(plan).problems == ()


def test_it_is_said_and_counted(plan):
    words = "10 of 30 images of the pool and 2 of 11 images of the test set have no labels and are"
    assert audit.unlabelled(plan) == f"{words} left out."
    assert Counts.of(plan.index) == Counts(4, 20, 9)
    ready = audit.prepare(plan, workers=0)
    assert ready.settings["unlabelled"].startswith(words)
    done = audit.conduct(ready, workers=0, title="", command="")
    assert done.problems == ()
    assert done.study.settings["unlabelled"].startswith(words)
    assert done.study.pool_images == 20


def test_nothing_is_said_where_all_have_labels(make):
    assert audit.unlabelled(make("random")) == ""


def test_a_pool_without_any_label_is_refused(world, tmp_path):
    sources = bars.sources(tmp_path / "data", pool=20, test=8)
    values = {"detector": {"name": "bars"}, "budget": 5, "strategy": {"name": "random"}}
    sources["pool"] = [stills(tmp_path / "more" / "pool", 10)]
    simulated = setup.configure({**values, "oracle": "simulated"})
    setup.set_up(tmp_path / "shop", simulated, sources)
    with opened(tmp_path / "shop", writing=True) as project:
        assert (project.pool(), project.pool_size()) == ([], 0)
        with pytest.raises(ProjectError, match=r"No image of the pool has labels, and oracle = "):
            loop.run(project, 1)
    setup.set_up(tmp_path / "people", setup.configure(values), sources)
    with opened(tmp_path / "people", writing=True) as project:
        assert (len(project.pool()), project.pool_size()) == (10, 10)
        assert loop.run(project, 1).waiting == 5


def test_a_run_that_waits_is_one_that_failed(plan, monkeypatch):
    monkeypatch.setattr("labelnext.oracles.simulated.SimulatedOracle.collect", lambda self: {})
    with pytest.raises(audit.RunsFailedError) as failed:
        audit.replay(plan, workers=0)
    assert all("waits for labels of 5 images" in one.reason for one in failed.value.failures)
    assert issubclass(audit.RunsFailedError, LabelnextError)

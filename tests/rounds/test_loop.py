"""The cycle on drawn images with a real, narrow detector: order, people, damage, errors."""

import json
import shutil
import sqlite3

import numpy as np
import pytest
from PIL import Image

from labelnext.errors import CheckpointError, LabelnextError, ProjectError
from labelnext.rounds import loop, overview, setup
from labelnext.rounds.project import Project
from labelnext.rounds.steps import labelling, propose, testing, training
from tests.rounds.scenes import draw, project, weights

pytest.importorskip("torch", reason="fire-fpn needs torch")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A project whose initial detector is trained and measured; tests copy it."""
    base = tmp_path_factory.mktemp("trained")
    folder = project(base / "p", base / "data")
    with overview.opened(folder, writing=True) as p:
        training.train_initial(p)
        testing.evaluate(p, 0)
    return folder


@pytest.fixture
def copy(trained, tmp_path):
    shutil.copytree(trained, tmp_path / "p")
    return tmp_path / "p"


def with_oracle(folder, oracle):
    settings = folder / "labelnext.toml"
    settings.write_text(settings.read_text().replace('"simulated"', f'"{oracle}"'))
    return folder


def test_a_run_goes_through_every_step(copy):
    with overview.opened(copy, writing=True) as p:
        assert loop.where(p) == loop.Stand(1, "score", 0)
        stand = loop.run(p, 2)
        assert stand == loop.Stand(3, "score", 0)
        done = [(s.round, s.step) for s in p.ledger.steps()]
        steps = ["score", "select", "label", "ingest", "train", "evaluate"]
        assert done == [(0, "train"), (0, "evaluate")] + [(n, s) for n in (1, 2) for s in steps]
        rounds = p.ledger.rounds()
        assert [row.number for row in rounds] == [1, 2]
        assert rounds[0].strategy["name"] == "divergence"
        assert rounds[0].strategy["within_cycle"] == 2
        assert rounds[0].weights_digest == p.ledger.step(0, "train").details["weights"]
        assert rounds[1].weights_digest == p.ledger.step(1, "train").details["weights"]
        assert len(p.ledger.labels()) == 6
        assert p.detector(2).fingerprint() == p.ledger.step(2, "train").details["weights"]
        seen = overview.overview(p)
    assert [row[:2] for row in seen.rows] == [(0, 0), (1, 3), (2, 6)]


def test_retraining_starts_from_the_initial_weights_on_the_selected_images_alone(copy):
    with overview.opened(copy, writing=True) as p:
        loop.run(p, 2)
        truth = p.ledger.labels()
        records = [r for r in p.index.records("pool") if r.key in truth]
        from labelnext.rounds.project import load_pixels
        from labelnext.types import Example

        examples = [Example(r.key, lambda r=r: load_pixels(r), truth[r.key]) for r in records]
        by_hand = p.detector(0).fit(examples, seed=p.seed("train", 2), **p.train_options(2))
        assert by_hand.fingerprint() == p.detector(2).fingerprint()


def test_retraining_can_keep_the_initial_set(tmp_path):
    folder = project(tmp_path / "p", tmp_path / "data", train_on="all")
    with overview.opened(folder, writing=True) as p:
        loop.run(p, 1)
        assert p.ledger.step(1, "train").details["images"] == 6 + 3


def test_temporal_rules_hold_across_cycles(copy):
    with overview.opened(copy, writing=True) as p:
        loop.run(p, 3)
        frames = {r.key: r.frame for r in p.index.records("pool")}
        by_round = {
            n: [frames[pick.key] for pick in p.ledger.picks(n)] for n in (1, 2, 3)
        }  # fmt: skip
    for n, chosen in by_round.items():
        earlier = [f for m in range(1, n) for f in by_round[m]]
        assert all(abs(f - g) > 1 for f in chosen for g in earlier)


def test_people_answer_through_files_and_in_parts(copy):
    with overview.opened(with_oracle(copy, "files"), writing=True) as p:
        stand = loop.run(p, 1)
        assert stand == loop.Stand(1, "ingest", 3)
        asked = copy / "rounds" / "0001"
        prelabels = json.loads((asked / "prelabels.json").read_text())
        names = [image["file_name"] for image in prelabels["images"]]
        assert len(names) == 3
        image = {k: v for k, v in prelabels["images"][0].items() if k != "labelled"}
        answer = {
            "images": [image],
            "categories": prelabels["categories"],
            "annotations": [
                {"id": 1, "image_id": prelabels["images"][0]["id"],
                 "category_id": prelabels["categories"][0]["id"], "bbox": [4, 5, 20, 40]}
            ],
        }  # fmt: skip
        (asked / "labels.json").write_text(json.dumps(answer))
        taken = labelling.ingest(p, 1)
        assert (taken.new, len(taken.missing), taken.complete) == (1, 2, False)
        assert loop.where(p).waiting == 2
        assert labelling.ingest(p, 1).new == 0
        taken = labelling.ingest(p, 1, partial=True)
        assert taken.complete
        assert loop.run(p, 1) == loop.Stand(2, "score", 0)
        assert p.ledger.step(1, "train").details["images"] == 1
        late = {**answer, "images": [{**prelabels["images"][1], "labelled": True}],
                "annotations": []}  # fmt: skip
        (asked / "labels-2.json").write_text(json.dumps(late))
        assert labelling.ingest_all(p)[1].new == 1
        assert (len(p.ledger.labels(up_to=1)), len(p.ledger.labels(up_to=2))) == (1, 2)
        assert overview.overview(p).rows[1][1] == 1


def test_asking_out_of_turn_says_what_comes_first(copy):
    with (
        overview.opened(copy, writing=True) as p,
        pytest.raises(ProjectError, match="labelnext sc"),
    ):
        loop.require(p, "train")


def test_an_image_that_breaks_later_is_recorded_and_never_picked(copy):
    with overview.opened(copy, writing=True) as p:
        victim = p.index.records("pool")[4]
        whole = open(victim.path, "rb").read()  # noqa: SIM115, PTH123
        with open(victim.path, "wb") as handle:  # noqa: PTH123
            handle.write(whole[: len(whole) // 2])
        try:
            propose.score(p, 1)
        finally:
            with open(victim.path, "wb") as handle:  # noqa: PTH123
                handle.write(whole)
        details = p.ledger.step(1, "score").details
        assert details["unreadable"] == 1
        assert list(details["problems"]) == [victim.key]
        loop.run(p, 3)
        assert victim.key not in {pick.key for pick in p.ledger.picks(1)}


def test_a_budget_above_the_pool_takes_all_and_then_stops(tmp_path):
    folder = project(tmp_path / "p", tmp_path / "data", budget=1000, strategy={"name": "random"})
    with overview.opened(folder, writing=True) as p:
        stand = loop.run(p, 4)
        assert len(p.ledger.picks(1)) == 24
        assert stand == loop.Stand(2, "score", 0)
        assert loop.exhausted(p)


def test_an_empty_pool_is_an_error(tmp_path):
    config = setup.configure({"oracle": "simulated", "detector": {"name": "fire-fpn", "width": 0.1},
                              "train": {"epochs": 1}})  # fmt: skip
    source = f"coco:{draw(tmp_path / 'initial', 3, seed=1)}"
    setup.set_up(tmp_path / "p", config, {"initial": [source]})
    with (
        overview.opened(tmp_path / "p", writing=True) as p,
        pytest.raises(ProjectError, match="pool is empty"),
    ):
        loop.run(p, 1)


def test_no_initial_labels_is_an_error(tmp_path):
    config = setup.configure({"oracle": "simulated"})
    Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save(tmp_path / "a.png")
    setup.set_up(tmp_path / "p", config, {"pool": [f"images:{tmp_path}"]})
    with (
        overview.opened(tmp_path / "p", writing=True) as p,
        pytest.raises(ProjectError, match="no initial labels"),
    ):
        loop.run(p, 1)


def test_weights_of_another_architecture_are_refused(copy):
    settings = copy / "labelnext.toml"
    settings.write_text(settings.read_text().replace("width = 0.1", "width = 0.2"))
    with overview.opened(copy) as p, pytest.raises(CheckpointError, match="width"):
        p.detector(0)


def test_changed_weights_are_noticed(copy):
    with overview.opened(copy, writing=True) as p:
        loop.run(p, 1)
        shutil.copy(p.weights(0), p.weights(1))
        with pytest.raises(ProjectError, match="is not what round 1 trained"):
            p.detector(1)
        p.weights(1).unlink()
        with pytest.raises(ProjectError, match="weights of round 1 are gone"):
            p.detector(1)


def test_given_weights_replace_the_initial_training(copy, tmp_path):
    with overview.opened(copy) as p:
        weights, trained_as = p.weights(0), p.detector(0).fingerprint()
    folder = project(
        tmp_path / "q", tmp_path / "data", initial_weights=str(weights), seed=9
    )  # fmt: skip
    with overview.opened(folder, writing=True) as p:
        training.train_initial(p)
        assert p.detector(0).fingerprint() == trained_as


def test_a_project_is_not_overwritten_by_another(copy):
    config = setup.configure({"budget": 77})
    with pytest.raises(ProjectError, match="other settings"):
        Project.create(copy, config)


def test_settings_are_checked():
    with pytest.raises(LabelnextError, match=r"budget: .*got 0"):
        setup.configure({"budget": 0})
    with pytest.raises(LabelnextError, match="budgett"):
        setup.configure({"budgett": 3})
    with pytest.raises(LabelnextError, match="There is no strategy called 'best'"):
        setup.configure({"strategy": {"name": "best"}})


def test_a_broken_settings_file_names_the_key(copy):
    settings = copy / "labelnext.toml"
    settings.write_text("seed = 1\nbudgett = 3\n")
    with pytest.raises(LabelnextError, match="budgett"), overview.opened(copy):
        pass
    settings.write_text("seed = = 1\n")
    with pytest.raises(LabelnextError, match="not valid TOML"), overview.opened(copy):
        pass


def test_a_new_project_is_scored_at_once(tmp_path):
    folder = project(tmp_path / "p", tmp_path / "data")
    with overview.opened(folder, writing=True) as p:
        with pytest.raises(ProjectError, match=r"`select` does not come next\. Next for the init"):
            loop.reach(p, "select")
        assert loop.reach(p, "score") == 1
        assert [(s.round, s.step) for s in p.ledger.steps()] == [(0, "train"), (0, "evaluate")]


@pytest.mark.parametrize("tested", [True, False])
def test_evaluating_needs_a_command_only_with_a_test_set(copy, tested):
    with overview.opened(copy, writing=True) as p:
        for step in ("score", "select", "label", "ingest", "train"):
            loop.advance(p, loop.Stand(1, step, 0))
    if not tested:
        with sqlite3.connect(copy / ".labelnext" / "index.sqlite") as index:
            index.execute("DELETE FROM images WHERE role = 'test'")
    with overview.opened(copy, writing=True) as p:
        if tested:
            with pytest.raises(ProjectError, match="labelnext evaluate"):
                loop.reach(p, "score")
        else:
            assert loop.reach(p, "score") == 2


def test_training_can_go_on_from_the_round_before(tmp_path):
    cold = project(tmp_path / "cold", tmp_path / "data")
    warm = project(tmp_path / "warm", tmp_path / "data", train_from="last", warm={"epochs": 1})
    steps: dict[str, list[int]] = {}
    for folder in (cold, warm):
        with overview.opened(folder, writing=True) as p:
            seen = steps[folder.name] = []

            def told(task, done, total, *, seen=seen, **figures):
                if task == "train" and done == total:
                    seen.append(total)

            loop.run(p, 2, told)
    assert weights(cold)["round-0001.safetensors"] == weights(warm)["round-0001.safetensors"]
    assert weights(cold)["round-0002.safetensors"] != weights(warm)["round-0002.safetensors"]
    assert steps == {"cold": [12, 6, 12], "warm": [12, 6, 6]}


def test_options_of_going_on_need_a_training_that_does(tmp_path):
    with pytest.raises(LabelnextError, match=r"\[warm\] holds only with train_from"):
        project(tmp_path / "p", tmp_path / "data", warm={"epochs": 1})

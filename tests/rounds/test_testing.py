"""Measuring a detector on the test set: at once, and only when something changed."""

import json

import pytest

from labelnext.rounds import loop, overview
from labelnext.rounds.steps import testing
from tests.rounds.scenes import draw, project


@pytest.fixture
def looked_up(tmp_path):
    """A project on a predictions file, which nobody trains."""
    images, boxes = [], []
    for role, count in (("pool", 6), ("test", 3)):
        draw(tmp_path / role, count, seed=count)
        for i in range(count):
            images.append({"id": len(images) + 1, "file_name": f"{role}/{i:04d}.png"})
            boxes.append({"image_id": len(images), "category_id": 1, "bbox": [4, 4, 20, 40],
                          "score": i / 10 + 0.1})  # fmt: skip
    categories = [{"id": 1, "name": "person"}]
    document = {"images": images, "annotations": boxes, "categories": categories}
    (tmp_path / "found.json").write_text(json.dumps(document))
    draw(tmp_path / "initial", 1, seed=9)
    return project(
        tmp_path / "p", tmp_path, budget=2, train={}, strategy={"name": "box-entropy"},
        detector={"name": "predictions-file", "path": str(tmp_path / "found.json")},
    )  # fmt: skip


def test_a_detector_from_elsewhere_is_measured_at_once(looked_up):
    with overview.opened(looked_up, writing=True) as p:
        assert loop.reach(p, "evaluate") == 0
        loop.advance(p, loop.Stand(0, "evaluate", 0))
        found = overview.outcome(p, 0, "evaluate")
    assert found["images"] == 3
    assert found["labelled images"] == 0


def test_what_is_not_trained_is_not_measured_again(looked_up, monkeypatch):
    with overview.opened(looked_up, writing=True) as p:
        loop.run(p, 1)
        monkeypatch.setattr(testing, "_measured", None)  # calling it would fail
        loop.run(p, 2)
        steps = [p.ledger.step(n, "evaluate").details for n in range(3)]
        assert [step.get("as_in_round") for step in steps] == [None, 0, 0]
        assert len({json.dumps(step["metrics"]) for step in steps}) == 1
        kept = [testing.outcomes_of(p, n) for n in range(3)]
        assert all((one.scores == kept[0].scores).all() for one in kept)


def test_another_test_set_or_setting_is_measured(looked_up):
    with overview.opened(looked_up, writing=True) as p:
        loop.run(p, 1)
    settings = looked_up / "labelnext.toml"
    settings.write_text(settings.read_text().replace("[evaluation]", "[evaluation]\niou = 0.3"))
    with overview.opened(looked_up, writing=True) as p:
        loop.run(p, 2)
        step = p.ledger.step(2, "evaluate").details
        assert "as_in_round" not in step
        assert step["settings"]["iou"] == 0.3


def test_lost_outcomes_are_made_again(looked_up):
    with overview.opened(looked_up, writing=True) as p:
        loop.run(p, 1)
        testing.outcomes_path(p, 1).unlink()
        loop.run(p, 2)
        assert "as_in_round" not in p.ledger.step(2, "evaluate").details
        assert testing.outcomes_of(p, 2) is not None


def test_members_of_an_ensemble_know_the_project_s_classes_alone(tmp_path):
    pytest.importorskip("onnxruntime", reason="the onnx detector needs onnxruntime")
    pytest.importorskip("onnx", reason="the onnx detector needs onnx")
    from tests.detectors.onnx_toys import Toy

    for role in ("initial", "pool", "test"):
        draw(tmp_path / role, 2, seed=1)
    file = Toy().write(tmp_path / "toy.onnx")
    strategy = {"name": "ensemble", "checkpoints": str(file)}
    detector = {"name": "onnx", "path": str(file), "names": ["cat", "dog", "person"]}
    folder = project(tmp_path / "p", tmp_path, detector=detector, train={}, strategy=strategy)
    with overview.opened(folder, writing=True) as p:
        members = p.members(1, p.strategy().needs)
        assert [member.classes for member in members] == [("person",)]
        loop.run(p, 1)

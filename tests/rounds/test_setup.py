"""Images added to a project that is under way: rounds are kept, the next one scores what is new."""

import json
from pathlib import Path

import pytest

from labelnext.rounds import loop, overview, pooled, setup
from tests.rounds.scenes import draw, project


def add(folder: Path, sources: setup.Sources, **options: object) -> list[str]:
    """Add sources; returns what was remarked."""
    with overview.opened(folder, writing=True) as opened:
        reports = setup.add(opened, sources, **options)  # type: ignore[arg-type]
        assert all(report.added for report in reports)
        return setup.remarks(opened, reports)


def test_a_running_project_takes_new_images(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="fire-fpn needs torch")
    folder = project(tmp_path / "shop", tmp_path / "data")
    with overview.opened(folder, writing=True) as opened:
        loop.run(opened, 1)
        before = [opened.ledger.rounds(), opened.ledger.picks(1), sorted(opened.ledger.labels())]
        scored = {row.key for row in pooled.shards(opened, 1).rows()}
    more = draw(tmp_path / "data" / "more", 10, seed=9, video="night")
    assert add(folder, {"pool": [f"coco:{more}"]}) == []
    with overview.opened(folder, writing=True) as opened:
        assert [
            opened.ledger.rounds(),
            opened.ledger.picks(1),
            sorted(opened.ledger.labels()),
        ] == before
        assert len(opened.index.records("pool")) == 34
        loop.run(opened, 2)
        assert opened.ledger.rounds()[:1] == before[0]
        again = {row.key for row in pooled.shards(opened, 2).rows()}
        assert {key for key in again if key.startswith("more/")} == {
            f"more/{i:04d}.png" for i in range(10)
        }
        assert again - scored == {f"more/{i:04d}.png" for i in range(10)}
        assert {pick.key for pick in opened.ledger.picks(2)} <= again
        assert loop.where(opened).number == 3


def test_remarks_on_what_was_measured_and_trained(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="fire-fpn needs torch")
    folder = project(tmp_path / "shop", tmp_path / "data")
    early = draw(tmp_path / "data" / "early", 3, seed=20)
    assert add(folder, {"test": [f"coco:{early}"]}) == []
    with overview.opened(folder, writing=True) as opened:
        for _ in range(2):
            loop.advance(opened, loop.where(opened))
    late = draw(tmp_path / "data" / "late", 10, seed=21, video="v")
    also = draw(tmp_path / "data" / "also", 4, seed=22)
    said = add(folder, {"pool": [f"coco:{late}"], "initial": [f"coco:{also}"]}, hold_out=0.3)
    assert said == [
        "3 test images are new: figures of earlier rounds were taken without them.",
        "4 initial images came after the initial detector was trained; they are not trained on, "
        "as train_on is 'selected'.",
    ]


def test_classes_under_other_names(tmp_path: Path) -> None:
    path = draw(tmp_path / "data", 6, seed=1)
    content = json.loads(path.read_text())
    content["categories"] = [{"id": 1, "name": "pedestrian"}]
    path.write_text(json.dumps(content))
    config = setup.configure({})
    kept = {"person": "person", "pedestrian": "person"}
    (report,) = setup.set_up(tmp_path / "shop", config, {"pool": [f"coco:{path}"]}, kept=kept)
    assert report.objects == len(content["annotations"]) > 0
    with overview.opened(tmp_path / "shop") as opened:
        assert opened.index.classes == ("person",)

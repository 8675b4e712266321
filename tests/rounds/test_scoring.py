"""Adaptive scoring in a project: the picks of exhaustive scoring, from a part of the frames."""

import json

import numpy as np
import pytest
from PIL import Image

from labelnext.errors import ProjectError
from labelnext.rounds import loop, overview, setup
from labelnext.rounds.pooled import shards
from labelnext.rounds.steps import propose, scoring
from labelnext.store.shards import ROWS
from tests.rounds.scenes import TINY, draw

VIDEOS, FRAMES = 2, 150


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Two videos with a box a frame, whose score drifts slowly; labels and predictions as COCO."""
    folder = tmp_path_factory.mktemp("videos")
    rng = np.random.default_rng(0)
    images, boxes = [], []
    for number in range(VIDEOS * FRAMES):
        video, frame = divmod(number, FRAMES)
        name = f"{video}-{frame:03d}.png"
        Image.fromarray(rng.integers(0, 255, (8, 8, 3), np.uint8)).save(folder / name)
        images.append({"id": number + 1, "file_name": name, "width": 8, "height": 8,
                       "video": f"v{video}", "frame": frame})  # fmt: skip
        score = 0.2 + 0.12 * np.sin(frame / (6 + 2 * video)) + 0.05 * np.sin(frame / 23)
        boxes.append({"id": number + 1, "image_id": number + 1, "category_id": 1, "iscrowd": 0,
                      "bbox": [1, 1, 4, 4], "area": 16,
                      "score": float(score + rng.normal(0, 0.004))})  # fmt: skip
    kinds = [{"id": 1, "name": "person"}]
    document = {"images": images, "annotations": boxes, "categories": kinds}
    for name in ("labels.json", "found.json"):
        (folder / name).write_text(json.dumps(document))
    return folder


def project(folder, data, *, scoring=None, budget=5, videos=True, **strategy):
    known = {"name": "predictions-file", "path": str(data / "found.json")}
    config = setup.configure(
        {"detector": known, "oracle": "simulated" if videos else "files", "budget": budget,
         "scoring": scoring or {},
         "strategy": {"name": "box-entropy", **strategy}}
    )  # fmt: skip
    source = f"coco:{data / 'labels.json'}" if videos else f"images:{data}"
    setup.set_up(folder, config, {"pool": [source]})
    return folder


def propose_once(folder, **options):
    with overview.opened(folder, writing=True, **options) as opened:
        number = loop.reach(opened, "score")
        done = propose.score(opened, number)
        picks = propose.select(opened, number) and opened.ledger.picks(number)
        lines = overview.outcome(opened, number, "score")["lines"]
        return [(p.key, p.score) for p in picks], done.details, lines, shards(opened, number).keys()


@pytest.mark.parametrize("coverage", [0.99, 1.0])
def test_it_picks_what_exhaustive_scoring_picks(tmp_path, data, coverage):
    everything, details, _, keys = propose_once(project(tmp_path / "all", data))
    assert len(keys) == VIDEOS * FRAMES
    assert "scoring" not in details
    scoring = {"mode": "adaptive", "coverage": coverage}
    picks, details, lines, keys = propose_once(project(tmp_path / "few", data, scoring=scoring))
    assert picks == everything
    assert len(set(keys)) == len(keys) == details["images"]
    assert {key for key, _ in picks} <= set(keys)
    if coverage < 1:
        assert len(keys) < VIDEOS * FRAMES / 2
        assert details["scoring"]["of"] == VIDEOS * FRAMES
        assert lines[1].startswith(f"Scored {len(keys)} of {VIDEOS * FRAMES} images (")


def test_the_command_line_can_ask_for_it(tmp_path, data):
    folder = project(tmp_path / "shop", data)
    _, details, _, keys = propose_once(folder, scoring="adaptive")
    assert details["scoring"]["mode"] == "adaptive"
    assert len(keys) < VIDEOS * FRAMES


class StoppedError(Exception):
    """The process is killed here."""


def test_stopped_anywhere_it_asks_for_the_same_again(tmp_path, data):
    scoring = {"mode": "adaptive"}
    calm = propose_once(project(tmp_path / "calm", data, scoring=scoring))
    folder = project(tmp_path / "stopped", data, scoring=scoring)

    def stopping(at):
        seen = 0

        def progress(task, done, total, **figures):
            nonlocal seen
            seen += 1
            if seen == at:
                raise StoppedError

        return progress

    stops = 0
    for at in (3, 45, 5):  # in the first pass, in the second, and there again
        with overview.opened(folder, writing=True) as opened:
            number = loop.reach(opened, "score")
            try:
                propose.score(opened, number, stopping(at))
            except StoppedError:
                stops += 1
    assert stops == 3
    again = propose_once(folder)
    assert again[0] == calm[0]
    assert again[3] == calm[3], "the same images in the same order, none twice"


def test_later_rounds_leave_out_what_was_picked(tmp_path, data):
    folder = project(tmp_path / "shop", data, scoring={"mode": "adaptive"})
    with overview.opened(folder, writing=True) as opened:
        loop.run(opened, 2)
        first = {pick.key for pick in opened.ledger.picks(1)}
        assert not first & set(shards(opened, 2).keys())
        assert not first & {pick.key for pick in opened.ledger.picks(2)}
        assert len(opened.ledger.picks(2)) == 5


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"cost_exponent": 0.5}, "ranks them by more than scores"),
     ({"budget": "9 boxes"}, "a budget of 9 boxes"),
     ({"videos": False}, "no videos")],
)  # fmt: skip
def test_where_it_cannot_be_every_image_is_scored_and_it_says_why(tmp_path, data, changes, reason):
    folder = project(tmp_path / "shop", data, scoring={"mode": "adaptive"}, **changes)
    _, details, lines, keys = propose_once(folder)
    assert len(keys) == VIDEOS * FRAMES
    assert reason in details["scoring"]["why_exhaustive"]
    assert lines[1].startswith("Scored every image: ")
    assert reason in lines[1]


def test_strategies_that_look_at_nothing_stay_as_they_are(tmp_path, data):
    folder = project(tmp_path / "shop", data, scoring={"mode": "adaptive"}, name="guided-random")
    picks, details, _, keys = propose_once(folder)
    assert (len(picks), details["images"], keys) == (5, 0, [])


def test_a_larger_budget_than_was_scored_for_is_refused(tmp_path, data):
    folder = project(tmp_path / "shop", data, scoring={"mode": "adaptive"}, budget=2)
    with overview.opened(folder, writing=True) as opened:
        propose.score(opened, loop.reach(opened, "score"))
    refused = pytest.raises(ProjectError, match="scored adaptively for a smaller budget")
    with overview.opened(folder, writing=True, budget=40) as opened, refused:
        propose.select(opened, 1)
    with overview.opened(folder, writing=True) as opened:
        propose.select(opened, 1)
        assert len(opened.ledger.picks(1)) == 2


@pytest.mark.parametrize("scoring", ["exhaustive", "adaptive"])
def test_processes_side_by_side_give_the_same_scores_and_picks(tmp_path, data, scoring):
    one = project(tmp_path / "one", data, within_cycle=4)
    two = project(tmp_path / "two", data, scoring={"workers": 2}, within_cycle=4)
    picks, details, _, keys = propose_once(one, scoring=scoring)
    assert propose_once(two, scoring=scoring)[::3] == (picks, keys)
    asked = project(tmp_path / "asked", data, within_cycle=4)
    assert propose_once(asked, scoring=scoring, workers=2)[:2] == (picks, details)


def test_images_added_while_scoring_was_stopped_are_scored_too(tmp_path, data):
    folder = project(tmp_path / "p", data, within_cycle=4)
    with overview.opened(folder, writing=True) as opened:
        loop.reach(opened, "score")
        earlier = opened.pool()[:100] + opened.pool()[101:]
        scoring._looking(opened, 1)(earlier, shards(opened, 1))
    picks, _, _, keys = propose_once(folder)
    assert len(keys) == len(set(keys)) == VIDEOS * FRAMES
    assert propose_once(project(tmp_path / "q", data, within_cycle=4))[0] == picks


@pytest.mark.slow
def test_processes_side_by_side_score_as_one_with_a_network(tmp_path):
    pytest.importorskip("torch", reason="fire-fpn needs torch")
    source = f"coco:{draw(tmp_path / 'data', ROWS + 40, seed=1)}"
    initial = f"coco:{draw(tmp_path / 'initial', 4, seed=2)}"
    found = []
    for workers in (1, 2):
        values = {**TINY, "oracle": "simulated", "budget": 5, "scoring": {"workers": workers},
                  "strategy": {"name": "mc-dropout", "samples": 2}, "seed": 3}  # fmt: skip
        values["detector"] = {**TINY["detector"], "device": "cpu"}
        folder = tmp_path / str(workers)
        setup.set_up(folder, setup.configure(values), {"pool": [source], "initial": [initial]})
        with overview.opened(folder, writing=True) as opened:
            propose.score(opened, loop.reach(opened, "score"))
            found.append([(row.key, row.score) for row in shards(opened, 1).rows()])
    assert [key for key, _ in found[0]] == [key for key, _ in found[1]]
    np.testing.assert_allclose(*([value for _, value in rows] for rows in found), rtol=1e-5)

"""What labelling costs in a project: counts against loops, prices, experience, the account."""

import shutil

import numpy as np
import pytest

from labelnext.cost import DEFAULTS, Budget, LabellingCost, LabourRate
from labelnext.errors import DataError
from labelnext.rounds import loop, overview, pooled
from labelnext.rounds.accounts import costs, statement
from labelnext.rounds.steps import labelling
from labelnext.store.ledger import TaskRow
from labelnext.types import Detections, GroundTruth
from tests.rounds.answers import answer
from tests.rounds.scenes import project


def iou(a, b):
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    inside = max(width, 0) * max(height, 0)
    whole = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inside
    return inside / whole


def by_hand(truth, proposed):
    """New, kept, deleted of one image: one box after the other, best score first."""
    free = [i for i in range(len(truth)) if not truth.ignore[i]]
    objects, kept, deleted = len(free), 0, 0
    for j in sorted(range(len(proposed)), key=lambda j: (-proposed.scores[j], j)):
        if proposed.scores[j] < 0.5:
            continue
        near = [(iou(truth.xyxy[i], proposed.xyxy[j]), i) for i in free
                if truth.classes[i] == proposed.classes[j]]  # fmt: skip
        best = max(near, default=(0.0, -1))
        if best[0] >= 0.5:
            free.remove(best[1])
            kept += 1
        else:
            deleted += 1
    return [objects - kept, kept, deleted]


@pytest.mark.parametrize("seed", range(8))
def test_counts_are_those_of_a_plain_loop(seed):
    rng = np.random.default_rng(seed)
    truths, proposed = [], []
    for _ in range(6):
        n, m = rng.integers(0, 5, 2)
        corner = rng.integers(0, 40, (n, 2)).astype(float)
        boxes = np.concatenate([corner, corner + rng.integers(10, 30, (n, 2))], axis=1)
        classes = rng.integers(0, 2, n)
        truths.append(GroundTruth.from_boxes(boxes, classes))
        which = rng.integers(0, n, m) if n else np.zeros(0, int)
        found = boxes[which] + rng.integers(-4, 5, (len(which), 4))
        proposed.append(Detections(found.astype(np.float32), rng.random(len(which), np.float32),
                                   classes[which].astype(np.int64)))  # fmt: skip
    expected = [by_hand(t, p) for t, p in zip(truths, proposed, strict=True)]
    assert costs.handled(truths, proposed).tolist() == expected


def test_a_moved_box_is_kept_and_one_on_an_ignore_region_counts_for_nothing():
    truth = GroundTruth.from_boxes([[0, 0, 20, 20], [40, 40, 60, 60]], ignore=[False, True])
    boxes = np.array([[2, 2, 22, 22], [42, 42, 58, 58], [80, 0, 90, 9], [0, 80, 9, 90]], np.float32)
    found = Detections(boxes, np.array([0.5, 0.9, 0.8, 0.49], np.float32), np.zeros(4, np.int64))
    assert costs.handled([truth], [found]).tolist() == [[0, 1, 1]]
    assert costs.handled([], []).shape == (0, 3)


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """A project that waits for the labels of its first round: six images, by people."""
    pytest.importorskip("torch", reason="fire-fpn needs torch")
    base = tmp_path_factory.mktemp("asked")
    folder = project(base / "p", base / "data", oracle="files", budget=6, cost={"rate": "36 EUR/h"})
    with overview.opened(folder, writing=True) as p:
        loop.run(p, 1)
    return base


@pytest.fixture
def waiting(asked, tmp_path):
    shutil.copytree(asked / "p", tmp_path / "p")
    return tmp_path / "p", asked / "data"


def times(folder, rows, heads="key,seconds"):
    path = folder / "times.csv"
    path.write_text("\n".join([heads, *(",".join(map(str, row)) for row in rows)]))
    return path


def test_times_are_kept_with_the_boxes_they_were_for(waiting):
    folder, data = waiting
    names = answer(folder, data)
    given = times(folder, [(name, 20 + i) for i, name in enumerate(names.values())])
    with overview.opened(folder, writing=True) as p:
        (taken,) = labelling.ingest_all(p, timings=given).values()
        assert (taken.new, taken.timed, taken.remarks) == (6, 6, ())
        tasks = {task.key: task for task in p.ledger.tasks()}
        labels = p.ledger.labels()
        offered = pooled.offered(p, 1, names)
        assert set(tasks) == set(offered) == set(names)
        for i, key in enumerate(names):
            expected = by_hand(labels[key], offered[key])
            got = tasks[key]
            assert [got.new, got.kept, got.deleted] == expected
            assert (got.seconds, got.round, got.source) == (20 + i, 1, "times.csv")
        received = p.ledger.step(1, "ingest").details["received"]
        assert received["hours"] == pytest.approx(sum(range(20, 26)) / 3600)
        assert received["money"] == pytest.approx(sum(range(20, 26)) / 100)
        assert received["timed"] == 6
        again = labelling.ingest_all(p, timings=given)[1]
        assert (again.new, again.timed) == (0, 0)


def test_rounds_of_an_older_version_are_known_by_their_scores(waiting):
    folder, data = waiting
    answer(folder, data)
    with overview.opened(folder, writing=True) as p:
        labelling.ingest(p, 1)
        now = costs.experience(p, 2)
        shutil.rmtree(p.path("scores", "round-0001-offered"))
        old = costs.experience(p, 2)
        shutil.rmtree(p.path("scores", "round-0001"))
        none = costs.experience(p, 2)
        mean = costs.average(p, none, costs.prices(p))
    assert (now.offered, old.offered, none.offered) == (6, 6, 0)
    assert np.array_equal(now.handled, old.handled)
    assert (now.missed, now.boxes) == (old.missed, old.boxes)
    assert mean.seconds == pytest.approx(5 + 10 * now.boxes)  # every box drawn


def test_times_by_key_with_counts_of_their_own(waiting):
    folder, data = waiting
    key, *_ = answer(folder, data)
    given = times(folder, [(key, 9, 1, 2, 3)], "key,seconds,new,kept,deleted")
    with overview.opened(folder, writing=True) as p:
        assert labelling.ingest(p, 1, timings=given).timed == 1
        assert p.ledger.tasks() == [TaskRow(key, 1, 9.0, 1, 2, 3, "times.csv")]
        spent = costs.received(p, costs.prices(p))
        untimed = {k: v for k, v in p.ledger.labels().items() if k != key}
        parts = np.array(list(costs.counted(p, untimed).values()))
    assert spent.timed == 1
    assert spent.seconds == pytest.approx(9 + float(LabellingCost().seconds(1, *parts.T).sum()))


def test_times_of_images_without_labels_wait(waiting):
    folder, data = waiting
    names = answer(folder, data)
    first = answer(folder, data, only=1)
    with overview.opened(folder, writing=True) as p:
        taken = labelling.ingest(p, 1, timings=times(folder, [(n, 9) for n in names.values()]))
        assert (taken.new, taken.timed, taken.complete) == (1, 1, False)
        assert taken.remarks == (
            "5 timed images without labels yet: give the times again with them",
        )
        assert [task.key for task in p.ledger.tasks()] == list(first)


def test_times_of_unknown_images_and_of_one_under_two_names(waiting):
    folder, data = waiting
    (key, name), *_ = answer(folder, data).items()
    with overview.opened(folder, writing=True) as p:
        with pytest.raises(DataError, match=r"line 2: 'x\.png' is not an image that was asked for"):
            labelling.ingest(p, 1, timings=times(folder, [("x.png", 3)]))
        with pytest.raises(DataError, match=r"line 3: .* is timed at line 2 under another name"):
            labelling.ingest(p, 1, timings=times(folder, [(key, 3), (f"0a1b2c3d-{name}", 4)]))
        assert p.ledger.tasks() == []
        assert len(p.ledger.labels()) == 6  # labels that came are kept all the same


def test_prices_are_set_learned_or_the_defaults(waiting):
    folder, data = waiting
    keys = list(answer(folder, data))
    rng = np.random.default_rng(3)
    with overview.opened(folder, writing=True) as p:
        labelling.ingest(p, 1)
        at = costs.prices(p)
        assert (at.cost, at.learned, set(at.origin.values())) == (
            LabellingCost(),
            None,
            {"default"},
        )
        assert at.rate == LabourRate(36, "EUR")
        assert at.money(50) == pytest.approx(0.5)
        tasks = []
        for i in range(40):
            new, kept, deleted = (int(n) for n in rng.integers(0, 5, 3))
            seconds = 8 + 14 * new + 3 * kept + deleted + rng.random()
            tasks.append(TaskRow(f"{keys[0]} {i}", 1, seconds, new, kept, deleted))
        p.ledger.time_tasks(tasks[:29])
        assert costs.prices(p).learned is None
        p.ledger.time_tasks(tasks)
        at = costs.prices(p)
        assert set(at.origin.values()) == {"learned"}
        assert at.cost.per_new_box == pytest.approx(14, abs=0.3)
        assert at == costs.prices(p)  # the bootstrap is drawn the same every time
        said = " ".join(statement.price_lines(at))
        assert "new box 1" in said
        assert "(learned, 95 % from" in said
        assert "Learned from 40 timed tasks." in said
    config = folder / "labelnext.toml"
    text = config.read_text()
    config.write_text(text.replace("learn = true", "learn = true\nper_new_box = 7.0"))
    with overview.opened(folder) as p:
        at = costs.prices(p)
        assert (at.cost.per_new_box, at.origin["per_new_box"]) == (7.0, "set")
        assert at.origin["per_image"] == "learned"
    config.write_text(text.replace("learn = true", "learn = false"))
    with overview.opened(folder) as p:
        assert costs.prices(p).cost == LabellingCost()


def test_the_account_of_an_open_round_and_of_the_next(waiting):
    folder, data = waiting
    with overview.opened(folder, writing=True) as p:
        before = statement.statement(p)
        selected = p.ledger.step(1, "select").details["expected"]
        assert (before.round, before.asked, before.spent.images) == (1, "6 images", 0)
        assert before.ahead.images == 6
        assert before.ahead.seconds / 3600 == pytest.approx(selected["hours"])
        assert "Round 1, budget 6 images: 6 images," in statement.lines(before)[0]
        answer(folder, data)
        labelling.ingest(p, 1)
        after = statement.statement(p)
        assert (after.round, after.spent.images, after.spent.timed) == (2, 6, 0)
        assert after.ahead.boxes == pytest.approx(after.spent.boxes)
        assert after.ahead.seconds == pytest.approx(after.spent.seconds)
        assert statement.lines(after)[0].startswith("Labelling so far: 6 images, ")
        found = statement.as_dict(after)
    assert found["prices"]["per_image"] == {
        "seconds": 5.0, "origin": "default",
        "why": DEFAULTS[0].why,
    }  # fmt: skip
    assert found["spent"]["money"] == pytest.approx(after.spent.seconds / 100)


@pytest.mark.parametrize(
    ("budget", "images"),
    [(Budget(5, "images"), 5), (Budget(9, "boxes"), 4), (Budget(0.05, "hours"), 9),
     (Budget(1, "money", "EUR"), 5), (Budget(900, "boxes"), 30)],
)  # fmt: skip
def test_the_next_round_is_of_average_images(budget, images):
    at = costs.Prices(LabellingCost(), {}, None, 0, LabourRate(36, "EUR"))
    found = costs.next_round(budget, costs.Average(2.0, 20.0, ""), 30, at)
    assert (found.images, found.boxes, found.seconds) == (images, 2.0 * images, 20.0 * images)
    assert found.money == pytest.approx(0.2 * images)

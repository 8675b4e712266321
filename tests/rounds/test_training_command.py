"""A project whose detector a command trains: rounds, kills, audits, and what is not tried."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from labelnext import audit
from labelnext.cli.app import app
from labelnext.data import open_source
from labelnext.data.check import check_all
from labelnext.errors import DataError, LabelnextError, ProjectError
from labelnext.protocols import quiet
from labelnext.rounds import loop, overview, setup
from labelnext.rounds.outlook import doctor, measuring, planning
from labelnext.rounds.outlook.rates import rates
from labelnext.rounds.steps import training
from labelnext.store.index import Index
from labelnext.types import GroundTruth, Sample
from tests.data.video.videos import write_kind
from tests.rounds.scenes import TINY, draw, project

SCRIPTS = Path(__file__).parents[1] / "detectors" / "command"
PREDICT = (
    f"{{python}} {SCRIPTS / 'predict.py'} --data {{coco}} --out {{out}} --images {{images}} "
    "--init {init} --seed {seed} --workdir {workdir}"
)
TRAIN = (
    f"{{python}} {SCRIPTS / 'train_fire_fpn.py'} {{coco}} {{init}} {{out}} {{workdir}} {{seed}} "
    "{epochs} {project}/stop"
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Drawn images, and predictions for all of them: one box each, sure or not."""
    base = tmp_path_factory.mktemp("data and spaces")
    images, boxes, rng = [], [], np.random.default_rng(0)
    for role, count, seed in (("initial", 4, 1), ("pool", 10, 2), ("test", 4, 3)):
        draw(base / role, count, seed=seed, video="drive" if role == "pool" else None)
        for i in range(count):
            images.append({"id": len(images) + 1, "file_name": f"{role}/{i:04d}.png"})
            boxes.append({"image_id": len(images), "category_id": 1, "bbox": [4, 4, 20, 40],
                          "score": float(rng.random())})  # fmt: skip
    start = base / "start.json"
    document = {"images": images, "annotations": boxes,
                "categories": [{"id": 1, "name": "person"}]}  # fmt: skip
    start.write_text(json.dumps(document))
    return base


def looked_up(folder, data, text=PREDICT, **changes):
    """A project on a predictions file that a command writes anew."""
    detector = {"name": "predictions-file", "path": str(data / "start.json"), "train": text}
    return project(
        folder, data, detector=detector, train={}, strategy={"name": "box-entropy"}, **changes
    )


def learned(folder, data, **changes):
    """A project on a narrow fire-fpn that a command trains."""
    detector = {**TINY["detector"], "train": TRAIN}
    return project(folder, data, detector=detector, **changes)


def test_every_round_writes_its_predictions_anew(tmp_path, data):
    folder = looked_up(tmp_path / "the shop", data)
    with overview.opened(folder, writing=True) as p:
        loop.run(p, 2)
        weights = sorted(path.name for path in p.path("weights").iterdir())
        assert weights == ["round-0001.json", "round-0002.json"]
        done = [p.ledger.step(n, "train").details for n in range(3)]
        assert [step["images"] for step in done] == [0, 3, 6]
        assert len({step["weights"] for step in done}) == 3
        assert [step.get("command") for step in done] == [None, PREDICT, PREDICT]
        assert p.ledger.rounds()[1].weights_digest == done[1]["weights"]
        log = p.path("logs", "round-0002-train.log").read_text()
        assert f"--init {shlex.quote(str(data / 'start.json'))}" in log
        assert "labelnext-progress 4/4" in log
        assert not p.path("work").exists() or not any(p.path("work").iterdir())
        found = p.detector(2).lookup([r.key for r in p.index.records("pool")])
        assert all(one is not None for one in found), "every image of the project was listed"
        assert p.ledger.step(2, "evaluate").details["images"] == 4


def test_the_file_that_it_starts_from_may_not_change(tmp_path, data):
    mine = tmp_path / "start.json"
    mine.write_text((data / "start.json").read_text())
    folder = looked_up(tmp_path / "p", data)
    settings = folder / "labelnext.toml"
    settings.write_text(settings.read_text().replace(str(data / "start.json"), str(mine)))
    with overview.opened(folder, writing=True) as p:
        loop.advance(p, loop.where(p))
        document = json.loads(mine.read_text())
        document["annotations"][0]["score"] = 0.123
        mine.write_text(json.dumps(document))
        with pytest.raises(ProjectError, match=r"start\.json is not what round 0 trained"):
            p.detector(0)


def test_last_goes_on_from_the_round_before(tmp_path, data):
    folder = looked_up(tmp_path / "p", data, train_from="last")
    with overview.opened(folder, writing=True) as p:
        loop.run(p, 2)
        log = p.path("logs", "round-0002-train.log").read_text()
        assert f"--init {shlex.quote(str(p.weights(1).resolve()))}" in log


def test_a_failing_command_stops_the_round_and_records_nothing(tmp_path, data):
    folder = looked_up(tmp_path / "p", data, PREDICT + " --mode fail-once")
    done = CliRunner().invoke(app, ["run", "-C", str(folder), "--cycles", "1"])
    assert isinstance(done.exception, LabelnextError)
    assert "ended with status 3" in str(done.exception)
    assert str(folder / ".labelnext" / "logs" / "round-0001-train.log") in str(done.exception)
    with overview.opened(folder, writing=True) as p:
        assert loop.where(p) == loop.Stand(1, "train", 0)
        assert not p.path("weights").exists()
        loop.run(p, 1)
        assert p.path("logs", "round-0001-train.log").read_text().count("# ") == 2


def run_aside(folder):
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    words = [sys.executable, "-m", "labelnext", "run", "-C", str(folder), "--cycles", "1"]
    return subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.slow
def test_killed_and_gone_on_with_fire_fpn_is_as_trained_by_itself(tmp_path, data, monkeypatch):
    pytest.importorskip("torch", reason="fire-fpn needs torch")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    folder = learned(tmp_path / "p", data, train={"epochs": 3})
    (folder / "stop").touch()
    process = run_aside(folder)
    last = time.monotonic() + 300
    while (folder / "stop").exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < last
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    (state,) = folder.rglob("loss.jsonl")
    epochs = len(state.read_text().splitlines())
    assert 0 < epochs < 3, "it was stopped in the middle"
    with overview.opened(folder, writing=True) as p:
        loop.run(p, 0)
        assert p.weights(1).suffix == ".safetensors"
        examples = training._examples(p, p.index.records("initial"), quiet)
        seed = p.seed("train", 0) % 2**31
        alone = p.fresh_detector()._inner.fit(examples, seed=seed, epochs=3)
        assert p.detector(0).fingerprint() == alone.fingerprint()
        assert hasattr(p.detector(0), "sample")
    log = (folder / ".labelnext" / "logs" / "round-0000-train.log").read_text()
    steps = [w for w in log.split("# ")[2].splitlines() if w.startswith("labelnext-progress")]
    assert steps[0].startswith(f"labelnext-progress {4 * epochs + 1}/12")


def test_an_audit_runs_the_command_for_every_arm_and_seed(tmp_path, data):
    sources = {role: [f"coco:{data / role / 'instances.json'}"]
               for role in ("initial", "pool", "test")}  # fmt: skip
    detector = {"name": "predictions-file", "path": str(data / "start.json"), "train": PREDICT}
    config = setup.configure({"budget": 2, "detector": detector})
    arms = tuple(map(audit.parse, ("box-entropy", "random")))
    plan = audit.Replay(tmp_path / "the audit", config, arms, (0, 1), 2, True)
    audit.index_sources(plan, sources)
    ready = audit.prepare(plan, workers=1)
    assert not ready.doubtful
    assert "the training command not counted" in ready.estimate.words
    assert not list(tmp_path.rglob("*-train.log")), "nothing was run to be timed"
    done = audit.conduct(ready, workers=2, title="t", command="c")
    assert done.problems == ()
    assert len(done.study.results) == 2 * 2 * 3
    seeds = set()
    for arm in arms:
        for seed in (0, 1):
            with overview.opened(plan.run_folder(arm, seed)) as p:
                log = p.path("logs", "round-0002-train.log").read_text()
                assert f"{p.folder.resolve()}" in log
                seeds.add((seed, log.split("--seed ")[1].split()[0]))
    assert len(seeds) == 2, "arms of a seed train with the same seed"


def test_a_predictions_file_without_a_command_can_be_audited(tmp_path, data):
    sources = {role: [f"coco:{data / role / 'instances.json'}"] for role in ("pool", "test")}
    detector = {"name": "predictions-file", "path": str(data / "start.json")}
    config = setup.configure({"budget": 2, "detector": detector})
    plan = audit.Replay(tmp_path / "out", config, (audit.parse("box-entropy"),), (0,), 1)
    audit.index_sources(plan, sources)
    done = audit.conduct(audit.prepare(plan, workers=1), workers=1, title="t", command="c")
    assert done.problems == ()


def test_nothing_is_tried_out(tmp_path, data):
    folder = looked_up(tmp_path / "p", data)
    with overview.opened(folder, writing=True) as p:
        assert measuring.measure(p).train_seconds == 0
        words = planning.of_project(p, measuring.measure(p)).sources[0]
        assert "A command trains; it is not run to be timed, and counts nothing" in words
        found = rates(p)
        assert found.train is None
        lines = {one.topic: one.words for one in doctor.rate_findings(p, found)}
        assert lines["train"] == "by a command, which is not run to be timed"
        loop.run(p, 1)
        assert measuring.measure(p).train_seconds > 0
        assert "counts as earlier rounds took" in planning.of_project(
            p, measuring.measure(p)
        ).sources[0]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "problem", "says"),
    [
        (PREDICT, False, "run in "),
        ("no-such-program {coco} {out}", True, "there is no program no-such-program"),
    ],
)
def test_doctor_looks_for_the_program(tmp_path, data, text, problem, says):
    with overview.opened(looked_up(tmp_path / "p", data, text)) as p:
        found = {one.topic: one for one in doctor.project_findings(p)}
    assert found["training"].problem is problem
    assert says in found["training"].words


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (["detector.train=train {coco} {out} {epoch}"], "known placeholders ({coco}, {init}, "),
        (["detector.train=train {coco} {out}", "train.epochs=3"], "also {epochs}"),
        (["detector.train=train {coco}"], "a command that names {out}"),
    ],
)
def test_init_refuses_a_wrong_command(tmp_path, changes, says):
    sets = [word for change in changes for word in ("--set", change)]
    done = CliRunner().invoke(app, ["init", str(tmp_path / "p"), *sets])
    assert isinstance(done.exception, LabelnextError)
    assert says in str(done.exception)
    assert "\n" not in str(done.exception)
    assert not (tmp_path / "p").exists()


def test_a_wrong_command_in_the_settings_names_the_file(tmp_path, data):
    folder = looked_up(tmp_path / "p", data)
    settings = folder / "labelnext.toml"
    settings.write_text(settings.read_text().replace("{init}", "{start}"))
    with pytest.raises(DataError, match=r"labelnext\.toml: .*detector\.train.*\{start\}"):
        overview.opened(folder).__enter__()


def test_frames_of_a_video_become_images(tmp_path, data):
    videos = tmp_path / "videos"
    write_kind(videos, "open.mp4", count=8)
    folder = tmp_path / "p"
    looked_up(folder, data, budget=2)
    samples = [
        Sample(s.record, GroundTruth.from_boxes([[1, 2, 30, 40]]))
        for s in open_source(f"video:{videos}").samples()
    ]
    with Index.open(folder / ".labelnext" / "index.sqlite") as index:
        index.add("initial", "videos", ("person",), check_all(samples), root=str(videos))
    with overview.opened(folder, writing=True) as p:
        records = p.index.records("initial")
        p.fresh_detector().fit(
            training._examples(p, records, quiet), seed=1, workdir=tmp_path / "work"
        )
    (path,) = (tmp_path / "work").rglob("instances.json")
    listed = json.loads(path.read_text())["images"]
    assert len(listed) == 12
    exported = sorted((folder / ".labelnext" / "frames").iterdir())
    linked = [path.parent / image["file_name"] for image in listed[4:]]
    assert {file.stat().st_ino for file in linked} == {file.stat().st_ino for file in exported}
    with Image.open(linked[0]) as image:
        assert image.size == (64, 48)

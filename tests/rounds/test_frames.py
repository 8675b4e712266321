"""A pool of videos through a round: picks, frames as files, requests, training; and kills."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labelnext.data import images, open_source
from labelnext.data.check import check_all
from labelnext.errors import DataError
from labelnext.rounds import frames, loop, overview, setup
from labelnext.rounds.steps import labelling, propose, training
from labelnext.store.index import Index
from labelnext.types import GroundTruth, Sample
from tests.data.video.test_scanning import three_shots
from tests.data.video.videos import picture, write_kind, write_video

DRIVER = Path(__file__).with_name("kill_driver.py")


def videos(folder):
    if not folder.exists():
        write_video(folder / "a.mp4", three_shots())
        write_kind(folder, "reordered.avi", count=30)
    return folder


def make(folder, data, **changes):
    values = {
        "budget": 6, "seed": 4, "oracle": "files", "detector": {"name": "none"},
        "strategy": {"name": "guided-random", "within_cycle": 3, "across_cycles": 1}, **changes,
    }  # fmt: skip
    setup.set_up(folder, setup.configure(values), {"pool": [f"video:{videos(data)}"]})
    return folder


def table(path):
    with path.open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def tree(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_select_writes_a_list_and_the_frames(tmp_path):
    folder = make(tmp_path / "p", tmp_path / "videos")
    with overview.opened(folder, writing=True) as p:
        while loop.where(p).next_step != "label":
            loop.advance(p, loop.where(p))
        picks = p.ledger.picks(1)
        records = frames.picked(p, 1)
    rows = table(folder / "rounds" / "0001" / "picks.csv")
    assert [row["key"] for row in rows] == [pick.key for pick in picks]
    assert [int(row["rank"]) for row in rows] == list(range(1, 7))
    for row, record, pick in zip(rows, records, picks, strict=True):
        assert (row["video"], int(row["frame"])) == (record.video, record.frame)
        assert float(row["seconds"]) == record.seconds
        assert row["reason"] == pick.reason
        target = folder / "rounds" / "0001" / row["file"]
        assert f"__f{record.frame:06d}__t{record.seconds:.3f}s.png" in target.name
        np.testing.assert_array_equal(np.asarray(Image.open(target)), images.read(record))
    assert len(list((folder / "rounds" / "0001" / "frames").iterdir())) == 6


def test_frames_can_be_kept_as_jpeg(tmp_path):
    folder = make(tmp_path / "p", tmp_path / "videos", frame_format="jpeg")
    with overview.opened(folder, writing=True) as p:
        loop.run(p, 1)
    names = [path.name for path in (folder / "rounds" / "0001" / "frames").iterdir()]
    assert len(names) == 6
    assert all(name.endswith(".jpg") for name in names)


def test_people_get_frames_under_names_that_say_video_and_time_and_answer_by_them(tmp_path):
    folder = make(tmp_path / "p", tmp_path / "videos")
    with overview.opened(folder, writing=True) as p:
        assert loop.run(p, 1).next_step == "ingest"
        round_folder = folder / "rounds" / "0001"
        rows = table(round_folder / "picks.csv")
        asked = json.loads((round_folder / "prelabels.json").read_text())
        assert [e["file_name"] for e in asked["images"]] == [Path(r["file"]).name for r in rows]
        for row in rows:
            name = Path(row["file"]).name
            copied = (round_folder / "images" / name).read_bytes()
            assert copied == (round_folder / row["file"]).read_bytes()
        first = asked["images"][0]
        first["labelled"] = True
        asked["annotations"] = [
            {"id": 1, "image_id": first["id"], "category_id": 1, "bbox": [1, 2, 20, 30],
             "area": 600, "iscrowd": 0}
        ]  # fmt: skip
        (round_folder / "labels.json").write_text(json.dumps(asked))
        taken = labelling.ingest(p, 1)
        assert (taken.new, len(taken.missing)) == (1, 5)
        assert list(p.ledger.labels()) == [rows[0]["key"]]


def test_rules_in_time_do_not_cross_a_cut_and_status_counts_the_frames(tmp_path):
    """Two shots: the last frame of one and the first of the next have the best scores."""
    data = tmp_path / "videos"
    shots = [picture(i, shot=shot) for shot in (0, 1) for i in range(40)]
    write_video(data / "two.mp4", shots)
    scores = np.full(80, 0.9)  # confident boxes score low
    scores[[38, 39, 40, 41]] = 0.6, 0.5, 0.5, 0.6
    document = {
        "images": [{"id": i, "file_name": f"two.mp4/frame_{i:06d}"} for i in range(80)],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": [
            {"id": i, "image_id": i, "category_id": 1, "bbox": [1, 1, 9, 9], "score": float(s)}
            for i, s in enumerate(scores)
        ],
    }
    (tmp_path / "p.json").write_text(json.dumps(document))
    for cuts, expected in (("true", {39, 40}), ("false", {39})):
        config = setup.configure({
            "budget": 2, "detector": {"name": "predictions-file", "path": str(tmp_path / "p.json")},
            "strategy": {"name": "box-least-confidence", "within_cycle": 15, "across_cycles": 2,
                         "smooth": False},
        })  # fmt: skip
        folder = tmp_path / cuts
        setup.set_up(folder, config, {"pool": [f"video[cuts={cuts}]:{data}"]})
        with overview.opened(folder, writing=True) as p:
            loop.run(p, 1)
            picked = {record.frame for record in frames.picked(p, 1)}
            blocked = p.ledger.blocked()
            assert overview.overview(p).headline.split(":")[0].endswith("80 pool images")
        assert expected <= picked
        assert len(picked & {38, 39, 40, 41}) == len(expected)
        if cuts == "true":  # two frames on either side, within the shot
            assert {int(key[-6:]) for key in blocked} == {37, 38, 39, 40, 41, 42}


def test_smoothing_does_not_cross_a_cut(tmp_path):
    """Frames beside a cut get the mean of their own shot alone."""
    from labelnext.select.smooth import smooth
    from labelnext.types import Timeline

    write_video(tmp_path / "two.mp4", [picture(i, shot=s) for s in (0, 1) for i in range(30)])
    records = [s.record for s in open_source(f"video:{tmp_path}").samples()]
    assert [records[29].segment, records[30].segment] == [0, 1]
    line = Timeline.of(records)
    scores = np.repeat([0.0, 1.0], 30)
    smoothed = smooth(scores, videos=line.videos, frames=line.frames, radius=5, sigma=3.0)
    np.testing.assert_array_equal(smoothed, scores)


def labelled_index(folder, data, role):
    """A project's index with a video whose frames have labels."""
    samples = [
        Sample(s.record, GroundTruth.from_boxes([[1, 2, 30, 40]]))
        for s in open_source(f"video:{data}").samples()
    ]
    with Index.open(folder / ".labelnext" / "index.sqlite") as index:
        index.add(role, "set", ("person",), check_all(samples), root=str(data))


def test_training_reads_exported_frames_each_written_once(tmp_path):
    data = tmp_path / "initial"
    write_kind(data, "open.mp4", count=12)
    folder = make(tmp_path / "p", tmp_path / "videos")
    labelled_index(folder, data, "initial")
    with overview.opened(folder, writing=True) as p:
        told = []
        report = lambda task, done, total, **_: told.append((task, done, total))  # noqa: E731
        records = p.index.records("initial")
        examples = training._examples(p, records, report)
        assert told == [("export", i, 12) for i in range(1, 13)]
        kept = sorted(p.path("frames").iterdir())
        stamps = [path.stat().st_mtime_ns for path in kept]
        assert len(kept) == 12
        for example, record in zip(examples, records, strict=True):
            np.testing.assert_array_equal(example.load(), images.read(record))
        again = training._examples(p, records, report)
        assert len(told) == 12
        assert [path.stat().st_mtime_ns for path in kept] == stamps
        (data / "open.mp4").unlink()  # no longer needed
        assert again[3].load().shape == (48, 64, 3)
        assert frames.exported(p, records) == frames.materialise(p, records)


def test_a_video_that_is_gone_says_so_and_the_step_can_be_repeated(tmp_path):
    folder = make(tmp_path / "p", tmp_path / "videos")
    moved = tmp_path / "videos" / "away"
    with overview.opened(folder, writing=True) as p:
        while loop.where(p).next_step != "select":
            loop.advance(p, loop.where(p))
        (tmp_path / "videos" / "a.mp4").rename(moved)
        with pytest.raises(DataError, match=r"a\.mp4: cannot be read"):
            propose.select(p, 1)
        moved.rename(tmp_path / "videos" / "a.mp4")
        assert loop.run(p, 1).next_step == "ingest"  # the picks were recorded before
    assert len(table(folder / "rounds" / "0001" / "picks.csv")) == 6


@pytest.mark.slow
def test_a_killed_round_ends_with_the_same_files(tmp_path):
    def drive(folder, seed, kills):
        done = subprocess.run(
            [sys.executable, str(DRIVER), str(folder), "1", str(seed), str(kills)],
            capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["killed"]

    left_alone = make(tmp_path / "left-alone", tmp_path / "videos")
    assert drive(left_alone, 0, 0) == 0
    expected = tree(left_alone / "rounds")
    assert sum(name.endswith(".png") for name in expected) == 12  # in frames/ and in images/
    killed = 0
    for seed in range(12):
        folder = make(tmp_path / f"killed-{seed}", tmp_path / "videos")
        killed += drive(folder, seed, 10)
        assert tree(folder / "rounds") == expected
        if killed >= 12:
            break
    assert killed >= 12

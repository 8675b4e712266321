"""`audit` and `demo` as a person and as a machine would use them."""

import json
import os
import subprocess
import sys

import pytest

from labelnext.audit import demo
from tests.rounds.scenes import draw

pytest.importorskip("torch", reason="fire-fpn needs torch")
PYTHON = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "160"}
TINY = ("--set", "detector.width=0.1", "--set", "detector.box_scale=0.3",
        "--set", "train.epochs=1")  # fmt: skip


def labelnext(*words, code=0, before=""):
    program = f"if __name__ == '__main__':\n {before}from labelnext.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, words)],
        capture_output=True, text=True, env=PYTHON, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr + done.stdout
    return done


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    base = tmp_path_factory.mktemp("study")
    sources = {role: f"coco:{draw(base / role, count, seed=count, video=video)}"
               for role, count, video in
               (("labels", 4, None), ("pool", 16, "drive"), ("test", 5, None))}  # fmt: skip
    given = [part for role, source in sources.items() for part in (f"--{role}", source)]
    return [base / "out", *given, "--budget", "2", "--cycles", "1", "--workers", "1", *TINY]


def test_an_audit_from_estimate_to_report(words):
    out = words[0]
    first = json.loads(labelnext("audit", *words, "--seeds", "1", "--estimate", "--json").stdout)
    assert first["seconds"] > 0
    assert (first["done"], first["doubtful"], first["left_out"]) == (0, {}, {})
    assert not (out / "runs").exists()
    arms = ("--arm", "random", "--arm", "guided-random", "--arm", "random[budget=2]")
    done = labelnext("audit", *words, "--seeds", "1", *arms)
    assert done.stderr.startswith("About ")
    assert "s a training step" in done.stderr
    assert "Checked: 2 runs, read from their ledgers" in done.stdout
    assert (out / "report" / "report.html").exists()
    more = json.loads(labelnext("audit", *words, "--seeds", "2", *arms, "--json").stdout)
    assert more["problems"] == []
    assert more["checked"].startswith("4 runs")
    assert {row["arm"] for row in more["cycles"]} == set(arms[1::2])


def test_a_run_that_fails_is_told_and_the_report_is_written(words):
    arms = ("--arm", "random", "--arm", "ensemble[checkpoints=none/*.safetensors]")
    done = labelnext("audit", *words, "--seeds", "1", *arms, code=1)
    assert "will fail: No weights file matches" in done.stderr
    assert "seed 0 failed: No weights file matches" in done.stderr
    assert "The report is" in done.stdout
    page = (words[0] / "report" / "report.html").read_text()
    assert "No weights file matches" in page


def test_a_quick_audit_says_what_it_costs(words):
    arms = ("--arm", "random", "--arm", "guided-random")
    found = json.loads(
        labelnext("audit", *words, "--seeds", "9", *arms, "--quick", "--estimate", "--json").stdout
    )
    assert found["quick"]["seeds"] == "3 of 9"
    assert found["quick"]["image size"] == "half, boxes too"
    assert "3 seeds cannot bring p below 0.25" in found["certainty"]
    assert (words[0] / "quick" / "index.sqlite").exists()
    assert not (words[0] / "quick" / "runs").exists()


@pytest.mark.parametrize(
    ("arm", "said"),
    [("best", "no strategy called 'best'"), ("random[what=1]", "what"), ("a b", "not of the form")],
)
def test_what_is_unknown_stops_before_anything_is_read(words, arm, said, tmp_path):
    done = labelnext("audit", tmp_path / "out", *words[1:], "--arm", arm, code=1)
    assert done.stderr.startswith("error: ")
    assert said in done.stderr
    assert not (tmp_path / "out").exists()


def test_the_demo_at_its_smallest(tmp_path):
    """The same code and plan as `make demo`, on a street of a few frames."""
    street = {"stills": 6, "videos": 1, "frames_per_video": 12, "test_videos": 1,
              "frames_per_test_video": 10, "test_every": 5}  # fmt: skip
    before = f"import labelnext.audit.demo as demo; demo.STREET = {street!r}; "
    done = labelnext(
        "demo", "--out", tmp_path / "demo", "--seeds", "1", "--cycles", "1", "--workers", "1",
        "--json", "--set", "budget=2", "--set", "initial.epochs=1", *TINY,
        "--set", "detector.image_scale=0.25", before=before,
    )  # fmt: skip
    found = json.loads(done.stdout)
    rows = {(row["arm"], row["cycle"]) for row in found["cycles"]}
    assert rows == {(arm, cycle) for arm in demo.ARMS for cycle in (0, 1)}
    assert found["problems"] == []
    assert found["report"] == str(tmp_path / "demo" / "report" / "report.html")
    assert (tmp_path / "demo" / "report" / "report.html").exists()

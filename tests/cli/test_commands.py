"""The command line: every command as a person and as a machine would use it."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.rounds.scenes import draw

PYTHON = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "120"}


def labelnext(*words, ok=True):
    done = subprocess.run(
        [sys.executable, "-c", "from labelnext.cli import main; main()", *map(str, words)],
        capture_output=True, text=True, env=PYTHON, check=False,
    )  # fmt: skip
    assert (done.returncode == 0) == ok, done.stderr + done.stdout
    return done


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    base = tmp_path_factory.mktemp("sources")
    return {
        "initial": f"coco:{draw(base / 'initial', 5, seed=1)}",
        "pool": f"coco:{draw(base / 'pool', 20, seed=2, video='drive')}",
    }


def test_help_needs_no_heavy_import():
    code = (
        "import sys; sys.argv = ['labelnext', '--help']\n"
        "from labelnext.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "heavy = {'torch', 'cv2', 'numpy', 'scipy', 'pyarrow', 'pydantic', 'matplotlib'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_loop_step_by_step(sources, tmp_path):
    pytest.importorskip("torch", reason="fire-fpn needs torch")
    shop = tmp_path / "shop"
    words = ["init", shop, "--labels", sources["initial"], "--pool", sources["pool"],
             "--hold-out", "0.25", "--oracle", "simulated", "--budget", "2",
             "--set", "detector.width=0.1", "--set", "train.epochs=1"]  # fmt: skip
    text = labelnext(*words).stdout
    assert "20 added" in text
    assert "5 held out for testing" in text
    assert "20 present" in labelnext(*words).stdout
    assert "labelnext train" in labelnext("status", "-C", shop).stdout
    wrong = labelnext("select", "-C", shop, ok=False)
    assert wrong.stderr.startswith("error: `select` does not come next.")
    for step in ("train", "evaluate", "score"):
        labelnext(step, "-C", shop)
    picks = json.loads(labelnext("select", "-C", shop, "--json").stdout)["picks"]
    assert [pick["rank"] for pick in picks] == [1, 2]
    assert all("divergence" in pick["reason"] for pick in picks)
    for step in ("label", "ingest", "train", "evaluate"):
        labelnext(step, "-C", shop)
    state = json.loads(labelnext("status", "-C", shop, "--json").stdout)
    assert (state["round"], state["next"], len(state["cycles"])) == (2, "score", 2)
    assert "log-avg miss rate" in labelnext("run", "-C", shop, "--cycles", "2").stdout
    page = json.loads(labelnext("report", "-C", shop, "--json").stdout)["report"]
    with open(page, encoding="utf-8") as handle:  # noqa: PTH123
        assert "divergence" in handle.read()


def test_evaluate_needs_no_project(tmp_path):
    truth = {"images": [{"id": 1, "width": 100, "height": 100}],
             "categories": [{"id": 1, "name": "person"}],
             "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 40],
                              "area": 800, "iscrowd": 0}]}  # fmt: skip
    found = [{"image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 40], "score": 0.9}]
    (tmp_path / "t.json").write_text(json.dumps(truth))
    (tmp_path / "p.json").write_text(json.dumps(found))
    words = ("evaluate", "--truth", tmp_path / "t.json", "--predictions", tmp_path / "p.json")
    figures = json.loads(labelnext(*words, "--json").stdout)
    assert figures["miss_rate_at_fppi_1"] == 0.0
    assert figures["miss_rate_at_fppi_0.1"] == 0.0
    assert figures["ap50"] == 1.0
    assert {"log_average_miss_rate", "ap"} <= set(figures)
    assert "ap50" in labelnext(*words).stdout
    sliced = json.loads(labelnext(*words, "--by", "height", "--json").stdout)["slices"]
    assert [name for name, row in sliced.items() if row["instances"] == 1] == ["height medium"]
    wrong = labelnext(*words, "--by", "colour", ok=False)
    assert "one of height, visibility" in wrong.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("status",), "there is no project here"),
        (("init", "x", "--pool", "coco:none.json"), "none.json"),
        (("init", "x", "--set", "train.epochs"), "section.key=value"),
        (("init", "x", "--set", "budget=0"), "budget"),
        (("init", "x", "--strategy", "best"), "no strategy called 'best'"),
        (("audit", "x", "--labels", "a", "--pool", "b", "--arm", "no such"), "arm"),
    ],
)
def test_errors_are_one_line_without_a_traceback(words, said, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", "from labelnext.cli import main; main()", *words],
        capture_output=True, text=True, env=PYTHON, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_an_interrupt_says_how_to_go_on(sources, tmp_path):
    pytest.importorskip("torch", reason="fire-fpn needs torch")
    words = ["init", str(tmp_path / "shop"), "--labels", sources["initial"], "--pool",
             sources["pool"], "--oracle", "simulated", "--budget", "2",
             "--set", "detector.width=0.1", "--set", "train.epochs=1000"]  # fmt: skip
    labelnext(*words)
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from labelnext.cli import main; main()"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", code, "run", "-C", str(tmp_path / "shop")],
        stderr=subprocess.PIPE, text=True, env=PYTHON,
    )  # fmt: skip
    work = tmp_path / "shop" / ".labelnext" / "work"
    for _ in range(600):
        if list(work.rglob("loss.jsonl")):
            break
        time.sleep(0.1)
    running.send_signal(signal.SIGINT)
    said = running.communicate(timeout=60)[1]
    assert running.returncode == 130
    assert said.splitlines()[-1].startswith("stopped; give the same command again")
    assert "Traceback" not in said

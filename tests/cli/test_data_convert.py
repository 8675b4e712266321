"""`labelnext data convert` as a person and as a machine would use it."""

import json
import os
import subprocess
import sys
from pathlib import Path

from PIL import Image


def source(folder: Path) -> Path:
    labels = {
        "images": [{"id": 1, "file_name": "a.png", "width": 64, "height": 48},
                   {"id": 2, "file_name": "gone.png", "width": 64, "height": 48}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 10, 20], "visible": 0.5},
            {"id": 2, "image_id": 1, "category_id": 2, "bbox": [1, 2, 10, 20]},
        ],
        "categories": [{"id": 1, "name": "person"}, {"id": 2, "name": "car"}],
    }  # fmt: skip
    folder.mkdir()
    Image.new("RGB", (64, 48)).save(folder / "a.png")
    (folder / "labels.json").write_text(json.dumps(labels))
    return folder / "labels.json"


def run(*words: object) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "labelnext", "data", "convert", *map(str, words)],
        capture_output=True, text=True, check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "120"},
    )  # fmt: skip
    return done.returncode, done.stdout if done.returncode == 0 else done.stderr


def test_what_it_prints(tmp_path: Path) -> None:
    labels, out = source(tmp_path / "in"), tmp_path / "out"
    words = [f"coco:{labels}", out, "--to", "cvat", "--class", "person", "--option"]
    code, text = run(*words, "task=Street")
    assert code == 0
    assert text.splitlines() == [
        f"{out}: cvat, 2 images, 1 objects",
        "  images: 1 copied",
        "  the format cannot hold 1 visible fractions",
        "  1 boxes of class car left out",
        "  failed: gone.png: there is no such file",
    ]
    assert "<name>Street</name>" in (out / "annotations.xml").read_text()
    code, text = run(*words, "task=Road", "--json", "--force", "--map", "car=person")
    assert code == 0
    report = json.loads(text)
    assert (report["objects"], report["dropped"]) == (2, {})
    assert report["placed"] == {"there already": 1}


def test_what_it_refuses(tmp_path: Path) -> None:
    labels, out = source(tmp_path / "in"), tmp_path / "out"
    for words, says in [
        (["--to", "cvat", "--map", "car"], "--map 'car' is not of the form NAME=VALUE"),
        (["--to", "nothing"], "There is no writer called 'nothing'"),
        (["--to", "cvat", "--images", "move"], "must be copy or link or none"),
    ]:
        code, text = run(f"coco:{labels}", out, *words)
        assert code != 0
        assert says in text
    assert not out.exists()

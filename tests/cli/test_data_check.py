"""`labelnext data check`: a table for people, JSON for machines, and an exit status."""

import json
from pathlib import Path

from tests.cli.test_commands import labelnext
from tests.data.review.test_validate import GOOD, data_set


def test_nothing_wrong(tmp_path: Path) -> None:
    done = labelnext("data", "check", f"coco:{data_set(tmp_path, GOOD)}")
    assert "4 images, 4 boxes, 0 faults" in done.stdout


def test_faults_are_shown_with_an_end(tmp_path: Path) -> None:
    path = data_set(tmp_path, GOOD | {1: [[60, i, 10, 1] for i in range(12)]})
    done = labelnext("data", "check", f"coco:{path}", tmp_path / "labels.json", ok=False)
    assert "12 faults" in done.stdout
    assert done.stdout.count("boxes that reach beyond an edge") == 2
    assert "beyond: 1.png: annotation 100: box reaches 6.0 px beyond the right" in done.stdout
    assert done.stdout.count("beyond the right edge") == 20
    assert "… and 2 more of beyond; --json lists them all" in done.stdout


def test_as_json(tmp_path: Path) -> None:
    path = data_set(tmp_path, GOOD | {1: [[60, i, 10, 1] for i in range(12)]})
    done = labelnext("data", "check", f"coco:{path}", "--json", "--class", "person", ok=False)
    (report,) = json.loads(done.stdout)
    assert len(report["findings"]) == report["faults"] == 12
    assert report["kinds"][0] | {"what": ""} == {
        "kind": "beyond", "severity": "warning", "count": 12, "what": "",
    }  # fmt: skip


def test_a_corrected_copy(tmp_path: Path) -> None:
    path = data_set(tmp_path, GOOD | {1: [[60, 0, 10, 10]]})
    done = labelnext("data", "check", f"coco:{path}", "--fix", tmp_path / "fixed.json", ok=False)
    assert f"Written to {tmp_path / 'fixed.json'}: 4 images, 4 boxes\n  1 boxes clipped" in (
        done.stdout
    )
    assert f"Read it as coco:{tmp_path / 'fixed.json'}" in done.stdout
    assert "0 faults" in labelnext("data", "check", tmp_path / "fixed.json").stdout
    both = labelnext("data", "check", path, path, "--fix", tmp_path / "both.json", ok=False)
    assert both.stderr.startswith("error: --fix corrects one source at a time")

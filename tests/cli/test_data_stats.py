"""`labelnext data stats`: the table, the bars, and the same as JSON."""

import json
from pathlib import Path

from labelnext.data.review.stats import EDGES
from tests.cli.test_commands import labelnext
from tests.data.review.test_stats import write


def run(*words: object) -> str:
    return labelnext("data", "stats", *words).stdout


def test_for_people(tmp_path: Path) -> None:
    (tmp_path / "street").mkdir()
    spec = write(tmp_path / "street" / "a.json", [[60, 100] * 10, [60], []])
    lines = [line.split() for line in run(spec).splitlines() if line.strip()]
    assert ["street"] in lines
    assert ["images", "3"] in lines
    assert ["instances", "21"] in lines
    assert ["images", "with", "instances", "2"] in lines
    assert ["size,", "px", "400", "x", "2000"] in lines
    assert ["type", "stills"] in lines
    assert ["person", "11", "2", "0", "60"] in lines
    assert ["50–80", "11", "█" * 40] in lines
    assert ["80–120", "10", "█" * 36 + "▍"] in lines
    assert "0–10" not in {line[0] for line in lines}


def test_two_sources_of_one_name(tmp_path: Path) -> None:
    specs = [write(tmp_path / f"{name}.json", [[60]]) for name in "ab"]
    head = run(*specs).splitlines()[1]
    assert head.split() == [tmp_path.name, "(1)", tmp_path.name, "(2)"]


def test_for_machines(tmp_path: Path) -> None:
    spec = write(tmp_path / "a.json", [[40, 60, 60], []])
    (found,) = json.loads(run(spec, "--json", "--filter", "text", "--class", "person"))
    assert (found["images"], found["labelled"], found["instances"], found["ignored"]) == (
        2,
        2,
        1,
        1,
    )
    assert found["sizes"] == [{"width": 400, "height": 2000, "images": 2}]
    assert [row["from"] for row in found["heights"]] == list(EDGES)
    assert [row["instances"] for row in found["heights"] if row["from"] == 50] == [1]
    assert found["heights"][-1]["to"] is None
    assert [row["name"] for row in found["classes"]] == ["person"]


def test_nothing_to_count(tmp_path: Path) -> None:
    spec = write(tmp_path / "a.json", [[]])
    assert "Heights" not in run(spec)
    (found,) = json.loads(run(spec, "--json"))
    assert found["median_height"] is None

"""`labelnext paper` as a person and as a machine would use it."""

import json

import pytest

from tests.cli.test_commands import labelnext
from tests.rounds.scenes import draw


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    base = tmp_path_factory.mktemp("sources")
    made = (("labels", 4, 1, None), ("pool", 8, 2, "drive"), ("test", 3, 3, None))
    return [
        word
        for role, count, seed, video in made
        for word in (f"--{role}", f"coco:{draw(base / role, count, seed=seed, video=video)}")
    ]


def test_figure_4_without_data(tmp_path):
    text = labelnext("paper", tmp_path / "out", "--figure", 4).stdout
    assert "The paper: At B = 7,500" in text
    assert "1,801" in text
    assert (tmp_path / "out" / "paper" / "figure-4.svg").exists()
    found = json.loads(
        labelnext("paper", tmp_path / "out", "--figure", 4, "--images", 480, "--json").stdout
    )
    assert "N = 480" in found["made"][0]["tables"][0]["caption"]


def test_what_fails_loses_nothing_else(sources, tmp_path):
    """A detector that sees nothing has no dense maps for divergence; random needs none."""
    words = ("paper", tmp_path / "out", "--figure", 12, "--table", *sources, "--detector", "none",
             "--seeds", 1, "--cycles", 2, "--budget", 2, "--workers", 1, "--json")  # fmt: skip
    done = labelnext(*words, ok=False)
    found = json.loads(done.stdout)
    assert [one["title"] for one in found["made"]] == ["Table 1", "Figure 12"]
    (table,) = found["made"][1]["tables"]
    assert [row[:3] for row in table["rows"]] == [["random", "1.000", "1.000"]]
    (problem,) = found["problems"]
    assert "divergence[smooth=false,temporal=false], seed 0" in problem
    assert "needs dense maps" in problem
    assert problem in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--figure", "3"), "There is no figure '3'"),
        ((), "Nothing is asked for"),
        (("--figure", "5"), "needs labelled images to start from (--labels)"),
    ],
)
def test_what_cannot_be_made_is_one_line(words, said, tmp_path):
    done = labelnext("paper", tmp_path / "out", *words, ok=False)
    assert said in done.stderr
    assert done.stderr.startswith("error: ")
    assert not (tmp_path / "out").exists()

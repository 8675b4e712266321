"""The page of strategies names them all, with all their arguments, and its example works."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from labelnext import plugins
from labelnext.evidence import Evidence, Pool
from labelnext.protocols import Strategy
from labelnext.strategies.catalogue import catalogue
from labelnext.types import Detections, Prediction, Timeline

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "strategies.md").read_text(encoding="utf-8")


def test_the_arguments_on_the_page_are_up_to_date():
    made = subprocess.run(
        [sys.executable, "-m", "tests.docs.strategies", "--print"],
        capture_output=True, text=True, cwd=ROOT, check=True,
    )  # fmt: skip
    assert made.stdout == TEXT, "python -m tests.docs.strategies"


def test_every_strategy_is_in_the_table():
    rows = re.findall(r"^\| (`[a-z].*?) \|", TEXT.partition("## The hybrid")[0], re.MULTILINE)
    assert sorted(re.findall(r"`([a-z-]+)`", " ".join(rows))) == plugins.names("strategies")


@pytest.mark.parametrize("preset", ["corrected", "authors-code"])
def test_every_argument_has_a_meaning(preset):
    for one in catalogue(preset):
        assert one.what
        for argument in one.arguments:
            assert argument.meaning, f"{one.name}: {argument.name}"


def test_the_example_is_a_strategy():
    (code,) = re.findall(r"^```python\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    names: dict[str, object] = {}
    exec(code, names)
    strategy = names["crowded"](least=0.3)
    assert isinstance(strategy, Strategy)
    scores = []
    for found in ([0.9, 0.2], [0.4, 0.4, 0.5], []):
        n = len(found)
        boxes = Detections(
            np.zeros((n, 4), np.float32), np.array(found, np.float32), np.zeros(n, np.int64)
        )
        scores.append(strategy.score(Evidence((8, 8), Prediction(None, boxes))).score)
    assert scores == [1, 3, 0]
    line = Timeline((None,) * 3, np.zeros(3, np.int64), np.full(3, np.nan))
    chosen = strategy.select(
        Pool(line, np.array(scores)), budget=2, blocked=np.zeros(3, bool),
        rng=np.random.default_rng(0),
    )  # fmt: skip
    assert [pick.index for pick in chosen.picks] == [1, 0]
    assert chosen.blocked.tolist() == [True, True, False]

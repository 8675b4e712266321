"""The page about cost shows the tables of the code, and its examples run."""

import re
from pathlib import Path

from labelnext.cost import DEFAULTS, SOURCES, LabellingCost, completion_seconds

PAGE = (Path(__file__).parents[2] / "docs" / "cost.md").read_text(encoding="utf-8")


def test_the_tables_of_defaults_and_sources_are_the_code_s():
    rows = [f"| `{d.name}` | {getattr(LabellingCost(), d.name):g} | {d.why} |" for d in DEFAULTS]
    rows += [f"| {s.seconds} | {s.of} | {s.source} | {s.checked} |" for s in SOURCES]
    for row in rows:
        assert f"\n{row}\n" in PAGE


def test_the_table_of_hours_is_the_code_s():
    totals = (1000, 2500, 5000, 7500, 10_000)
    for b in (50, 100, 250, 500, 1000, 1500, 2500):
        hours = [
            "–" if b > total
            else f"{completion_seconds(51_363, total, b, left_per_pick=4) / 3600:,.1f}"
            for total in totals
        ]  # fmt: skip
        assert f"\n| {b:,} | {' | '.join(hours)} |\n" in PAGE


def test_the_examples_run():
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert len(blocks) == 7
    names = {}
    for block in blocks:  # one goes on from the last
        exec(block, names)

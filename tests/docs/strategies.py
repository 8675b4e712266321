"""The arguments on the page of strategies, made from the catalogue.

`python -m tests.docs.strategies` writes them; with `--print` the page goes to standard output.
"""

import json
import sys
from pathlib import Path

from labelnext.strategies.arguments import AGGREGATION, SELECTION
from labelnext.strategies.catalogue import Argument, Listed, catalogue

PAGE = Path(__file__).parents[2] / "docs" / "strategies.md"
START, END = "<!-- arguments: python -m tests.docs.strategies -->", "<!-- end -->"
_COMMON = (*AGGREGATION, *SELECTION)


def page() -> str:
    """The page as it should be."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n\n{tables()}\n{END}{after}"


def tables() -> str:
    """What several strategies take, then what each has of its own."""
    found = catalogue()
    common = {each.name: each for one in found for each in one.arguments if each.name in _COMMON}
    lines = [
        "What several take:",
        "",
        "| argument | value | meaning | taken by |",
        "|---|---|---|---|",
        *(f"| {_cells(common[name])} {_takers(name, found)} |" for name in _COMMON),
        "",
        "What each has of its own:",
        "",
        "| strategy | argument | value | meaning |",
        "|---|---|---|---|",
    ]
    for one in found:
        own = [each for each in one.arguments if each.name not in _COMMON]
        lines += [
            f"| {f'`{one.name}`' if i == 0 else ''} | {_cells(each)}" for i, each in enumerate(own)
        ]
    return "\n".join([*lines, ""])


def _takers(argument: str, found: list[Listed]) -> str:
    """Who takes an argument, or who does not, whichever is shorter."""
    having = [one.name for one in found if argument in {each.name for each in one.arguments}]
    without = [one.name for one in found if one.name not in having]
    few, words = (having, "") if len(having) <= len(without) else (without, "all but ")
    return words + ", ".join(f"`{name}`" for name in few)


def _cells(each: Argument) -> str:
    return f"`{each.name}` | `{json.dumps(each.default)}` | {each.meaning} |"


if __name__ == "__main__":
    if sys.argv[1:] == ["--print"]:
        sys.stdout.write(page())
    else:
        PAGE.write_text(page(), encoding="utf-8")

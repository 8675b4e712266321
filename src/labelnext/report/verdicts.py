"""The first screen: the verdict in a sentence, then a line an arm."""

import math
from collections.abc import Mapping
from itertools import groupby

from labelnext.audit.judge import words
from labelnext.audit.judge.facts import arms
from labelnext.audit.judge.savings import share
from labelnext.audit.judge.values import UNITS, Contest, Judgement, Ratio
from labelnext.report.parts import arm_cell, heads, scroll
from labelnext.report.style import looks
from labelnext.report.text import escape
from labelnext.rounds.results import Study
from labelnext.wording import signed

_MARKS = {"better": "▲", "worse": "▼", "not distinguishable": "="}
_CLASSES = {"better": "better", "worse": "worse", "not distinguishable": "same"}


def verdict_section(study: Study, judged: Judgement) -> str:
    """Headline, what an arm saves, one line an arm, then what the words rest on."""
    first = escape(words.headline(judged))
    said = [note for note in words.notes(judged) if not note.startswith("Partial: ")]
    if "certainty" in study.settings:  # what a quick form of an audit says of itself
        said.append(str(study.settings["certainty"]))
    points = "".join(f"<li>{escape(note)}</li>" for note in said)
    listed = f"<ul>{points}</ul>" if points else ""
    table = _table(study, judged)
    inside = f'<p class="head">{first}</p>' + (table or listed)
    after = f'<div class="rests">{listed}</div>' if table and listed else ""
    return (
        '<section id="verdict" class="verdict" aria-labelledby="verdict-h"><h2 id="verdict-h">'
        f"Verdict</h2>{inside}</section>{_warning(study, judged)}{after}"
    )


def _warning(study: Study, judged: Judgement) -> str:
    """What is missing, failed or unfair, where it cannot be overlooked."""
    gaps = [note for note in words.notes(judged) if note.startswith("Partial: ")]
    failed = study.settings.get("failed")
    if isinstance(failed, Mapping):
        gaps += [f"Failed: {run}: {reason}" for run, reason in failed.items()]
    gaps += [f"Not alike between arms: {problem}" for problem in study.unfair or ()]
    warning = "".join(f"<li>{escape(gap)}</li>" for gap in gaps)
    return f'<div class="warn" role="note"><ul>{warning}</ul></div>' if warning else ""


def _table(study: Study, judged: Judgement) -> str:
    if not judged.main:
        return ""
    look = looks(arms(study))
    sign = 1 if judged.lower_is_better else -1
    rows = sorted(judged.main, key=lambda c: (sign * c.units[0].area.difference.mean, c.arm))
    body = "".join(f"<tr>{arm_cell(c.arm, look)}{_cells(c)}</tr>" for c in rows)
    base = escape(judged.baselines[0], limit=60)
    head = heads(
        f"against {base}",
        "in images",
        "in boxes",
        "in hours",
        f"{escape(words.metric(judged))}",
        "images saved",
        "objects found",
        words=4,
    )
    caption = (
        f"Each arm against {base}, best first; means over the range that all arms share. Images "
        f"saved: to be as good as {base} at its end, with a 95 % interval. Objects: on as many "
        "images, as a multiple."
    )
    return scroll("Verdict by arm", caption, head, f'<tbody class="plain">{body}</tbody>')


def _cells(c: Contest) -> str:
    found = [u.area.verdict if u else None for u in map(c.unit, UNITS)]
    runs = [(word, len(list(same))) for word, same in groupby(found)]
    said = "".join(  # the long words once for neighbours, the short ones in every column
        word_cell(word, n) if word == "not distinguishable" else word_cell(word) * n
        for word, n in runs
    )
    return (
        f"{said}<td>{signed(c.units[0].area.difference.mean)}</td>"
        f"<td>{share(c.units[0].saving)}</td><td>{times(c.objects)}</td>"
    )


def word_cell(word: str | None, units: int = 1) -> str:
    """A verdict with a mark that can be told without colour; a dash where it is not known.

    One cell stands for `units` neighbours of which the same is said.
    """
    span = f' colspan="{units}"' if units > 1 else ""
    if word is None:
        return f'<td class="word"{span}>–</td>'
    return (
        f'<td class="word said {_CLASSES[word]}"{span}><span aria-hidden="true">{_MARKS[word]}'
        f"</span> {word}</td>"
    )


def times(r: Ratio) -> str:
    """`1.29 × (1.20 to 1.38)`."""
    if math.isnan(r.ratio):
        return "–"
    known = "" if math.isnan(r.low) else f" ({r.low:.2f} to {r.high:.2f})"
    return f"{r.ratio:.2f} ×{known}"

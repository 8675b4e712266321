"""Tables for those who check: verdicts, label saving, stopping."""

import math
from collections.abc import Mapping

from labelnext.audit.judge import words
from labelnext.audit.judge.facts import arms
from labelnext.audit.judge.savings import amount, share
from labelnext.audit.judge.stopping import Predicted, Stopped, Stopping
from labelnext.audit.judge.values import Comparison, Contest, Judgement, UnitContest
from labelnext.report.parts import arm_cell, heads, scroll
from labelnext.report.style import Look, looks
from labelnext.report.text import escape
from labelnext.report.verdicts import times, word_cell
from labelnext.rounds.results import Study
from labelnext.wording import count, number, signed


def verdict_tables(study: Study, judged: Judgement) -> str:
    """One table a baseline, with every figure that a verdict rests on."""
    if not judged.contests:
        return "<p>No random arm ran beside another, so there is nothing to hold arms against.</p>"
    look = looks(arms(study))
    return "".join(_verdicts(judged, base, look) for base in judged.baselines)


def _verdicts(judged: Judgement, baseline: str, look: Mapping[str, Look]) -> str:
    name = escape(baseline, limit=60)
    figures = '<th scope="col">arm</th><th scope="col">baseline</th><th scope="col">difference</th>'
    figures += '<th scope="col">95 % interval</th><th scope="col">p</th>'
    figures += '<th scope="col">gap</th><th scope="col" class="word">verdict</th>'
    head = (
        '<tr><th scope="col" class="word" rowspan="2">arm</th><th scope="col" class="word" '
        'rowspan="2">counted in</th><th scope="colgroup" colspan="7" class="group">mean height of '
        'the learning curve</th><th scope="colgroup" colspan="7" class="group">at the end of the '
        f"shared range</th></tr><tr>{figures * 2}</tr>"
    )
    body = "".join(_rows(c, look) for c in judged.against(baseline))
    title = words.metric(judged)
    ends = ", ".join(amount(n, unit) for unit, n in judged.ends.items())
    caption = (
        f"{title[0].upper()}{title[1:]}, less that of {name} by paired seed; "
        f"{'negative' if judged.lower_is_better else 'positive'} is better. All arms share the "
        f"range up to {ends}. Interval: bootstrap over {len(judged.seeds)} seeds, too narrow with "
        "few of them. p: two-sided sign-flip test, valid for all arms together. Gap: least "
        "difference that so many seeds would show, with 80 % power, among so many arms; ∞: none."
    )
    table = scroll(f"Verdicts against {name}", caption, head, body)
    return f'<h3>Against <span class="name">{name}</span></h3>{table}{_clips(judged, baseline)}'


def _rows(c: Contest, look: Mapping[str, Look]) -> str:
    rows = []
    for i, u in enumerate(c.units):
        first = arm_cell(c.arm, look, len(c.units)) if i == 0 else ""
        rows.append(
            f'<tr>{first}<td class="word">{u.unit}</td>{_figures(u.area)}{_figures(u.end)}</tr>'
        )
    return f"<tbody>{''.join(rows)}</tbody>"


def _figures(c: Comparison) -> str:
    d = c.difference
    gap = "∞" if math.isinf(c.gap) else number(c.gap)
    p = f"{c.p:.2g}" if d.seeds > 1 else "–"
    return (
        f"<td>{number(c.arm)}</td><td>{number(c.baseline)}</td><td>{signed(d.mean)}</td>"
        f"<td>{_span(d.low, d.high)}</td><td>{p}</td><td>{gap}</td>{word_cell(c.verdict)}"
    )


def _clips(judged: Judgement, baseline: str) -> str:
    """Differences at the end with the doubt of the test set in them."""
    rows = [c for c in judged.against(baseline) if c.clips is not None]
    if not rows:
        return (
            '<p class="note">Intervals are over seeds alone: what each image of the test set '
            "contributed was not kept, so nothing says how far they hold for other images.</p>"
        )
    body = "".join(
        f'<tr><th class="word" scope="row">{escape(c.arm, limit=60)}</th>'
        f"<td>{signed(c.clips.mean)}</td><td>{_span(c.clips.low, c.clips.high)}</td>"
        f"<td>{number(c.clips.seed_error)}</td><td>{number(c.clips.clip_error)}</td>"
        f"{word_cell(c.clips_verdict)}</tr>"
        for c in rows
        if c.clips is not None
    )
    head = heads(
        "arm", "difference", "95 % interval", "error from seeds", "error from clips", "verdict"
    )
    clips = rows[0].clips.clips if rows[0].clips else 0
    caption = (
        f"The same at the end, drawing seeds and the {clips} clips of the test set anew together: "
        "what other runs on other images would show. Where the error from clips is the larger, a "
        "larger test set helps more than more seeds."
    )
    return scroll("Over seeds and clips", caption, head, f'<tbody class="plain">{body}</tbody>')


def saving_table(study: Study, judged: Judgement) -> str:
    """Labels needed to be as good as the baseline at its end."""
    if not judged.main:
        return "<p>No random arm ran beside another, so nothing says what choosing saves.</p>"
    look = looks(arms(study))
    body = "".join(_savings(c, look) for c in judged.main)
    base = escape(judged.baselines[0], limit=60)
    caption = (
        f"Labour needed to be as good as {base} at its own end, from curves made monotone, with a "
        "95 % bootstrap interval over seeds. ‘Over’: the arm is there at its first point already; "
        "‘under’: it is not there within the replay. Objects: on equally many images."
    )
    head = heads(
        "arm", "counted in", "arm needs", f"{base} needs", "saved", "objects found", words=2
    )
    return scroll("Label saving", caption, head, body)


def _savings(c: Contest, look: Mapping[str, Look]) -> str:
    rows = []
    for i, u in enumerate(c.units):
        n = len(c.units)
        first = arm_cell(c.arm, look, n) if i == 0 else ""
        span = f' rowspan="{n}"' if n > 1 else ""
        found = f"{count(c.objects.arm)}, {times(c.objects)}"
        last = f"<td{span}>{found}</td>" if i == 0 else ""
        rows.append(f"<tr>{first}{_saving(u)}{last}</tr>")
    return f"<tbody>{''.join(rows)}</tbody>"


def _saving(u: UnitContest) -> str:
    s = u.saving
    bound = {"reached": "", "more than": "at most ", "beyond the range": "more than "}[s.reach]
    return (
        f'<td class="word">{u.unit}</td><td>{bound}{amount(s.labels, u.unit).split()[0]}</td>'
        f"<td>{amount(s.baseline, u.unit).split()[0]}</td><td>{share(s)}</td>"
    )


def stopping_tables(study: Study, found: Stopping | None) -> str:
    """How well the next batch was foretold, and what stopping by that would have done."""
    ahead = "".join(f"<p>{escape(line)}</p>" for line in study.outlook)
    if found is None:
        return ahead or (
            "<p>Too few cycles: a prediction takes five measured points, and another to check it."
            "</p>"
        )
    look = looks(arms(study))
    rows = "".join(_prediction(p, look) for p in found.predicted)
    said = scroll(
        "Predicted returns",
        "At every cycle with five points the learning curve of that run alone foretold the gain of "
        "the next batch; here held against what came. The intervals should hold 90 %. Error: "
        "predicted less measured gain.",
        heads("arm", "predictions", "in the interval", "mean error", "mean size", "mean width"),
        f'<tbody class="plain">{rows}</tbody>',
    )
    name = words.METRIC_WORDS[found.metric]
    stops = "".join(_stop(s) for s in found.stopped)
    return ahead + said + scroll(
        "Stopping by replay",
        f"Stop once the upper end of the next batch's expected gain in {name} has been below the "
        "price, twice running: what that would have saved and lost, mean over the runs that would "
        "have stopped. Lost: gain between the stop and the end of the replay.",
        heads("price of a batch", "runs stopped", "cycle", "images saved", "boxes saved",
              "hours saved", "gain lost", "worst loss", words=0),
        f'<tbody class="plain">{stops}</tbody>',
    )  # fmt: skip


def _prediction(p: Predicted, look: Mapping[str, Look]) -> str:
    first = arm_cell(p.arm, look) if p.arm else '<th class="word arm" scope="row">all arms</th>'
    return (
        f"<tr>{first}<td>{p.predictions}</td><td>{100 * p.inside / p.predictions:.0f} %</td>"
        f"<td>{signed(p.error)}</td><td>{number(p.size)}</td><td>{number(p.width)}</td></tr>"
    )


def _stop(s: Stopped) -> str:
    return (
        f"<tr><td>{s.price:g}</td><td>{s.stopped} of {s.runs}</td><td>{count(s.cycle)}</td>"
        f"<td>{count(s.saved['images'])}</td><td>{count(s.saved['boxes'])}</td>"
        f"<td>{number(s.saved['hours'], 2)}</td><td>{signed(s.lost)}</td><td>{signed(s.worst)}</td>"
        "</tr>"
    )


def _span(low: float, high: float) -> str:
    return f"{signed(low)} to {signed(high)}" if math.isfinite(low) else "–"

"""The parts of the page other than the picked frames, as HTML."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelnext.audit.judge import words
from labelnext.audit.judge.facts import arms, spread, whole_pool
from labelnext.audit.judge.stopping import Stopping
from labelnext.audit.judge.values import Judgement
from labelnext.report import style
from labelnext.report.choice import thin
from labelnext.report.parts import arm_cell, figure, folded, heads, part, scroll
from labelnext.report.summary import Row, cells, columns, table
from labelnext.report.tables import saving_table, stopping_tables, verdict_tables
from labelnext.report.text import block, escape, flatten
from labelnext.report.verdicts import verdict_section
from labelnext.rounds.results import Study
from labelnext.wording import count, duration, listing, number, plural

if TYPE_CHECKING:
    from labelnext.report.drawing import Chart

MOST_ROWS = 400
_BAND = "Mean over seeds; the band is a 95 % bootstrap interval of that mean (none with one seed)."
_NO_METRICS = "<p>Nothing was measured: there is no test set, or no figure is defined on it.</p>"


@dataclass(frozen=True, slots=True)
class Charts:
    """The page's charts; None where there is nothing to draw."""

    by_images: "Chart | None" = None
    by_labour: "Chart | None" = None
    each_arm: "Chart | None" = None
    objects: "Chart | None" = None
    fppi: "Chart | None" = None

    def all(self) -> list["Chart"]:
        """Those that were drawn."""
        made = (self.by_images, self.by_labour, self.each_arm, self.objects, self.fppi)
        return [chart for chart in made if chart is not None]


def stylesheet() -> str:
    """Colours of the arms."""
    return style.stylesheet()


def subtitle(study: Study) -> str:
    """Pool, test set and size of the study in a line."""
    seeds, cycles = {r.seed for r in study.results}, {r.cycle for r in study.results}
    facts = [plural(len(arms(study)), "arm"), plural(len(seeds), "seed")]
    facts.append(plural(max(cycles, default=0), "cycle"))
    if study.pool_images:
        pool = f"pool of {plural(study.pool_images, 'image')}"
        if study.pool_instances is not None:
            pool += f" with {plural(study.pool_instances, 'object')}"
        facts.append(pool)
    test = next((r.metrics for r in study.results if r.metrics), None)
    if test:
        facts.append(
            f"test set of {plural(test.images, 'image')} with {plural(test.instances, 'object')}"
        )
    if study.classes:
        facts.append(f"classes: {escape(', '.join(study.classes), limit=120)}")
    return f'<p class="sub">{" · ".join(facts)}</p>'


def before_frames(
    study: Study, judged: Judgement, stopped: Stopping | None, drawn: Charts | None = None
) -> str:
    """Verdict, charts and tables."""
    return (
        verdict_section(study, judged)
        + _charts(study, judged, drawn or Charts())
        + part("verdicts", "Verdicts in figures", verdict_tables(study, judged))
        + part("table", "Figures per cycle and arm", _table(study, table(study)))
        + part("saving", "Label saving", saving_table(study, judged))
        + part("stopping", "Stopping", stopping_tables(study, stopped))
    )


def after_frames(study: Study) -> str:
    """The check of fairness, time, then everything needed to repeat the study."""
    settings = "".join(
        f'<tr><th class="word" scope="row">{escape(name)}</th>'
        f'<td class="word wrap">{escape(value, limit=2000)}</td></tr>'
        for name, value in flatten(study.settings)
    )
    told = (
        "<h3>Command</h3>"
        f'<pre tabindex="0" aria-label="Command"><code>{block(study.command)}</code></pre>'
        "<h3>Hardware and versions</h3>"
        f'<pre tabindex="0" aria-label="Hardware and versions">{block(study.hardware)}</pre>'
    )
    listed = scroll("Settings", "Every setting", "", f'<tbody class="settings">{settings}</tbody>')
    return (
        part("fairness", "Fairness", _fairness(study))
        + part("time", "Time per step", _time(study))
        + part("settings", "Settings, command, hardware", (listed if settings else "") + told)
    )


def _charts(study: Study, judged: Judgement, drawn: Charts) -> str:
    name = words.metric(judged)
    better = "Lower" if judged.lower_is_better else "Higher"
    few = (
        " The arms best on average and the random ones stand out; every arm by itself is below."
        if drawn.each_arm
        else ""
    )
    base = escape(judged.baselines[0], limit=60) if judged.baselines else ""
    panels = (
        f"Every arm by itself, before all others in grey and {base} as a thin line."
        if judged.baselines
        else "Every arm by itself, before all others in grey."
    )
    heading = f"{name[0].upper()}{name[1:]}"
    return (
        part(
            "miss-rate",
            f"{heading} by images, boxes and hours",
            figure(
                drawn.by_images,
                _metric_alt(study, judged),
                f"{_BAND} {better} is better.{few}",
                _NO_METRICS,
            )
            + figure(
                drawn.by_labour,
                f"{name} by objects labelled and by hours of labelling",
                f"{_BAND} Cycles of an arm that finds more objects cost more of both.",
            )
            + figure(drawn.each_arm, f"{name} by images labelled, an arm a panel", panels),
        )
        + part(
            "objects",
            "Objects and images selected",
            figure(
                drawn.objects,
                _object_alt(table(study)),
                f"{_BAND} More objects on the same number of images is more to learn from, and "
                "more to draw.",
                "<p>No image has been labelled yet.</p>",
            ),
        )
        + part(
            "curves",
            "Miss rate against false positives",
            figure(
                drawn.fppi,
                "Curves of each arm at the first, middle and last cycle",
                "Mean over seeds, on logarithmic axes. The dashed upright line marks FPPI 1; a "
                "curve that ends before it keeps its last value.",
                _NO_METRICS,
            ),
        )
    )


def _table(study: Study, rows: Sequence[Row]) -> str:
    if not rows:
        return "<p>No cycle has finished.</p>"
    cycles = sorted({r.cycle for r in rows})
    kept = thin(cycles, max(2, MOST_ROWS // len(arms(study))))
    look = style.looks(arms(study))
    shown = columns(rows)
    bodies = "".join(_cycle([r for r in rows if r.cycle == cycle], look, shown) for cycle in kept)
    ceiling = spread(m.miss_rate_at_fppi_1 for m in whole_pool(study))
    notes = ["Mean ± sample standard deviation over seeds. Objects: on the images labelled so far."]
    if study.cost is not None:
        c = study.cost
        notes.append(
            f"Hours of labelling: {c.per_image:g} s an image and {c.per_new_box:g} s a box, all "
            "boxes drawn anew."
        )
    if ceiling.n:
        notes.append(
            "To whole pool: miss rate at FPPI 1 less that of the detector trained on the whole "
            f"pool, {number(ceiling.mean)}."
        )
    if len(kept) < len(cycles):
        notes.append(f"{len(kept)} of {len(cycles)} cycles are listed, evenly spaced.")
    made = scroll("Figures per cycle and arm", " ".join(notes), heads(*shown, words=2), bodies)
    return folded("Every cycle and arm", made, sum(row.cycle in kept for row in rows))


def _cycle(rows: Sequence[Row], look: Mapping[str, style.Look], shown: Sequence[str]) -> str:
    made = []
    for i, row in enumerate(rows):
        first = (
            f'<th class="word" scope="rowgroup" rowspan="{len(rows)}">{row.cycle}</th>'
            if i == 0
            else ""
        )
        values = "".join(f"<td>{escape(v)}</td>" for v in cells(row, shown)[2:])
        made.append(f"<tr>{first}{arm_cell(row.arm, look)}{values}</tr>")
    return f"<tbody>{''.join(made)}</tbody>"


def _fairness(study: Study) -> str:
    alike = (
        "initial set and weights, pool, test set, evaluation, training options, seed and budget; "
        "picks unique and from the pool; labels of picks only"
    )
    if study.unfair is None:
        return "<p>The ledgers of the arms were not held against each other.</p>"
    if not study.unfair:
        return f"<p>Checked, and alike in all arms of a seed: {alike}.</p>"
    listed = "".join(f"<li>{escape(problem)}</li>" for problem in study.unfair)
    return f"<p>Checked: {alike}. These differ:</p><ul>{listed}</ul>"


def _time(study: Study) -> str:
    steps = sorted({step for r in study.results for step in r.seconds}, key=_step_order)
    if not steps:
        return "<p>No times were recorded.</p>"
    look = style.looks(arms(study))
    body = []
    for arm in arms(study):
        mine = [r for r in study.results if r.arm == arm]
        means = [spread(r.seconds[s] for r in mine if s in r.seconds).mean for s in steps]
        total = math.fsum(v for r in mine for v in r.seconds.values())
        shown = "".join(f"<td>{duration(v)}</td>" for v in means)
        body.append(f"<tr>{arm_cell(arm, look)}{shown}<td>{duration(total)}</td></tr>")
    grand = math.fsum(v for r in study.results for v in r.seconds.values())
    caption = (
        "Wall time of a step in a cycle, mean over cycles and seeds; in all, over all of them: "
        f"{duration(grand)} for the whole study."
    )
    head = heads("arm", *(escape(step, limit=40) for step in steps), "in all")
    return scroll("Time per step", caption, head, f'<tbody class="plain">{"".join(body)}</tbody>')


def _step_order(step: str) -> tuple[int, str]:
    known = ("score", "select", "label", "train", "evaluate")
    return (known.index(step) if step in known else len(known), step)


def _metric_alt(study: Study, judged: Judgement) -> str:
    """Where each arm ends, for those who cannot see the chart."""
    ends = (
        f"{s.arm} {number(s.end)} at {count(s.spent['images'])} images" for s in judged.standings
    )
    said = listing(ends)
    return f"{words.metric(judged)} by images labelled." + (f" At the end: {said}." if said else "")


def _object_alt(rows: Sequence[Row]) -> str:
    last = {r.arm: r for r in rows if r.instances.n}
    values: Iterable[str] = (
        f"{arm} {count(row.instances.mean)} at {count(row.images.mean)} images"
        for arm, row in last.items()
    )
    return (
        f"Objects on the labelled images. At the last cycle: {listing(values)}. Every figure is in "
        "the table below."
    )

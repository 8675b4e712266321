"""The parts of the page other than the picked frames, as HTML."""

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from labelnext.evaluate.paired import PairedDifference
from labelnext.report import style
from labelnext.report.choice import thin
from labelnext.report.comparison import Comparison, comparisons, outcome
from labelnext.report.summary import COLUMNS, Row, arms, cells, partial, spread, table, whole_pool
from labelnext.report.text import block, escape, flatten
from labelnext.report.verdict import lines
from labelnext.rounds.results import Study
from labelnext.wording import count, duration, listing, number, plural, signed

if TYPE_CHECKING:
    from labelnext.report.drawing import Chart

MOST_ROWS = 400
_CAPTIONS = (
    "Mean over seeds; the band is one standard deviation to either side (none with one seed). "
    "Lower is better.",
    "Mean over seeds, on logarithmic axes. The dashed upright line marks FPPI 1, where the miss "
    "rate above is read; a curve that ends before it keeps its last value.",
    "Mean over seeds; the band is one standard deviation. More objects on the same number of "
    "images is more to learn from, and more to draw.",
)


def stylesheet() -> str:
    """Colours of the arms."""
    return style.stylesheet()


def part(anchor: str, heading: str, inside: str) -> str:
    """A section of the page under its heading."""
    return (
        f'<section id="{anchor}" aria-labelledby="{anchor}-h"><h2 id="{anchor}-h">{heading}</h2>\n'
        f"{inside}\n</section>\n"
    )


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


def before_frames(study: Study, drawn: Sequence["Chart | None"]) -> str:
    """Verdict, charts and table."""
    rows = table(study)
    no_metrics = "<p>Nothing was measured: there is no test set, or no figure is defined on it.</p>"
    return "".join(
        (
            _verdict(study),
            part(
                "miss-rate",
                "Miss rate per cycle",
                _figure(drawn[0], _miss_alt(rows), 0, no_metrics),
            ),
            part(
                "curves",
                "Miss rate against false positives",
                _figure(drawn[1], "Curves of each arm at the first, middle and last cycle", 1)
                or no_metrics,
            ),
            part(
                "objects",
                "Objects and images selected",
                _figure(drawn[2], _object_alt(rows), 2, "<p>No image has been labelled yet.</p>"),
            ),
            part("table", "Figures per cycle and arm", _table(study, rows)),
        )
    )


def after_frames(study: Study) -> str:
    """Time, then everything needed to repeat the study."""
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
    return part("time", "Time per step", _time(study)) + part(
        "settings", "Settings, command, hardware", (listed if settings else "") + told
    )


def _verdict(study: Study) -> str:
    head, *rest = lines(study)
    gaps = partial(study)
    points = "".join(f"<li>{escape(line)}</li>" for line in rest)
    warning = "".join(f"<li>{escape(gap[0].upper() + gap[1:])}</li>" for gap in gaps)
    return (
        '<section id="verdict" class="verdict" aria-labelledby="verdict-h"><h2 id="verdict-h">'
        f'Verdict</h2><p class="head">{escape(head)}</p><ul>{points}</ul></section>'
        + (f'<div class="warn" role="note"><ul>{warning}</ul></div>' if warning else "")
        + _comparisons(study)
    )


def _comparisons(study: Study) -> str:
    found = comparisons(study)
    if not found:
        return ""
    look = style.looks(arms(study))
    body = "".join(_comparison(c, look) for c in found)
    part_head = '<th scope="col">difference</th><th scope="col">95 % interval</th>'
    part_head += '<th scope="col">p</th><th scope="col" class="word">shown</th>'
    head = (
        '<tr><th scope="col" class="word" rowspan="2">arm</th><th scope="colgroup" colspan="4" '
        'class="group">at the end</th><th scope="colgroup" colspan="4" class="group">average over '
        f"cycles</th></tr><tr>{part_head * 2}</tr>"
    )
    caption = (
        "Difference in miss rate at FPPI 1 by paired seed; negative is better. Interval: bootstrap "
        "over seeds, too narrow with few of them. p: two-sided sign-flip test, corrected over arms "
        "(Holm)."
    )
    return (
        "<h3>Each arm against "
        f'<span class="name">{escape(found[0].baseline, limit=80)}</span></h3>'
        + scroll("Comparisons", caption, head, f'<tbody class="plain">{body}</tbody>')
    )


def _comparison(c: Comparison, look: dict[str, style.Look]) -> str:
    figures = "".join(
        f"<td>{signed(d.mean)}</td><td>{_interval(d)}</td><td>{_p(d, p)}</td>"
        f'<td class="word brief">{outcome(d, p)}</td>'
        for d, p in ((c.end, c.p_end), (c.average, c.p_average))
    )
    return f"<tr>{_arm(c.arm, look)}{figures}</tr>"


def _interval(d: PairedDifference) -> str:
    return f"{signed(d.low)} to {signed(d.high)}" if math.isfinite(d.low) else "–"


def _p(d: PairedDifference, p: float) -> str:
    return f"{p:.2g}" if d.seeds > 1 else "–"


def _figure(chart: "Chart | None", alt: str, index: int, without: str = "") -> str:
    if chart is None:
        return without
    label = f'role="img" aria-label="{escape(alt)}"'
    wide = chart.wide.replace("<svg", f'<svg class="wide" {label}', 1)
    narrow = chart.narrow.replace("<svg", f'<svg class="narrow" {label}', 1)
    caption = _CAPTIONS[index]
    return f'<figure class="chart">{wide}{narrow}<figcaption>{caption}</figcaption></figure>'


def _table(study: Study, rows: Sequence[Row]) -> str:
    if not rows:
        return "<p>No cycle has finished.</p>"
    cycles = sorted({r.cycle for r in rows})
    kept = thin(cycles, max(2, MOST_ROWS // len(arms(study))))
    look = style.looks(arms(study))
    head = "".join(f'<th scope="col"{_word(i)}>{h}</th>' for i, h in enumerate(COLUMNS))
    bodies = "".join(_cycle([r for r in rows if r.cycle == cycle], look) for cycle in kept)
    ceiling = spread(m.miss_rate_at_fppi_1 for m in whole_pool(study))
    notes = ["Mean ± sample standard deviation over seeds. Objects: on the images labelled so far."]
    if ceiling.n:
        notes.append(
            "To whole pool: miss rate at FPPI 1 less that of the detector trained on the whole "
            f"pool, {number(ceiling.mean)}."
        )
    if len(kept) < len(cycles):
        notes.append(f"{len(kept)} of {len(cycles)} cycles are listed, evenly spaced.")
    return scroll("Figures per cycle and arm", " ".join(notes), f"<tr>{head}</tr>", bodies)


def _cycle(rows: Sequence[Row], look: dict[str, style.Look]) -> str:
    lines_ = []
    for i, row in enumerate(rows):
        first = (
            f'<th class="word" scope="rowgroup" rowspan="{len(rows)}">{row.cycle}</th>'
            if i == 0
            else ""
        )
        values = "".join(f"<td>{escape(v)}</td>" for v in cells(row)[2:])
        lines_.append(f"<tr>{first}{_arm(row.arm, look)}{values}</tr>")
    return f"<tbody>{''.join(lines_)}</tbody>"


def _time(study: Study) -> str:
    steps = sorted({step for r in study.results for step in r.seconds}, key=_step_order)
    if not steps:
        return "<p>No times were recorded.</p>"
    head = "".join(f'<th scope="col">{escape(step, limit=40)}</th>' for step in steps)
    look = style.looks(arms(study))
    body = []
    for arm in arms(study):
        mine = [r for r in study.results if r.arm == arm]
        means = [spread(r.seconds[s] for r in mine if s in r.seconds).mean for s in steps]
        total = math.fsum(v for r in mine for v in r.seconds.values())
        shown = "".join(f"<td>{duration(v)}</td>" for v in means)
        body.append(f"<tr>{_arm(arm, look)}{shown}<td>{duration(total)}</td></tr>")
    grand = math.fsum(v for r in study.results for v in r.seconds.values())
    caption = (
        "Wall time of a step in a cycle, mean over cycles and seeds; in all, over all of them: "
    )
    caption += f"{duration(grand)} for the whole study."
    head = f'<th scope="col" class="word">arm</th>{head}<th scope="col">in all</th>'
    tbody = f'<tbody class="plain">{"".join(body)}</tbody>'
    return scroll("Time per step", caption, f"<tr>{head}</tr>", tbody)


def _step_order(step: str) -> tuple[int, str]:
    known = ("score", "select", "label", "train", "evaluate")
    return (known.index(step) if step in known else len(known), step)


def _arm(arm: str, look: dict[str, style.Look]) -> str:
    return (
        f'<th class="word arm" scope="row">{_swatch(look[arm])}'
        f'<span class="name">{escape(arm, limit=60)}</span></th>'
    )


def _swatch(look: style.Look) -> str:
    dash = "" if isinstance(look.dash, str) else " ".join(f"{v * 1.6:g}" for v in look.dash[1])
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        '<svg class="swatch" viewBox="0 0 26 10" aria-hidden="true"><line x1="1" x2="25" y1="5" '
        f'y2="5" stroke="var(--hue-{look.hue})" stroke-width="3"{dashed}/></svg>'
    )


def scroll(label: str, caption: str, head: str, body: str) -> str:
    """A table that scrolls sideways by itself where the page is too narrow for it."""
    header = f"<thead>{head}</thead>" if head else ""
    return (
        f'<div class="scroll" role="region" aria-label="{label}" tabindex="0"><table><caption>'
        f"<span>{caption}</span></caption>{header}{body}</table></div>"
    )


def _word(column: int) -> str:
    return ' class="word"' if column < 2 else ""


def _miss_alt(rows: Sequence[Row]) -> str:
    return f"Miss rate at FPPI 1 by images labelled. {_ends(rows, 'miss_rate_at_fppi_1')}"


def _object_alt(rows: Sequence[Row]) -> str:
    return f"Objects on the labelled images. {_ends(rows, 'instances')}"


def _ends(rows: Sequence[Row], what: str) -> str:
    """Last value of each arm in words, for those who cannot see the chart."""
    last = {r.arm: r for r in rows if getattr(r, what).n}
    counts = what == "instances"
    values: Iterable[str] = (
        f"{arm} {(count if counts else number)(getattr(row, what).mean)} at "
        f"{count(row.images.mean)} images"
        for arm, row in last.items()
    )
    return f"At the last cycle: {listing(values)}. Every figure is in the table below."

"""The paper's figures and table as rows: for a terminal, for CSV."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from labelnext.audit.judge.facts import Spread
from labelnext.audit.paper import PAPER, DataSet, Times
from labelnext.report.paper.draw import percent
from labelnext.report.paper.points import Curve, Series, Shown
from labelnext.report.summary import with_sd

Cell = str | int | float | None
Row = tuple[Cell, ...]

CSV = ("panel", "shows", "line", "cycle", "images", "share_of_pool", "fppi", "mean", "sd", "seeds")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows with a heading, which may be empty."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]


def summaries(shown: Sequence[Shown]) -> list[Table]:
    """What a figure shows, in few numbers: means ± standard deviation over seeds."""
    made = []
    curves = [(one, curve) for one in shown for curve in one.curves]
    if curves:
        whole = next((one.whole for one in shown if one.whole is not None), None)
        rows = [_curve(curve) for _, curve in curves]
        made.append(Table("miss rate", _CURVES, (*rows, *([_whole(whole)] if whole else []))))
    for one in shown:
        if one.series and one.panel.shows == "miss rate":
            made.append(_rates(one.series))
        elif one.series:
            made.append(_objects(one.series))
    return made


def long_rows(shown: Sequence[Shown]) -> Iterator[Row]:
    """Every number that a figure shows, one a row, under the heads `CSV`."""
    for one in shown:
        panel = one.panel.title
        for curve in (*one.curves, *([] if one.whole is None else [one.whole])):
            name, n = curve.words or "whole pool", curve.at_1.n
            for fppi, mean, sd in zip(curve.fppi, curve.miss_rate, curve.sd, strict=True):
                yield (panel, "curves", name, curve.cycle or None, curve.images, curve.share,
                       float(fppi), float(mean), float(sd), n)  # fmt: skip
        for series in one.series:
            where = 1.0 if one.panel.shows == "miss rate" else None
            for cycle, images, value in zip(
                series.cycles, series.images, series.values, strict=True
            ):
                yield (panel, one.panel.shows, series.words, cycle, images, None, where,
                       value.mean, value.sd, value.n)  # fmt: skip


def completion(found: Times) -> Table:
    """Hours for every b (rows) and B (columns)."""
    heads = ("b", *(f"B = {total:,}" for total in found.totals.tolist()))
    rows = tuple(
        (f"{b:,}", *map(_hours, line))
        for b, line in zip(found.per_cycles.tolist(), found.hours.tolist(), strict=True)
    )
    machine = found.machine
    caption = (
        f"hours to completion, N = {found.pool:,}, {found.source} times: "
        f"{machine.score_seconds:.3g} s an image scored, {machine.train_seconds:.3g} s an image "
        f"trained on and epoch, {machine.epochs} epochs; {found.left_per_pick:g} images leave the "
        "pool for each pick"
    )
    return Table(caption, heads, rows)


def completion_rows(found: Times) -> Iterator[Row]:
    """b, B and hours, one pair a row."""
    for b, line in zip(found.per_cycles.tolist(), found.hours.tolist(), strict=True):
        for total, hours in zip(found.totals.tolist(), line, strict=True):
            yield b, total, hours


def counts(found: Sequence[DataSet]) -> Table:
    """Table 1: the data sets given, beside the paper's own."""
    columns = (*found, *PAPER)
    heads = ("", *(one.name for one in found), *(f"{one.name} (paper)" for one in PAPER))
    rows = (
        ("images", *(f"{one.images:,}" for one in columns)),
        ("instances", *(_count(one.instances) for one in columns)),
        ("images with instances", *(_count(one.images_with_instances) for one in columns)),
        ("image size", *(one.size for one in columns)),
        ("type", *(one.kind for one in columns)),
    )
    return Table("", heads, rows)


_CURVES = ("line", "cycle", "images", "of the pool", "at FPPI 1", "at FPPI 0.1", "seeds")


def _curve(curve: Curve) -> Row:
    return (
        curve.words, curve.cycle, f"{curve.images:,.0f}", percent(curve.share),
        with_sd(curve.at_1), with_sd(curve.at_01), curve.at_1.n,
    )  # fmt: skip


def _whole(curve: Curve) -> Row:
    return ("whole pool", None, *_curve(curve)[2:])


def _rates(lines: Sequence[Series]) -> Table:
    cycles = sorted({cycle for line in lines for cycle in line.cycles})
    heads = ("line", *(f"cycle {cycle}" for cycle in cycles), "seeds")
    rows = []
    for line in lines:
        known = dict(zip(line.cycles, line.values, strict=True))
        cells = [with_sd(known[c]) if c in known else None for c in cycles]
        rows.append((line.words, *cells, min(value.n for value in line.values)))
    return Table("miss rate at FPPI 1, per cycle", heads, tuple(rows))


def _objects(lines: Sequence[Series]) -> Table:
    random = next((line.total for line in lines if line.chance), None)
    rows = tuple(
        (line.words, f"{line.images[-1]:,.0f}", with_sd(line.total, counts=True),
         _ratio(line.total, random), line.total.n)
        for line in lines
        if line.total is not None
    )  # fmt: skip
    heads = ("line", "images", "instances", "times guided random's", "seeds")
    return Table("instances on all selected images", heads, rows)


def _ratio(total: Spread, random: Spread | None) -> str | None:
    return f"{total.mean / random.mean:.2f}" if random is not None and random.mean else None


def _count(value: int | None) -> str:
    return "not labelled" if value is None else f"{value:,}"


def _hours(value: float) -> str | None:
    """Whole hours, and three digits where they are few, so that small pools show something."""
    if math.isnan(value):
        return None
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"

"""The charts: miss rate per cycle, miss rate – FPPI curves, and what was selected."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from labelnext.report.curves import MeanCurve, arm_curve, initial_curve, landmarks, mean_curve
from labelnext.report.drawing import Chart, chart, legend, new_figure, title
from labelnext.report.style import Look, Theme, looks
from labelnext.report.summary import Row, Spread, arms, normal, spread, table
from labelnext.rounds.results import Study

_CROWD = 6  # with more arms than this, each gets a panel of its own
_CONTEXT = 60  # points of the grey lines behind a panel: they are drawn in every panel
_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.64, 0.8, 1.0)


def miss_rate_per_cycle(study: Study) -> Chart | None:
    """Miss rate at FPPI 1 against images labelled, one line an arm (paper Fig. 5, right)."""
    rows = [r for r in table(study) if r.miss_rate_at_fppi_1.n]
    if not rows:
        return None
    return chart("miss-rate-per-cycle", lambda theme, wide: _miss_rate(study, rows, theme, wide))


def miss_rate_fppi(study: Study) -> Chart | None:
    """Miss rate – FPPI curves at the first, middle and last cycle, log-log (paper Fig. 5, left)."""
    panels = {c: {a: arm_curve(study, a, c) for a in arms(study)} for c in landmarks(study)}
    if not any(curve for panel in panels.values() for curve in panel.values()):
        return None
    return chart("miss-rate-fppi", lambda theme, wide: _fppi(study, panels, theme, wide))


def objects_per_cycle(study: Study) -> Chart | None:
    """Objects, and images holding one, among the images labelled (paper Fig. 7)."""
    rows = table(study)
    if not any(r.images.mean for r in rows):
        return None
    return chart("objects-per-cycle", lambda theme, wide: _objects(study, rows, theme, wide))


def _miss_rate(study: Study, rows: Sequence[Row], theme: Theme, wide: bool) -> Any:
    names = [a for a in arms(study) if any(r.arm == a for r in rows)]
    crowd = len(names) > _CROWD
    columns = (3 if wide else 2) if crowd else 1
    lines = -(-len(names) // columns) if crowd else 1
    height = lines * (1.9 if wide else 1.75) + 0.7 if crowd else (4.2 if wide else 4.4)
    figure, axes = new_figure(lines, columns, (8.6 if wide else 4.2, height), theme)
    chosen = looks(arms(study))
    for i, axis in enumerate(axes):
        shown = [names[i]] if crowd and i < len(names) else names
        if crowd and i >= len(names):
            axis.set_visible(False)
            continue
        for name in names if crowd else ():
            x, y = _series(rows, name, "miss_rate_at_fppi_1")
            step = max(1, len(x) // _CONTEXT)
            axis.plot(x[::step], [v.mean for v in y][::step], color=theme.grid, zorder=1)
        for name in shown:
            x, y = _series(rows, name, "miss_rate_at_fppi_1")
            _line(axis, x, y, chosen[name], theme, width=1.8)
        if crowd:
            title(axis, names[i])
        references = _references(axis, study, theme, label=not crowd)
        if not crowd:
            legend(figure, names, chosen, theme, wide, references)
    _image_ticks(axes, rows, wide=wide, sparse=crowd)
    figure.supxlabel("images labelled", fontsize=9, color=theme.muted)
    figure.supylabel("miss rate at FPPI 1", fontsize=9, color=theme.muted)
    return figure


def _fppi(
    study: Study, panels: dict[int, dict[str, MeanCurve | None]], theme: Theme, wide: bool
) -> Any:
    n = len(panels)
    size = (8.6 if n > 1 else 5.5, 3.9) if wide else (4.2, 3.1 * n + 0.8)
    figure, axes = new_figure(1 if wide else n, n if wide else 1, size, theme)
    chosen, initial = looks(arms(study)), initial_curve(study)
    handles: dict[str, Any] = {}
    for axis, (cycle, curves) in zip(axes, panels.items(), strict=True):
        title(axis, f"cycle {cycle}")
        if initial is not None and cycle > 0:
            handles["initial detector"] = _curve(axis, initial, theme.muted, (0, (1, 1.6)), 1.2)
        for name, metrics in study.references.items():
            whole = mean_curve([m.curve for m in metrics])
            if whole is not None:
                ink = theme.ink if normal(name) == "whole pool" else theme.muted
                handles[name] = _curve(axis, whole, ink, "solid", 1.6)
        for name, curve in curves.items():
            if curve is not None:
                look = chosen[name]
                _curve(axis, curve, theme.hues[look.hue], look.dash, 1.6, look.marker)
        axis.axvline(1.0, color=theme.muted, linewidth=0.8, linestyle=(0, (2, 2)), zorder=1)
    lowest = min(
        (float(c.miss_rate.min()) for panel in panels.values() for c in panel.values() if c),
        default=1.0,
    )
    _log_axes(axes, min(lowest, 0.5))
    names = [a for a in chosen if any(p.get(a) for p in panels.values())]
    order = [a for a in arms(study) if a in names]
    legend(figure, order, chosen, theme, wide, handles)
    figure.supxlabel("false positives per image (FPPI)", fontsize=9, color=theme.muted)
    figure.supylabel("miss rate", fontsize=9, color=theme.muted)
    return figure


def _objects(study: Study, rows: Sequence[Row], theme: Theme, wide: bool) -> Any:
    size, shape = ((8.6, 3.9), (1, 2)) if wide else ((4.2, 6.6), (2, 1))
    figure, axes = new_figure(*shape, size, theme, sharey=False)
    chosen, handles = looks(arms(study)), {}
    titles = ("objects labelled", "labelled images with an object")
    for axis, words, what in zip(axes, titles, ("instances", "images_with_instances"), strict=True):
        title(axis, words)
        for name in arms(study):
            x, y = _series(rows, name, what)
            _line(axis, x, y, chosen[name], theme, width=1.6)
    last = max(r.images.mean for r in rows)
    if study.pool_instances is not None and study.pool_images:
        share = study.pool_instances / study.pool_images
        handles["expected at random"] = axes[0].plot(
            [0, last], [0, last * share], color=theme.muted, linewidth=1.2, linestyle=(0, (1, 1.6))
        )[0]
    handles["images labelled"] = axes[1].plot([0, last], [0, last], color=theme.ink, linewidth=1.2)[
        0
    ]
    for axis in axes:
        axis.set_ylim(bottom=0)
    _image_ticks(axes, rows, wide=wide, sparse=wide)
    legend(figure, arms(study), chosen, theme, wide, handles)
    figure.supxlabel("images labelled", fontsize=9, color=theme.muted)
    return figure


def _series(rows: Sequence[Row], arm: str, what: str) -> tuple[list[float], list[Spread]]:
    mine = [r for r in rows if r.arm == arm and getattr(r, what).n]
    return [r.images.mean for r in mine], [getattr(r, what) for r in mine]


def _line(
    axis: Any, x: list[float], y: list[Spread], look: Look, theme: Theme, *, width: float
) -> None:
    colour = theme.hues[look.hue]
    mean = np.array([v.mean for v in y])
    sd = np.nan_to_num([v.sd for v in y])  # one seed has no band
    if sd.any():
        axis.fill_between(x, mean - sd, mean + sd, color=colour, alpha=0.14, linewidth=0, zorder=2)
    axis.plot(
        x,
        mean,
        color=colour,
        linestyle=look.dash,
        linewidth=width,
        marker=look.marker,
        markersize=4.5,
        markevery=max(1, len(x) // 12),
        markeredgecolor=theme.paper,
        markeredgewidth=0.6,
        zorder=3,
    )


def _curve(
    axis: Any, curve: MeanCurve, colour: str, dash: Any, width: float, marker: str = ""
) -> Any:
    return axis.plot(
        curve.fppi,
        curve.miss_rate,
        color=colour,
        linestyle=dash,
        linewidth=width,
        marker=marker or None,
        markersize=4,
        markevery=(4, 24),
        zorder=3 if marker else 2,
    )[0]


def _references(axis: Any, study: Study, theme: Theme, *, label: bool) -> dict[str, Any]:
    handles = {}
    for name, metrics in study.references.items():
        mean, sd, n = spread(m.miss_rate_at_fppi_1 for m in metrics)
        if n:
            whole = normal(name) == "whole pool"
            ink = theme.ink if whole else theme.muted
            if sd > 0:
                axis.axhspan(mean - sd, mean + sd, color=ink, alpha=0.08, linewidth=0, zorder=0)
            dash: Any = "solid" if whole else (0, (2, 2))
            handles[name] = axis.axhline(mean, color=ink, linewidth=1.4, linestyle=dash, zorder=2)
    return handles if label else {}


def _image_ticks(axes: Sequence[Any], rows: Sequence[Row], *, wide: bool, sparse: bool) -> None:
    """Ticks at the cycles, with the cycle under the images, where there are few enough."""
    from matplotlib.ticker import MaxNLocator

    places = {(r.images.mean, r.cycle) for r in rows}
    spots = dict(places)
    clear = len(spots) == len(places) == len({c for _, c in places})
    room = (14 if wide else 7) // (2 if sparse else 1)
    for axis in axes:
        if clear and len(spots) <= room:
            ticks = sorted(spots)
            axis.set_xticks(ticks)
            words = [f"{x:.0f}" if sparse else f"{x:.0f}\ncycle {spots[x]}" for x in ticks]
            axis.set_xticklabels(words)
        else:
            axis.xaxis.set_major_locator(MaxNLocator(3 if sparse else 6, integer=True))


def _log_axes(axes: Sequence[Any], lowest: float) -> None:
    from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator

    bottom = max([t for t in _TICKS if t <= lowest] or [_TICKS[0]])
    ticks = [t for t in _TICKS if t >= bottom]
    for axis in axes:
        axis.set(xscale="log", yscale="log", xlim=(0.01, 10), ylim=(bottom * 0.97, 1.04))
        axis.xaxis.set_major_locator(FixedLocator([0.01, 0.1, 1, 10]))
        axis.set_xticklabels(["0.01", "0.1", "1", "10"])
        axis.xaxis.set_minor_formatter(NullFormatter())
        axis.yaxis.set_minor_locator(NullLocator())
        axis.yaxis.set_major_locator(FixedLocator(ticks))
        axis.set_yticklabels([f"{t:g}" for t in ticks])

"""The charts: the metric against images, boxes and hours, and what was selected."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from labelnext.audit.judge.curves import all_runs
from labelnext.audit.judge.facts import arms, normal, spread
from labelnext.audit.judge.values import Judgement, Unit
from labelnext.audit.judge.words import metric as metric_words
from labelnext.report.bands import Band, count_bands, metric_bands
from labelnext.report.drawing import Chart, chart, legend, new_figure, title
from labelnext.report.style import Look, Theme, looks
from labelnext.rounds.results import Study

MOST_LINES = 6  # with more arms than this, the best and the random ones stand out from the others
_BEST = 3
_CONTEXT = 60  # points of the grey lines behind a panel: they are drawn in every panel
OTHERS = "other arms"
UNIT_WORDS: Mapping[Unit, str] = {
    "images": "images labelled",
    "boxes": "objects labelled (boxes)",
    "hours": "hours of labelling",
}


def prominent(judged: Judgement, names: Sequence[str]) -> tuple[str, ...]:
    """The arms to draw in colour: all if they are few, else the best and the random ones."""
    if len(names) <= MOST_LINES:
        return tuple(names)
    best = [s.arm for s in judged.standings if s.arm not in judged.baselines][:_BEST]
    chosen = {*best, *judged.baselines} or set(names[:MOST_LINES])
    return tuple(n for n in names if n in chosen)


def by_images(study: Study, judged: Judgement) -> Chart | None:
    """The metric against images labelled (paper Fig. 5, right)."""
    bands = metric_bands(all_runs(study, arms(study), judged.metric), "images")
    if not bands:
        return None
    return chart(
        "miss-rate-per-cycle",
        lambda theme, wide: _by_units(study, judged, {"images": bands}, theme, wide),
    )


def by_labour(study: Study, judged: Judgement) -> Chart | None:
    """The metric against objects labelled and against hours of labelling."""
    runs = all_runs(study, arms(study), judged.metric)
    units: dict[Unit, dict[str, Band]] = {
        unit: bands for unit in ("boxes", "hours") if (bands := _moving(metric_bands(runs, unit)))
    }
    if not units:
        return None
    return chart(
        "miss-rate-by-boxes-and-hours",
        lambda theme, wide: _by_units(study, judged, units, theme, wide),
    )


def each_arm(study: Study, judged: Judgement) -> Chart | None:
    """Every arm in a panel of its own, where they are too many for one; else None."""
    bands = metric_bands(all_runs(study, arms(study), judged.metric), "images")
    if len(bands) <= MOST_LINES:
        return None
    return chart("each-arm", lambda theme, wide: _panels(study, judged, bands, theme, wide))


def objects_per_cycle(study: Study, judged: Judgement) -> Chart | None:
    """Objects, and images holding one, among the images labelled (paper Fig. 7)."""
    found = count_bands(study, "instances")
    if not any(b.x.max() > 0 for b in found.values()):
        return None
    return chart(
        "objects-per-cycle", lambda theme, wide: _objects(study, judged, found, theme, wide)
    )


def _by_units(
    study: Study,
    judged: Judgement,
    units: Mapping[Unit, Mapping[str, Band]],
    theme: Theme,
    wide: bool,
) -> Any:
    n = len(units)
    size = (8.6, 4.2 if n == 1 else 3.9) if wide else (4.2, 3.3 * n + 0.9)
    figure, axes = new_figure(1 if wide else n, n if wide else 1, size, theme)
    handles: dict[str, Any] = {}
    drawn: list[str] = []
    for axis, (unit, bands) in zip(axes, units.items(), strict=True):
        shown = prominent(judged, list(bands))
        drawn += [name for name in shown if name not in drawn]
        handles |= lines(axis, bands, shown, looks(arms(study)), theme)
        handles |= _references(axis, study, judged.metric, theme)
        axis.set_xlabel(UNIT_WORDS[unit], fontsize=9, color=theme.muted)
        _ticks(axis, study, unit, sparse=not wide or n > 1)
    order = [a for a in arms(study) if a in drawn]
    legend(figure, order, looks(arms(study)), theme, wide, handles)
    figure.supylabel(metric_words(judged), fontsize=9, color=theme.muted)
    return figure


def _panels(
    study: Study, judged: Judgement, bands: Mapping[str, Band], theme: Theme, wide: bool
) -> Any:
    columns = 4 if wide else 2
    rows = -(-len(bands) // columns)
    size = (8.6 if wide else 4.2, rows * 1.7 + 0.6)
    figure, axes = new_figure(rows, columns, size, theme)
    chosen, names = looks(arms(study)), list(bands)
    for i, axis in enumerate(axes):
        if i >= len(names):
            axis.set_visible(False)
            continue
        for other in bands.values():
            step = max(1, len(other.x) // _CONTEXT)
            axis.plot(other.x[::step], other.mean[::step], color=theme.grid, zorder=1)
        for base in judged.baselines[:1]:
            if base in bands and base != names[i]:
                _line(axis, bands[base], chosen[base], theme, width=1.0, filled=False)
        _line(axis, bands[names[i]], chosen[names[i]], theme, width=1.8)
        _references(axis, study, judged.metric, theme)
        title(axis, names[i])
        _ticks(axis, study, "images", sparse=True)
    figure.supxlabel(UNIT_WORDS["images"], fontsize=9, color=theme.muted)
    figure.supylabel(metric_words(judged), fontsize=9, color=theme.muted)
    return figure


def _objects(
    study: Study, judged: Judgement, found: Mapping[str, Band], theme: Theme, wide: bool
) -> Any:
    size, shape = ((8.6, 3.9), (1, 2)) if wide else ((4.2, 6.6), (2, 1))
    figure, axes = new_figure(*shape, size, theme, sharey=False)
    chosen, shown = looks(arms(study)), prominent(judged, arms(study))
    titles = ("objects labelled", "labelled images with an object")
    holding = count_bands(study, "images_with_instances")
    handles: dict[str, Any] = {}
    for axis, words, bands in zip(axes, titles, (found, holding), strict=True):
        title(axis, words)
        handles |= lines(axis, bands, shown, chosen, theme)
        axis.set_ylim(bottom=0)
        _ticks(axis, study, "images", sparse=True)
    last = max(float(b.x[-1]) for b in found.values())
    if study.pool_instances is not None and study.pool_images:
        share = study.pool_instances / study.pool_images
        handles["expected at random"] = axes[0].plot(
            [0, last], [0, last * share], color=theme.muted, linewidth=1.2, linestyle=(0, (1, 1.6))
        )[0]
    (handles["images labelled"],) = axes[1].plot(
        [0, last], [0, last], color=theme.ink, linewidth=1.2
    )
    legend(figure, shown, chosen, theme, wide, handles)
    figure.supxlabel(UNIT_WORDS["images"], fontsize=9, color=theme.muted)
    return figure


def lines(
    axis: Any,
    bands: Mapping[str, Band],
    shown: Sequence[str],
    chosen: Mapping[str, Look],
    theme: Theme,
) -> dict[str, Any]:
    """Draw the shown arms with their bands and the others as thin grey lines; their handle."""
    handles: dict[str, Any] = {}
    for name, curve in bands.items():
        if name not in shown:
            (handles[OTHERS],) = axis.plot(
                curve.x, curve.mean, color=theme.muted, alpha=0.4, linewidth=0.9, zorder=1
            )
    for name in shown:
        if name in bands:
            _line(axis, bands[name], chosen[name], theme, width=1.8)
    return handles


def _line(
    axis: Any, curve: Band, look: Look, theme: Theme, *, width: float, filled: bool = True
) -> None:
    colour = theme.hues[look.hue]
    if filled and np.isfinite(curve.low).any():  # one seed has no band
        axis.fill_between(
            curve.x, curve.low, curve.high, color=colour, alpha=0.14, linewidth=0, zorder=2
        )
    axis.plot(
        curve.x,
        curve.mean,
        color=colour,
        linestyle=look.dash,
        linewidth=width,
        marker=look.marker if filled else None,
        markersize=4.5,
        markevery=max(1, len(curve.x) // 12),
        markeredgecolor=theme.paper,
        markeredgewidth=0.6,
        zorder=3,
    )


def _references(axis: Any, study: Study, metric: str, theme: Theme) -> dict[str, Any]:
    handles = {}
    for name, metrics in study.references.items():
        mean, sd, n = spread(getattr(m, metric) for m in metrics)
        if n:
            whole = normal(name) == "whole pool"
            ink = theme.ink if whole else theme.muted
            if sd > 0:
                axis.axhspan(mean - sd, mean + sd, color=ink, alpha=0.08, linewidth=0, zorder=0)
            dash: Any = "solid" if whole else (0, (2, 2))
            handles[name] = axis.axhline(mean, color=ink, linewidth=1.4, linestyle=dash, zorder=2)
    return handles


def _moving(bands: Mapping[str, Band]) -> dict[str, Band]:
    """Bands that get anywhere: without objects there is nothing to draw against them."""
    return {name: b for name, b in bands.items() if b.x[-1] > 0}


def _ticks(axis: Any, study: Study, unit: Unit, *, sparse: bool) -> None:
    """Ticks at the cycles, with the cycle under the images, where these are few and clear."""
    from matplotlib.ticker import MaxNLocator

    places = {(r.images, r.cycle) for r in study.results}
    spots = dict(places)
    clear = len(spots) == len(places) == len({c for _, c in places})
    if unit == "images" and not sparse and clear and len(spots) <= 14:
        axis.set_xticks(sorted(spots))
        axis.set_xticklabels([f"{x}\ncycle {spots[x]}" for x in sorted(spots)])
    else:
        axis.xaxis.set_major_locator(MaxNLocator(4, integer=unit != "hours"))

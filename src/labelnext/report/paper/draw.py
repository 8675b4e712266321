"""The paper's figures drawn: curves at some cycles, series per cycle, time to completion."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from labelnext.audit.paper import Times
from labelnext.report.drawing import new_figure
from labelnext.report.paper.points import Curve, Shown
from labelnext.report.style import DASHES, MARKERS, Theme

_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.64, 0.8, 1.0)
_NAMES = {"miss rate": "miss rate at FPPI 1", "objects": "instances in X_s"}
_GREY = -1  # the last hue is that of random arms
_CHANCE = "X"  # and their marker


def panels(shown: Sequence[Shown], theme: Theme) -> Any:
    """A figure of one panel or more, from left to right."""
    count = len(shown)
    size = (4.3 * count, 4.0) if count > 1 else (5.8, 4.3)
    figure, axes = new_figure(1, count, size, theme, sharey=False)
    low = _lowest([curve for one in shown for curve in _all_curves(one)])
    for axis, one in zip(axes, shown, strict=True):
        axis.set_title(one.panel.title, loc="left", color=theme.ink)
        if one.panel.shows == "curves":
            _curves(axis, one, low, theme)
        else:
            _series(axis, one, theme)
    return figure


def completion(found: Times, theme: Theme) -> Any:
    """Hours against b, a line for each B, both logarithmic (Fig. 4)."""
    from matplotlib.ticker import FixedLocator, NullLocator

    figure, (axis,) = new_figure(1, 1, (6.2, 4.3), theme)
    for i, total in enumerate(found.totals.tolist()):
        hours = found.hours[:, i]
        known = np.isfinite(hours)
        axis.plot(found.per_cycles[known], hours[known], label=f"B = {total:,}", **_look(i, theme))
    axis.set(xscale="log", yscale="log", xlabel="b, images a cycle", ylabel="hours to completion")
    axis.set_title(f"N = {found.pool:,} images, {found.source} times", loc="left", color=theme.ink)
    axis.xaxis.set_major_locator(FixedLocator(found.per_cycles.tolist()))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_xticklabels([f"{b:,}" for b in found.per_cycles.tolist()])
    _hour_ticks(axis)
    _dress(axis, theme)
    return figure


def _curves(axis: Any, one: Shown, low: float, theme: Theme) -> None:
    many = len({curve.words for curve in one.curves}) > 1
    for i, curve in enumerate(one.curves):
        look = _look(_GREY if curve.last and curve.chance else i, theme)
        look |= {"markevery": (4 + 6 * i, 28)}
        if curve.last:
            look |= {"linestyle": DASHES[1], "linewidth": 1.3}
        axis.plot(curve.fppi, curve.miss_rate, label=_label(curve, many), **look)
        band = np.nan_to_num(curve.sd)
        if band.any():
            axis.fill_between(
                curve.fppi, np.maximum(curve.miss_rate - band, 1e-3), curve.miss_rate + band,
                color=look["color"], alpha=0.12, linewidth=0, zorder=2,
            )  # fmt: skip
    if one.whole is not None:
        whole = one.whole
        axis.plot(
            whole.fppi, whole.miss_rate, color=theme.ink, linewidth=2.0, zorder=4,
            label="whole pool (N = 100 %)",
        )  # fmt: skip
    _log_axes(axis, low)
    axis.axvline(1.0, color=theme.muted, linewidth=0.8, linestyle=(0, (2, 2)), zorder=1)
    axis.set(xlabel="false positives per image (FPPI)", ylabel="miss rate")
    _dress(axis, theme, loc="lower left")


def _series(axis: Any, one: Shown, theme: Theme) -> None:
    from matplotlib.ticker import MaxNLocator

    for i, series in enumerate(one.series):
        look = _look(_GREY if series.chance else i, theme)
        mean = np.array([value.mean for value in series.values])
        band = np.nan_to_num([value.sd for value in series.values])
        if band.any():
            axis.fill_between(
                series.cycles, mean - band, mean + band, color=look["color"], alpha=0.12,
                linewidth=0, zorder=2,
            )  # fmt: skip
        axis.plot(series.cycles, mean, label=series.words, **look)
    if one.panel.shows == "objects":
        axis.set_ylim(bottom=0)
    axis.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axis.set(xlabel="cycle", ylabel=_NAMES[one.panel.shows])
    _room_above(axis, one)
    _dress(axis, theme, loc="upper right")


def _room_above(axis: Any, one: Shown) -> None:
    """Keep the legend off the lines: a twelfth of the height for each entry, without ticks."""
    low, high = axis.get_ylim()
    most = 1.0 if one.panel.shows == "miss rate" else high
    axis.set_ylim(low, high + (high - low) * 0.085 * len(one.series))
    axis.set_yticks([tick for tick in axis.get_yticks() if low <= tick <= most + 1e-9])


def _look(i: int, theme: Theme) -> dict[str, Any]:
    """Hue, marker and dash of the i-th line; −1 is grey, for random arms."""
    hues = len(theme.hues) - 1
    return {
        "color": theme.hues[_GREY if i == _GREY else i % hues],
        "marker": _CHANCE if i == _GREY else MARKERS[i % len(MARKERS)],
        "linestyle": DASHES[2] if i == _GREY else DASHES[i // hues % len(DASHES)],
        "linewidth": 1.7, "markersize": 6.0 if i == _GREY else 4.5, "markeredgecolor": theme.paper,
        "markeredgewidth": 0.6, "zorder": 3,
    }  # fmt: skip


def _label(curve: Curve, many: bool) -> str:
    line = f"{curve.words}, " if many else ""
    return f"{line}cycle {curve.cycle} (N = {percent(curve.share)})"


def percent(share: float) -> str:
    """A share of the pool as the paper writes it: 1 %, 13.6 %, 0.05 %."""
    return f"{100 * share:.2g} %" if share < 0.1 else f"{100 * share:.3g} %"


def _all_curves(one: Shown) -> tuple[Curve, ...]:
    return one.curves if one.whole is None else (*one.curves, one.whole)


def _lowest(curves: Sequence[Curve]) -> float:
    return min((float(curve.miss_rate.min()) for curve in curves), default=0.5)


def _log_axes(axis: Any, lowest: float) -> None:
    from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator

    wanted = min(lowest, 0.8) * 0.6  # so much below the lowest curve is left for the legend
    bottom = max([t for t in _TICKS if t <= wanted] or [_TICKS[0]])
    axis.set(xscale="log", yscale="log", xlim=(0.01, 10), ylim=(bottom * 0.97, 1.04))
    axis.xaxis.set_major_locator(FixedLocator([0.01, 0.1, 1, 10]))
    axis.set_xticklabels(["0.01", "0.1", "1", "10"])
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.yaxis.set_minor_locator(NullLocator())
    ticks = [t for t in _TICKS if t >= bottom]
    axis.yaxis.set_major_locator(FixedLocator(ticks))
    axis.set_yticklabels([f"{t:g}" for t in ticks])


def _hour_ticks(axis: Any) -> None:
    from matplotlib.ticker import FuncFormatter

    axis.yaxis.set_major_formatter(FuncFormatter(lambda hours, _: f"{hours:,g}"))


def _dress(axis: Any, theme: Theme, *, loc: str = "best") -> None:
    """Legend and labels in the theme's colours."""
    if axis.get_legend_handles_labels()[0]:
        axis.legend(loc=loc, fontsize=8, labelcolor=theme.ink, handlelength=2.4)
    axis.xaxis.label.set_color(theme.muted)
    axis.yaxis.label.set_color(theme.muted)

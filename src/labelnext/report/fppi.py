"""The chart of miss rate – FPPI curves."""

from collections.abc import Mapping, Sequence
from typing import Any

from labelnext.audit.judge.facts import arms, normal
from labelnext.audit.judge.values import Judgement
from labelnext.report.charts import OTHERS, prominent
from labelnext.report.curves import MeanCurve, arm_curve, initial_curve, landmarks, mean_curve
from labelnext.report.drawing import Chart, chart, legend, new_figure, title
from labelnext.report.style import Theme, looks
from labelnext.rounds.results import Study

_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.64, 0.8, 1.0)


def miss_rate_fppi(study: Study, judged: Judgement) -> Chart | None:
    """Miss rate – FPPI curves at the first, middle and last cycle, log-log (paper Fig. 5, left)."""
    panels = {c: {a: arm_curve(study, a, c) for a in arms(study)} for c in landmarks(study)}
    if not any(curve for panel in panels.values() for curve in panel.values()):
        return None
    return chart("miss-rate-fppi", lambda theme, wide: _fppi(study, judged, panels, theme, wide))


def _fppi(
    study: Study,
    judged: Judgement,
    panels: Mapping[int, Mapping[str, MeanCurve | None]],
    theme: Theme,
    wide: bool,
) -> Any:
    n = len(panels)
    size = (8.6 if n > 1 else 5.5, 3.9) if wide else (4.2, 3.1 * n + 0.8)
    figure, axes = new_figure(1 if wide else n, n if wide else 1, size, theme)
    chosen, initial = looks(arms(study)), initial_curve(study)
    shown = prominent(judged, arms(study))
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
            if curve is not None and name in shown:
                look = chosen[name]
                _curve(axis, curve, theme.hues[look.hue], look.dash, 1.6, look.marker)
            elif curve is not None:
                handles[OTHERS] = _curve(axis, curve, theme.muted, "solid", 0.9, alpha=0.4)
        axis.axvline(1.0, color=theme.muted, linewidth=0.8, linestyle=(0, (2, 2)), zorder=1)
    lowest = min(
        (float(c.miss_rate.min()) for panel in panels.values() for c in panel.values() if c),
        default=1.0,
    )
    _log_axes(axes, min(lowest, 0.5))
    order = [a for a in shown if any(p.get(a) for p in panels.values())]
    legend(figure, order, chosen, theme, wide, handles)
    figure.supxlabel("false positives per image (FPPI)", fontsize=9, color=theme.muted)
    figure.supylabel("miss rate", fontsize=9, color=theme.muted)
    return figure


def _curve(
    axis: Any,
    curve: MeanCurve,
    colour: str,
    dash: Any,
    width: float,
    marker: str = "",
    alpha: float = 1.0,
) -> Any:
    return axis.plot(
        curve.fppi,
        curve.miss_rate,
        color=colour,
        alpha=alpha,
        linestyle=dash,
        linewidth=width,
        marker=marker or None,
        markersize=4,
        markevery=(4, 24),
        zorder=3 if marker else 2,
    )[0]


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

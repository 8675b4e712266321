"""The charts: one drawing each, for print (PNG) and, with CSS variables for colours, for the page.

matplotlib is imported when a chart is drawn and used through its object API alone. A chart on the
page comes twice, wide and narrow, since an SVG scaled to a phone's width cannot be read.
"""

import io
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from labelnext.report.curves import MeanCurve, arm_curve, initial_curve, landmarks, mean_curve
from labelnext.report.style import PAGE, PRINT, Look, Theme, looks, to_variables
from labelnext.report.summary import Row, Spread, arms, normal, spread, table
from labelnext.report.text import plain
from labelnext.rounds.results import Study

_CROWD = 6  # with more arms than this, each gets a panel of its own
_CONTEXT = 60  # points of the grey lines behind a panel: they are drawn in every panel
_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.64, 0.8, 1.0)
_RC = {
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "lines.solid_capstyle": "round",
    "svg.fonttype": "none",
}


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart ready for the page and for a file.

    Attributes:
        name: Stem of its PNG.
        png: For print, on white.
        wide: SVG for a page wider than a phone.
        narrow: SVG for a phone.
    """

    name: str
    png: bytes
    wide: str
    narrow: str


def miss_rate_per_cycle(study: Study) -> Chart | None:
    """Miss rate at FPPI 1 against images labelled, one line an arm (paper Fig. 5, right)."""
    rows = [r for r in table(study) if r.miss_rate_at_fppi_1.n]
    if not rows:
        return None
    return _chart("miss-rate-per-cycle", lambda theme, wide: _miss_rate(study, rows, theme, wide))


def miss_rate_fppi(study: Study) -> Chart | None:
    """Miss rate – FPPI curves at the first, middle and last cycle, log-log (paper Fig. 5, left)."""
    panels = {c: {a: arm_curve(study, a, c) for a in arms(study)} for c in landmarks(study)}
    if not any(curve for panel in panels.values() for curve in panel.values()):
        return None
    return _chart("miss-rate-fppi", lambda theme, wide: _fppi(study, panels, theme, wide))


def objects_per_cycle(study: Study) -> Chart | None:
    """Objects, and images holding one, among the images labelled (paper Fig. 7)."""
    rows = table(study)
    if not any(r.images.mean for r in rows):
        return None
    return _chart("objects-per-cycle", lambda theme, wide: _objects(study, rows, theme, wide))


def _miss_rate(study: Study, rows: Sequence[Row], theme: Theme, wide: bool) -> Any:
    names = [a for a in arms(study) if any(r.arm == a for r in rows)]
    crowd = len(names) > _CROWD
    columns = (3 if wide else 2) if crowd else 1
    lines = -(-len(names) // columns) if crowd else 1
    height = lines * (1.9 if wide else 1.75) + 0.7 if crowd else (4.2 if wide else 4.4)
    figure, axes = _panels(lines, columns, (8.6 if wide else 4.2, height), theme)
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
            _title(axis, names[i])
        references = _references(axis, study, theme, label=not crowd)
        if not crowd:
            _legend(figure, axis, names, chosen, theme, wide, references)
    _image_ticks(axes, rows, wide=wide, sparse=crowd)
    figure.supxlabel("images labelled", fontsize=9, color=theme.muted)
    figure.supylabel("miss rate at FPPI 1", fontsize=9, color=theme.muted)
    return figure


def _fppi(
    study: Study, panels: dict[int, dict[str, MeanCurve | None]], theme: Theme, wide: bool
) -> Any:
    n = len(panels)
    size = (8.6 if n > 1 else 5.5, 3.9) if wide else (4.2, 3.1 * n + 0.8)
    figure, axes = _panels(1 if wide else n, n if wide else 1, size, theme)
    chosen, initial = looks(arms(study)), initial_curve(study)
    handles: dict[str, Any] = {}
    for axis, (cycle, curves) in zip(axes, panels.items(), strict=True):
        _title(axis, f"cycle {cycle}")
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
    _legend(figure, axes[0], order, chosen, theme, wide, handles)
    figure.supxlabel("false positives per image (FPPI)", fontsize=9, color=theme.muted)
    figure.supylabel("miss rate", fontsize=9, color=theme.muted)
    return figure


def _objects(study: Study, rows: Sequence[Row], theme: Theme, wide: bool) -> Any:
    size, shape = ((8.6, 3.9), (1, 2)) if wide else ((4.2, 6.6), (2, 1))
    figure, axes = _panels(*shape, size, theme, sharey=False)
    chosen, handles = looks(arms(study)), {}
    titles = ("objects labelled", "labelled images with an object")
    for axis, title, what in zip(axes, titles, ("instances", "images_with_instances"), strict=True):
        _title(axis, title)
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
    _legend(figure, axes[0], arms(study), chosen, theme, wide, handles)
    figure.supxlabel("images labelled", fontsize=9, color=theme.muted)
    return figure


def _panels(
    rows: int, columns: int, size: tuple[float, float], theme: Theme, *, sharey: bool = True
) -> tuple[Any, list[Any]]:
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    layout = ConstrainedLayoutEngine(w_pad=0.06, h_pad=0.06)
    figure = Figure(figsize=size, layout=layout, facecolor=theme.paper)
    axes = figure.subplots(rows, columns, squeeze=False, sharey=sharey)
    for axis in axes.flat:
        axis.set_facecolor(theme.paper)
        axis.grid(color=theme.grid)
        axis.tick_params(colors=theme.muted, length=3)
        axis.spines[["left", "bottom"]].set_color(theme.muted)
        axis.title.set_color(theme.ink)
    return figure, list(axes.flat)


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


def _title(axis: Any, words: str) -> None:
    axis.set_title("")
    axis.set_title(plain(words, limit=30), loc="left")
    axis._left_title.set_parse_math(False)
    axis._left_title.set_color(axis.title.get_color())


def _legend(
    figure: Any,
    axis: Any,
    names: Sequence[str],
    chosen: dict[str, Look],
    theme: Theme,
    wide: bool,
    extra: dict[str, Any],
) -> None:
    from matplotlib.lines import Line2D

    arms_drawn = [
        Line2D(
            [],
            [],
            color=theme.hues[chosen[n].hue],
            linestyle=chosen[n].dash,
            marker=chosen[n].marker,
            markersize=4.5,
            linewidth=1.8,
        )
        for n in names
    ]
    columns = min(len(names) + len(extra), 4 if wide else 2)
    words = _by_rows([*names, *extra], columns)
    legend = figure.legend(
        _by_rows([*arms_drawn, *extra.values()], columns),
        ["x" * min(len(w), 34) for w in words],  # stands in for names that matplotlib would drop
        loc="outside upper left",
        ncols=columns,
        fontsize=9,
        labelcolor=theme.ink,
        handlelength=2.6,
        columnspacing=1.6,
    )
    for text, word in zip(legend.get_texts(), words, strict=True):
        text.set_parse_math(False)
        text.set_text(plain(word, limit=34))


def _by_rows(entries: list[Any], columns: int) -> list[Any]:
    """Reorder what matplotlib lays out column by column so that it reads row by row."""
    rows, longer = divmod(len(entries), columns)
    heights = [rows + (i < longer) for i in range(columns)]
    return [entries[r * columns + c] for c in range(columns) for r in range(heights[c])]


def _chart(name: str, draw: Callable[[Theme, bool], Any]) -> Chart:
    with _settings(name):
        png = io.BytesIO()
        draw(PRINT, True).savefig(png, format="png", dpi=150, metadata={"Software": None})
    return Chart(
        name, png.getvalue(), _svg(f"{name}-wide", draw, True), _svg(f"{name}-narrow", draw, False)
    )


def _svg(salt: str, draw: Callable[[Theme, bool], Any], wide: bool) -> str:
    """Inline SVG: no header, no size of its own, the page's fonts and colours."""
    with _settings(salt):
        out = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        draw(PAGE, wide).savefig(out, format="svg", metadata=nothing)
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)  # nothing refers to them, and charts would share them
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r"'DejaVu Sans'[^;\"]*", "system-ui, sans-serif", svg)
    return to_variables(svg.strip())


@contextmanager
def _settings(salt: str) -> Iterator[None]:
    """matplotlib's own defaults and ours, whatever the user's file says; theirs come back."""
    import matplotlib as mpl

    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        mpl.rcdefaults()
        mpl.rcParams.update({**_RC, "svg.hashsalt": salt})
        yield

"""How a chart is set up, labelled and turned into a PNG and two SVGs.

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

from labelnext.report.style import PAGE, PRINT, Look, Theme, to_variables
from labelnext.wording import plain

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


def chart(name: str, draw: Callable[[Theme, bool], Any]) -> Chart:
    """Have `draw(theme, wide)` draw a figure for print and, wide and narrow, for the page."""
    with _settings(name):
        png = io.BytesIO()
        draw(PRINT, True).savefig(png, format="png", dpi=150, metadata={"Software": None})
    return Chart(
        name, png.getvalue(), _svg(f"{name}-wide", draw, True), _svg(f"{name}-narrow", draw, False)
    )


def prints(name: str, draw: Callable[[Theme], Any]) -> tuple[bytes, bytes]:
    """Have `draw(theme)` draw a figure on white: as a PNG, and as an SVG that stands alone.

    The same figure gives the same bytes.
    """
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with _settings(name):
        figure = draw(PRINT)
        png, svg = io.BytesIO(), io.BytesIO()
        figure.savefig(png, format="png", dpi=150, metadata={"Software": None})
        figure.savefig(svg, format="svg", metadata=nothing)
    return png.getvalue(), svg.getvalue()


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
    svg = re.sub(r"(style=\"[^\"<>]*?)'DejaVu Sans'[^;\"<>]*", r"\1system-ui, sans-serif", svg)
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


def new_figure(
    rows: int, columns: int, size: tuple[float, float], theme: Theme, *, sharey: bool = True
) -> tuple[Any, list[Any]]:
    """A figure of `size` inches, and its axes row by row, in the theme's colours."""
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


def title(axis: Any, words: str) -> None:
    """Set an axis's title as it stands, whatever mathematics it may look like."""
    axis.set_title("")
    axis.set_title(plain(words, limit=30), loc="left")
    axis._left_title.set_parse_math(False)
    axis._left_title.set_color(axis.title.get_color())


def legend(
    figure: Any,
    names: Sequence[str],
    chosen: dict[str, Look],
    theme: Theme,
    wide: bool,
    extra: dict[str, Any],
) -> None:
    """Name the arms, then the lines in `extra`, above the axes."""
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
    made = figure.legend(
        _by_rows([*arms_drawn, *extra.values()], columns),
        [
            "x" * max(1, min(len(w), 34)) for w in words
        ],  # stands in for names that matplotlib would drop
        loc="outside upper left",
        ncols=columns,
        fontsize=9,
        labelcolor=theme.ink,
        handlelength=2.6,
        columnspacing=1.6,
    )
    for text, word in zip(made.get_texts(), words, strict=True):
        text.set_parse_math(False)
        text.set_text(plain(word, limit=34))


def _by_rows(entries: list[Any], columns: int) -> list[Any]:
    """Reorder what matplotlib lays out column by column so that it reads row by row."""
    rows, longer = divmod(len(entries), columns)
    heights = [rows + (i < longer) for i in range(columns)]
    return [entries[r * columns + c] for c in range(columns) for r in range(heights[c])]

"""Pieces of HTML that the sections of the page share."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from labelnext.report.style import Look
from labelnext.report.text import escape

if TYPE_CHECKING:
    from labelnext.report.drawing import Chart

MOST_OPEN = 48  # rows of a table that stands open


def part(anchor: str, heading: str, inside: str) -> str:
    """A section of the page under its heading."""
    return (
        f'<section id="{anchor}" aria-labelledby="{anchor}-h"><h2 id="{anchor}-h">{heading}</h2>\n'
        f"{inside}\n</section>\n"
    )


def scroll(label: str, caption: str, head: str, body: str) -> str:
    """A table that scrolls sideways by itself where the page is too narrow for it."""
    header = f"<thead>{head}</thead>" if head else ""
    return (
        f'<div class="scroll" role="region" aria-label="{label}" tabindex="0"><table><caption>'
        f"<span>{caption}</span></caption>{header}{body}</table></div>"
    )


def folded(words: str, inside: str, rows: int) -> str:
    """A long table behind its heading, to be opened; a short one as it is."""
    if rows <= MOST_OPEN:
        return inside
    return (
        f"<details><summary><h3>{words}</h3> <span>{rows:,} rows</span></summary>{inside}</details>"
    )


def figure(chart: "Chart | None", alt: str, caption: str, without: str = "") -> str:
    """A chart for wide pages and for phones, or what to say where there is none."""
    if chart is None:
        return without
    label = f'role="img" aria-label="{escape(alt)}"'
    wide = chart.wide.replace("<svg", f'<svg class="wide" {label}', 1)
    narrow = chart.narrow.replace("<svg", f'<svg class="narrow" {label}', 1)
    return f'<figure class="chart">{wide}{narrow}<figcaption>{caption}</figcaption></figure>'


def arm_cell(arm: str, look: Mapping[str, Look], rows: int = 1) -> str:
    """The heading of an arm's row or rows, with the arm's line as drawn in the charts."""
    span = f' rowspan="{rows}"' if rows > 1 else ""
    scope = "rowgroup" if rows > 1 else "row"
    return (
        f'<th class="word arm" scope="{scope}"{span}>{_swatch(look[arm])}'
        f'<span class="name">{escape(arm, limit=60)}</span></th>'
    )


def heads(*columns: str, words: int = 1) -> str:
    """A row of column headings, the first `words` of them over text."""
    cells = (
        f'<th scope="col"{" class=word" if i < words else ""}>{name}</th>'.replace(
            "class=word", 'class="word"'
        )
        for i, name in enumerate(columns)
    )
    return f"<tr>{''.join(cells)}</tr>"


def _swatch(look: Look) -> str:
    dash = "" if isinstance(look.dash, str) else " ".join(f"{v * 1.6:g}" for v in look.dash[1])
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        '<svg class="swatch" viewBox="0 0 26 10" aria-hidden="true"><line x1="1" x2="25" y1="5" '
        f'y2="5" stroke="var(--hue-{look.hue})" stroke-width="3"{dashed}/></svg>'
    )

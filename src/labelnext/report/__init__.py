"""Room: report. A finished or interrupted study becomes one self-contained page and a few PNGs.

`write` makes the page, `table` the rows that a command line prints; verdicts come from
`labelnext.audit.judge`. Only `write` loads matplotlib.
"""

from labelnext.audit.judge.facts import Spread
from labelnext.report.page import write
from labelnext.report.summary import COLUMNS, Row, cells, columns, table

__all__ = ["COLUMNS", "Row", "Spread", "cells", "columns", "table", "write"]

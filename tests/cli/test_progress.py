"""Progress of a job that does not know how long it is, for people."""

import io

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bars

from labelnext.cli import show


def test_lines_say_that_it_runs(capsys, monkeypatch):
    monkeypatch.setattr(show, "_QUIET_SECONDS", 0.0)
    told = show._Lines()
    told("train", 0, 0, minutes=1.5)
    told("train", 3, 4, loss=0.25)
    first, second = capsys.readouterr().err.splitlines()
    assert first == "train: running  minutes 1.5"
    assert second.startswith("train: 3/4")
    assert second.endswith("loss 0.25")


def test_bars_pulse_until_the_total_is_known():
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[figures]}"))
    with Bars(*columns, console=Console(file=io.StringIO())) as bars:
        told = show._Bars(bars)
        told("train", 0, 0, minutes=0.5)
        (task,) = bars.tasks
        assert task.total is None
        assert task.fields["figures"] == "minutes 0.5"
        told("train", 2, 8)
        assert (task.completed, task.total) == (2, 8)

"""Timed tasks go into the ledger: whose image it was, and what was drawn, kept and deleted."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from labelnext.errors import DataError
from labelnext.json_fields import show
from labelnext.oracles.request_folder import read_request
from labelnext.oracles.timings import Timing, read_timings
from labelnext.rounds import frames
from labelnext.rounds.accounts import costs
from labelnext.rounds.project import Project
from labelnext.store.ledger import TaskRow
from labelnext.wording import plural


class Timed(NamedTuple):
    """What a file of times brought: tasks newly timed, timed anew, and remarks."""

    new: int = 0
    changed: int = 0
    remarks: tuple[str, ...] = ()


def take(project: Project, path: Path) -> Timed:
    """Keep the times of a file for labelled picks of any round.

    An image is known by its key, or by the name of its file in the round's folder. Boxes drawn,
    kept and deleted are counted from pre-labels and labels unless the file says them. An image
    without labels is left for later, with a remark.

    Raises:
        DataError: See `oracles.timings.read_timings`; or an image that no round asked for.
    """
    keys, rounds = _names(project), {p.key: p.round for p in project.ledger.picks()}
    known: dict[str, Timing] = {}
    for timing in read_timings(path):
        key = _key(timing.name, keys)
        if key is None:
            raise DataError(
                path, f"{show(timing.name)} is not an image that was asked for.",
                record=timing.record,
                remedy="Name images by their key in picks.csv, or as in the round's images/.",
            )  # fmt: skip
        if key in known:
            raise DataError(
                path, f"{show(timing.name)} is timed at {known[key].record} under another name.",
                record=timing.record, remedy="Keep one of the two, or their sum.",
            )  # fmt: skip
        known[key] = timing
    labels = project.ledger.labels()
    ready = {key: labels[key] for key in known if key in labels}
    counts = costs.counted(project, ready)
    rows = [
        TaskRow(
            key, rounds[key], known[key].seconds, *(known[key].counts or counts[key]), path.name
        )
        for key in sorted(ready)
    ]
    new, changed = project.ledger.time_tasks(rows)
    early = len(known) - len(ready)
    said = f"{plural(early, 'timed image')} without labels yet: give the times again with them"
    return Timed(new, changed, (said,) if early else ())


def _names(project: Project) -> dict[str, str]:
    """Keys of all picks by the names they may go under: the key itself, and the file handed out."""
    found: dict[str, str] = {}
    for row in project.ledger.rounds():
        request = read_request(frames.round_folder(project, row.number))
        found |= {name: one.key for name, one in request.items()}
    return found | {pick.key: pick.key for pick in project.ledger.picks()}


def _key(name: str, keys: Mapping[str, str]) -> str | None:
    """By name, whatever prefix a tool put before it."""
    if name in keys:
        return keys[name]
    return next((key for known, key in keys.items() if name.endswith(f"-{known}")), None)

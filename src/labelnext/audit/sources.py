"""Fill a replay's index from sources, once for all of its runs."""

from labelnext.audit.plan import Replay
from labelnext.protocols import Progress, quiet
from labelnext.rounds import setup
from labelnext.store.import_report import ImportReport
from labelnext.store.index import Index
from labelnext.store.lock import exclusive


def unlabelled(plan: Replay) -> str:
    """What of the pool and the test set a replay leaves out for want of labels, in words or "".

    Args:
        plan: Its index must be filled.
    """
    with Index.open(plan.index) as index:
        counts = index.counts()
    said = [
        f"{counts[role].images - counts[role].labelled} of {counts[role].images} images of {name}"
        for role, name in (("pool", "the pool"), ("test", "the test set"))
        if counts[role].labelled < counts[role].images
    ]
    return f"{' and '.join(said)} have no labels and are left out." if said else ""


def index_sources(
    plan: Replay,
    sources: setup.Sources,
    *,
    kept: setup.Kept | None = None,
    hold_out: float | None = None,
    split_by: str = "time",
    progress: Progress = quiet,
) -> list[ImportReport]:
    """Index every source of every role (`initial`, `pool`, `test`); what is there is left alone.

    Args:
        plan: Its folder gets the index.
        sources: By role, such as `coco:labels.json`.
        kept: The sources' classes to keep, and as what; by default those of the plan.
        hold_out: Share of the pool that becomes the test set.
        split_by: Which part that is; see `rounds.hold_out`.
        progress: Told as images are checked.
    """
    plan.folder.mkdir(parents=True, exist_ok=True)
    with exclusive(plan.folder / ".labelnext" / "lock"):
        index = Index.open(plan.index, create=True)
        try:
            return setup.index_sources(
                index, sources, kept or plan.config.classes, hold_out=hold_out,
                split_by=split_by, seed=plan.config.seed, progress=progress,
            )  # fmt: skip
        finally:
            index.close()

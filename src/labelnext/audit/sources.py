"""Fill a replay's index from sources, once for all of its runs."""

from collections.abc import Mapping, Sequence

from labelnext.audit.replay import Replay
from labelnext.protocols import Progress, quiet
from labelnext.rounds.indexing import index_source
from labelnext.store.import_report import ImportReport
from labelnext.store.index import Index, Role
from labelnext.store.lock import exclusive


def index_sources(
    plan: Replay,
    sources: Mapping[Role, Sequence[str]],
    *,
    hold_out: float | None = None,
    progress: Progress = quiet,
) -> list[ImportReport]:
    """Index every source of every role (`initial`, `pool`, `test`); what is there is left alone.

    Args:
        plan: Its folder gets the index.
        sources: By role, such as `coco:labels.json`.
        hold_out: Share of every pool video's last frames that becomes the test set.
        progress: Told as images are checked.
    """
    plan.folder.mkdir(parents=True, exist_ok=True)
    with exclusive(plan.folder / ".labelnext" / "lock"):
        index = Index.open(plan.folder / "index.sqlite", create=True)
        try:
            return [
                index_source(
                    index, source, role=role, classes=plan.config.classes,
                    hold_out=hold_out if role == "pool" else None, progress=progress,
                )
                for role, given in sources.items()
                for source in given
            ]  # fmt: skip
        finally:
            index.close()

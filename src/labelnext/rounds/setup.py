"""Make a project: its settings, and its index filled from sources."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from labelnext.errors import LabelnextError
from labelnext.protocols import Progress, quiet
from labelnext.rounds import config as configuration
from labelnext.rounds.config import Config
from labelnext.rounds.indexing import index_source
from labelnext.rounds.project import Project, build_strategy
from labelnext.store.import_report import ImportReport
from labelnext.store.index import Index, Role

Sources = Mapping[Role, Sequence[str]]  # such as {"pool": ["coco:labels.json"]}


def configure(values: Mapping[str, object]) -> Config:
    """Settings from nested values.

    Raises:
        LabelnextError: A key or a value that is not known; names each.
    """
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        raise LabelnextError(f"The settings are wrong: {configuration.explain(error)}") from None
    build_strategy(config.strategy.name, config.preset, config.strategy.arguments)
    return config


def set_up(
    folder: Path,
    config: Config,
    sources: Sources,
    *,
    hold_out: float | None = None,
    replace: bool = False,
    progress: Progress = quiet,
) -> list[ImportReport]:
    """Make the project (or open the same one) and index its sources.

    Args:
        folder: The project's folder.
        config: Its settings.
        sources: By role (`initial`, `pool`, `test`), such as `coco:labels.json`.
        hold_out: Share of every pool video's last frames that becomes the test set.
        replace: Take changed files and labels in place of those indexed before.
        progress: Told as images are checked.
    """
    project = Project.create(folder, config)
    try:
        with project.writing():
            return index_sources(
                project.index, sources, config.classes,
                hold_out=hold_out, replace=replace, progress=progress,
            )  # fmt: skip
    finally:
        project.close()


def index_sources(
    index: Index,
    sources: Sources,
    classes: Sequence[str],
    *,
    hold_out: float | None = None,
    replace: bool = False,
    progress: Progress = quiet,
) -> list[ImportReport]:
    """Index every source of every role; `hold_out` is taken from the pool alone."""
    return [
        index_source(
            index, source, role=role, classes=classes, replace_changed=replace,
            hold_out=hold_out if role == "pool" else None, progress=progress,
        )
        for role, given in sources.items()
        for source in given
    ]  # fmt: skip

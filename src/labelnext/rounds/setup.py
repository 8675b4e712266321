"""Make a project: its settings, and its index filled from sources."""

import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from labelnext import plugins
from labelnext.errors import LabelnextError
from labelnext.protocols import Progress, quiet
from labelnext.rounds import config as configuration
from labelnext.rounds.config import Config
from labelnext.rounds.project import STATE, Project, build_strategy
from labelnext.rounds.sources.indexing import index_source
from labelnext.store.import_report import ImportReport
from labelnext.store.index import Index, Role

Sources = Mapping[Role, Sequence[str]]  # such as {"pool": ["coco:labels.json"]}
Kept = Sequence[str] | Mapping[str, str]  # classes to keep, or names to keep them under


def configure(values: Mapping[str, object]) -> Config:
    """Settings from nested values.

    Raises:
        LabelnextError: A key or a value that is not known; names each. There is no such strategy or
            detector, or the extra that the detector needs is not installed.
    """
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        raise LabelnextError(f"The settings are wrong: {configuration.explain(error)}") from None
    build_strategy(config.strategy.name, config.preset, config.strategy.arguments)
    plugins.require("detectors", config.detector.name)
    return config


def set_up(
    folder: Path,
    config: Config,
    sources: Sources,
    *,
    kept: Kept | None = None,
    hold_out: float | None = None,
    split_by: str = "time",
    replace: bool = False,
    progress: Progress = quiet,
) -> list[ImportReport]:
    """Make the project (or open the same one) and index its sources.

    Args:
        folder: The project's folder.
        config: Its settings.
        sources: By role (`initial`, `pool`, `test`), such as `coco:labels.json`.
        kept: The sources' classes to keep, and as what; by default those of the project.
        hold_out: Share of the pool that becomes the test set.
        split_by: Which part that is; see `rounds.hold_out`.
        replace: Take changed files and labels in place of those indexed before.
        progress: Told as images are checked.

    Raises:
        LabelnextError: A source cannot be indexed. Those before it stay; a project that was to be
            made and would hold nothing is not made.
    """
    fresh, empty = not (folder / configuration.NAME).exists(), False
    project = Project.create(folder, config)
    try:
        with project.writing():
            return add(
                project, sources, kept=kept, hold_out=hold_out, split_by=split_by,
                replace=replace, progress=progress,
            )  # fmt: skip
    except LabelnextError:
        empty = not any(count.images for count in project.index.counts().values())
        raise
    finally:
        project.close()
        if fresh and empty:
            _unmake(folder)


def _unmake(folder: Path) -> None:
    """Remove what `Project.create` made, and the folder if nothing else is in it."""
    shutil.rmtree(folder / STATE, ignore_errors=True)
    (folder / configuration.NAME).unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()


def add(
    project: Project,
    sources: Sources,
    *,
    kept: Kept | None = None,
    hold_out: float | None = None,
    split_by: str = "time",
    replace: bool = False,
    progress: Progress = quiet,
) -> list[ImportReport]:
    """Index further sources of a project that is held for writing (see `set_up`).

    Rounds that are finished stay as they are. Images that come between a round's scoring and its
    selection have no score in that round, and so rank behind those that have.
    """
    return index_sources(
        project.index, sources, kept or project.config.classes, hold_out=hold_out,
        split_by=split_by, seed=project.config.seed, replace=replace, progress=progress,
    )  # fmt: skip


def remarks(project: Project, reports: Sequence[ImportReport]) -> list[str]:
    """What images that were added mean for what a project has done before, in sentences."""
    said = []
    tested = sum(of.held_out + (of.added if of.role == "test" else 0) for of in reports)
    if tested and project.ledger.step(0, "evaluate") is not None:
        said.append(
            f"{tested} test images are new: figures of earlier rounds were taken without them."
        )
    initial = sum(of.added for of in reports if of.role == "initial")
    if initial and project.ledger.step(0, "train") is not None:
        use = (
            "retraining takes them in from the next round on"
            if project.config.train_on == "all"
            else "they are not trained on, as train_on is 'selected'"
        )
        said.append(f"{initial} initial images came after the initial detector was trained; {use}.")
    return said


def index_sources(
    index: Index,
    sources: Sources,
    classes: Kept,
    *,
    hold_out: float | None = None,
    split_by: str = "time",
    seed: int = 0,
    replace: bool = False,
    progress: Progress = quiet,
) -> list[ImportReport]:
    """Index every source of every role; `hold_out` is taken from the pool alone."""
    return [
        index_source(
            index, source, role=role, classes=classes, replace_changed=replace,
            hold_out=hold_out if role == "pool" else None, split_by=split_by, seed=seed,
            progress=progress,
        )
        for role, given in sources.items()
        for source in given
    ]  # fmt: skip

"""The cycle as a whole: where it stands, and running it on to where it must wait or is done."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from labelnext.errors import ProjectError
from labelnext.protocols import Progress, quiet
from labelnext.rounds.project import Project
from labelnext.rounds.steps import labelling, propose, scoring, testing, training
from labelnext.store.ledger import STEPS


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a project stands.

    Attributes:
        number: The round in progress, or the next one; 0 while the initial detector is missing.
        next_step: The step to do next in it.
        waiting: Picks of the round without an answer.
    """

    number: int
    next_step: str
    waiting: int


def where(project: Project) -> Stand:
    """Find the first step that the ledger does not record."""
    ledger = project.ledger
    for step in ("train", "evaluate"):
        if ledger.step(0, step) is None:
            return Stand(0, step, 0)
    newest = max(len(ledger.rounds()), 1)
    for number in (newest, newest + 1):  # a round is written when it has been scored already
        for step in STEPS:
            if ledger.step(number, step) is None:
                waiting = _waiting(project, number) if step == "ingest" else 0
                return Stand(number, step, waiting)
    raise ProjectError(f"The ledger has round {newest + 1} finished, but not its selection.")


def run(
    project: Project,
    cycles: int,
    progress: Progress = quiet,
    *,
    finished: Callable[[int], None] | None = None,
) -> Stand:
    """Go on until `cycles` rounds are complete, the pool is used up, or people have to answer.

    Every step that the ledger records is skipped, so a run that was stopped goes on where it was.

    Args:
        project: Held for writing.
        cycles: Rounds to complete in all.
        progress: Told as images and epochs are done.
        finished: Told the number of every round that this call completes.
    """
    while True:
        stand = where(project)
        if stand.number > cycles or (stand.next_step == "score" and exhausted(project)):
            return stand
        advance(project, stand, progress)
        if finished is not None and stand.number and stand.next_step == "evaluate":
            finished(stand.number)
        if stand.next_step == "ingest" and project.ledger.step(stand.number, "ingest") is None:
            return where(project)


def exhausted(project: Project) -> bool:
    """Whether the pool had images, and none may be picked any more."""
    return bool(project.ledger.rounds()) and not scoring.candidates(project)


def advance(project: Project, stand: Stand, progress: Progress = quiet) -> None:
    """Do the one step that comes next."""
    number = stand.number
    if number == 0 and stand.next_step == "train":
        training.train_initial(project, progress)
        return
    match stand.next_step:
        case "score":
            propose.score(project, number, progress)
        case "select":
            propose.select(project, number, progress)
        case "label":
            labelling.request(project, number, progress)
        case "ingest":
            labelling.ingest(project, number)
        case "train":
            training.retrain(project, number, progress)
        case "evaluate":
            testing.evaluate(project, number, progress)


def require(project: Project, step: str) -> int:
    """The round in which `step` comes next.

    Raises:
        ProjectError: Another step comes first; the message says which command does it.
    """
    stand = where(project)
    if stand.next_step == step:
        return stand.number
    raise ProjectError(f"`{step}` does not come next. {advice(project, stand)}")


def reach(project: Project, step: str, progress: Progress = quiet) -> int:
    """`require`, but before scoring and evaluating what needs nobody's decision is done.

    So a new project can be scored at once: the initial detector is trained (or its weights taken)
    and tested. Without a test set, evaluating is nothing but a record. And it can be evaluated at
    once, such as a detector from elsewhere on labelled data.

    Raises:
        ProjectError: Another step comes first; the message says which command does it.
    """
    untrained = Stand(0, "train", 0)
    if step == "evaluate" and where(project) == untrained:
        advance(project, untrained, progress)
    while step == "score":
        stand = where(project)
        untested = stand.next_step == "evaluate" and not project.index.counts()["test"].labelled
        if stand.number and not untested:
            break
        advance(project, stand, progress)
    return require(project, step)


def advice(project: Project, stand: Stand) -> str:
    """What to do next, as a sentence."""
    folder = "" if project.folder == Path() else f" -C {project.folder}"
    if stand.next_step == "ingest":
        return (
            f"Round {stand.number} waits for labels of {stand.waiting} images. Label them, then "
            f"give `labelnext ingest{folder}` (with --partial to go on without the missing ones)."
        )
    if stand.next_step == "score" and stand.number and exhausted(project):
        return (
            "No image of the pool can be picked any more. Add some to go on: "
            f"`labelnext add{folder} --pool SOURCE`."
        )
    what = "the initial detector" if stand.number == 0 else f"round {stand.number}"
    return (
        f"Next for {what}: `labelnext {stand.next_step}{folder}`, or `labelnext run{folder} "
        f"--cycles {max(stand.number, 1)}` for all of it."
    )


def _waiting(project: Project, number: int) -> int:
    labelled = project.ledger.labels()
    return sum(pick.key not in labelled for pick in project.ledger.picks(number))

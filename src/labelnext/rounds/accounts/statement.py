"""What a project's labelling has cost and will: prices, hours and money so far, the next round."""

from dataclasses import dataclass, fields

from labelnext.cost import DEFAULTS, LabellingCost, parse
from labelnext.rounds.accounts import budgeting, costs
from labelnext.rounds.project import Project
from labelnext.wording import plural

_WHY = "docs/cost.md says where the defaults come from"


@dataclass(frozen=True, slots=True)
class Statement:
    """The account of a project.

    Attributes:
        prices: In force now.
        spent: On all answers so far.
        ahead: Of the round that is selected and not ingested, else of the one to come.
        round: Number of that round.
        asked: Its budget, as written.
        average: What an image counts as that the detector has not seen.
        assisted: Whether people see the detector's boxes.
        annotators: Who share the work.
    """

    prices: costs.Prices
    spent: costs.Amount
    ahead: costs.Amount
    round: int
    asked: str
    average: costs.Average
    assisted: bool
    annotators: int


def statement(project: Project) -> Statement:
    """Read everything from the ledger."""
    at = costs.prices(project)
    rounds = len(project.ledger.rounds())
    is_open = rounds > 0 and project.ledger.step(rounds, "ingest") is None
    number = rounds if is_open else rounds + 1
    mean = costs.average(project, costs.experience(project, number), at)
    asked = str(parse(str(budgeting.asked(project, number))))
    selected = project.ledger.step(number, "select")
    if selected is not None and "expected" in selected.details:
        found: dict[str, float] = dict(selected.details["expected"])  # type: ignore[call-overload]
        asked = str(selected.details["asked"])
        ahead = costs.amount(found["images"], found["boxes"], found["hours"] * 3600, at)
    else:
        free = project.pool_size() - len(project.ledger.blocked())
        ahead = costs.next_round(parse(asked), mean, free, at)
    return Statement(
        at, costs.received(project, at), ahead, number, asked, mean, costs.assisted(project),
        project.config.cost.annotators,
    )  # fmt: skip


def lines(seen: Statement) -> list[str]:
    """For people."""
    said = [spent_line(seen)] if seen.spent.images else []
    return [*said, ahead_line(seen), *price_lines(seen.prices)]


def spent_line(seen: Statement) -> str:
    """What the answers so far took."""
    timed = f"{seen.spent.timed} of them timed" if seen.spent.timed else "none of them timed"
    return f"Labelling so far: {seen.spent.words()} ({timed})."


def ahead_line(seen: Statement) -> str:
    """What the round in hand, or the next, is expected to take."""
    each = seen.ahead.seconds / 3600 / seen.annotators
    shared = f", {each:,.2f} h for each annotator" if seen.annotators > 1 else ""
    return f"Round {seen.round}, budget {seen.asked}: {seen.ahead.words()} expected{shared}."


def price_lines(at: costs.Prices) -> list[str]:
    """The prices, each with where it comes from, and what the tasks taught."""
    parts = []
    for name, origin in at.origin.items():
        how: str = origin
        if origin == "learned" and at.learned is not None:
            low, high = getattr(at.learned.low, name), getattr(at.learned.high, name)
            how = f"learned, 95 % from {low:.3g} to {high:.3g}"
        parts.append(f"{_plain(name)} {getattr(at.cost, name):.3g} ({how})")
    said = [f"Seconds of labelling: {', '.join(parts)}; {_WHY}."]
    if at.learned is not None:
        said.append(f"Learned from {plural(at.tasks, 'timed task')}.")
        said += list(at.learned.notes)
    elif at.tasks:
        said.append(
            f"{plural(at.tasks, 'timed task')}: seconds are learned from {costs.AT_LEAST} on."
        )
    return said


def as_dict(seen: Statement) -> dict[str, object]:
    """For machines."""
    at = seen.prices
    why = {default.name: default.why for default in DEFAULTS}
    table = {}
    for part in fields(LabellingCost):
        row: dict[str, object] = {
            "seconds": getattr(at.cost, part.name), "origin": at.origin[part.name]
        }  # fmt: skip
        if at.origin[part.name] == "learned" and at.learned is not None:
            row["low"] = getattr(at.learned.low, part.name)
            row["high"] = getattr(at.learned.high, part.name)
        elif at.origin[part.name] == "default":
            row["why"] = why[part.name]
        table[part.name] = row
    return {
        "prices": table,
        "rate": None if at.rate is None else {"per_hour": at.rate.per_hour,
                                              "currency": at.rate.currency},
        "tasks": at.tasks,
        "notes": [] if at.learned is None else list(at.learned.notes),
        "spent": seen.spent.as_dict(),
        "next": {"round": seen.round, "asked": seen.asked, **seen.ahead.as_dict()},
        "average": seen.average._asdict(),
        "annotators": seen.annotators,
    }  # fmt: skip


def _plain(name: str) -> str:
    return name.removeprefix("per_").replace("_", " ")

"""Arms: a strategy with its arguments, under a name that stands in tables and folders."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from labelnext.errors import LabelnextError
from labelnext.plugins import names, parse_call
from labelnext.rounds.config import Config

PAPER = ("divergence", "entropy", "mc-dropout", "guided-random", "random")
_BASELINES = ("guided-random", "random")
_PREFERRED = ("divergence", "hybrid")


@dataclass(frozen=True, slots=True)
class Arm:
    """One line of a study.

    Attributes:
        name: As shown: the strategy, and what differs from its defaults.
        strategy: Name of the strategy.
        arguments: Arguments that differ from the preset's.
        budget: Images a cycle; None: the study's.
    """

    name: str
    strategy: str
    arguments: Mapping[str, object] = field(default_factory=dict)
    budget: int | None = None

    @property
    def folder(self) -> str:
        """The name as a folder's."""
        return re.sub(r"[^A-Za-z0-9.=-]+", "_", self.name).strip("_")


def parse(text: str) -> Arm:
    """An arm from `strategy` or `strategy[argument=value,…]`; `budget=N` sets the arm's own budget.

    Values are JSON (`30`, `true`, `"mean"`); a bare word is taken as text.

    Raises:
        LabelnextError: Not of that form.
    """
    call = parse_call(text.strip())
    if call is None or call.rest:
        raise LabelnextError(
            f"The arm {text!r} is not of the form strategy or strategy[argument=value,…]; for "
            "example divergence, or divergence[aggregate=mean]."
        )
    arguments = call.arguments
    budget = arguments.pop("budget", None)
    if budget is not None and (not isinstance(budget, int) or budget < 1):
        raise LabelnextError(f"In the arm {text!r}, budget must be a whole number from 1.")
    return Arm(text.strip(), call.name, arguments, budget)


def defaults() -> tuple[str, ...]:
    """What an audit compares unless told: a project's default strategy, the paper's method, the
    hybrid where it is registered, and both kinds of random.
    """
    known = names("strategies")
    own = Config().strategy.name  # type: ignore[call-arg]
    wanted = dict.fromkeys((own, *_PREFERRED, *_BASELINES))
    return tuple(name for name in wanted if name in known)


class Chosen(NamedTuple):
    """Arms to compare.

    Attributes:
        arms: In the order asked for.
        optional: Names of those that only `all` asked for: they may be left out where they cannot
            run.
    """

    arms: tuple[Arm, ...]
    optional: frozenset[str]


def choose(texts: Sequence[str] | None) -> Chosen:
    """Arms from what was asked for; `paper` stands for the paper's five, `all` for every strategy.

    Args:
        texts: Each as `parse` takes it, or one of the two words; nothing asks for `defaults`. What
            is named twice stands once.

    Raises:
        LabelnextError: One is of no known form.
    """
    words: list[str] = []
    named: set[str] = set()
    for text in texts or defaults():
        group = {"all": names("strategies"), "paper": PAPER}.get(text.strip(), [text.strip()])
        words += group
        named |= set(group) if text.strip() != "all" else set()
    every = dict.fromkeys(words)
    return Chosen(tuple(parse(word) for word in every), frozenset(every) - named)

"""Arms: a strategy with its arguments, under a name that stands in tables and folders."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from labelnext.errors import LabelnextError
from labelnext.plugins import parse_call


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

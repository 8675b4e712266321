"""What readers here return: a data set that holds its samples, or makes them when asked."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from labelnext.types import Sample


@runtime_checkable
class Noting(Protocol):
    """A data set with something to say that concerns no single image.

    `notes` holds sentences; it is complete once the samples were drawn.
    """

    notes: Sequence[str]


@dataclass(frozen=True)
class SampleSet:
    """A data set whose samples are in memory (without pixels). Satisfies `protocols.Dataset`."""

    classes: tuple[str, ...]
    items: Sequence[Sample]
    notes: Sequence[str] = field(default_factory=list)

    def samples(self) -> Iterator[Sample]:
        """Samples in the source's order."""
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True)
class Lazy:
    """A data set whose samples are made anew each time they are drawn.

    Attributes:
        classes: Class names.
        make: Makes the samples, in the source's order; it may add to the list of notes it is given.
        count: How many there are, or will be at most; it serves progress bars.
        notes: What the last drawing had to say that concerns no single image.
    """

    classes: tuple[str, ...]
    make: Callable[[list[str]], Iterator[Sample]]
    count: int
    notes: list[str] = field(default_factory=list)

    def samples(self) -> Iterator[Sample]:
        """Samples in the source's order."""
        self.notes.clear()
        return self.make(self.notes)

    def __len__(self) -> int:
        return self.count

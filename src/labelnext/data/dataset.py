"""What every reader here returns: samples held ready, and what was wrong with their boxes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from labelnext.types import Sample


@runtime_checkable
class Reporting(Protocol):
    """A data set that says what its reader did to boxes, and which images it left out.

    `problems` holds sentences by image key; under the empty key, those that concern no image.
    """

    problems: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class SampleSet:
    """A data set whose samples are in memory (without pixels). Satisfies `protocols.Dataset`."""

    classes: tuple[str, ...]
    items: Sequence[Sample]
    problems: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def samples(self) -> Iterator[Sample]:
        """Samples in the source's order."""
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

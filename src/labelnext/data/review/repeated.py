"""Copies and near copies within one source or among several, and those on two sides of a test."""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from labelnext.data.review.duplicates import find, hash_images, together
from labelnext.data.source import open_source
from labelnext.protocols import Progress, quiet


class Repeated(NamedTuple):
    """What was found; images are named by their keys, with their source's name in front.

    Attributes:
        images: That could be read.
        left_exact: Left if one of each group of the same bytes is kept.
        left_near: Left if one of each group of near images is kept.
        exact: Groups of the same bytes.
        near: Groups of near images that do not all have the same bytes.
        unusable: Images that could not be read, and why.
        warnings: Groups that are on two sides.
    """

    images: int
    left_exact: int
    left_near: int
    exact: list[list[str]]
    near: list[list[str]]
    unusable: list[tuple[str, str]]
    warnings: list[str]


def search(
    sources: Sequence[tuple[str, str]], *, distance: int = 4, progress: Progress = quiet
) -> Repeated:
    """Search sources for images that are there several times.

    Args:
        sources: Pairs of a role (`train`, `test` and the like, or nothing) and a source.
        distance: Bits of the perceptual hash in which near images may differ, 0 to 8.
        progress: Told of `hash`.

    Raises:
        ArgumentError: `distance` is outside its range.
        DataError: A source cannot be used.
    """
    parts, names = [], []
    for _, spec in sources:
        source = open_source(spec)
        parts.append(hash_images(source.samples(), total=source.total, progress=progress))
        names.append(source.name)
    hashes = together(parts)
    found = find(hashes, distance)
    of = np.repeat(np.arange(len(parts)), [len(part.keys) for part in parts])

    def named(group: np.ndarray) -> list[str]:
        return [f"{names[of[i]]}/{hashes.keys[i]}" for i in group.tolist()]

    return Repeated(
        len(hashes.keys), found.left_exact, found.left_near,
        [named(group) for group in found.exact], [named(group) for group in found.near],
        [(f"{name}/{key}", why) for name, part in zip(names, parts, strict=True)
         for key, why in part.unusable],
        _across([role for role, _ in sources], names, of, found.groups),
    )  # fmt: skip


def _across(
    roles: Sequence[str], names: Sequence[str], of: np.ndarray, groups: np.ndarray
) -> list[str]:
    """For each two sources with different roles, how many groups have images of both."""
    warnings = []
    for one, other in combinations(range(len(roles)), 2):
        if roles[one] == roles[other]:
            continue
        both = np.intersect1d(groups[of == one], groups[of == other])
        if len(both):
            sides = [f"{names[i]}{f' ({roles[i]})' if roles[i] else ''}" for i in (one, other)]
            images = [int(np.isin(groups[of == i], both).sum()) for i in (one, other)]
            warnings.append(
                f"{len(both)} groups have images of both {sides[0]} and {sides[1]}: {images[0]} "
                f"and {images[1]} images, so tests on the one will look too good for the other"
            )
    return warnings

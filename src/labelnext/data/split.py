"""Whole groups of images (videos, folders, near duplicates) shared out among parts.

Images that look alike must not lie on two sides of a split, or a test measures what was learned by
heart. So groups are kept whole, and sizes are as near to the wanted shares as that allows.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from itertools import permutations
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

from labelnext.errors import ArgumentError

_LEAST = 1e-6
_GOOD = 0.01  # of all images: what a part may be off


def allot(
    names: Sequence[str],
    sizes: Int64[np.ndarray, "groups"],
    shares: Sequence[float],
    *,
    seed: int = 0,
    fixed: Int64[np.ndarray, "groups"] | None = None,
) -> Int64[np.ndarray, "groups"]:
    """Which part each group belongs to.

    A hash of seed and name gives each group a place between 0 and 1, and the shares cut that line
    into parts; so the order of groups does not matter, and a group added later moves no other one
    by itself. Then single groups are moved, each time the one that brings the sizes nearest to the
    wanted ones (least sum of squares), until no move of one group and no exchange of two brings
    them nearer. Where a part is still off by more than 1 % of all images, because groups are large,
    the same is done from another beginning, largest groups first, each to the part that lacks most;
    the nearer end is taken. There, a group that is added may move others.

    Args:
        names: Different names of the groups.
        sizes: Images in each.
        shares: Of each part; positive, together 1.
        seed: Another seed, another split.
        fixed: A part for groups that must stay where they are; -1 for the others.

    Returns:
        Parts from 0, one a group.

    Raises:
        ArgumentError: The shares are not positive or not 1 together.
    """
    wanted = _checked(shares)
    places = np.array([_place(seed, name) for name in names], np.float64)
    parts = np.searchsorted(np.cumsum(wanted)[:-1], places, side="right").astype(np.int64)
    free = np.ones(len(parts), bool)
    if fixed is not None:
        free = fixed < 0
        parts = np.where(free, parts, fixed)
    order = np.lexsort((places, sizes))
    by_hash = _evened(parts, sizes, wanted, order, free)
    off = _off(by_hash, sizes, wanted)
    if np.abs(off).max(initial=0) <= _GOOD * sizes.sum():
        return by_hash
    by_size = _evened(_largest_first(parts, sizes, wanted, order, free), sizes, wanted, order, free)
    nearer = (_off(by_size, sizes, wanted) ** 2).sum() < (off**2).sum() - _LEAST
    return by_size if nearer else by_hash


def _off(
    parts: Int64[np.ndarray, "groups"],
    sizes: Int64[np.ndarray, "groups"],
    wanted: Float64[np.ndarray, "parts"],
) -> Float64[np.ndarray, "parts"]:
    """How many images each part has too many."""
    counts: np.ndarray = np.bincount(parts, weights=sizes, minlength=len(wanted))
    beyond: np.ndarray = counts - wanted * counts.sum()
    return beyond


def _largest_first(
    parts: Int64[np.ndarray, "groups"],
    sizes: Int64[np.ndarray, "groups"],
    wanted: Float64[np.ndarray, "parts"],
    order: Int64[np.ndarray, "groups"],
    free: np.ndarray,
) -> Int64[np.ndarray, "groups"]:
    """The free groups, by descending size, each to the part that lacks most."""
    found = parts.copy()
    off = np.bincount(parts[~free], weights=sizes[~free], minlength=len(wanted))
    off = (off - wanted * sizes.sum()).tolist()
    for group in order[::-1][free[order[::-1]]].tolist():
        part = min(range(len(off)), key=off.__getitem__)
        found[group] = part
        off[part] += int(sizes[group])
    return found


class _Move(NamedTuple):
    """One group goes from a part to another, and perhaps one goes back; places in their lists."""

    gain: float
    source: int
    target: int
    place: int
    back: int | None


def _evened(
    parts: Int64[np.ndarray, "groups"],
    sizes: Int64[np.ndarray, "groups"],
    wanted: Float64[np.ndarray, "parts"],
    order: Int64[np.ndarray, "groups"],
    free: np.ndarray,
) -> Int64[np.ndarray, "groups"]:
    """Move single groups, and where none helps exchange two, while sizes come nearer by it."""
    parts = parts.copy()
    held = [
        _Held(order[(parts[order] == part) & free[order]], sizes) for part in range(len(wanted))
    ]
    counts = np.bincount(parts, weights=sizes, minlength=len(wanted))
    while True:
        beyond = (counts - wanted * counts.sum()).tolist()
        move = _best(held, beyond, _single) or _best(held, beyond, _exchange)
        if move is None:
            return parts
        back = None if move.back is None else held[move.target].take(move.back)
        there = held[move.source].take(move.place)
        for group, source, target in (
            (there, move.source, move.target), (back, move.target, move.source),
        ):  # fmt: skip
            if group is not None:
                held[target].put(group, int(sizes[group]))
                counts[source] -= sizes[group]
                counts[target] += sizes[group]
                parts[group] = target


class _Held:
    """The groups of a part that may be moved, by ascending size."""

    def __init__(self, groups: np.ndarray, sizes: np.ndarray) -> None:
        self.groups, self.sizes = groups, sizes[groups]

    def take(self, place: int) -> int:
        group = int(self.groups[place])
        self.groups, self.sizes = np.delete(self.groups, place), np.delete(self.sizes, place)
        return group

    def put(self, group: int, size: int) -> None:
        place = int(np.searchsorted(self.sizes, size, side="right"))
        self.groups = np.insert(self.groups, place, group)
        self.sizes = np.insert(self.sizes, place, size)


_Try = Callable[[_Held, _Held, float], tuple[float, int, int | None] | None]


def _best(held: Sequence[_Held], beyond: Sequence[float], attempt: _Try) -> _Move | None:
    """The move of one kind that helps most; of those that help as much, the first.

    Moving n images from a part with a too many to one with b too many lowers the sum of squares by
    2·n·(a - b - n), so n = (a - b) / 2 is best.
    """
    best: _Move | None = None
    for source, target in permutations(range(len(held)), 2):
        gap = beyond[source] - beyond[target]
        found = attempt(held[source], held[target], gap) if gap > _LEAST else None
        if found is not None and (best is None or found[0] > best.gain):
            best = _Move(found[0], source, target, *found[1:])
    return best


def _single(source: _Held, _target: _Held, gap: float) -> tuple[float, int, None] | None:
    if not len(source.sizes):
        return None
    after = int(np.searchsorted(source.sizes, gap / 2))
    near = source.sizes[max(0, after - 1) : after + 1].tolist()
    gain, size = max((size * (gap - size), -size) for size in near)
    return (gain, int(np.searchsorted(source.sizes, -size)), None) if gain > _LEAST else None


def _exchange(source: _Held, target: _Held, gap: float) -> tuple[float, int, int] | None:
    if not len(source.sizes) or not len(target.sizes):
        return None
    after = np.searchsorted(target.sizes, source.sizes - gap / 2)
    best: tuple[float, int, int] | None = None
    for places in (after - 1, after):
        back = np.clip(places, 0, len(target.sizes) - 1)
        net = source.sizes - target.sizes[back]
        gains = net * (gap - net)
        place = int(gains.argmax())
        if gains[place] > max(_LEAST, best[0] if best else 0.0):
            best = (float(gains[place]), place, int(back[place]))
    return best


def _checked(shares: Sequence[float]) -> Float64[np.ndarray, "parts"]:
    wanted = np.asarray(shares, np.float64)
    if not len(wanted) or not (wanted > 0).all() or abs(wanted.sum() - 1) > 1e-6:
        got = ", ".join(f"{share:g}" for share in shares) or "none"
        raise ArgumentError("split", "shares", expected="positive, together 1", got=got)
    return wanted


def _place(seed: int, name: str) -> float:
    text = f"{seed}\0{name}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big") / 2**64


def reached(
    parts: Iterable[str], sizes: Int64[np.ndarray, "parts"], groups: Int64[np.ndarray, "parts"]
) -> list[str]:
    """What each part got, in words: images, share, groups."""
    total = max(1, int(sizes.sum()))
    return [
        f"{name}: {size} images ({size / total:.1%}) in {count} groups"
        for name, size, count in zip(parts, sizes.tolist(), groups.tolist(), strict=True)
    ]

"""Groups of 64-bit perceptual hashes that differ in few bits, without comparing all pairs.

Two hashes that differ in at most d bits agree wholly in one of any d + 1 bands of bits (the
pigeonhole principle), so only those that agree in a band are compared, exactly.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64, UInt64
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from labelnext.errors import ArgumentError

BITS = 64
MOST = 8
_SMALL = 256  # up to here, all pairs that agree in a band are compared
_DEEPEST = 3  # how often a band is divided by bands of the other bits
_EDGES = 1 << 22
_COUNTS = np.array([bin(i).count("1") for i in range(1 << 16)], np.uint8)


def near_groups(hashes: UInt64[np.ndarray, "n"], distance: int) -> Int64[np.ndarray, "n"]:
    """The group of each hash: near ones are in one group, and so are those near to these.

    Args:
        hashes: In any order.
        distance: Bits in which near hashes may differ, 0 to 8.

    Returns:
        Numbers from 0, in the order of each group's first member.

    Raises:
        ArgumentError: `distance` is outside its range.
    """
    if not 0 <= distance <= MOST:
        raise ArgumentError("near_groups", "distance", expected=f"from 0 to {MOST}", got=distance)
    unique, inverse = np.unique(hashes, return_inverse=True)
    groups = np.arange(len(unique))
    if distance and len(unique) > 1:
        groups = _joined(unique, groups, list(range(BITS)), distance, _DEEPEST)
    groups = groups[inverse.reshape(-1)]
    _, first, of = np.unique(groups, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[of.reshape(-1)]


def _joined(
    hashes: UInt64[np.ndarray, "n"],
    groups: Int64[np.ndarray, "n"],
    bits: Sequence[int],
    distance: int,
    depth: int,
) -> Int64[np.ndarray, "n"]:
    """Groups joined where hashes are near that may differ in `bits` only.

    Where too many agree in a band, these are divided by bands of their other bits, and so on; but
    not where they are one group already, as those of a fixed camera soon are.
    """
    bands = [bits[i :: distance + 1] for i in range(distance + 1)]
    edges = _Edges(groups)
    if not depth or not all(bands):
        _spread(hashes, distance, edges)
        return edges.groups()
    for band in bands:
        mask = np.uint64(sum(1 << bit for bit in band))
        order = np.argsort(hashes & mask, kind="stable")
        values = hashes[order] & mask
        starts = np.flatnonzero(np.r_[True, values[1:] != values[:-1]])
        sizes = np.diff(np.r_[starts, len(values)])
        small = np.repeat(sizes <= _SMALL, sizes)
        _compare(hashes, order[small], values[small], distance, edges)
        large = sizes > _SMALL
        if not large.any():
            continue
        now = edges.groups()
        others = [bit for bit in bits if bit not in set(band)]
        for start, size in zip(starts[large], sizes[large], strict=True):
            some = order[start : start + size]
            if (now[some] != now[some[0]]).any():
                edges.join(some, _joined(hashes[some], now[some], others, distance, depth - 1))
    return edges.groups()


def _compare(
    hashes: UInt64[np.ndarray, "n"],
    order: Int64[np.ndarray, "m"],
    values: UInt64[np.ndarray, "m"],
    distance: int,
    edges: "_Edges",
) -> None:
    """Compare all pairs with the same value, each hash with the next, the next but one, and so on.

    `values` ascends, and belongs to the hashes at `order`.
    """
    for step in range(1, _SMALL):
        at = np.flatnonzero(values[step:] == values[:-step])
        if not len(at):
            return
        one, other = order[at], order[at + step]
        near = distances(hashes[one], hashes[other]) <= distance
        edges.add(one[near], other[near])


def _spread(hashes: UInt64[np.ndarray, "n"], distance: int, edges: "_Edges") -> None:
    """Join near hashes: from each that was reached to all that were not yet."""
    left = np.arange(len(hashes))
    while len(left):
        reached, left = list(left[:1]), left[1:]
        while reached and len(left):
            one = reached.pop()
            near = distances(hashes[one : one + 1], hashes[left]) <= distance
            edges.add(np.full(int(near.sum()), one), left[near])
            reached.extend(left[near])
            left = left[~near]


def distances(
    some: UInt64[np.ndarray, "n"], others: UInt64[np.ndarray, "m"]
) -> Int64[np.ndarray, "p"]:
    """In how many bits hashes differ; one on either side is compared with all on the other."""
    differ = np.ascontiguousarray(some ^ others)
    counts: np.ndarray = _COUNTS[differ.view(np.uint16)].reshape(-1, 4).sum(axis=1, dtype=np.int64)
    return counts


class _Edges:
    """Pairs that belong together, on top of groups; many are boiled down to the groups they make.

    Args:
        groups: The groups to begin with, by any numbers.
    """

    def __init__(self, groups: Int64[np.ndarray, "n"]) -> None:
        self._count = len(groups)
        self._held: list[tuple[np.ndarray, np.ndarray]] = []
        self._size = 0
        self.join(np.arange(self._count), groups)

    def add(self, some: Int64[np.ndarray, "n"], others: Int64[np.ndarray, "n"]) -> None:
        """Join pairs."""
        if len(some):
            self._held.append((some, others))
            self._size += len(some)
        if self._size > _EDGES + self._count:
            groups = self.groups()
            self._held, self._size = [], 0
            self.join(np.arange(self._count), groups)

    def join(self, some: Int64[np.ndarray, "n"], groups: Int64[np.ndarray, "n"]) -> None:
        """Join those among some that have the same group."""
        _, first, of = np.unique(groups, return_index=True, return_inverse=True)
        firsts = some[first][of.reshape(-1)]
        self.add(some[some != firsts], firsts[some != firsts])

    def groups(self) -> Int64[np.ndarray, "count"]:
        """The group of each."""
        if not self._held:
            return np.arange(self._count)
        rows = np.concatenate([some for some, _ in self._held])
        columns = np.concatenate([others for _, others in self._held])
        marks = np.ones(len(rows), bool)
        graph = coo_matrix((marks, (rows, columns)), shape=(self._count, self._count))
        found: np.ndarray = connected_components(graph, directed=False)[1].astype(np.int64)
        return found

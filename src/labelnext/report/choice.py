"""Which of the picked frames a page has room for."""

from collections.abc import Sequence

from labelnext.rounds.results import PickedFrame


def choose(frames: Sequence[PickedFrame], *, most: int) -> tuple[PickedFrame, ...]:
    """At most `most` frames, spread over cycles and arms, the most important first.

    Every arm and cycle gets its best-ranked frame before any gets a second. Where even that is too
    many, cycles are thinned evenly, and the first and the last stay.

    Args:
        frames: In any order.
        most: At least 1.

    Returns:
        In the order in which they should be given room.
    """
    if not frames:
        return ()
    arms = {f.arm for f in frames}
    cycles = thin(sorted({f.cycle for f in frames}), max(1, most // len(arms)))
    groups: dict[tuple[int, str], list[PickedFrame]] = {}
    for f in sorted(frames, key=lambda f: (f.cycle, f.arm, f.rank, f.seed, f.key)):
        if f.cycle in cycles:
            groups.setdefault((f.cycle, f.arm), []).append(f)
    longest = max(len(g) for g in groups.values())
    turns = (g[i] for i in range(longest) for g in groups.values() if i < len(g))
    return tuple(turns)[:most]


def thin(values: Sequence[int], most: int) -> tuple[int, ...]:
    """At most `most` values, evenly spaced in their order; the first and the last if `most` > 1."""
    if len(values) <= most:
        return tuple(values)
    if most == 1:
        return (values[-1],)
    return tuple(values[round(i * (len(values) - 1) / (most - 1))] for i in range(most))

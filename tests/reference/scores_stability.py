"""Localisation stability and tightness, box by box."""

from tests.reference.boxes import overlap


def stability(boxes, scores, levels):
    """Score-weighted mean over boxes of the mean over levels of the best overlap."""
    if not boxes:
        return None
    above = below = 0.0
    for box, score in zip(boxes, scores, strict=True):
        total = 0.0
        for level in levels:
            best = 0.0
            for other in level:
                best = max(best, overlap(box, other))
            total += best
        above += score * total / len(levels)
        below += score
    return above / below


def agreements(boxes, scores, proposals):
    """|T + s − 1| of each box."""
    return [
        abs(overlap(box, proposal) + score - 1)
        for box, score, proposal in zip(boxes, scores, proposals, strict=True)
    ]

"""Dollár's matching, restated with loops and tuples: a box is (x1, y1, x2, y2)."""


def intersection(a, b):
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return width * height if width > 0 and height > 0 else 0.0


def area(box):
    return (box[2] - box[0]) * (box[3] - box[1])


def union_share(detection, truth):
    shared = intersection(detection, truth)
    whole = area(detection) + area(truth) - shared
    return shared / whole if whole > 0 else 0.0


def inside_share(detection, region):
    return intersection(detection, region) / area(detection) if area(detection) > 0 else 0.0


def match_image(truths, detections, least):
    """Outcome of each detection, in the order given: index of its truth, "false" or "ignored".

    truths: (box, class, ignore); detections: (box, class, score).
    """
    outcomes = ["false"] * len(detections)
    free = [not ignore for _, _, ignore in truths]
    for place in sorted(range(len(detections)), key=lambda i: -detections[i][2]):
        box, kind, _ = detections[place]
        best, best_share = None, least
        for index, (truth_box, truth_kind, ignore) in enumerate(truths):
            if ignore or truth_kind != kind or not free[index]:
                continue
            share = union_share(box, truth_box)
            if share >= best_share:
                best, best_share = index, share
        if best is not None:
            free[best] = False
            outcomes[place] = best
            continue
        for region, region_kind, ignore in truths:
            if ignore and region_kind == kind and inside_share(box, region) >= least:
                outcomes[place] = "ignored"
    return outcomes

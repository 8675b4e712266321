"""Whole selections of the rival strategies, by plain loops over lists (STRATEGIES §2–§8, §10).

An image is a dict: `boxes` of (box, score, class, vector, feature), `embedding`, `maps` (levels of
(logits, stride) and their image's size), `samples`, `views` of (boxes, matrix, size), `video`,
`frame`, `size`; a labelled one has `truth` of (box, class, ignore) too.
"""

import math

import numpy as np

from tests.reference import aggregate, scores, scores_consistency, scores_pal, select_diverse
from tests.reference import scores_difficulty as ppal_scores
from tests.reference.evaluate_matching import match_image, union_share
from tests.reference.scores_stability import stability
from tests.reference.select import smooth, temporal

# ------------------------------------------------------------------------- ranking and taking


def ranked(values, images):
    """Smoothed over the scored neighbours of the same video; None stays None."""
    none = [i for i, value in enumerate(values) if value is None]
    smoothed = smooth(
        [0.0 if value is None else value for value in values],
        [one["video"] for one in images], [one["frame"] for one in images], 5, 3.0, unscored=none,
    )  # fmt: skip
    return [None if values[i] is None else z for i, z in enumerate(smoothed)]


def take(order, images, budget, within):
    """The first of an order under the rule of one cycle."""
    videos, frames = [one["video"] for one in images], [one["frame"] for one in images]
    chosen, _, _ = temporal([0.0] * len(images), videos, frames, budget, within, 0, ranking=order)
    return chosen


def staged(values, images, arrange, factor, budget, within):
    """A short list by score, put in another order; the rule holds for both."""
    z = ranked(values, images)
    known = sorted((i for i in range(len(z)) if z[i] is not None), key=lambda i: (-z[i], i))
    assert len(known) > budget, "what is left over is filled at random"
    short = take(known, images, math.ceil(factor * budget), within)
    order = arrange(short)
    return take(order + [i for i in short if i not in order], images, budget, within)


def best(values, images, budget, within):
    """The best by rank."""
    return staged(values, images, lambda short: short, 1, budget, within)


# ------------------------------------------------------------------------- scores of one image


def divergence(image, radius, region):
    levels, size = image["maps"]
    p = scores.probabilities(levels, size, "sigmoid")
    return aggregate.tiles(scores.local_divergence(p, radius), region)


def disagreement(image, region):
    """BALD over the maps of several detectors."""
    members = [scores.probabilities(levels, size, "sigmoid") for levels, size in image["samples"]]
    return aggregate.tiles(scores.dropout_divergence(np.stack(members)), region)


def unstable(image):
    """1 − the lowest score − stability."""
    boxes = [b[0] for b in image["boxes"]]
    found = [b[1] for b in image["boxes"]]
    levels = [[b[0] for b in view[0]] for view in image["views"]]
    value = stability(boxes, found, levels)
    return None if value is None else 1 - min(found) - value


def short_boxes(boxes):
    """(score, class, feature) of each."""
    return [(b[1], b[2], b[4]) for b in boxes]


# ------------------------------------------------------------------------- strategies


def counts(labelled, classes):
    """Labelled objects of each class."""
    out = [0] * classes
    for one in labelled:
        for _, label, ignore in one["truth"]:
            out[label] += not ignore
    return out


def k_center(images, labelled, budget, within, oversample):
    order = select_diverse.k_center(
        [one["embedding"] for one in images], math.ceil(oversample * budget),
        [one["embedding"] for one in labelled],
    )  # fmt: skip
    return take(order, images, budget, within)


def hybrid(images, labelled, budget, within, factor, radius, region, classes, quotas):
    values = [divergence(one, radius, region) for one in images]
    n = counts(labelled, classes)

    def arrange(short):
        places = select_diverse.k_center(
            [images[i]["embedding"] for i in short], len(short),
            [one["embedding"] for one in labelled],
        )  # fmt: skip
        order = [short[k] for k in places]
        if not quotas or classes < 2:
            return order
        offers = [
            [sum(b[1] for b in one["boxes"] if b[2] == c) for c in range(classes)] for one in images
        ]
        rare = [min(8.0, max(1 / 8, (sum(n) + classes) / (n[c] + 1))) for c in range(classes)]
        whole = sum(sum(offers[i]) for i in order[:budget])
        asked = [whole * r / sum(rare) for r in rare]
        return select_diverse.quota(order, offers, budget, asked)[0]

    return staged(values, images, arrange, factor, budget, within)


def ensemble(images, budget, within, region):
    return best([disagreement(one, region) for one in images], images, budget, within)


def by_stability(images, budget, within):
    return best([unstable(one) for one in images], images, budget, within)


def weighted_entropy(images, labelled, budget, within, classes):
    """Brust's weights on the largest h(s)."""
    n = counts(labelled, classes)
    weights = [(sum(n) + classes) / (n[c] + 1) for c in range(classes)]
    values = [
        max((weights[b[2]] * ppal_scores.h(b[1]) for b in one["boxes"]), default=None)
        for one in images
    ]
    return best(values, images, budget, within)


def by_consistency(images, labelled, budget, within, beta, delta, classes):
    def plain(boxes):
        return [b[:4] for b in boxes]

    values = [
        scores_consistency.consistency(
            plain(one["boxes"]), [(plain(b), m, s) for b, m, s in one["views"]], beta, False
        )
        for one in images
    ]
    n = counts(labelled, classes)
    powers = [math.exp(n[c] / len(labelled)) for c in range(classes)]
    known = [p / sum(powers) for p in powers]

    def arrange(short):
        def distance(i):
            seen = [images[i]["boxes"], *(view[0] for view in images[i]["views"])]
            vector = scores_consistency.class_vector(
                [([b[1] for b in boxes], [b[2] for b in boxes]) for boxes in seen], classes
            )
            return select_diverse.jensen_shannon(vector, known)

        if classes < 2:
            return short
        return sorted(short, key=lambda i: (-distance(i), short.index(i)))

    return staged(values, images, arrange, 1 + delta, budget, within)


def by_prototypes(images, labelled, budget, within, factor, limits, classes):
    enms, intra, inter, alpha, beta = limits
    values = [ppal_scores.distinct_entropy(short_boxes(one["boxes"]), enms) for one in images]
    width = next(len(b[4]) for one in images for b in one["boxes"])
    protos = [
        [ppal_scores.prototype(short_boxes(one["boxes"]), c) or [math.nan] * width
         for c in range(classes)]
        for one in images
    ]  # fmt: skip
    top = [
        [max((b[1] for b in one["boxes"] if b[2] == c), default=0.0) for c in range(classes)]
        for one in images
    ]

    def arrange(short):
        return select_diverse.prototypes(
            short, protos, top, budget, counts(labelled, classes), intra, inter, alpha, beta
        )

    return staged(values, images, arrange, factor, budget, within)


def ppal(images, labelled, budget, within, factor, classes):
    batches = []
    for one in labelled:
        outcome = match_image(one["truth"], [(b[0], b[2], b[1]) for b in one["boxes"]], 0.5)
        found = {row: place for place, row in enumerate(outcome) if isinstance(row, int)}
        batches.append(
            [
                (one["boxes"][found[row]][1], union_share(one["boxes"][found[row]][0], box), label)
                if row in found
                else (0.0, 0.0, label)
                for row, (box, label, ignore) in enumerate(one["truth"])
                if not ignore
            ]
        )
    hard = ppal_scores.difficulty(batches, classes, 0.6, 0.99)
    gamma = math.exp(1 / 0.3) - 1
    weights = [1 + 0.3 * 0.2 * math.log(gamma * d + 1) for d in hard]
    if classes < 2:
        weights = [1.0]
    values = []
    for one in images:
        parts = zip(*((b[0], b[1], b[2]) for b in one["boxes"]), strict=True)
        given = tuple(parts) or ((), (), ())
        values.append(ppal_scores.weighted_entropy(*given, weights, 0.05, 16, 5))

    def arrange(short):
        boxes = [short_boxes(images[i]["boxes"]) for i in short]
        distances = [
            [0.0 if a is b else ppal_scores.distance(a, b, 0.05, 100) for b in boxes] for a in boxes
        ]
        return [short[k] for k in select_diverse.k_medoids(distances, budget, 100)]

    return staged(values, images, arrange, factor, budget, within)


def pal(images, labelled, budget, within, factor, classes):
    def backing(one):
        levels, size = one["maps"]
        p = scores.probabilities(levels, size, "sigmoid").tolist()
        zoom = (size[1] / one["size"][1], size[0] / one["size"][0])
        return [scores_pal.support(p, b[0], b[2], zoom, 0.05, 19) for b in one["boxes"]]

    samples = []
    for number, one in enumerate(labelled):
        outcome = match_image(one["truth"], [(b[0], b[2], b[1]) for b in one["boxes"]], 0.5)
        for box, x, became in zip(one["boxes"], backing(one), outcome, strict=True):
            if became != "ignored":
                samples.append((x, box[1], became != "false", box[2], number))
    lius = []
    for one in images:
        best_of: dict[int, float] = {}
        for box, x in zip(one["boxes"], backing(one), strict=True):
            p = scores_pal.probability(samples, classes, 2, 0.01, 6, (x, box[1], box[2]))
            best_of[box[2]] = max(best_of.get(box[2], 0.0), scores_pal.bits(p))
        lius.append(best_of)

    def shares(some):
        n = [sum(b[2] == c for one in some for b in one["boxes"]) for c in range(classes)]
        return [v / max(1, sum(n)) for v in n]

    rare = [1 - (a + b) / 2 for a, b in zip(shares(labelled), shares(images), strict=True)]
    rare = rare if any(rare) else [1.0] * classes
    cwie = [sum(rare[b[2]] * ppal_scores.h(b[1]) for b in one["boxes"]) for one in images]
    rcdi = [sum(rare[c] for c in {b[2] for b in one["boxes"]}) for one in images]

    def arrange(short):
        allowed = [lius[i] if i in short else {} for i in range(len(images))]
        shown = [sum(c in values for values in allowed) for c in range(classes)]
        return scores_pal.guide(
            allowed, cwie, rcdi, class_budgets(rare, shown, budget), rare,
            [one["embedding"] for one in images], budget,
        )  # fmt: skip

    values = [max(v.values()) if v else None for v in lius]
    if all(one["video"] is None for one in images):
        factor = len(images)
    return staged(values, images, arrange, factor, budget, within)


def class_budgets(rare, shown, budget):
    """b·r_c/Σr, capped; what rounding leaves goes to the largest fractions."""
    wanted = [min(n, budget * r / sum(rare)) for n, r in zip(shown, rare, strict=True)]
    whole = [math.floor(w + 1e-9) for w in wanted]
    left = math.floor(sum(wanted) + 1e-9) - sum(whole)
    by_fraction = sorted(range(len(rare)), key=lambda c: (-(wanted[c] - whole[c]), c))
    for c in by_fraction[:left]:
        whole[c] += 1
    return whole

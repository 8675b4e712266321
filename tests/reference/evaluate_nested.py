"""Clips and test sets drawn anew, restated with loops over images written out one by one."""

from tests.reference.evaluate_miss_rate import miss_rate_at


def clips(videos, frames, blocks):
    """Clip name of each image: (video, block) or (None, place of the still)."""
    filmed = [i for i, video in enumerate(videos) if video is not None]
    names = []
    for i, video in enumerate(videos):
        if video is None:
            names.append((None, i))
            continue
        same = [j for j in filmed if videos[j] == video]
        parts = round(blocks * len(same) / len(filmed))
        parts = min(max(parts, 1), len(same))
        before = sum(1 for j in same if (frames[j], j) < (frames[i], i))
        block = 0
        while before >= -(-len(same) * (block + 1) // parts):  # first frame of the next block
            block += 1
        names.append((video, block))
    return names


def written_out(instances, detections, weights, fppi):
    """Miss rate of a test set with each image copied as often as its weight says.

    detections: (image, score, outcome), outcome right, false or ignored.
    """
    images = found = 0
    scored = []
    for image, times in enumerate(weights):
        for _ in range(times):
            images += 1
            found += instances[image]
            scored += [(score, outcome) for on, score, outcome in detections if on == image]
    return miss_rate_at(scored, images, found, fppi) if found else None

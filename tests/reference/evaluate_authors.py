"""The authors' metric restated: images one by one, at one threshold."""

from tests.reference.evaluate_matching import union_share


def point(images, threshold, least=0.3):
    """(false positives per image, miss rate); an image is (truths, detections)."""
    recalls, false = [], 0
    for truths, detections in images:
        truths = [(box, kind) for box, kind, ignore in truths if not ignore]
        shown = [(box, kind) for box, kind, score in detections if score >= threshold]
        for box, kind in shown:
            if not any(k == kind and union_share(box, t) > least for t, k in truths):
                false += 1
        if truths:
            found = 0
            for box, kind in truths:
                if any(k == kind and union_share(d, box) > least for d, k in shown):
                    found += 1
            recalls.append(found / len(truths))
    return false / len(images), 1 - sum(recalls) / len(recalls) if recalls else float("nan")

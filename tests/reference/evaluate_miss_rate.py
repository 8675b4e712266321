"""Miss rates restated point by point: each asks one threshold and counts anew."""

import math


def counts_at(scored, threshold):
    """(right, false) among (score, outcome) pairs; outcome is right, false or ignored."""
    right = sum(1 for score, outcome in scored if score >= threshold and outcome == "right")
    false = sum(1 for score, outcome in scored if score >= threshold and outcome == "false")
    return right, false


def miss_rate_at(scored, images, instances, fppi):
    """Least strict threshold with at most `fppi` false positives an image, tried one by one."""
    best = 1.0
    for threshold in sorted({score for score, _ in scored}, reverse=True):
        right, false = counts_at(scored, threshold)
        if false / images <= fppi:
            best = 1 - right / instances
    return best


def log_average(scored, images, instances):
    references = [0.01, 10**-1.75, 10**-1.5, 10**-1.25, 0.1, 10**-0.75, 10**-0.5, 10**-0.25, 1.0]
    rates = [miss_rate_at(scored, images, instances, reference) for reference in references]
    return math.exp(sum(math.log(max(rate, 1e-10)) for rate in rates) / 9)

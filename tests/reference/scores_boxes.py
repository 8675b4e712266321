"""Box scores restated with plain numbers."""

import math


def entropy(vector):
    return -sum(p * math.log(p) for p in vector if p > 0)


def margin(vector):
    first, second = sorted(vector, reverse=True)[:2]
    return (1 - (first - second)) ** 2


def least_confidence(vector):
    return 1 - max(vector)


def gather(values, aggregation):
    if not values:
        return None
    if aggregation == "max":
        return max(values)
    return sum(values) / (len(values) if aggregation == "mean" else 1)

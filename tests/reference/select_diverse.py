"""Selection by diversity, quotas and likeness, by plain loops (STRATEGIES §4–§7, §10)."""

import math


def squared(x, y):
    return sum((float(a) - float(b)) ** 2 for a, b in zip(x, y, strict=True))


def absent(row):
    return any(math.isnan(value) for value in row)


def k_center(rows, budget, labelled=(), blocked=(), first=None):
    """Farthest first over all pairs; twins of centres, then images without embedding, last."""
    left = [i for i in range(len(rows)) if i not in blocked]
    have = [i for i in left if not absent(rows[i])]
    centres = [row for row in labelled if not absent(row)]
    chosen = []
    while have and len(chosen) < budget:
        if not centres:
            if first is None:
                mean = [sum(rows[i][k] for i in have) / len(have) for k in range(len(rows[0]))]
                first = min(have, key=lambda i: (squared(rows[i], mean), i))
            best = first
        else:
            best = max(have, key=lambda i: (min(squared(rows[i], c) for c in centres), -i))
            if min(squared(rows[best], c) for c in centres) == 0:
                break
        chosen.append(best)
        have.remove(best)
        centres.append(rows[best])
    chosen += have + [i for i in left if absent(rows[i])]
    return chosen[:budget]


def k_means_odds(rows, labelled, order):
    """How likely k-means++ draws exactly these, in this order, evenly at first."""
    centres, odds = list(labelled), 1.0
    for index in order:
        if centres:
            weights = [min(squared(row, c) for c in centres) for row in rows]
        else:
            weights = [1.0] * len(rows)
        odds *= weights[index] / sum(weights)
        centres.append(rows[index])
    return odds


def k_medoids(distances, k, steps):
    m = len(distances)
    medoids = []
    if k and m:
        medoids = [min(range(m), key=lambda i: (sum(distances[i]), i))]
    while len(medoids) < min(k, m):
        rest = [i for i in range(m) if i not in medoids]
        medoids.append(max(rest, key=lambda i: (min(distances[i][j] for j in medoids), -i)))
    for _ in range(steps):
        clusters = [[] for _ in medoids]
        for i in range(m):
            if i in medoids:
                clusters[medoids.index(i)].append(i)
            else:
                near = [distances[i][j] for j in medoids]
                clusters[near.index(min(near))].append(i)
        moved = [
            min(members, key=lambda i: (sum(distances[i][j] for j in members), i != medoid, i))
            for medoid, members in zip(medoids, clusters, strict=True)
        ]
        if moved == medoids:
            break
        medoids = moved
    return medoids


def quota(ranking, offers, budget, quotas, blocked=(), least=0.0):
    classes = range(len(quotas))
    received = [0.0 for _ in classes]
    chosen = []
    for i in ranking:
        if i in blocked or len(chosen) == budget:
            continue
        if any(received[c] < quotas[c] and offers[i][c] > least for c in classes):
            chosen.append(i)
            received = [received[c] + offers[i][c] for c in classes]
    for i in ranking:
        if i not in blocked and i not in chosen and len(chosen) < budget:
            chosen.append(i)
    return chosen, [sum(offers[i][c] for i in chosen) for c in classes]


def cosine(x, y):
    """NaN where either has no direction."""
    product = sum(float(a) * float(b) for a, b in zip(x, y, strict=True))
    lengths = math.sqrt(squared(x, [0] * len(x)) * squared(y, [0] * len(y)))
    return product / lengths if lengths else math.nan


def hamming(a, b):
    return bin(int(a) ^ int(b)).count("1")


def distinct(scores, alike, budget, blocked=()):
    """(chosen, passes, blocked for later cycles); `alike(i, j)` says which look alike."""
    n = len(scores)
    ranking = [i for i in sorted(range(n), key=lambda i: (-scores[i], i)) if i not in blocked]
    chosen = []
    for i in ranking:
        if len(chosen) < budget and not any(alike(i, j) for j in chosen):
            chosen.append(i)
    passes = [1] * len(chosen)
    for i in ranking:
        if i not in chosen and len(chosen) < budget:
            chosen.append(i)
            passes.append(2)
    later = set(blocked) | set(chosen)
    later |= {i for i in range(n) if any(alike(i, j) for j in chosen)}
    return chosen, passes, later


def prototypes(ranking, protos, best, budget, counts, intra, inter, alpha, beta):
    classes = range(len(counts))
    number = math.floor(alpha * len(counts))
    minority = sorted(classes, key=lambda c: (counts[c], c))[:number]
    shown_by = dict.fromkeys(minority, 0)
    chosen = []

    def shows(i, c):
        return not absent(protos[i][c]) and any(value != 0 for value in protos[i][c])

    for i in ranking:
        if len(chosen) == budget:
            break
        likeness = math.inf
        for c in classes:
            if shows(i, c):
                near = [cosine(protos[i][c], protos[j][c]) for j in chosen if shows(j, c)]
                likeness = min(likeness, max(near, default=0))
        wanted = [c for c in minority if shown_by[c] < beta * budget / number - 1e-9]
        if likeness > intra or (wanted and max(best[i][c] for c in wanted) <= inter):
            continue
        chosen.append(i)
        for c in wanted:
            shown_by[c] += best[i][c] > inter
    return (chosen + [i for i in ranking if i not in chosen])[:budget]


def jensen_shannon(p, q):
    total = 0.0
    for a, b in zip(p, q, strict=True):
        middle = (a + b) / 2
        total += a / 2 * math.log(a / middle) if a else 0
        total += b / 2 * math.log(b / middle) if b else 0
    return total

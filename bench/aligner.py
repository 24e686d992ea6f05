"""What a user would pick for the alignment alone: sentences of either side, matched in order.

    python bench/aligner.py MODEL A B

Dynamic programming over cosines, as vecalign (Thompson and Koehn 2019) and bertalign do it: one
sentence with one, one with two, two with one, or none, at a cost for each sentence left out. It
prints what has no partner.
"""

import sys
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer

LEFT_OUT = 0.15
STEPS = ((1, 1), (1, 2), (2, 1), (1, 0), (0, 1))

folder, *files = sys.argv[1:]
a, b = (Path(file).read_text(encoding="utf-8").splitlines() for file in files)
model = SentenceTransformer(folder)
pairs = [[" ".join(side[at : at + 2]) for at in range(len(side))] for side in (a, b)]
one = [model.encode(side) for side in (a, b)]
two = [model.encode(side) for side in pairs]

cost = np.full((len(a) + 1, len(b) + 1), np.inf)
cost[0, 0] = 0.0
came: dict[tuple[int, int], tuple[int, int]] = {}
for i in range(len(a) + 1):
    for j in range(len(b) + 1):
        for down, across in STEPS:
            before = i - down, j - across
            if min(before) < 0:
                continue
            if down and across:
                x = (one if down == 1 else two)[0][before[0]]
                y = (one if across == 1 else two)[1][before[1]]
                step = (1 - float(x @ y)) * max(down, across)
            else:
                step = LEFT_OUT
            if cost[before] + step < cost[i, j]:
                cost[i, j] = cost[before] + step
                came[i, j] = down, across
at = len(a), len(b)
alone = []
while at != (0, 0):
    down, across = came[at]
    at = at[0] - down, at[1] - across
    if not across:
        alone.append(a[at[0]])
for sentence in reversed(alone):
    print(sentence)

"""Texts of about the same length, run through a network together."""

from collections.abc import Sequence

from readout_diff.embed.runner import threads


def batches(lengths: Sequence[int], most: int) -> list[list[int]]:
    """Rows in batches of similar length, the shortest first.

    A batch holds `most` tokens, padding included, but for a longer text; and there are as many
    batches as cores where there are texts enough.
    """
    order = sorted(range(len(lengths)), key=lambda row: (lengths[row], row))
    room = min(most, sum(lengths) // threads() + 1)
    found: list[list[int]] = []
    for row in order:
        if found and (len(found[-1]) + 1) * lengths[row] <= room:
            found[-1].append(row)
        else:
            found.append([row])
    return found

"""Claims and how they align -> status, absence, matches and missing words of each claim.

The similarity judge: three logistic models over interpretable features (`features`), trained on
labelled readouts (`training/similarity.py`). The first says of a claim how likely it is shared,
partial or only; the second of two claims whether they match; the third of a claim's token whether
the other side lacks it, knowing what the first said. The words above the threshold, in runs, are
what is missing; a claim is `only` where that is nearly all of it and `shared` where it is none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from readout_diff.align import Alignment
from readout_diff.datamodel import Claim, ClaimSpan, Match, Missing, SideKey, Status
from readout_diff.judge import features, spans
from readout_diff.judge.features import Evidence
from readout_diff.judge.logistic import JudgeModel, load_judge_model

_DIGITS = 4
"""Decimals kept in a report; the models are not sure of the second."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the models say of one side's claims."""

    absence: list[float]
    """Of each claim as a whole."""
    missing: list[tuple[Missing, ...]]
    status: list[Status]


class SimilarityJudge:
    """Judges from similarities alone, without reading the claims."""

    def __init__(self, model: JudgeModel) -> None:
        self._model = model

    @property
    def name(self) -> str:
        """How reports name it."""
        return self._model.name

    @property
    def settings(self) -> dict[str, float]:
        """The thresholds in force."""
        return dict(self._model.settings)

    def judge(
        self,
        a: Evidence,
        b: Evidence,
        alignment: Alignment,
        segments: tuple[Sequence[ClaimSpan], Sequence[ClaimSpan]],
    ) -> tuple[Claim, ...]:
        """The claims of side a, then those of side b, judged.

        `alignment` has a's claims as rows; `segments` are the two sides' claims in text order.
        """
        mirrored = alignment.mirrored
        reading_a, reading_b = self._read(a, b, alignment), self._read(b, a, mirrored)
        matched = self._match(alignment, reading_a, reading_b)
        return (
            *self._claims("a", a, alignment, reading_a, matched, segments[0]),
            *self._claims("b", b, mirrored, reading_b, matched.T, segments[1]),
        )

    def _read(self, own: Evidence, other: Evidence, alignment: Alignment) -> _Reading:
        settings = self._model.settings
        if not own.spans:
            return _Reading([], [], [])
        if not other.spans:
            return _Reading(
                [1.0] * len(own.spans), [()] * len(own.spans), ["only"] * len(own.spans)
            )
        likely = self._model.claim.probabilities(features.claim_columns(own, other, alignment))
        if self._model.token is None or own.tokens is None or alignment.coverage is None:
            return self._whole_claims(likely)
        columns = features.token_columns(own, features.numbers(other.text), alignment, likely)
        absent = self._model.token.probabilities(columns) if columns else np.zeros(0)
        reading = _Reading([], [], [])
        at = 0
        for number, ((start, end), tokens) in enumerate(zip(own.spans, own.tokens, strict=True)):
            here = absent[at : at + len(tokens.spans)]
            at += len(tokens.spans)
            letters = _letters(own.text[start:end], tokens.spans)
            if letters.sum() == 0:
                only = float(likely[number, 2])
                reading.absence.append(only)
                reading.missing.append(())
                reading.status.append("only" if only >= settings["threshold"] else "shared")
                continue
            marked = spans.mark(here, letters, settings["threshold"], settings["switch"])
            share = float(letters[marked].sum() / letters.sum())
            status = _status(share, settings)
            counted = ~marked if status == "partial" else np.ones_like(marked)
            weights = letters * counted
            reading.absence.append(float((here * weights).sum() / max(weights.sum(), 1e-9)))
            reading.status.append(status)
            reading.missing.append(
                _missing(own.text, (start, end), tokens.spans, here, marked)
                if status == "partial"
                else ()
            )
        return reading

    def _whole_claims(self, likely: NDArray[np.float64]) -> _Reading:
        """Without tokens no words can be pointed at; `partial` where that is likeliest."""
        absence = likely[:, 2] + likely[:, 1] * self._model.settings["partial_share"]
        over = likely[:, 2] >= self._model.settings["threshold"]
        partial = ~over & (likely.argmax(axis=1) == 1)
        status: list[Status] = [
            "only" if a else "partial" if p else "shared"
            for a, p in zip(over, partial, strict=True)
        ]
        return _Reading(absence.tolist(), [()] * len(likely), status)

    def _match(
        self, alignment: Alignment, reading_a: _Reading, reading_b: _Reading
    ) -> NDArray[np.float64]:
        """Probability that two claims match where they are to be shown as matches, else 0."""
        if alignment.csls.size == 0:
            return np.zeros(alignment.csls.shape)
        likely = self._model.pair.probabilities(features.pair_columns(alignment))
        likely = likely.reshape(alignment.csls.shape)
        free_a, free_b = (
            np.array([status != "only" for status in reading.status])
            for reading in (reading_a, reading_b)
        )
        open_pairs = free_a[:, None] & free_b[None, :]
        kept = open_pairs & (likely >= self._model.settings["match"])
        # A claim that the other side conveys has its most likely match, however unlikely that is,
        # and rather one that is conveyed itself.
        preferred = likely + open_pairs
        for row in np.flatnonzero(free_a & ~kept.any(axis=1)):
            kept[row, preferred[row].argmax()] = True
        for column in np.flatnonzero(free_b & ~kept.any(axis=0)):
            kept[preferred[:, column].argmax(), column] = True
        return np.where(kept, np.maximum(likely, 1e-9), 0.0)

    def _claims(
        self,
        key: SideKey,
        own: Evidence,
        alignment: Alignment,
        reading: _Reading,
        matched: NDArray[np.float64],
        segments: Sequence[ClaimSpan],
    ) -> list[Claim]:
        other = "b" if key == "a" else "a"
        similarity = np.clip(sum(alignment.centred) / len(alignment.centred), 0.0, 1.0)
        low, high = (self._model.settings[name] for name in ("unsure_from", "unsure_to"))
        claims = []
        for number, segment in enumerate(segments):
            status = reading.status[number]
            places = np.argsort(-matched[number], kind="stable")
            claims.append(
                Claim(
                    id=f"{key}{number + 1}",
                    side=key,
                    start=segment.start,
                    end=segment.end,
                    text=own.text[segment.start : segment.end],
                    sentence=segment.sentence,
                    status=status,
                    absence=_rounded(reading.absence[number]),
                    matches=tuple(
                        Match(f"{other}{place + 1}", _rounded(similarity[number, place]))
                        for place in places
                        if status != "only" and matched[number, place] > 0
                    ),
                    missing=reading.missing[number],
                    unsure=status != "partial" and low <= reading.absence[number] <= high,
                )
            )
        return claims


def load_judge(*, views: int, tokens: bool) -> SimilarityJudge:
    """The similarity judge for an encoder with so many views, with or without tokens; ModelError.

    The one for the bundled encoder knows its two views and tokens; any other encoder gets the one
    that was trained on single views.
    """
    bundled = views == 2 and tokens
    return SimilarityJudge(load_judge_model("similarity" if bundled else "similarity-vectors"))


def _status(share: float, settings: Mapping[str, float]) -> Status:
    """From the share of a claim's letters that the other side lacks."""
    if share >= settings["only_from"]:
        return "only"
    return "shared" if share <= settings["shared_to"] else "partial"


def _missing(
    text: str,
    claim: tuple[int, int],
    places: NDArray[np.int64],
    absent: NDArray[np.float64],
    marked: NDArray[np.bool_],
) -> tuple[Missing, ...]:
    """The marked tokens as spans of whole words in `text`; places count from the claim's start."""
    found: list[tuple[int, int, list[float]]] = []
    for first, last in spans.runs(marked):
        start, end = spans.whole_words(
            text[: claim[1]], claim[0] + int(places[first, 0]), claim[0] + int(places[last - 1, 1])
        )
        start = max(start, claim[0])
        sure = absent[first:last].tolist()
        if found and start <= found[-1][1]:
            earlier = found.pop()
            start, end, sure = earlier[0], max(end, earlier[1]), earlier[2] + sure
        if start < end:
            found.append((start, end, sure))
    return tuple(
        Missing(start, end, text[start:end], _rounded(sum(sure) / len(sure)))
        for start, end, sure in found
    )


def _letters(claim: str, places: NDArray[np.int64]) -> NDArray[np.float64]:
    """Letters and digits in each token."""
    return np.array(
        [sum(map(str.isalnum, claim[start:end])) for start, end in places], dtype=np.float64
    )


def _rounded(value: float) -> float:
    return round(min(max(float(value), 0.0), 1.0), _DIGITS)

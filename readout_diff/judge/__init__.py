"""Claims and how they align -> status, absence, matches and missing words of each claim.

The similarity judge: three logistic models over interpretable features (`features`), trained on
labelled readouts (`training/similarity.py`). The first says of a claim how likely it is shared,
partial or only; the second of two claims whether they match; the third of a claim's token whether
the other side lacks it, knowing what the first said. The words above the threshold, in runs, are
what is missing; a claim is `only` where that is nearly all of it and `shared` where it is none.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from readout_diff.align import Alignment
from readout_diff.datamodel import Claim, ClaimSpan, Match, Missing, SideKey, Status
from readout_diff.judge import features, spans
from readout_diff.judge.features import Evidence
from readout_diff.judge.logistic import JudgeModel, load_judge_model

_TINY = 1e-9
_DIGITS = 4
"""Decimals kept in a report; the models are not sure of the second."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the models say of one claim."""

    status: Status
    absence: float
    missing: tuple[Missing, ...] = ()


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
        readings_a, readings_b = self._read(a, b, alignment), self._read(b, a, mirrored)
        matched = self._match(alignment, readings_a, readings_b)
        return (
            *self._claims("a", a, alignment, readings_a, matched, segments[0]),
            *self._claims("b", b, mirrored, readings_b, matched.T, segments[1]),
        )

    def _read(self, own: Evidence, other: Evidence, alignment: Alignment) -> list[_Reading]:
        """Each own claim against the whole other side."""
        if not own.spans:
            return []
        if not other.spans:
            return [_Reading("only", 1.0)] * len(own.spans)
        likely = self._model.claim.probabilities(features.claim_columns(own, other, alignment))
        if self._model.token is None or own.tokens is None or alignment.coverage is None:
            return [self._whole_claim(*row) for row in likely.tolist()]
        columns = features.token_columns(own, features.numbers(other.text), alignment, likely)
        absent = self._model.token.probabilities(columns) if columns else np.zeros(0)
        ends = np.cumsum([len(tokens.spans) for tokens in own.tokens])
        return [
            self._words(own.text, span, tokens.spans, here)
            if _letters(own.text, span, tokens.spans).any()
            else self._wordless(only)
            for span, tokens, here, only in zip(
                own.spans, own.tokens, np.split(absent, ends[:-1]), likely[:, 2], strict=True
            )
        ]

    def _words(
        self,
        text: str,
        claim: tuple[int, int],
        places: NDArray[np.int64],
        absent: NDArray[np.float64],
    ) -> _Reading:
        """A claim by its tokens; `places` count from the claim's start."""
        settings = self._model.settings
        letters = _letters(text, claim, places)
        marked = spans.mark(absent, letters, settings["threshold"], settings["switch"])
        share = letters[marked].sum() / letters.sum()
        if settings["shared_to"] < share < settings["only_from"]:
            rest = letters * ~marked
            missing = _missing(text, claim, places, absent, marked)
            return _Reading("partial", float((absent * rest).sum() / rest.sum()), missing)
        absence = float((absent * letters).sum() / letters.sum())
        return _Reading("only" if share >= settings["only_from"] else "shared", absence)

    def _wordless(self, only: float) -> _Reading:
        """A claim without a letter, such as a picture: it has no part that could be missing."""
        return _Reading("only" if only >= self._model.settings["threshold"] else "shared", only)

    def _whole_claim(self, shared: float, partial: float, only: float) -> _Reading:
        """A claim without tokens to point at; `partial` where that is likeliest."""
        absence = only + partial * self._model.settings["partial_share"]
        if only >= self._model.settings["threshold"]:
            return _Reading("only", absence)
        return _Reading("partial" if partial > max(shared, only) else "shared", absence)

    def _match(
        self, alignment: Alignment, readings_a: list[_Reading], readings_b: list[_Reading]
    ) -> NDArray[np.float64]:
        """Probability that two claims match where they are to be shown as matches, else 0."""
        if alignment.csls.size == 0:
            return np.zeros(alignment.csls.shape)
        likely = self._model.pair.probabilities(features.pair_columns(alignment))
        likely = likely.reshape(alignment.csls.shape)
        free_a, free_b = (
            np.array([reading.status != "only" for reading in readings])
            for readings in (readings_a, readings_b)
        )
        # Claims that the other side lacks take no part in matches, except that a claim which is
        # conveyed keeps its likeliest match, whatever became of that one.
        kept = free_a[:, None] & free_b[None, :] & (likely >= self._model.settings["match"])
        for row in np.flatnonzero(free_a & ~kept.any(axis=1)):
            kept[row, likely[row].argmax()] = True
        for column in np.flatnonzero(free_b & ~kept.any(axis=0)):
            kept[likely[:, column].argmax(), column] = True
        return np.where(kept, np.maximum(likely, _TINY), 0.0)

    def _claims(
        self,
        key: SideKey,
        own: Evidence,
        alignment: Alignment,
        readings: list[_Reading],
        matched: NDArray[np.float64],
        segments: Sequence[ClaimSpan],
    ) -> list[Claim]:
        other = "b" if key == "a" else "a"
        similarity = np.clip(sum(alignment.centred) / len(alignment.centred), 0.0, 1.0)
        low, high = (self._model.settings[name] for name in ("unsure_from", "unsure_to"))
        claims = []
        for number, (segment, reading) in enumerate(zip(segments, readings, strict=True)):
            conveyed = reading.status != "only"
            claims.append(
                Claim(
                    id=f"{key}{number + 1}",
                    side=key,
                    start=segment.start,
                    end=segment.end,
                    text=own.text[segment.start : segment.end],
                    sentence=segment.sentence,
                    status=reading.status,
                    absence=_rounded(reading.absence),
                    matches=tuple(
                        Match(f"{other}{place + 1}", _rounded(similarity[number, place]))
                        for place in np.argsort(-matched[number], kind="stable")
                        if conveyed and matched[number, place] > 0
                    ),
                    missing=reading.missing,
                    unsure=reading.status != "partial" and low <= reading.absence <= high,
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


def _letters(text: str, claim: tuple[int, int], places: NDArray[np.int64]) -> NDArray[np.float64]:
    """Letters and digits in each token of a claim."""
    words = text[claim[0] : claim[1]]
    return np.array(
        [sum(map(str.isalnum, words[start:end])) for start, end in places], dtype=np.float64
    )


def _rounded(value: float) -> float:
    return round(min(max(float(value), 0.0), 1.0), _DIGITS)

"""Claims and how they align -> status, absence, matches and missing words of each claim.

The similarity judge: three small models over interpretable features (`features`), trained on
labelled readouts (`training/similarity.py`). The first says of a claim how likely it is shared,
partial or only; the second of two claims whether they match; the third of a claim's token whether
the other side lacks it, knowing what the first said. The words above the threshold, in runs, are
what is missing; a claim is `only` where that is nearly all of it and `shared` where it is none.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from readout_diff.align import Alignment
from readout_diff.datamodel import Claim, ClaimSpan, Match, Missing, SideKey, Status
from readout_diff.judge import features, spans
from readout_diff.judge.features import Evidence
from readout_diff.judge.model import JudgeModel, load_judge_model

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
    def encoder(self) -> str | None:
        """The encoder whose vectors it was trained on; None for one view of any encoder."""
        return self._model.encoder

    @property
    def settings(self) -> dict[str, float]:
        """The thresholds in force."""
        return dict(self._model.settings)

    def stricter(self, min_absence: float) -> "SimilarityJudge":
        """The same judge, which calls nothing lacking that is not at least so likely, 0 to 1."""
        settings = dict(self._model.settings)
        settings["threshold"] = max(settings["threshold"], min_absence)
        settings["min_absence"] = min_absence
        return SimilarityJudge(replace(self._model, settings=settings))

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
        least = self._model.settings.get("min_absence", 0.0)
        readings_a, readings_b = (
            [_at_least(least, reading) for reading in self._read(*side)]
            for side in ((a, b, alignment), (b, a, mirrored))
        )
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
            self._words(own, number, here) or self._wordless(only)
            for number, (here, only) in enumerate(
                zip(np.split(absent, ends[:-1]), likely[:, 2].tolist(), strict=True)
            )
        ]

    def _words(self, own: Evidence, number: int, absent: NDArray[np.float64]) -> _Reading | None:
        """A claim by its tokens' absence; None for one without words."""
        settings = self._model.settings
        start, claim = own.spans[number][0], own.claims[number]
        words = spans.words(claim, own.lang)
        places = own.tokens[number].spans if own.tokens else np.zeros((0, 2), np.int64)
        letters = np.array(
            [sum(map(str.isalnum, claim[at:until])) for at, until in places], dtype=np.float64
        )
        if not words or not letters.any():
            return None
        marked = spans.mark(absent, letters, settings["threshold"], settings["switch"])
        chance, lacking = np.zeros(len(claim)), np.zeros(len(claim), dtype=np.bool_)
        for (at, until), probability, mark in zip(places, absent, marked, strict=True):
            chance[at:until], lacking[at:until] = probability, mark
        counted = np.zeros(len(claim), dtype=np.bool_)
        for at, until in words:
            counted[at:until] = True
        runs = spans.marked_words(words, lacking)
        outside = counted.copy()
        for at, until, _ in runs:
            outside[at:until] = False
        share = 1.0 - outside.sum() / counted.sum()
        if share >= settings["only_from"]:
            return _Reading("only", float(chance[counted].mean()))
        if share <= settings["shared_to"]:
            return _Reading("shared", float(chance[counted].mean()))
        missing = tuple(
            Missing(start + at, start + until, claim[at:until], _rounded(chance[at:until].mean()))
            for at, until, _ in runs
        )
        return _Reading("partial", float(chance[outside].mean()), missing)

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
        rows = np.flatnonzero(free_a & ~kept.any(axis=1))
        columns = np.flatnonzero(free_b & ~kept.any(axis=0))
        kept[rows, likely[rows].argmax(axis=1)] = True
        kept[likely[:, columns].argmax(axis=0), columns] = True
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
        similarity = alignment.shown
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


def load_judge(encoder: str) -> SimilarityJudge:
    """The judge that was trained on the encoder of that name, else the one for any encoder.

    Raises ModelError where its file can't be read.
    """
    bundled = load_judge_model("similarity")
    if encoder == bundled.encoder:
        return SimilarityJudge(bundled)
    return SimilarityJudge(load_judge_model("similarity-vectors"))


def _at_least(absence: float, reading: _Reading) -> _Reading:
    """The reading without what is less likely to be lacking than `absence`."""
    missing = tuple(words for words in reading.missing if words.absence >= absence)
    if reading.status == "only" and reading.absence < absence:
        return replace(reading, status="shared")
    if reading.missing and not missing:
        return replace(reading, status="shared", missing=())
    return replace(reading, missing=missing)


def _rounded(value: float) -> float:
    return round(min(max(float(value), 0.0), 1.0), _DIGITS)

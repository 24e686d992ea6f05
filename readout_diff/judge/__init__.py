"""Claims and how they align -> status, absence, matches and missing words of each claim.

Three small models over named features (`features`), trained on labelled readouts
(`training/judge.py`). The first says of a claim how likely it is shared, partial or only; the
second of two claims whether they match; the third of a claim's token whether the other side lacks
it, knowing what the first said. The words above the threshold, in runs, are what is missing; a
claim is `only` where that is nearly all of it and `shared` where it is none.

The features of the judge `similarity` are similarities; those of the judge `joint` are the same
and what a network says that reads both sides (`joint`).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from readout_diff.align import Alignment
from readout_diff.datamodel import Claim, ClaimSpan, Match, Missing, SideKey, Status
from readout_diff.errors import InputError, ModelError
from readout_diff.judge import features, spans
from readout_diff.judge.features import Evidence
from readout_diff.judge.joint import JointNetwork, Odds, fingerprint, shipped
from readout_diff.judge.model import JudgeModel, load_judge_model, read_judge_model

JUDGES = ("joint", "similarity")
"""Those for the bundled encoder, the best first; there is one more for any other."""
Absence = NDArray[np.float64]
"""Of the tokens of one claim, shape (tokens,)."""
_TINY = 1e-9
_DIGITS = 4
"""Decimals kept in a report; the models are not sure of the second."""


class Verdict(Struct, frozen=True):
    """What the models say of one claim; offsets are into its side's text."""

    status: Status
    absence: float
    missing: tuple[Missing, ...] = ()


class OneSide(Struct, frozen=True):
    """What a judge makes of one side's claims in a part of two long readouts."""

    verdicts: tuple[Verdict, ...]
    absent: list[Absence] | None
    """How likely each token is lacking, for each own claim; None for a judge without tokens."""
    matching: NDArray[np.float64]
    """Probability that two claims match, (own, other)."""
    conflicts: Mapping[tuple[int, int], NDArray[np.float64]]
    """The network's log-odds of a conflict, by kind, of pairs that it has read together."""


class Judgement(Struct, frozen=True):
    """What a judge makes of two sides."""

    claims: tuple[Claim, ...]
    """Of side a, then of side b."""
    matching: NDArray[np.float64]
    """Probability that two claims match, shown as matches or not, (a, b)."""
    absent: tuple[list[Absence], list[Absence]] | None
    """How likely each token is lacking, for each claim of side a, then of side b, before words are
    marked; None for a judge or evidence without tokens."""
    odds: tuple[Odds, Odds] | None
    """What the network says; None for a judge without one."""


class Judge:
    """Judges by what a model has learnt; `joint` reads both sides for one that wants that."""

    def __init__(self, model: JudgeModel, joint: JointNetwork | None = None) -> None:
        self._model = model
        self._joint = joint

    @property
    def name(self) -> str:
        """How reports name it."""
        return self._model.name

    @property
    def encoder(self) -> str | None:
        """The encoder whose vectors it was trained on; None for one view of any encoder."""
        return self._model.encoder

    @property
    def one_view(self) -> bool:
        """Whether it knows only an encoder's first view, put on the scale of the anchors."""
        return self._model.token is None

    @property
    def settings(self) -> dict[str, float]:
        """The thresholds in force."""
        return dict(self._model.settings)

    def stricter(self, min_absence: float) -> "Judge":
        """The same judge, which calls nothing lacking that is not at least so likely, 0 to 1."""
        settings = dict(self._model.settings)
        settings["threshold"] = max(settings["threshold"], min_absence)
        settings["min_absence"] = min_absence
        return Judge(replace(self._model, settings=settings), self._joint)

    def prepare(self) -> None:
        """Load what is not there yet; ModelError."""
        if self._joint is not None:
            self._joint.prepare()

    def judge(
        self,
        a: Evidence,
        b: Evidence,
        alignment: Alignment,
        segments: tuple[Sequence[ClaimSpan], Sequence[ClaimSpan]],
    ) -> Judgement:
        """The claims of side a, then those of side b, judged.

        `alignment` has a's claims as rows; `segments` are the two sides' claims in text order.
        """
        mirrored = alignment.mirrored
        odds = self._both_read(a, b, alignment)
        least = self._model.settings.get("min_absence", 0.0)
        odds_a, odds_b = odds or (None, None)
        read_a = self._read(a, b, alignment, odds_a)
        read_b = self._read(b, a, mirrored, odds_b)
        verdicts_a, verdicts_b = (
            [_at_least(least, verdict) for verdict in verdicts] for verdicts, _ in (read_a, read_b)
        )
        likely = self._matching(alignment, odds_a)
        matched = self._match(likely, verdicts_a, verdicts_b)
        absent_a, absent_b = read_a[1], read_b[1]
        return Judgement(
            (
                *self._claims("a", a, alignment, verdicts_a, matched, segments[0]),
                *self._claims("b", b, mirrored, verdicts_b, matched.T, segments[1]),
            ),
            likely,
            None if absent_a is None or absent_b is None else (absent_a, absent_b),
            odds,
        )

    def one_side(self, own: Evidence, other: Evidence, alignment: Alignment) -> OneSide:
        """The own claims alone; `alignment` has them as rows."""
        odds = None
        if self._joint is not None:
            if own.tokens is None or other.tokens is None:
                raise ValueError("reading both sides needs token states")
            odds = self._joint.read_own(own.tokens, other.tokens, alignment)
        verdicts, absent = self._read(own, other, alignment, odds)
        least = self._model.settings.get("min_absence", 0.0)
        return OneSide(
            tuple(_at_least(least, verdict) for verdict in verdicts),
            absent,
            self._matching(alignment, odds),
            {} if odds is None else odds.conflicts,
        )

    def _both_read(
        self, a: Evidence, b: Evidence, alignment: Alignment
    ) -> tuple[Odds, Odds] | None:
        if self._joint is None:
            return None
        if a.tokens is None or b.tokens is None:
            raise ValueError("reading both sides needs token states")
        return self._joint.read(a.tokens, b.tokens, alignment)

    def _absences(
        self, own: Evidence, other: Evidence, alignment: Alignment, odds: Odds | None
    ) -> tuple[NDArray[np.float64], list[Absence] | None]:
        """Of shared, partial and only, (claims, 3); of each claim's tokens, if there are any."""
        columns = features.claim_columns(own, other, alignment, odds)
        likely = self._model.claim.probabilities(columns)
        if self._model.token is None or own.tokens is None or alignment.coverage is None:
            return likely, None
        numbers = features.numbers(other.text)
        columns = features.token_columns(own, numbers, alignment, likely, odds)
        absent = self._model.token.probabilities(columns) if columns else np.zeros(0)
        ends = np.cumsum([len(tokens.spans) for tokens in own.tokens])
        return likely, np.split(absent, ends[:-1])

    def _read(
        self, own: Evidence, other: Evidence, alignment: Alignment, odds: Odds | None
    ) -> tuple[list[Verdict], list[Absence] | None]:
        """Each own claim against the whole other side; how likely its tokens are lacking."""
        if not own.spans:
            return [], None
        if not other.spans:
            return [Verdict("only", 1.0)] * len(own.spans), None
        likely, absent = self._absences(own, other, alignment, odds)
        if absent is None:
            return [self._whole_claim(*row) for row in likely.tolist()], None
        verdicts = [
            self._words(own, number, here) or self._wordless(only)
            for number, (here, only) in enumerate(zip(absent, likely[:, 2].tolist(), strict=True))
        ]
        return verdicts, absent

    def _words(self, own: Evidence, number: int, absent: Absence) -> Verdict | None:
        """A claim by its tokens' absence; None for one without words."""
        settings = self._model.settings
        start, claim = own.spans[number][0], own.claims[number]
        words = spans.words(claim, own.lang)
        places = own.tokens[number].spans if own.tokens else np.zeros((0, 2), np.int64)
        letters = spans.counted(spans.of_kind(str.isalnum, claim), places).astype(np.float64)
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
            return Verdict("only", float(chance[counted].mean()))
        if share <= settings["shared_to"]:
            return Verdict("shared", float(chance[counted].mean()))
        missing = tuple(
            Missing(start + at, start + until, claim[at:until], _rounded(chance[at:until].mean()))
            for at, until, _ in runs
        )
        return Verdict("partial", float(chance[outside].mean()), missing)

    def _wordless(self, only: float) -> Verdict:
        """A claim without a letter, such as a picture: it has no part that could be missing."""
        return Verdict("only" if only >= self._model.settings["threshold"] else "shared", only)

    def _whole_claim(self, shared: float, partial: float, only: float) -> Verdict:
        """A claim without tokens to point at; `partial` where that is likeliest."""
        absence = only + partial * self._model.settings["partial_share"]
        if only >= self._model.settings["threshold"]:
            return Verdict("only", absence)
        return Verdict("partial" if partial > max(shared, only) else "shared", absence)

    def _matching(self, alignment: Alignment, odds: Odds | None) -> NDArray[np.float64]:
        """Probability that two claims match, (a, b)."""
        if alignment.csls.size == 0:
            return np.zeros(alignment.csls.shape)
        likely = self._model.pair.probabilities(features.pair_columns(alignment, odds))
        return likely.reshape(alignment.csls.shape)

    def _match(
        self,
        likely: NDArray[np.float64],
        verdicts_a: list[Verdict],
        verdicts_b: list[Verdict],
    ) -> NDArray[np.float64]:
        """`likely` where two claims are to be shown as matches, else 0."""
        if likely.size == 0:
            return likely
        free_a, free_b = (
            np.array([verdict.status != "only" for verdict in verdicts])
            for verdicts in (verdicts_a, verdicts_b)
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
        verdicts: list[Verdict],
        matched: NDArray[np.float64],
        segments: Sequence[ClaimSpan],
    ) -> list[Claim]:
        similarity = alignment.shown
        matches = [
            [
                (int(place), float(similarity[number, place]))
                for place in np.argsort(-row, kind="stable")
                if row[place] > 0
            ]
            for number, row in enumerate(matched)
        ]
        return self.claims(key, own.text, verdicts, matches, segments)

    def claims(
        self,
        key: SideKey,
        text: str,
        verdicts: Sequence[Verdict],
        matches: Sequence[Sequence[tuple[int, float]]],
        segments: Sequence[ClaimSpan],
    ) -> list[Claim]:
        """The claims of a side as reports have them.

        `matches` are the places and similarities of each one's matches, the likeliest first.
        """
        other = "b" if key == "a" else "a"
        low, high = (self._model.settings[name] for name in ("unsure_from", "unsure_to"))
        return [
            Claim(
                id=f"{key}{number + 1}",
                side=key,
                start=segment.start,
                end=segment.end,
                text=text[segment.start : segment.end],
                sentence=segment.sentence,
                status=verdict.status,
                absence=_rounded(verdict.absence),
                matches=tuple(
                    Match(f"{other}{place + 1}", _rounded(similarity))
                    for place, similarity in found
                    if verdict.status != "only"
                ),
                missing=verdict.missing,
                unsure=verdict.status != "partial" and low <= verdict.absence <= high,
            )
            for number, (segment, verdict, found) in enumerate(
                zip(segments, verdicts, matches, strict=True)
            )
        ]


def load_judge(encoder: str, name: str | None = None) -> Judge:
    """The judge of that name for an encoder; the best that there is for it without a name.

    `name` is one of JUDGES, or the path of a model file that `training/judge.py` wrote. Raises
    InputError where that judge knows another encoder, ModelError where its file can't be read.
    """
    if name in (None, *JUDGES):
        bundled = load_judge_model(name or JUDGES[0])
        if encoder == bundled.encoder:
            return Judge(bundled, _network(bundled, None))
        if name == "joint":
            raise InputError(
                f"The judge joint reads the bundled encoder's states, not those of {encoder!r}; "
                "leave the judge out, or give a model file that was trained on that encoder."
            )
        return Judge(load_judge_model("similarity-vectors"))
    path = Path(name)
    if path.suffix != ".json":
        raise InputError(
            f"There is no judge {name!r}; give {', '.join(JUDGES)} or a model file, FILE.json."
        )
    model = read_judge_model(path)
    if model.encoder not in (None, encoder):
        raise InputError(
            f"The judge {name} was trained on the encoder {model.encoder!r}, not on {encoder!r}; "
            "give the one that it was trained on."
        )
    return Judge(model, _network(model, path.with_suffix(".onnx")))


def _network(model: JudgeModel, path: Path | None) -> JointNetwork | None:
    """The network that the model was trained with, if any: the file, or the shipped one."""
    if model.network is None:
        return None
    try:
        content = shipped() if path is None else path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"The judge's network {path} can't be read ({error.strerror}); keep it beside the "
            "model file."
        ) from error
    if fingerprint(content) != model.network:
        raise ModelError(
            f"The judge {model.name!r} was trained with another network than the one beside it; "
            "keep the two files of one training together, or reinstall readout-diff."
        )
    return JointNetwork(None if path is None else content)


def _at_least(absence: float, verdict: Verdict) -> Verdict:
    """The verdict without what is less likely to be lacking than `absence`."""
    missing = tuple(words for words in verdict.missing if words.absence >= absence)
    if verdict.status == "only" and verdict.absence < absence:
        return replace(verdict, status="shared")
    if verdict.missing and not missing:
        return replace(verdict, status="shared", missing=())
    return replace(verdict, missing=missing)


def _rounded(value: float) -> float:
    return round(min(max(float(value), 0.0), 1.0), _DIGITS)

"""The judge: what holds of its claims whatever the model, and what its model is."""

import itertools
import json
import math
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from readout_diff.align import align
from readout_diff.datamodel import Claim, ClaimSpan
from readout_diff.embed import Encoder, TokenStates
from readout_diff.embed.bundled import NAME
from readout_diff.errors import InputError, ModelError
from readout_diff.judge import Judge, features, load_judge, spans
from readout_diff.judge.joint import shipped
from readout_diff.judge.model import load_judge_model
from readout_diff.learnt import Member, Model
from tests.fake_encoder import HashEncoder
from tests.random_judge import (
    SETTINGS,
    SIDE_A,
    SIDE_B,
    align_claims,
    column_names,
    evidence,
    random_model,
)
from tests.rich_encoder import HashRichEncoder

MODELS = ["joint", "similarity", "similarity-vectors"]


def judge_claims(
    judge: Judge, a: Sequence[str], b: Sequence[str], encoder: Encoder
) -> tuple[Claim, ...]:
    own, other, alignment = align_claims(a, b, encoder)
    segments = [
        tuple(ClaimSpan(*place, number) for number, place in enumerate(side.spans))
        for side in (own, other)
    ]
    return judge.judge(own, other, alignment, (segments[0], segments[1])).claims


# What holds of every judgement


def check(claims: tuple[Claim, ...], a: Sequence[str], b: Sequence[str], *, tokens: bool) -> None:
    ids = [claim.id for claim in claims]
    assert ids == [f"a{n + 1}" for n in range(len(a))] + [f"b{n + 1}" for n in range(len(b))]
    assert [claim.text for claim in claims] == [*a, *b]
    by_id = dict(zip(ids, claims, strict=True))
    texts = {"a": "\n".join(a), "b": "\n".join(b)}
    for claim in claims:
        text = texts[claim.side]
        assert text[claim.start : claim.end] == claim.text
        assert 0 <= claim.absence <= 1
        matched = [match.id for match in claim.matches]
        assert len(set(matched)) == len(matched)
        assert all(match[0] != claim.side and match in by_id for match in matched)
        assert all(0 <= match.similarity <= 1 for match in claim.matches)
        if claim.status == "only":
            assert matched == []
        else:
            assert matched
        for match in matched:
            # A match is mutual, but with a claim that its own side alone makes.
            back = [found.id for found in by_id[match].matches]
            assert claim.id in back or by_id[match].status == "only"
        if claim.status == "partial":
            assert bool(claim.missing) == tokens
            assert not claim.unsure
        else:
            assert claim.missing == ()
        end = claim.start
        for missing in claim.missing:
            assert end <= missing.start < missing.end <= claim.end
            assert missing.text == text[missing.start : missing.end]
            assert 0 <= missing.absence <= 1
            assert missing.text[0].isalnum()
            assert not missing.text[-1].isspace()
            assert not cuts_a_word(text, missing.start)
            assert not cuts_a_word(text, missing.end)
            end = missing.end


def cuts_a_word(text: str, place: int) -> bool:
    """Whether a place lies between two letters of a script that writes spaces."""
    around = text[max(place - 1, 0) : place + 1]
    return len(around) == 2 and all(
        letter.isalpha() and (letter < "\u3000" or "가" <= letter <= "힣") for letter in around
    )


PIECES = [
    "The ministers met", "and agreed", "on fish", "for 25 minutes", "1,200", "U.S.", "장관은",
    "만났다", "25분간", "会談した", "カタログ", "港を", "双方", "встреча", "اللقاء", "٢٥", "!", "…",
    "👍", "\u200b", "\u1112\u1161\u11ab", "e\u0301", "\ud83d", "(", "a", "7",
]  # fmt: skip
claim_texts = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map(" ".join)
sides = st.lists(claim_texts, min_size=1, max_size=6)
models = st.tuples(st.integers(0, 10_000), st.sampled_from([0.5, 3.0, 20.0]))


@given(sides, sides, models)
def test_judgements_hold_together_with_tokens(
    a: list[str], b: list[str], model: tuple[int, float]
) -> None:
    judge = Judge(random_model(*model, rich=True))
    check(judge_claims(judge, a, b, HashRichEncoder()), a, b, tokens=True)


@given(sides, sides, models)
def test_judgements_hold_together_without_tokens(
    a: list[str], b: list[str], model: tuple[int, float]
) -> None:
    judge = Judge(random_model(*model, rich=False))
    check(judge_claims(judge, a, b, HashEncoder()), a, b, tokens=False)


@given(sides, sides, st.booleans())
def test_judgements_of_the_shipped_models_hold_together(
    a: list[str], b: list[str], rich: bool
) -> None:
    encoder: Encoder = HashRichEncoder() if rich else HashEncoder()
    judge = load_judge(encoder.name)
    check(judge_claims(judge, a, b, encoder), a, b, tokens=rich)


@pytest.mark.parametrize("rich", [True, False])
def test_every_status_is_given(rich: bool) -> None:
    encoder: Encoder = HashRichEncoder() if rich else HashEncoder()
    statuses = {
        claim.status
        for seed in range(40)
        for claim in judge_claims(
            Judge(random_model(seed, 3.0, rich=rich)), SIDE_A, SIDE_B, encoder
        )
    }
    assert statuses == {"shared", "partial", "only"}


@pytest.mark.parametrize("rich", [True, False])
def test_facing_nothing_every_claim_is_only(rich: bool) -> None:
    encoder: Encoder = HashRichEncoder() if rich else HashEncoder()
    judge = Judge(random_model(0, 1.0, rich=rich))
    for a, b in ((SIDE_A, []), ([], SIDE_A), ([], [])):
        claims = judge_claims(judge, a, b, encoder)
        assert [(claim.status, claim.absence) for claim in claims] == [("only", 1.0)] * len(a or b)
        check(claims, a, b, tokens=rich)


def test_claims_without_letters_are_judged_as_a_whole() -> None:
    none = TokenStates(np.zeros((0, 384), np.float32), np.zeros((0, 2), np.int64))
    (own, mine), (other, yours) = (
        evidence(claims, HashRichEncoder()) for claims in (["…", "met", "!"], SIDE_B)
    )
    assert mine.tokens is not None
    tokens = (none, *mine.tokens[1:])
    own, mine = replace(own, tokens=tokens), replace(mine, tokens=tokens)
    segments = [tuple(ClaimSpan(*place, 0) for place in side.spans) for side in (own, other)]
    for seed in range(20):
        judge = Judge(random_model(seed, 3.0, rich=True))
        found = judge.judge(own, other, align(mine, yours), (segments[0], segments[1]))
        claims = found.claims
        assert all(0 <= claim.absence <= 1 for claim in claims)
        assert all(claims[place].status != "partial" for place in (0, 2))


def constant(names: tuple[str, ...], *bias: float) -> Model:
    """Says the same of every row."""
    size = len(names)
    member = Member(None, np.zeros((len(bias), size)), np.array(bias))
    return Model(names, np.zeros(size), np.ones(size), (member,))


def test_absence_follows_the_token_model() -> None:
    model = random_model(0, 1.0, rich=True)
    for bias, status in ((-9.0, "shared"), (9.0, "only")):
        certain = replace(model, token=constant(column_names(rich=True)["token"], bias))
        claims = judge_claims(Judge(certain), SIDE_A, SIDE_B, HashRichEncoder())
        assert {claim.status for claim in claims} == {status}
        expected = 1 / (1 + math.exp(-bias))
        assert all(abs(claim.absence - expected) < 1e-4 for claim in claims)


def begins(names: tuple[str, ...]) -> Model:
    """A token model that takes the first token of a claim, and no other, to be lacking."""
    size = len(names)
    weights = np.array([[40.0 * (name == "from.start") for name in names]])
    member = Member(None, weights, np.array([-36.0]))
    return Model(names, np.zeros(size), np.ones(size), (member,))


def test_missing_words_are_quoted_from_the_text() -> None:
    model = random_model(0, 1.0, rich=True)
    judge = Judge(replace(model, token=begins(column_names(rich=True)["token"])))
    claims = judge_claims(judge, ["quota talks began", "met"], SIDE_B, HashRichEncoder())
    assert claims[0].status == "partial"
    assert [missing.text for missing in claims[0].missing] == ["quota"]
    assert claims[0].missing[0].absence > 0.5
    assert claims[1].status == "only"


def test_a_claim_of_which_no_word_is_left_is_not_partial() -> None:
    model = random_model(0, 1.0, rich=True)
    judge = Judge(replace(model, token=begins(column_names(rich=True)["token"])))
    claim = judge_claims(judge, ["reopened."], SIDE_B, HashRichEncoder())[0]
    assert claim.status == "only"
    assert claim.missing == ()


def test_a_claim_near_the_threshold_is_unsure() -> None:
    model = random_model(0, 1.0, rich=False)
    names = column_names(rich=False)["claim"]
    for odds, unsure in ((0.0, False), (6.0, False), (2.2, True)):
        # With nothing for "partial": absence is the share of "only".
        only = replace(model, claim=constant(names, 3.0, -30.0, odds))
        claims = judge_claims(Judge(only), SIDE_A, SIDE_B, HashEncoder())
        assert {claim.unsure for claim in claims} == {unsure}


def test_matches_are_the_pairs_above_the_threshold() -> None:
    names = column_names(rich=False)
    shared = constant(names["claim"], 9.0, 0.0, 0.0)
    model = replace(random_model(0, 1.0, rich=False), claim=shared)
    likely = replace(model, pair=constant(names["pair"], 2.0))
    claims = judge_claims(Judge(likely), SIDE_A, SIDE_B, HashEncoder())
    assert all(len(claim.matches) == (2 if claim.side == "a" else 3) for claim in claims)
    # However unlikely, the best one stays, since what is shared is shared with something.
    unlikely = replace(model, pair=constant(names["pair"], -9.0))
    claims = judge_claims(Judge(unlikely), SIDE_A, SIDE_B, HashEncoder())
    assert all(claim.matches for claim in claims)
    assert sum(len(claim.matches) for claim in claims) <= 2 * (len(SIDE_A) + len(SIDE_B))


@pytest.mark.parametrize("least", [0.0, 0.5, 0.7, 0.95, 1.0])
def test_a_stricter_judge_calls_nothing_lacking_that_is_less_likely(least: float) -> None:
    judge = Judge(random_model(3, 2.0, rich=True))
    strict = judge.stricter(least)
    assert strict.settings["threshold"] == max(judge.settings["threshold"], least)
    claims = judge_claims(strict, SIDE_A, SIDE_B, HashRichEncoder())
    check(claims, SIDE_A, SIDE_B, tokens=True)
    assert all(claim.absence >= least for claim in claims if claim.status == "only")
    assert all(words.absence >= least for claim in claims for words in claim.missing)
    plain = judge_claims(judge, SIDE_A, SIDE_B, HashRichEncoder())
    lacking = {claim.id for claim in plain if claim.status != "shared"}
    assert {claim.id for claim in claims if claim.status != "shared"} <= lacking


def test_judging_twice_gives_the_same() -> None:
    judge = load_judge(NAME)
    first = judge_claims(judge, SIDE_A, SIDE_B, HashRichEncoder())
    assert judge_claims(judge, SIDE_A, SIDE_B, HashRichEncoder()) == first


# Which words are missing


@given(
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 9)), max_size=9),
    st.floats(0.1, 0.9),
    st.floats(0, 4),
)
def test_the_marking_is_the_cheapest_of_all(
    tokens: list[tuple[float, int]], threshold: float, switch: float
) -> None:
    absence = np.array([token[0] for token in tokens])
    letters = np.array([token[1] for token in tokens], dtype=np.float64)

    def cost(marking: Sequence[bool]) -> float:
        begins = sum(y and not x for x, y in itertools.pairwise([False, *marking]))
        words = sum(
            size * (threshold - value)
            for value, size, on in zip(absence, letters, marking, strict=True)
            if on
        )
        return float(switch * begins + words)

    found = spans.mark(absence, letters, threshold, switch)
    assert found.shape == (len(tokens),)
    assert found.dtype == np.bool_
    best = min(map(cost, itertools.product([False, True], repeat=len(tokens))))
    assert cost(found.tolist()) == pytest.approx(best, abs=1e-9)


def test_marks_come_in_runs() -> None:
    absence = np.array([0.1, 0.9, 0.3, 0.9, 0.1, 0.1, 0.1, 0.6])
    letters = np.full(8, 4.0)

    def marked(switch: float) -> list[int]:
        return np.flatnonzero(spans.mark(absence, letters, 0.4, switch)).tolist()

    assert marked(0.0) == [1, 3, 7]
    assert marked(1.0) == [1, 2, 3]
    assert marked(20.0) == []
    # What holds no letters decides nothing.
    assert not spans.mark(np.array([0.9, 0.1]), np.array([0.0, 5.0]), 0.4, 1.0).any()


@pytest.mark.parametrize(
    ("lang", "text", "words"),
    [
        ("en", "two ministers met", "two|ministers|met"),
        ("en", "met, they said (for 25 minutes)", "met|they|said|for|25|minutes"),
        ("en", "over 1,200 came, 3.5 percent", "over|1,200|came|3.5|percent"),
        ("en", "the state’s quota", "the|state’s|quota"),
        ("fr", "un e\u0301te\u0301 passé", "un|e\u0301te\u0301|passé"),
        ("ko", "양국 장관은 25분간 만났다.", "양국|장관은|25분간|만났다"),
        ("ja", "両大臣は25分間会談した。", "両大臣は|25分間会談した"),
        ("ja", "カタログを見た。", "カタログを|見た"),
        ("zh", "双方在加利福尼亚州会谈。", "双方|在|加利福尼亚州|会谈"),
        ("ru", "Стороны обсудили рыбу", "Стороны|обсудили|рыбу"),
        ("ar", "ناقَشَ الوزيران الصيد", "ناقَشَ|الوزيران|الصيد"),
        ("en", "two … three 👍", "two|three"),
        ("und", "", ""),
    ],
)
def test_words_are_whole(lang: str, text: str, words: str) -> None:
    found = spans.words(text, lang)
    assert [text[start:end] for start, end in found] == [word for word in words.split("|") if word]


@given(st.text(max_size=30), st.sampled_from(["en", "ko", "ja", "zh", "und"]))
def test_words_hold_every_letter_once(text: str, lang: str) -> None:
    found = spans.words(text, lang)
    places = [place for start, end in found for place in range(start, end)]
    assert places == sorted(set(places))
    assert {place for place, letter in enumerate(text) if letter.isalnum()} <= set(places)


def test_a_word_is_marked_by_most_of_its_letters() -> None:
    words = [(0, 4), (5, 9), (10, 14), (15, 19)]
    letters = np.zeros(19, dtype=np.bool_)
    letters[2:13] = True
    letters[18] = True
    assert spans.marked_words(words, letters) == [(0, 14, [0, 1, 2])]
    letters[5:9] = False
    assert spans.marked_words(words, letters) == [(0, 4, [0]), (10, 14, [2])]
    assert spans.marked_words([], letters) == []


# What the judge looks at


def test_numbers_are_found_in_any_width() -> None:
    assert features.numbers("25 minutes, ３．５ percent, 1,200 people in 2025.") == {
        "25", "35", "1200", "2025",
    }  # fmt: skip
    assert features.numbers("no number") == frozenset()


def test_numbers_are_found_in_any_script() -> None:
    assert features.numbers("٢٥ دقيقة") == features.numbers("25 minutes")


@given(
    st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=60),
    st.sampled_from([np.float32, np.float64]),
    st.sampled_from([0.1, 0.75]),
)
def test_a_quantile_is_that_of_numpy(values: list[float], kind: type, share: float) -> None:
    array: NDArray[np.floating] = np.array(values, dtype=kind)
    assert features.quantile(array, share) == float(np.quantile(array, share))


@given(*[st.lists(st.text("ab 1회담", max_size=70), min_size=1, max_size=4)] * 2)
def test_letters_in_common_are_the_same_both_ways(own: list[str], other: list[str]) -> None:
    for number, scorer in enumerate((fuzz.token_set_ratio, fuzz.partial_ratio)):
        for mine, theirs in ((own, other), (other, own)):
            found = features._letters_in_common(tuple(mine), tuple(theirs))[number]
            expected = process.cdist(mine, theirs, scorer=scorer, dtype=np.float32) / 100
            assert (found == expected).all()


@given(
    st.text("a1 회", max_size=20),
    st.lists(st.tuples(st.integers(0, 25), st.integers(0, 25)).map(sorted), min_size=1),
)
def test_what_is_counted_in_places_is_what_stands_there(text: str, places: list[list[int]]) -> None:
    found = spans.counted(spans.of_kind(str.isalnum, text), np.array(places))
    assert found.tolist() == [sum(map(str.isalnum, text[at:until])) for at, until in places]


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=20), st.sampled_from([1, 3, 5, 9]))
def test_smoothing_is_the_mean_of_the_neighbours(values: list[float], window: int) -> None:
    found = features.smooth(np.array(values), window)
    for place in range(len(values)):
        around = values[max(place - window // 2, 0) : place + window // 2 + 1]
        assert found[place] == pytest.approx(sum(around) / len(around), abs=1e-9)


@given(sides, sides)
def test_every_figure_is_finite_and_has_a_row(a: list[str], b: list[str]) -> None:
    for encoder in (HashRichEncoder(), HashEncoder()):
        own, other, alignment = align_claims(a, b, encoder)
        rich = isinstance(encoder, HashRichEncoder)
        claims = features.claim_columns(own, other, alignment)
        pairs = features.pair_columns(alignment)
        assert tuple(claims) == column_names(rich=rich)["claim"]
        assert tuple(pairs) == column_names(rich=rich)["pair"]
        tables: list[tuple[features.Columns, int]] = [(claims, len(a)), (pairs, len(a) * len(b))]
        if own.tokens is not None:
            likely = np.full((len(a), 3), 1 / 3)
            found = features.token_columns(own, features.numbers(other.text), alignment, likely)
            tables.append((found, sum(len(text.spans) for text in own.tokens)))
        for table, rows in tables:
            for name, values in table.items():
                assert values.shape == (rows,), name
                assert np.isfinite(values).all(), name


@given(sides, sides)
def test_pairs_look_the_same_from_either_side(a: list[str], b: list[str]) -> None:
    _, _, alignment = align_claims(a, b, HashRichEncoder())
    there, back = (features.pair_columns(each) for each in (alignment, alignment.mirrored))
    for name, values in there.items():
        if name.startswith("rank"):
            continue  # Equal pairs rank in the order they stand in.
        turned = back[name].reshape(len(b), len(a)).T.ravel()
        assert np.allclose(values, turned, atol=1e-6), name


def test_windows_join_neighbouring_claims() -> None:
    a = ["fish harbour visit quota", "met"]
    b = ["fish of the north", "harbour", "visit", "the quota"]
    own, other, alignment = align_claims(a, b, HashRichEncoder())
    columns = features.claim_columns(own, other, alignment)
    assert alignment.coverage is not None
    words = alignment.coverage[0].words
    for size in (2, 3):
        by_hand = [
            max(
                words[start:end, at : at + size].max(axis=1).mean()
                for at in range(len(b) - size + 1)
            )
            for start, end in itertools.pairwise(alignment.coverage[0].starts)
        ]
        alone = alignment.coverage[0].share.max(axis=1)
        assert np.allclose(columns[f"window{size}"], np.maximum(by_hand, alone), atol=1e-5)
        assert np.allclose(columns[f"window{size}.gain"], columns[f"window{size}"] - alone)
    assert columns["window3.gain"][0] > columns["window2.gain"][0] > 0


def test_a_number_found_again_counts() -> None:
    own, other, alignment = align_claims(
        ["They met for 25 minutes in 2025.", "They met."], ["met for 25 minutes", "other"],
        HashEncoder(),
    )  # fmt: skip
    columns = features.claim_columns(own, other, alignment)
    assert columns["numbers"].tolist() == [2, 0]
    assert columns["numbers.anywhere"].tolist() == [0.5, 1.0]
    # Without tokens on either side there is nothing to say of tokens.
    with pytest.raises(ValueError, match="token"):
        features.token_columns(own, frozenset(), alignment, np.ones((2, 3)) / 3)


# Its models


@given(models, st.integers(1, 5), st.booleans())
def test_probabilities_are_probabilities(model: tuple[int, float], rows: int, hidden: bool) -> None:
    random = np.random.default_rng(model[0])
    names = tuple("abcd")
    columns = {name: random.normal(size=rows) for name in "dcbae"}

    def member(classes: int) -> Member:
        units = 3 if hidden else 4
        inner = (random.normal(size=(3, 4)), random.normal(size=3)) if hidden else None
        weights = model[1] * random.normal(size=(classes, units))
        return Member(inner, weights, random.normal(size=classes))

    for classes in (1, 3):
        made = Model(
            names,
            random.normal(size=4),
            random.uniform(0.5, 2, 4),
            (member(classes), member(classes)),
        )
        found = made.probabilities(columns)
        assert ((found >= 0) & (found <= 1)).all()
        if classes == 1:
            assert found.shape == (rows,)
        else:
            assert found.shape == (rows, 3)
            assert np.allclose(found.sum(axis=1), 1.0)
        again = Model.from_data(json.loads(json.dumps(made.to_data())))
        assert again.names == names
        assert np.allclose(again.probabilities(columns), found, atol=1e-3)
        assert again.to_data() == made.to_data()


def test_a_member_without_hidden_layer_is_logistic_regression() -> None:
    member = Member(None, np.full((1, 1), 3.0), np.ones(1))
    model = Model(("x",), np.ones(1), np.full(1, 2.0), (member,))
    logit = 3 * (2 - 1) / 2 + 1
    found = model.probabilities({"x": np.array([2.0])})
    assert found[0] == pytest.approx(1 / (1 + math.exp(-logit)))


def test_a_hidden_layer_bends_by_tanh() -> None:
    member = Member((np.full((1, 1), 2.0), np.ones(1)), np.full((1, 1), 3.0), np.zeros(1))
    model = Model(("x",), np.zeros(1), np.ones(1), (member,))
    logit = 3 * math.tanh(2 * 0.5 + 1)
    found = model.probabilities({"x": np.array([0.5])})
    assert found[0] == pytest.approx(1 / (1 + math.exp(-logit)))


def test_members_are_averaged() -> None:
    one, other = (Member(None, np.zeros((1, 1)), np.array([bias])) for bias in (-40.0, 40.0))
    model = Model(("x",), np.zeros(1), np.ones(1), (one, other))
    assert model.probabilities({"x": np.zeros(2)}).tolist() == [0.5, 0.5]


def test_a_far_outlier_says_no_more_than_one_six_deviations_out() -> None:
    model = Model(
        ("x",), np.zeros(1), np.ones(1), (Member(None, np.full((1, 1), 1e5), np.zeros(1)),)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = model.probabilities({"x": np.array([-1e4, -6.0, 6.0, 1e4])})
    assert found.tolist() == [0.0, 0.0, 1.0, 1.0]


@pytest.mark.parametrize("name", MODELS)
def test_a_shipped_model_fits_the_figures(name: str) -> None:
    model = load_judge_model(name)
    assert model.name
    rich = name != "similarity-vectors"
    assert model.encoder == (NAME if rich else None)
    names = column_names(rich=rich, joint=name == "joint")
    assert (model.token is None) == (not rich)
    parts = [("claim", model.claim, 3), ("pair", model.pair, 1), ("token", model.token, 1)]
    for part, made, classes in parts:
        if made is None:
            continue
        assert set(made.names) <= set(names[part])
        assert len(set(made.names)) == len(made.names)
        size = len(made.names)
        assert made.mean.shape == made.scale.shape == (size,)
        assert (made.scale > 0).all()
        assert made.members
        rows = {column: np.zeros(2) for column in made.names}
        assert np.isfinite(made.probabilities(rows)).all()
        assert all(len(member.bias) == classes for member in made.members)


@pytest.mark.parametrize("name", MODELS)
def test_a_shipped_model_has_settings_that_make_sense(name: str) -> None:
    settings = load_judge_model(name).settings
    assert set(settings) >= set(SETTINGS)
    assert 0 < settings["shared_to"] < settings["only_from"] <= 1
    assert settings["unsure_from"] < settings["unsure_to"]
    assert settings["switch"] >= 0
    for key in set(SETTINGS) - {"switch"}:
        assert 0 <= settings[key] <= 1
    judge = Judge(load_judge_model(name))
    assert judge.name == load_judge_model(name).name
    # A reader of the settings can't change the judge.
    judge.settings["threshold"] = 2.0
    assert judge.settings == dict(settings)


def test_an_encoder_gets_the_judge_that_knows_its_figures() -> None:
    assert load_judge(NAME).name == "joint"
    assert load_judge(NAME, "joint").name == "joint"
    assert load_judge(NAME, "similarity").name == "similarity"
    assert load_judge("any other").name == "similarity-vectors"
    assert load_judge("any other", "similarity").name == "similarity-vectors"


def test_the_joint_judge_is_refused_for_another_encoder() -> None:
    with pytest.raises(InputError, match=r"^[^\n]*'any other'; [^\n]*\.$"):
        load_judge("any other", "joint")


def test_a_judge_of_ones_own_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    mine = replace(load_judge_model("similarity-vectors"), name="mine", encoder="hash")
    path.write_text(mine.to_json(), encoding="utf-8")
    judge = load_judge("hash", str(path))
    assert (judge.name, judge.encoder, judge.one_view) == ("mine", "hash", True)
    assert judge.settings == dict(mine.settings)
    with pytest.raises(InputError, match=r"^[^\n]*'hash', not on 'other'; [^\n]*\.$"):
        load_judge("other", str(path))


def test_a_judge_that_there_is_not_is_said() -> None:
    for name in ("jiont", "openai:lamp", "similarity-vectors"):
        with pytest.raises(
            InputError, match=r"^[^\n]*'[a-z:-]+'; give joint, similarity or [^\n]*\.$"
        ):
            load_judge(NAME, name)


def test_a_judge_and_its_network_belong_together(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    model = load_judge_model("joint")
    path.write_text(model.to_json(), encoding="utf-8")
    with pytest.raises(ModelError, match=r"^[^\n]*mine\.onnx can't be read[^\n]*; [^\n]*\.$"):
        load_judge(NAME, str(path))
    path.with_suffix(".onnx").write_bytes(b"another")
    with pytest.raises(ModelError, match=r"^[^\n]*another network[^\n]*; [^\n]*\.$"):
        load_judge(NAME, str(path))
    path.with_suffix(".onnx").write_bytes(shipped())
    mine = judge_claims(load_judge(NAME, str(path)), SIDE_A, SIDE_B, HashRichEncoder())
    assert mine == judge_claims(load_judge(NAME), SIDE_A, SIDE_B, HashRichEncoder())


def test_a_judge_that_asks_for_what_is_not_measured_is_said() -> None:
    model = load_judge_model("similarity-vectors")
    names = ("moon", *model.claim.names[1:])
    old = replace(model, claim=replace(model.claim, names=names))
    with pytest.raises(ModelError, match=r"^[^\n]*'moon'[^\n]*; train it again\.$"):
        judge_claims(Judge(old), SIDE_A, SIDE_B, HashEncoder())


@pytest.mark.parametrize("content", [None, "", "{", "{}", "[]", '{"name": "x", "claim": {}}'])
def test_a_file_that_holds_no_judge_is_said(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "mine.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=r"^[^\n]*mine\.json[^\n]*; [^\n]*\.$"):
        load_judge("hash", str(path))


@pytest.mark.parametrize("content", [None, "", "{", "{}", '{"name": "x", "claim": {}}', "\udcff"])
def test_a_judge_that_can_not_be_read_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    (tmp_path / "models").mkdir()
    if content is not None:
        data = content.encode("utf-8", "surrogateescape")
        (tmp_path / "models" / "broken.json").write_bytes(data)
    monkeypatch.setattr("readout_diff.judge.model.resources.files", lambda _package: tmp_path)
    load_judge_model.cache_clear()
    try:
        with pytest.raises(ModelError, match=r"^[^\n]*'broken'[^\n]*reinstall readout-diff\.$"):
            load_judge_model("broken")
    finally:
        load_judge_model.cache_clear()

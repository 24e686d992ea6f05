"""Judges that have learnt nothing, to see what holds of a judgement whatever its model."""

import math
from collections.abc import Sequence
from functools import cache

import numpy as np

from readout_diff.align import Alignment, align
from readout_diff.embed import Embedding, Encoder, embed
from readout_diff.embed.bundled import NAME
from readout_diff.judge import features
from readout_diff.judge.features import Evidence
from readout_diff.judge.joint import Odds
from readout_diff.judge.model import JudgeModel
from readout_diff.learnt import Member, Model
from tests.fake_encoder import HashEncoder
from tests.rich_encoder import HashRichEncoder
from training import judge

SETTINGS = {**judge.SETTINGS, "switch": 1.0}
SIDE_A = ["The ministers met for 25 minutes.", "They opened the harbour,", "두 장관은 다시 만난다."]
SIDE_B = ["両大臣は25分間会談した。", "They opened the old harbour in May."]


def evidence(claims: Sequence[str], encoder: Encoder) -> tuple[Evidence, Embedding]:
    """A text of these claims, a line each."""
    places = []
    at = 0
    for claim in claims:
        places.append((at, at + len(claim)))
        at += len(claim) + 1
    found = embed(encoder, claims)
    return Evidence("\n".join(claims), tuple(places), found.tokens), found


def align_claims(
    a: Sequence[str], b: Sequence[str], encoder: Encoder
) -> tuple[Evidence, Evidence, Alignment]:
    (own, mine), (other, yours) = evidence(a, encoder), evidence(b, encoder)
    return own, other, align(mine, yours)


def unread(own: Evidence, other: Evidence) -> Odds:
    """Odds that say nothing."""
    tokens = tuple(np.zeros(len(claim.spans)) for claim in own.tokens or ())
    sizes = len(own.spans), len(other.spans)
    return Odds(np.zeros((sizes[0], 3)), tokens, np.zeros(sizes), {})


@cache
def column_names(*, rich: bool, joint: bool = False) -> dict[str, tuple[str, ...]]:
    """What `features` gives for each of the three models."""
    encoder: Encoder = HashRichEncoder() if rich else HashEncoder()
    own, other, alignment = align_claims(SIDE_A, SIDE_B, encoder)
    read = unread(own, other) if joint else None
    names = {
        "claim": tuple(features.claim_columns(own, other, alignment, read)),
        "pair": tuple(features.pair_columns(alignment, read)),
    }
    if rich:
        likely = np.full((len(SIDE_A), 3), 1 / 3)
        found = features.token_columns(own, features.numbers(other.text), alignment, likely, read)
        names["token"] = tuple(found)
    return names


def random_model(seed: int, strength: float, *, rich: bool, **settings: float) -> JudgeModel:
    """A model that has learnt nothing: any weights at all."""
    random = np.random.default_rng(seed)

    def model(names: tuple[str, ...], classes: int) -> Model:
        size = len(names)
        weights = strength * random.normal(size=(classes, size)) / math.sqrt(size)
        member = Member(None, weights, strength * random.normal(size=classes))
        return Model(names, np.zeros(size), np.ones(size), (member,))

    names = column_names(rich=rich)
    return JudgeModel(
        "random",
        NAME if rich else None,
        model(names["claim"], 3),
        model(names["pair"], 1),
        model(names["token"], 1) if rich else None,
        SETTINGS | settings,
    )

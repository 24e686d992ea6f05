"""Claims as they stand in their sentences: vectors of the claim alone, token states in context.

"and he called for their release" says little alone; in its sentence its tokens know who and whose.
The vectors stay those of the claim alone, which is what the other side may say.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct

from readout_diff.embed import Embedding, Encoder, RichEncoder, TokenStates, embed

Place = tuple[int, int]


class ClaimPlaces(Struct, frozen=True):
    """The claims of one readout and the sentence that each lies in, as code points."""

    text: str
    claims: tuple[Place, ...]
    sentences: tuple[Place, ...]
    """One a claim."""

    def quoted(self, places: Sequence[Place]) -> list[str]:
        """The words there."""
        return [self.text[start:end] for start, end in places]


def read_sentences(encoder: RichEncoder, sentences: Sequence[str]) -> dict[str, TokenStates]:
    """The tokens of each distinct sentence, in context."""
    distinct = sorted(set(sentences))
    return dict(zip(distinct, encoder.read(distinct), strict=True))


def embed_claims(
    encoder: Encoder,
    sides: Sequence[ClaimPlaces],
    known: Mapping[str, TokenStates] | None = None,
) -> list[Embedding]:
    """The claims of each side; all in one go, so that batches are full.

    `known` are sentences that were read before (`read_sentences`); the others are read here.
    """
    alone = [text for side in sides for text in side.quoted(side.claims)]
    found = embed(encoder, alone)
    states: dict[str, TokenStates] = dict(known or {})
    if isinstance(encoder, RichEncoder):
        whole = [text for side in sides for text in side.quoted(side.sentences)]
        states |= read_sentences(encoder, [text for text in whole if text not in states])
    parts = []
    at = 0
    for side in sides:
        here = found.part(at, at + len(side.claims))
        if here.tokens is not None:
            tokens = tuple(
                _inside(states[sentence], (start - first, end - first)) or own
                for own, sentence, (start, end), (first, _) in zip(
                    here.tokens,
                    side.quoted(side.sentences),
                    side.claims,
                    side.sentences,
                    strict=True,
                )
            )
            here = Embedding(here.views, tokens)
        parts.append(here)
        at += len(side.claims)
    return parts


def _inside(sentence: TokenStates, claim: Place) -> TokenStates | None:
    """The sentence's tokens that stand in the claim, spans counted from its start."""
    start, end = claim
    inside = np.flatnonzero((sentence.spans[:, 1] > start) & (sentence.spans[:, 0] < end))
    if not len(inside):
        return None
    # Tokens come in text order. A slice holds no states of its own.
    part = slice(int(inside[0]), int(inside[-1]) + 1)
    return TokenStates(sentence.states[part], np.clip(sentence.spans[part], start, end) - start)

"""Tokens by a few pieces are the whole model's, whatever the text."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readout_diff.embed.folder import (
    LIGHT_INDEX,
    LIGHT_PIECES,
    USE_INDEX,
    model_folder,
)
from readout_diff.embed.pieces import PieceIndex, PieceTokenizer
from readout_diff.embed.tensors import map_tensors
from readout_diff.embed.tokenizer import use_piece_model
from readout_diff.errors import ModelError
from tests.test_embed import LONE_SURROGATES, LONG, ODD, TEN_LANGUAGES

TEXTS = st.lists(
    st.text(max_size=60)
    | st.lists(st.sampled_from([*TEN_LANGUAGES, *ODD.values(), LONE_SURROGATES]), max_size=3).map(
        " ".join
    ),
    max_size=4,
)


class Model:
    """A model, whole and with its index."""

    def __init__(self, path: Path, index: Path) -> None:
        self.path = path
        self.index = PieceIndex(**map_tensors(index))
        self.whole = PieceTokenizer(path)

    def agree(self, few: PieceTokenizer, texts: list[str]) -> None:
        """Both give the same tokens."""
        for (ids, spans), (all_ids, all_spans) in zip(
            few.encode(texts), self.whole.encode(texts), strict=True
        ):
            assert ids == all_ids
            assert np.array_equal(spans, all_spans)


@pytest.fixture(scope="module", params=["e5", "USE"])
def model(request: pytest.FixtureRequest, model_cache: Path) -> Model:
    folder = model_folder(model_cache)
    if request.param == "USE":
        return Model(use_piece_model(), folder / USE_INDEX)
    return Model(folder / LIGHT_PIECES, folder / LIGHT_INDEX)


@settings(max_examples=60, deadline=None)
@given(rounds=st.lists(TEXTS, max_size=3))
def test_tokens_are_those_of_the_whole_model(model: Model, rounds: list[list[str]]) -> None:
    few = PieceTokenizer(model.path, model.index)
    for texts in rounds:
        model.agree(few, texts)


def test_many_rounds_and_long_texts_bring_the_whole_model(model: Model) -> None:
    few = PieceTokenizer(model.path, model.index)
    for code in range(0xAC00, 0xAC00 + 20 * 28, 28):
        model.agree(few, [chr(code) + chr(code + 1)])
    assert few._index is None
    long = PieceTokenizer(model.path, model.index)
    model.agree(long, [LONG] * 6)
    assert long._index is None


def test_threads_may_share_one(model: Model) -> None:
    texts = [*TEN_LANGUAGES, *ODD.values()]
    for _ in range(5):
        few = PieceTokenizer(model.path, model.index)
        with ThreadPoolExecutor(8) as threads:
            found = list(threads.map(few.encode, [[text] for text in texts]))
        assert [ids for ((ids, _),) in found] == [ids for ids, _ in model.whole.encode(texts)]


def test_what_stands_in_a_text_is_found(model: Model) -> None:
    found = model.index.standing_in("▁The▁minister")
    pieces = [model.whole._processor.id_to_piece(number) for number in found.tolist()]
    assert {"▁The", "▁minister", "mini", "er"} <= set(pieces)
    assert all(piece in "▁The▁minister" for piece in pieces)
    assert len(model.index.standing_in("")) == 0


def test_a_broken_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="can't be read"):
        PieceTokenizer(tmp_path / "none")
    (tmp_path / "broken").write_bytes(b"no model")
    with pytest.raises(ModelError, match="can't be read"):
        PieceTokenizer(tmp_path / "broken")

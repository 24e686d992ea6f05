"""Vectors that are kept: the same to the last bit, whoever asks, and never in the way."""

import multiprocessing
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readout_diff.embed import Embedding, RichEncoder
from readout_diff.embed.bundled import BundledEncoder
from readout_diff.embed.cache import FILE, RememberingRichEncoder, VectorCache, remembering
from tests.fake_encoder import HashEncoder
from tests.rich_encoder import HashRichEncoder

TEXTS = [f"The two sides met {number} times." for number in range(40)]
texts = st.lists(st.text(st.characters(codec="utf-8"), max_size=30), min_size=1, max_size=6)


_opened: list[VectorCache] = []


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    while _opened:
        _opened.pop().close()


def cache(path: Path, **options: object) -> tuple[VectorCache, list[str]]:
    said: list[str] = []
    given_options = {"megabytes": 100, "since": 0.0, "warn": said.append, **options}
    _opened.append(VectorCache(path, "hash 1", **given_options))  # type: ignore[arg-type]
    return _opened[-1], said


def same(a: Embedding, b: Embedding) -> bool:
    pairs = list(zip(a.views, b.views, strict=True))
    for one, other in zip(a.tokens or (), b.tokens or (), strict=True):
        pairs += [(one.states, other.states), (one.spans, other.spans)]  # type: ignore[list-item]
    return all(
        one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
        for one, other in pairs
    )


@given(texts, texts)
def test_what_is_remembered_is_what_the_encoder_gives(
    tmp_path_factory: pytest.TempPathFactory, first: list[str], second: list[str]
) -> None:
    path = tmp_path_factory.mktemp("cache") / FILE
    encoder = HashRichEncoder()
    one = remembering(encoder, cache(path)[0])
    two = remembering(HashRichEncoder(), cache(path)[0])
    assert isinstance(one, RememberingRichEncoder)
    assert isinstance(two, RememberingRichEncoder)
    for given_texts in (first, second, first):
        assert same(one.embed(given_texts), encoder.embed(given_texts))
        assert same(two.embed(given_texts), encoder.embed(given_texts))
        tokens = two.read(given_texts)
        assert same(Embedding((), tokens), Embedding((), encoder.read(given_texts)))
        assert two.encode(given_texts).tobytes() == encoder.encode(given_texts).tobytes()


def test_nothing_is_encoded_twice(tmp_path: Path) -> None:
    encoder = HashRichEncoder()
    first = remembering(encoder, cache(tmp_path / FILE)[0])
    assert isinstance(first, RememberingRichEncoder)
    first.read(TEXTS)
    first.embed(TEXTS)
    first.forget()
    first.embed(TEXTS)
    assert encoder.asked == [tuple(TEXTS)]


def test_an_encoder_of_one_view_stays_one(tmp_path: Path) -> None:
    encoder = remembering(HashEncoder(), cache(tmp_path / FILE)[0])
    assert not isinstance(encoder, RichEncoder)
    assert encoder.name == "hash-64"
    for _ in range(2):
        assert encoder.encode(TEXTS).tobytes() == HashEncoder().encode(TEXTS).tobytes()
        encoder.forget()
    assert encoder.encode([]).shape == (0, 64)


def test_the_bundled_encoder_gives_the_same_in_any_batch(
    bundled: BundledEncoder, tmp_path: Path
) -> None:
    some = [
        "The two sides met.",
        "",
        "양측은 만났다.",
        "両外相は、年内に二回会合を開くことで一致した。",
    ]
    whole = bundled.embed(some)
    for number, text in enumerate(some):
        assert same(bundled.embed([text]), whole.part(number, number + 1))
        assert same(bundled.embed([text, *some[::-1]]).part(0, 1), whole.part(number, number + 1))
    for _ in range(2):
        kept = remembering(bundled, cache(tmp_path / FILE)[0])
        assert isinstance(kept, RememberingRichEncoder)
        assert same(kept.embed(some), whole)


def test_another_encoder_finds_nothing(tmp_path: Path) -> None:
    one, _ = cache(tmp_path / FILE)
    one.put({"A.": HashRichEncoder().embed(["A."])})
    other = VectorCache(tmp_path / FILE, "hash 2", megabytes=1, since=0, warn=pytest.fail)
    assert set(one.get(["A.", "B."])) == {"A."}
    assert other.get(["A."]) == {}
    other.close()


def big(count: int, start: int = 0) -> dict[str, Embedding]:
    """Embeddings of 100 KB each."""
    values = np.random.default_rng(start).random((count, 25_000), dtype=np.float32)
    return {str(start + row): Embedding((values[row : row + 1],)) for row in range(count)}


def test_the_file_stays_below_its_cap(tmp_path: Path) -> None:
    path = tmp_path / FILE
    one, _ = cache(path, megabytes=2)
    for start in range(0, 60, 4):
        one.put(big(4, start))
    kept = one.get([str(number) for number in range(60)])
    assert 12 <= len(kept) <= 20
    assert "0" in kept  # what comes first is not dropped for what comes later in the same run
    assert path.stat().st_size < 2_200_000


def test_what_an_earlier_run_left_makes_room(tmp_path: Path) -> None:
    path = tmp_path / FILE
    cache(path, megabytes=2)[0].put(big(16))
    later, _ = cache(path, megabytes=2, since=4e9)
    later.put(big(8, start=100))
    assert set(later.get(list(big(8, start=100)))) == set(big(8, start=100))
    assert len(later.get(list(big(16)))) < 12
    later.close()
    assert path.stat().st_size < 2_400_000


def test_a_damaged_entry_is_encoded_again(tmp_path: Path) -> None:
    path = tmp_path / FILE
    one, said = cache(path)
    found = {text: HashRichEncoder().embed([text]) for text in TEXTS[:3]}
    one.put(found)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE embeddings SET value = zeroblob(40) WHERE rowid = 2")
        db.execute("UPDATE embeddings SET value = substr(value, 1, 30) WHERE rowid = 3")
    db.close()
    assert set(one.get(TEXTS[:3])) == {TEXTS[0]}
    one.put(found)
    assert all(same(values, found[text]) for text, values in one.get(TEXTS[:3]).items())
    assert not said


@pytest.mark.parametrize("spoil", ["no database", "torn"])
def test_a_damaged_file_is_set_aside_and_begun_anew(tmp_path: Path, spoil: str) -> None:
    path = tmp_path / FILE
    first, _ = cache(path)
    first.put(big(8))
    first.close()
    if spoil == "torn":
        content = path.read_bytes()
        path.write_bytes(content[:4096] + os.urandom(len(content) // 2))
    else:
        path.write_bytes(b"no database at all" * 1000)
    one, said = cache(path)
    encoder = remembering(HashRichEncoder(), one)
    assert encoder.encode(TEXTS).tobytes() == HashRichEncoder().encode(TEXTS).tobytes()
    assert len(said) == 1
    assert "was damaged" in said[0]
    assert (tmp_path / "embeddings-1.corrupt").exists()
    one.put(big(2))
    assert set(one.get(list(big(2)))) == set(big(2))


def test_a_file_that_can_not_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    one, said = cache(tmp_path / "file" / FILE)
    encoder = remembering(HashEncoder(), one)
    for _ in range(2):
        assert encoder.encode(TEXTS).tobytes() == HashEncoder().encode(TEXTS).tobytes()
        encoder.forget()
    assert len(said) == 1
    assert "texts are encoded again" in said[0]


def fill(path: Path, start: int) -> None:
    one = VectorCache(path, "hash 1", megabytes=100, since=0, warn=pytest.fail)
    for number in range(10):
        one.put(big(2, start + 2 * number))
        assert one.get([str(start)])
    one.close()


def test_several_processes_use_it_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    with context.Pool(2) as pool:
        pool.starmap(fill, [(tmp_path / FILE, 0), (tmp_path / FILE, 10), (tmp_path / FILE, 100)])
    one, said = cache(tmp_path / FILE)
    assert len(one.get([str(number) for number in range(120)])) == 50
    assert not said

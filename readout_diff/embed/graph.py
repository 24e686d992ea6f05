"""The encoder network as an ONNX graph, built from the packed weights without torch.

The matrices stay in 4 bits (onnxruntime's MatMulNBits, which takes blocks of 32 with a scale each,
as the packed file has them), so nothing is quantised twice, the file is 13 MB, and a text's
vectors do not depend on the batch that it is in.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from readout_diff.embed.packed import BLOCK, PackedModel

MIDDLE_LAYER = 8
"""Its token states align words across languages better than the last layer's."""

EMBEDDED, LENGTHS, MIDDLE, LAST = "embedded", "lengths", "middle", "last"

_MICROSOFT = "com.microsoft"
_INT8_ACTIVATIONS = 4
"""MatMulNBits accuracy level: activations are quantised a row and block at a time."""


def build(packed: PackedModel) -> bytes:
    """The serialised graph.

    Inputs: `embedded` float32 (texts, tokens, d), the sum of word, position and type embeddings;
    `lengths` int32 (texts,), tokens that are no padding. Outputs: `middle` and `last`, the hidden
    states after layer 8 and after the last, float32 (texts, tokens, d).
    """
    from onnx import TensorProto, helper

    graph = _Graph(packed)
    states = graph.normalised(EMBEDDED, None, "emb.ln", "states0")
    for layer in range(packed.shape.layers):
        states = graph.layer(layer, states)
    size = packed.shape.hidden
    shape = ["texts", "tokens", size]
    inputs = [
        helper.make_tensor_value_info(EMBEDDED, TensorProto.FLOAT, shape),
        helper.make_tensor_value_info(LENGTHS, TensorProto.INT32, ["texts"]),
    ]
    outputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, shape) for n in (MIDDLE, LAST)]
    model = helper.make_model(
        helper.make_graph(graph.nodes, "encoder", inputs, outputs, graph.weights),
        opset_imports=[helper.make_opsetid("", 20), helper.make_opsetid(_MICROSOFT, 1)],
        ir_version=10,
    )
    return bytes(model.SerializeToString())


class _Graph:
    def __init__(self, packed: PackedModel) -> None:
        self._packed = packed
        self.nodes: list[object] = []
        self.weights: list[object] = []

    def layer(self, number: int, states: str) -> str:
        """One transformer layer (post-norm, as in BERT); gives the name of its output."""
        shape = self._packed.shape
        name = f"l{number}."
        joined = self._product(states, [name + part for part in "qkv"], shape.hidden, name + "qkv")
        parts = [name + part for part in ("Q", "K", "V")]
        self._node("Split", [joined], parts, axis=-1, num_outputs=3)
        self._node(
            "MultiHeadAttention",
            [*parts, "", LENGTHS],
            [name + "context"],
            domain=_MICROSOFT,
            num_heads=shape.heads,
        )
        attended = self._product(name + "context", [name + "ao"], shape.hidden, name + "attended")
        middle = self.normalised(states, attended, name + "aln", name + "normed")
        inner = self._product(middle, [name + "fi"], shape.hidden, name + "inner")
        self._node("Gelu", [inner], [name + "gelu"], domain=_MICROSOFT)
        out = self._product(name + "gelu", [name + "fo"], shape.feed_forward, name + "out")
        last = number + 1 == shape.layers
        output = LAST if last else MIDDLE if number + 1 == MIDDLE_LAYER else f"states{number + 1}"
        return self.normalised(middle, out, name + "oln", output)

    def normalised(self, states: str, added: str | None, weights: str, output: str) -> str:
        """Layer norm of `states` (+ `added`)."""
        scale, bias = (
            self._weight(weights + part, self._packed.vector(weights + part))
            for part in (".w", ".b")
        )
        epsilon = self._packed.shape.epsilon
        if added is None:
            self._node("LayerNormalization", [states, scale, bias], [output], epsilon=epsilon)
        else:
            self._node(
                "SkipLayerNormalization",
                [states, added, scale, bias],
                [output],
                domain=_MICROSOFT,
                epsilon=epsilon,
            )
        return output

    def _product(self, states: str, names: Sequence[str], inputs: int, output: str) -> str:
        """`states` times the matrices side by side, plus their biases."""
        blocks = [self._packed.blocks(name + ".w", inputs) for name in names]
        scales = np.concatenate([scale for scale, _ in blocks]).astype(np.float32)
        nibbles = np.concatenate([nibble for _, nibble in blocks])
        packed = (nibbles[:, :, 0::2] | nibbles[:, :, 1::2] << 4).astype(np.uint8)
        bias = np.concatenate([self._packed.vector(name + ".b") for name in names])
        self._node(
            "MatMulNBits",
            [
                states,
                self._weight(output + "_weights", packed),
                self._weight(output + "_scales", scales.reshape(-1)),
                "",
                "",
                self._weight(output + "_bias", bias),
            ],
            [output],
            domain=_MICROSOFT,
            K=inputs,
            N=len(packed),
            bits=4,
            block_size=BLOCK,
            accuracy_level=_INT8_ACTIVATIONS,
        )
        return output

    def _weight(self, name: str, values: NDArray[np.float32] | NDArray[np.uint8]) -> str:
        from onnx import numpy_helper

        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _node(self, kind: str, inputs: list[str], outputs: list[str], **attributes: object) -> None:
        from onnx import helper

        self.nodes.append(helper.make_node(kind, inputs, outputs, **attributes))

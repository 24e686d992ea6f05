"""The encoder network as an ONNX graph, built from the packed weights without torch."""

import numpy as np

from readout_diff.embed.network import MICROSOFT, NetworkGraph, serialized
from readout_diff.embed.packed import PackedModel
from readout_diff.embed.quantized import QuantizedGraph

MIDDLE_LAYER = 8
"""Its token states align words across languages better than the last layer's."""

EMBEDDED, LENGTHS, MIDDLE, LAST = "embedded", "lengths", "middle", "last"

_ZEROS = {"ao": 128, "fo": 20}
"""Where a token's numbers lie about 0 in much the same way in all tokens: the whole number that
stands for 0, by line. Elsewhere outliers on one side move it from token to token."""


def build(packed: PackedModel, graph: NetworkGraph | None = None) -> bytes:
    """The serialised graph: in whole numbers, or as `graph`, empty yet, makes products.

    Inputs: `embedded` float32 (texts, tokens, d), the sum of word, position and type embeddings;
    `lengths` int32 (texts,), tokens that are no padding. Outputs: `middle` and `last`, the hidden
    states after layer 8 and after the last, float32 (texts, tokens, d).
    """
    from onnx import TensorProto, helper

    graph = QuantizedGraph() if graph is None else graph
    network = _Network(packed, graph)
    states = network.begin()
    for layer in range(packed.shape.layers):
        states = network.layer(layer, states)
        if layer + 1 == MIDDLE_LAYER:
            network.give(states, MIDDLE)
    network.give(states, LAST)
    shape = ["texts", "tokens", packed.shape.hidden]
    inputs = [
        helper.make_tensor_value_info(EMBEDDED, TensorProto.FLOAT, shape),
        helper.make_tensor_value_info(LENGTHS, TensorProto.INT32, ["texts"]),
    ]
    outputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, shape) for n in (MIDDLE, LAST)]
    return serialized(graph, "encoder", inputs, outputs)


class _Network:
    """States are (rows, d), a row a token, but for attention."""

    def __init__(self, packed: PackedModel, graph: NetworkGraph) -> None:
        self._packed = packed
        self._graph = graph
        graph.weight("rows", np.array([-1, packed.shape.hidden], np.int64))

    def begin(self) -> str:
        """The embedded tokens, in rows and normalised."""
        self._graph.node("Shape", [EMBEDDED], ["shape"])
        self._graph.node("Reshape", [EMBEDDED, "rows"], ["tokens"])
        return self._normalised("tokens", "emb.ln")

    def give(self, states: str, output: str) -> None:
        """States as an output."""
        self._graph.node("Reshape", [states, "shape"], [output])

    def layer(self, number: int, states: str) -> str:
        """One transformer layer (post-norm, as in BERT); gives the name of its output."""
        shape = self._packed.shape
        name = f"l{number}."
        parts = []
        for part in "qkv":
            product = self._line(states, name + part, shape.hidden)
            parts.append(f"{name}{part}.states")
            self._graph.node("Reshape", [product, "shape"], parts[-1:])
        self._graph.node(
            "MultiHeadAttention",
            [*parts, "", LENGTHS],
            [name + "contexts"],
            domain=MICROSOFT,
            num_heads=shape.heads,
        )
        self._graph.node("Reshape", [name + "contexts", "rows"], [name + "context"])
        attended = self._line(name + "context", name + "ao", shape.hidden)
        middle = self._added(states, attended, name + "aln")
        inner = self._line(middle, name + "fi", shape.hidden)
        self._graph.node("Gelu", [inner], [name + "gelu"])
        out = self._line(name + "gelu", name + "fo", shape.feed_forward)
        return self._added(middle, out, name + "oln")

    def _line(self, states: str, line: str, inputs: int) -> str:
        return self._graph.product(
            states,
            line,
            self._packed.matrix(line + ".w", inputs),
            self._packed.vector(line + ".b"),
            zero=_ZEROS.get(line.rpartition(".")[2]),
        )

    def _added(self, states: str, added: str, norm: str) -> str:
        """Layer norm of `states` + `added`; two nodes take half the time of
        SkipLayerNormalization, which is one."""
        self._graph.node("Add", [states, added], [norm + ".sum"])
        return self._normalised(norm + ".sum", norm)

    def _normalised(self, states: str, norm: str) -> str:
        weights = [
            self._graph.weight(norm + part, self._packed.vector(norm + part))
            for part in (".w", ".b")
        ]
        epsilon = self._packed.shape.epsilon
        self._graph.node("LayerNormalization", [states, *weights], [norm + "ed"], epsilon=epsilon)
        return norm + "ed"

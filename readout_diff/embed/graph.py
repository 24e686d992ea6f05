"""The encoder network as an ONNX graph, built from the packed weights without torch.

The matrices are in 8 bits with a scale an output, and what is multiplied with them is rounded to 8
bits between the least and the greatest of a token's numbers, so that processors multiply whole
numbers, which most do several times as quickly as others. Sums of whole numbers are exact and each
token is rounded by itself, so that a text's vectors do not depend on the batch that it is in.
"""

import numpy as np
from numpy.typing import NDArray

from readout_diff.embed.packed import PackedModel

MIDDLE_LAYER = 8
"""Its token states align words across languages better than the last layer's."""

EMBEDDED, LENGTHS, MIDDLE, LAST = "embedded", "lengths", "middle", "last"

_MICROSOFT = "com.microsoft"
_FIXED_ZEROS = {"ao": 128, "fo": 20}
"""Where a token's numbers lie about 0 in much the same way in all tokens: the whole number that
stands for 0, by line. Elsewhere outliers on one side move it from token to token."""
_UNSIGNED = 2
"""ONNX's number for uint8."""
_WEIGHTS, _STATES = 127, 255
"""Largest whole numbers of matrices, which are signed, and of states, which are not."""


def build(packed: PackedModel) -> bytes:
    """The serialised graph.

    Inputs: `embedded` float32 (texts, tokens, d), the sum of word, position and type embeddings;
    `lengths` int32 (texts,), tokens that are no padding. Outputs: `middle` and `last`, the hidden
    states after layer 8 and after the last, float32 (texts, tokens, d).
    """
    from onnx import TensorProto, helper

    graph = _Graph(packed)
    states = graph.begin()
    for layer in range(packed.shape.layers):
        states = graph.layer(layer, states)
        if layer + 1 == MIDDLE_LAYER:
            graph.give(states, MIDDLE)
    graph.give(states, LAST)
    shape = ["texts", "tokens", packed.shape.hidden]
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


CHECK_INPUT, CHECK_WIDTH = "states", 64
CHECK_STATE, CHECK_SUM = _STATES, CHECK_WIDTH * _STATES * _WEIGHTS
"""What each number of the input is to be, and what each of the output is then."""


def check() -> bytes:
    """A graph of one product, all of whose sums are the largest there can be.

    Input: `states` uint8 (1, CHECK_WIDTH), CHECK_STATE each. Output: float32 (1, CHECK_WIDTH),
    CHECK_SUM each where the processor's sums don't overflow.
    """
    from onnx import TensorProto, helper, numpy_helper

    weights = {
        "weights": np.full((CHECK_WIDTH, CHECK_WIDTH), _WEIGHTS, np.int8),
        "one": np.array(1, np.float32),
        "scales": np.ones(CHECK_WIDTH, np.float32),
        "zero": np.array(0, np.uint8),
    }
    inputs = [CHECK_INPUT, *weights]
    shape = [1, CHECK_WIDTH]
    node = helper.make_node("MatMulIntegerToFloat", inputs, ["sums"], domain=_MICROSOFT)
    given = helper.make_tensor_value_info(CHECK_INPUT, TensorProto.UINT8, shape)
    sums = helper.make_tensor_value_info("sums", TensorProto.FLOAT, shape)
    held = [numpy_helper.from_array(values, name) for name, values in weights.items()]
    model = helper.make_model(
        helper.make_graph([node], "check", [given], [sums], held),
        opset_imports=[helper.make_opsetid("", 20), helper.make_opsetid(_MICROSOFT, 1)],
        ir_version=10,
    )
    return bytes(model.SerializeToString())


class _Graph:
    """Nodes and weights; states are (rows, d), a row a token, but for attention."""

    def __init__(self, packed: PackedModel) -> None:
        self._packed = packed
        self.nodes: list[object] = []
        self.weights: list[object] = []
        self._known: set[str] = set()
        """States that are rounded already."""
        self._weight("axis", np.array([-1], np.int64))
        self._weight("rows", np.array([-1, packed.shape.hidden], np.int64))
        self._weight("nothing", np.array(0, np.float32))
        self._weight("zero", np.array(0, np.uint8))
        self._weight("one", np.array(1, np.float32))
        self._weight("step", np.array(1 / _STATES, np.float32))
        self._weight("least", np.array(1e-12, np.float32))

    def begin(self) -> str:
        """The embedded tokens, in rows and normalised."""
        self._node("Shape", [EMBEDDED], ["shape"])
        self._node("Reshape", [EMBEDDED, "rows"], ["tokens"])
        return self._normalised("tokens", "emb.ln")

    def give(self, states: str, output: str) -> None:
        """States as an output."""
        self._node("Reshape", [states, "shape"], [output])

    def layer(self, number: int, states: str) -> str:
        """One transformer layer (post-norm, as in BERT); gives the name of its output."""
        shape = self._packed.shape
        name = f"l{number}."
        parts = [name + part for part in "qkv"]
        for part in parts:
            product = self._product(states, part, shape.hidden)
            self._node("Reshape", [product, "shape"], [part + ".states"])
        biases = np.concatenate([self._packed.vector(part + ".b") for part in parts])
        self._node(
            "MultiHeadAttention",
            [*(part + ".states" for part in parts), self._weight(name + "qkv.b", biases), LENGTHS],
            [name + "contexts"],
            domain=_MICROSOFT,
            num_heads=shape.heads,
        )
        self._node("Reshape", [name + "contexts", "rows"], [name + "context"])
        attended = self._product(name + "context", name + "ao", shape.hidden)
        middle = self._added(states, attended, name + "ao", name + "aln")
        inner = self._product(middle, name + "fi", shape.hidden)
        bias = self._vector(name + "fi.b")
        self._node("BiasGelu", [inner, bias], [name + "gelu"], domain=_MICROSOFT)
        out = self._product(name + "gelu", name + "fo", shape.feed_forward)
        return self._added(middle, out, name + "fo", name + "oln")

    def _added(self, states: str, added: str, line: str, norm: str) -> str:
        """Layer norm of `states` + `added` + the bias of that line.

        Three nodes take half the time of SkipLayerNormalization, which is one.
        """
        self._node("Add", [states, added], [norm + ".sum"])
        self._node("Add", [norm + ".sum", self._vector(line + ".b")], [norm + ".sums"])
        return self._normalised(norm + ".sums", norm)

    def _normalised(self, states: str, norm: str) -> str:
        weights = [self._vector(norm + part) for part in (".w", ".b")]
        epsilon = self._packed.shape.epsilon
        self._node("LayerNormalization", [states, *weights], [norm + "ed"], epsilon=epsilon)
        return norm + "ed"

    def _vector(self, name: str) -> str:
        return self._weight(name, self._packed.vector(name))

    def _product(self, states: str, line: str, inputs: int) -> str:
        """`states` times the matrix of a line, whose bias is still to add."""
        matrix = self._packed.matrix(line + ".w", inputs)
        scales = np.maximum(abs(matrix).max(axis=1), 1e-12) / _WEIGHTS
        whole = np.rint(matrix / scales[:, None]).astype(np.int8).T
        weights = self._weight(line + ".w", whole)
        scale = self._weight(line + ".s", scales.astype(np.float32))
        fixed = _FIXED_ZEROS.get(line.rpartition(".")[2])
        rounded, steps, zeros = self._rounded(states, fixed)
        self._node(
            "MatMulIntegerToFloat",
            [rounded, weights, "one", scale, "zero" if fixed is None else zeros],
            [line + ".sums"],
            domain=_MICROSOFT,
        )
        sums = line + ".sums"
        if fixed is None:
            # The numbers that stand for 0, a row each, are taken off the sums.
            columns = self._weight(line + ".c", whole.sum(axis=0, dtype=np.float32)[None] * scales)
            self._node("Gemm", [zeros, columns, sums], [line + ".less"], alpha=-1.0)
            sums = line + ".less"
        self._node("Mul", [sums, steps], [line + ".product"])
        return line + ".product"

    def _rounded(self, states: str, fixed: int | None) -> tuple[str, str, str]:
        """Each row in whole numbers, its step, and the numbers that stand for 0, (rows, 1).

        With `fixed`, one that stands for 0 in all rows, a scalar.
        """
        part = (states + "{}").format
        names = part(".rounded"), part(".steps"), part(".zeros")
        if states in self._known:
            return names
        self._known.add(states)
        self._node("ReduceMax", [states, "axis"], [part(".highest")], keepdims=0)
        self._node("ReduceMin", [states, "axis"], [part(".lowest")], keepdims=0)
        self._node("Max", [part(".highest"), "nothing"], [part(".high")])
        self._node("Min", [part(".lowest"), "nothing"], [part(".low")])
        if fixed is None:
            self._node("Sub", [part(".high"), part(".low")], [part(".range")])
            self._node("Mul", [part(".range"), "step"], [part(".exact")])
            self._node("Max", [part(".exact"), "least"], [part(".step")])
            self._node("Div", [part(".low"), part(".step")], [part(".below")])
            self._node("Neg", [part(".below")], [part(".above")])
            self._node("Round", [part(".above")], [part(".zero")])
            self._node("Cast", [part(".zero")], [part(".whole")], to=_UNSIGNED)
            self._node("Unsqueeze", [part(".zero"), "axis"], [part(".zeros")])
        else:
            above = self._weight(part(".a"), np.array(1 / (_STATES - fixed), np.float32))
            below = self._weight(part(".b"), np.array(-1 / fixed, np.float32))
            zero = self._weight(part(".zeros"), np.array(fixed, np.uint8))
            self._node("Mul", [part(".high"), above], [part(".over")])
            self._node("Mul", [part(".low"), below], [part(".under")])
            self._node("Max", [part(".over"), part(".under"), "least"], [part(".step")])
            self._node("Shape", [part(".step")], [part(".count")])
            self._node("Expand", [zero, part(".count")], [part(".whole")])
        self._node(
            "QuantizeLinear", [states, part(".step"), part(".whole")], [part(".rounded")], axis=0
        )
        self._node("Unsqueeze", [part(".step"), "axis"], [part(".steps")])
        return names

    def _weight(self, name: str, values: NDArray[np.generic]) -> str:
        from onnx import numpy_helper

        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _node(self, kind: str, inputs: list[str], outputs: list[str], **attributes: object) -> None:
        from onnx import helper

        self.nodes.append(helper.make_node(kind, inputs, outputs, **attributes))

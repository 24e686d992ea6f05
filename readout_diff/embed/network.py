"""Networks as ONNX graphs, made node by node without torch."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

MICROSOFT = "com.microsoft"
"""The domain of onnxruntime's own nodes."""
_PAGE = 4096


class NetworkGraph:
    """Nodes and weights, made one after the other."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []

    def weight(self, name: str, values: NDArray[Any]) -> str:
        """An array of the graph; gives its name."""
        from onnx import numpy_helper

        self.weights.append(numpy_helper.from_array(np.asarray(values, order="C"), name))
        return name

    def node(
        self, kind: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: Any
    ) -> None:
        """A node, by the names of what comes in and out."""
        from onnx import helper

        self.nodes.append(helper.make_node(kind, list(inputs), list(outputs), **attributes))

    def product(
        self,
        states: str,
        line: str,
        matrix: NDArray[np.float32],
        bias: NDArray[np.float32],
        *,
        zero: int | None = None,
    ) -> str:
        """`states` (rows, inputs) times the matrix of a line, (outputs, inputs), and its bias.

        Gives the product's name. `zero` is for graphs that round.
        """
        weights = [self.weight(f"{line}.w", matrix.T), self.weight(f"{line}.b", bias)]
        self.node("Gemm", [states, *weights], [f"{line}.out"])
        return f"{line}.out"


def serialized(
    graph: NetworkGraph, name: str, inputs: Sequence[Any], outputs: Sequence[Any]
) -> bytes:
    """The graph as an ONNX model; inputs and outputs are onnx's ValueInfoProto."""
    from onnx import helper

    model = helper.make_model(
        helper.make_graph(graph.nodes, name, list(inputs), list(outputs), graph.weights),
        opset_imports=[helper.make_opsetid("", 20), helper.make_opsetid(MICROSOFT, 1)],
        ir_version=10,
    )
    return bytes(model.SerializeToString())


def weights_apart(model: bytes, name: str) -> tuple[bytes, bytes]:
    """An ONNX model without its large arrays, and a file with them, to lie beside it by that name.

    onnxruntime maps such a file, where it reads and copies a model of one piece.
    """
    from onnx import load_model_from_string
    from onnx.external_data_helper import set_external_data

    parsed = load_model_from_string(model)
    weights = bytearray()
    for array in parsed.graph.initializer:
        content = array.raw_data
        if len(content) < _PAGE:
            continue
        weights += bytes(-len(weights) % _PAGE)
        set_external_data(array, name, len(weights), len(content))
        array.ClearField("raw_data")
        weights += content
    return bytes(parsed.SerializeToString()), bytes(weights)

"""USE multilingual v3 (Yang et al. 2020) as an ONNX graph, of the package's weights.

Three branches look at two, three and five tokens in a row, each by two convolutions; what they find
is summed over a text's tokens, and dense layers make a vector of the sum.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from readout_diff.embed.network import NetworkGraph, serialized

EMBEDDED, WINDOWS, TEXTS, COUNTS, VECTORS = "embedded", "windows", "texts", "counts", "vectors"
BEFORE, AFTER = 2, 2
"""Tokens on either side of one that some branch looks at."""
_BRANCHES = ((2, 0), (3, 1), (5, 2))
"""Tokens that each looks at, and how many of them stand before the one that it looks from."""


def build(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """The serialised graph; `arrays` are the package's weights under its names.

    Inputs: `embedded` float32 (tokens, d), the tokens of some texts, one after the other; `windows`
    int64 (tokens, BEFORE + 1 + AFTER), which tokens stand around each, the number of tokens where
    its text has none; `texts` int64 (tokens, 1), which text each is of; `counts` float32 (texts,
    1), its tokens, at least 1. Output: `vectors` float32 (texts, d), not normalised.
    """
    from onnx import TensorProto, helper

    graph = _Graph(arrays)
    graph.node("Concat", [EMBEDDED, *graph.branches()], ["features"], axis=1)
    graph.vectors(graph.normalised("features", graph.array("ln_g"), graph.array("ln_b")))
    size = len(arrays["d0"])
    inputs = (
        (EMBEDDED, TensorProto.FLOAT, ["tokens", size]),
        (WINDOWS, TensorProto.INT64, ["tokens", BEFORE + 1 + AFTER]),
        (TEXTS, TensorProto.INT64, ["tokens", 1]),
        (COUNTS, TensorProto.FLOAT, ["texts", 1]),
    )
    output = helper.make_tensor_value_info(VECTORS, TensorProto.FLOAT, ["texts", size])
    return serialized(
        graph, "use", [helper.make_tensor_value_info(*given) for given in inputs], [output]
    )


class _Graph(NetworkGraph):
    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        super().__init__()
        self._arrays = arrays
        self.weight("axis", np.array([1], np.int64))

    def array(self, name: str) -> str:
        """One of the package's arrays, in the graph."""
        return self.weight(name, self._arrays[name])

    def branches(self) -> list[str]:
        """What each branch finds at each token, (tokens, its d)."""
        sizes = [size for size, _ in _BRANCHES]
        matrix, bias, *norm = (
            np.concatenate([self._arrays[f"{part}{size}"] for size in sizes], axis=-1)
            for part in ("proj", "proj_b", "ln_g", "ln_b")
        )
        own = len(bias) // len(sizes)
        states = self.normalised(
            self.product(EMBEDDED, "proj", matrix.T, bias),
            *(
                self.weight(part, values)
                for part, values in zip(("gain", "shift"), norm, strict=True)
            ),
        )
        names = [f"states{size}" for size in sizes]
        self.node("Split", [states], names, axis=1, num_outputs=len(sizes))
        self.weight("nothing", np.zeros((1, own), np.float32))
        found = []
        for (size, before), name in zip(_BRANCHES, names, strict=True):
            first = BEFORE - before
            places = [
                self.weight(f"{name}.{part}", np.array([value], np.int64))
                for part, value in (("first", first), ("end", first + size))
            ]
            self.node("Slice", [WINDOWS, *places, "axis"], [f"{name}.windows"])
            self.weight(f"{name}.shape", np.array([-1, size * own], np.int64))
            inner = self._convolution(name, name, f"1_{size}")
            found.append(self._convolution(name, inner, f"2_{size}"))
        return found

    def _convolution(self, branch: str, states: str, line: str) -> str:
        """States and what a convolution makes of the windows around them."""
        part = f"{states}.{line}.{{}}".format
        # Where a window has no token, the row behind the last one stands.
        self.node("Concat", [states, "nothing"], [part("padded")], axis=0)
        self.node("Gather", [part("padded"), f"{branch}.windows"], [part("around")], axis=0)
        self.node("Reshape", [part("around"), f"{branch}.shape"], [part("rows")])
        matrix, bias = self._arrays[f"w{line}"], self._arrays[f"b{line}"]
        self.node("Relu", [self.product(part("rows"), f"c{line}", matrix.T, bias)], [part("relu")])
        self.node("Add", [part("relu"), states], [part("out")])
        return part("out")

    def vectors(self, features: str) -> None:
        """Features of the tokens to VECTORS, by way of the sums over each text."""
        width = len(self._arrays["ln_g"])
        self.weight("width", np.array([width], np.int64))
        self.node("Shape", [COUNTS], ["shape"], start=0, end=1)
        self.node("Concat", ["shape", "width"], ["sums.shape"], axis=0)
        self.node("ConstantOfShape", ["sums.shape"], ["zeros"])
        self.node("ScatterND", ["zeros", TEXTS, features], ["sums"], reduction="add")
        # The bias comes once a token, so it goes with their number.
        self.node("MatMul", ["sums", self.array("cnn_W")], ["summed"])
        self.node("Mul", [COUNTS, self.array("cnn_b")], ["biases"])
        self.node("Add", ["summed", "biases"], ["whole"])
        self.node("Sqrt", [COUNTS], ["roots"])
        self.node("Div", ["whole", "roots"], ["mean"])
        first = self._dense("mean", "d0")
        second = self._dense("mean", "p1", first, "d1")
        third = self._dense(second, "d2")
        for states, line in ((second, "p3"), (third, "d3")):
            self.node("MatMul", [states, self.array(line)], [f"{line}.out"])
        self.node("Add", ["p3.out", "d3.out"], ["last"])
        self.node("Tanh", ["last"], [VECTORS])

    def _dense(self, states: str, line: str, more: str = "", more_line: str = "") -> str:
        """A layer without bias, of one or two inputs; gives the name of its output."""
        found = f"{line}.sum"
        self.node("MatMul", [states, self.array(line)], [found])
        if more:
            self.node("MatMul", [more, self.array(more_line)], [f"{more_line}.sum"])
            self.node("Add", [found, f"{more_line}.sum"], [f"{line}.both"])
            found = f"{line}.both"
        self.node("Relu", [found], [f"{line}.relu"])
        return f"{line}.relu"

    def normalised(self, states: str, gain: str, bias: str) -> str:
        """Layer norm of the rows."""
        self.node(
            "LayerNormalization",
            [states, gain, bias],
            [f"{states}.normalised"],
            epsilon=float(self._arrays["eps"]),
        )
        return f"{states}.normalised"

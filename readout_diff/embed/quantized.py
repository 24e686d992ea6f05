"""Networks whose matrix products are of 8-bit whole numbers, as ONNX graphs.

Matrices are in 8 bits with a scale an output. What is multiplied with them is rounded to 8 bits
between the least and the greatest of a row's numbers, so that processors multiply whole numbers,
which most do several times as quickly as others. Sums of whole numbers are exact and each row is
rounded by itself, so that a row's results do not depend on the rows that it is with.
"""

import numpy as np
from numpy.typing import NDArray

from readout_diff.embed.network import MICROSOFT, NetworkGraph, serialized

STATES, WEIGHTS = 255, 127
"""Largest whole numbers of states, which are not signed, and of matrices, which are."""
_UNSIGNED = 2
"""ONNX's number for uint8."""


def rounded(matrix: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """A matrix (outputs, inputs) in whole numbers and their scales, (outputs,)."""
    scales = np.maximum(abs(matrix).max(axis=1), 1e-12) / WEIGHTS
    return np.rint(matrix / scales[:, None]).astype(np.int8), scales.astype(np.float32)


class QuantizedGraph(NetworkGraph):
    """A graph whose products are of whole numbers."""

    def __init__(self) -> None:
        super().__init__()
        self._rounded: set[str] = set()
        """States that are rounded already."""
        self.weight("q.axis", np.array([-1], np.int64))
        self.weight("q.nothing", np.array(0, np.float32))
        self.weight("q.zero", np.array(0, np.uint8))
        self.weight("q.one", np.array(1, np.float32))
        self.weight("q.step", np.array(1 / STATES, np.float32))
        self.weight("q.least", np.array(1e-12, np.float32))

    def product(
        self,
        states: str,
        line: str,
        matrix: NDArray[np.float32],
        bias: NDArray[np.float32],
        *,
        zero: int | None = None,
    ) -> str:
        """As in any graph.

        `zero` is the whole number that stands for 0 in every row, where the numbers of all rows lie
        about 0 in the same way; each row has its own without.
        """
        whole, scales = rounded(matrix)
        weights = self.weight(f"{line}.int8", whole.T)
        scale = self.weight(f"{line}.scale", scales)
        inputs, steps, shift = self._rows(states, zero)
        self.node(
            "MatMulIntegerToFloat",
            [inputs, weights, "q.one", scale, "q.zero" if zero is None else shift],
            [f"{line}.sums"],
            domain=MICROSOFT,
        )
        if zero is not None:
            self.node("Mul", [f"{line}.sums", steps], [f"{line}.scaled"])
            self.node("Add", [f"{line}.scaled", self.weight(f"{line}.bias", bias)], [f"{line}.out"])
            return f"{line}.out"
        # What stands for 0 in a row is taken off its sums, times what the matrix makes of ones; the
        # bias, in the row's steps, comes with the same small product.
        ones = whole.sum(axis=1, dtype=np.float32) * scales
        added = self.weight(f"{line}.added", np.stack([-ones, bias]).astype(np.float32))
        self.node("Gemm", [shift, added, f"{line}.sums"], [f"{line}.steps"])
        self.node("Mul", [f"{line}.steps", steps], [f"{line}.out"])
        return f"{line}.out"

    def _rows(self, states: str, zero: int | None) -> tuple[str, str, str]:
        """Each row in whole numbers; its step, (rows, 1); and what stands for 0.

        That is a scalar with `zero`; else it comes with how many steps make one, (rows, 2).
        """
        part = f"{states}.q.{{}}".format
        names = part("rounded"), part("steps"), part("shift")
        if states in self._rounded:
            return names
        self._rounded.add(states)
        self.node("ReduceMax", [states, "q.axis"], [part("highest")], keepdims=0)
        self.node("ReduceMin", [states, "q.axis"], [part("lowest")], keepdims=0)
        self.node("Max", [part("highest"), "q.nothing"], [part("high")])
        self.node("Min", [part("lowest"), "q.nothing"], [part("low")])
        if zero is None:
            self.node("Sub", [part("high"), part("low")], [part("range")])
            self.node("Mul", [part("range"), "q.step"], [part("exact")])
            self.node("Max", [part("exact"), "q.least"], [part("step")])
            self.node("Div", [part("low"), part("step")], [part("below")])
            self.node("Neg", [part("below")], [part("above")])
            self.node("Round", [part("above")], [part("zero")])
            self.node("Cast", [part("zero")], [part("whole")], to=_UNSIGNED)
            self.node("Div", ["q.one", part("step")], [part("times")])
            columns = []
            for name in ("zero", "times"):
                columns.append(part(name + "s"))
                self.node("Unsqueeze", [part(name), "q.axis"], columns[-1:])
            self.node("Concat", columns, [part("shift")], axis=1)
        else:
            above = self.weight(part("a"), np.array(1 / (STATES - zero), np.float32))
            below = self.weight(part("b"), np.array(-1 / zero, np.float32))
            shift = self.weight(part("shift"), np.array(zero, np.uint8))
            self.node("Mul", [part("high"), above], [part("over")])
            self.node("Mul", [part("low"), below], [part("under")])
            self.node("Max", [part("over"), part("under"), "q.least"], [part("step")])
            self.node("Shape", [part("step")], [part("count")])
            self.node("Expand", [shift, part("count")], [part("whole")])
        self.node(
            "QuantizeLinear", [states, part("step"), part("whole")], [part("rounded")], axis=0
        )
        self.node("Unsqueeze", [part("step"), "q.axis"], [part("steps")])
        return names


CHECK_INPUT, CHECK_WIDTH = "states", 64
CHECK_STATE, CHECK_SUM = STATES, CHECK_WIDTH * STATES * WEIGHTS
"""What each number of the input is to be, and what each of the output is then."""


def check() -> bytes:
    """A graph of one product, all of whose sums are the largest there can be.

    Input: `states` uint8 (1, CHECK_WIDTH), CHECK_STATE each. Output: float32 (1, CHECK_WIDTH),
    CHECK_SUM each where the processor's sums don't overflow.
    """
    from onnx import TensorProto, helper

    graph = QuantizedGraph()
    whole = graph.weight("weights", np.full((CHECK_WIDTH, CHECK_WIDTH), WEIGHTS, np.int8))
    scales = graph.weight("scales", np.ones(CHECK_WIDTH, np.float32))
    inputs = [CHECK_INPUT, whole, "q.one", scales, "q.zero"]
    graph.node("MatMulIntegerToFloat", inputs, ["sums"], domain=MICROSOFT)
    shape = [1, CHECK_WIDTH]
    given = helper.make_tensor_value_info(CHECK_INPUT, TensorProto.UINT8, shape)
    sums = helper.make_tensor_value_info("sums", TensorProto.FLOAT, shape)
    return serialized(graph, "check", [given], [sums])

"""Products of whole numbers are what products of the numbers are, but for rounding."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from readout_diff.embed.network import serialized
from readout_diff.embed.quantized import WEIGHTS, QuantizedGraph, rounded
from readout_diff.embed.runner import session

INPUTS, OUTPUTS = 24, 10
Matrix = NDArray[np.float32]
RANDOM = np.random.default_rng(1)
MATRIX = RANDOM.normal(size=(OUTPUTS, INPUTS)).astype(np.float32)
BIAS = RANDOM.normal(size=OUTPUTS).astype(np.float32)
numbers = st.floats(-8, 8, width=32)
rows = st.integers(0, 6).flatmap(
    lambda count: arrays(np.float32, (count, INPUTS), elements=numbers)
)


def network(zero: int | None) -> bytes:
    from onnx import TensorProto, helper

    graph = QuantizedGraph()
    graph.node("Identity", [graph.product("states", "line", MATRIX, BIAS, zero=zero)], ["out"])
    states = helper.make_tensor_value_info("states", TensorProto.FLOAT, ["rows", INPUTS])
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, ["rows", OUTPUTS])
    return serialized(graph, "line", [states], [out])


NETWORKS = {zero: session(network(zero)) for zero in (None, 20, 128)}


def run(zero: int | None, states: Matrix) -> Matrix:
    (found,) = NETWORKS[zero].run(None, {"states": states})
    return np.asarray(found, dtype=np.float32)


def step(states: Matrix, zero: int | None) -> NDArray[np.float64]:
    """How far apart the whole numbers of each row are, (rows, 1)."""
    high = np.maximum(states.max(axis=1, keepdims=True), 0.0).astype(np.float64)
    low = np.minimum(states.min(axis=1, keepdims=True), 0.0).astype(np.float64)
    if zero is None:
        return np.asarray((high - low) / 255)
    return np.asarray(np.maximum(high / (255 - zero), -low / zero))


@pytest.mark.parametrize("zero", [None, 20, 128])
@given(states=rows)
def test_a_product_is_right_but_for_rounding(zero: int | None, states: Matrix) -> None:
    found = run(zero, states)
    assert found.shape == (len(states), OUTPUTS)
    if not len(states):
        return
    exact = states.astype(np.float64) @ MATRIX.T + BIAS
    # Each state is off by a step at most, each weight by half of one.
    weights = np.abs(MATRIX).max(axis=1) / WEIGHTS
    off = step(states, zero) * np.abs(MATRIX).sum(axis=1) * 1.01
    off = off + np.abs(states).sum(axis=1, keepdims=True) * weights * 0.51
    assert (np.abs(found - exact) <= off + 1e-3).all()


@pytest.mark.parametrize("zero", [None, 20, 128])
@given(states=rows)
def test_a_row_does_not_depend_on_the_others(zero: int | None, states: Matrix) -> None:
    together = run(zero, states)
    for number in range(len(states)):
        assert np.array_equal(run(zero, states[number : number + 1])[0], together[number])


@given(arrays(np.float32, (4, 6), elements=numbers))
def test_a_matrix_is_rounded_by_output(matrix: Matrix) -> None:
    whole, scales = rounded(matrix)
    assert np.abs(whole).max(initial=0) <= WEIGHTS
    assert (np.abs(whole * scales[:, None] - matrix) <= scales[:, None] * 0.501 + 1e-9).all()

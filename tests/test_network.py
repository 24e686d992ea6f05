"""Networks as graphs: with their matrices in a file beside them they say the same."""

from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, load_model_from_string

from readout_diff.embed.network import NetworkGraph, serialized, weights_apart
from readout_diff.embed.runner import session


def network(wide: int) -> bytes:
    """Two products, of which the first has the larger matrix."""
    rng = np.random.default_rng(wide)
    graph = NetworkGraph()
    states = "in"
    for line, (size, other) in (("first", (wide, 8)), ("second", (3, wide))):
        matrix, bias = (
            rng.normal(size=shape).astype(np.float32) for shape in ((size, other), size)
        )
        states = graph.product(states, line, matrix, bias)
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in (("in", ["rows", 8]), (states, ["rows", 3]))
    ]
    return serialized(graph, "two products", ends[:1], ends[1:])


@pytest.mark.parametrize("wide", [2, 300, 2000])
def test_matrices_in_a_file_of_their_own(wide: int, tmp_path: Path) -> None:
    whole = network(wide)
    graph, matrices = weights_apart(whole, "matrices.bin")
    (tmp_path / "graph.onnx").write_bytes(graph)
    (tmp_path / "matrices.bin").write_bytes(matrices)
    states = np.random.default_rng(0).normal(size=(5, 8)).astype(np.float32)
    found, expected = (
        session(model).run(None, {"in": states})[0]
        for model in (str(tmp_path / "graph.onnx"), whole)
    )
    assert (found == expected).all()
    apart = [
        array
        for array in load_model_from_string(graph).graph.initializer
        if array.data_location == TensorProto.EXTERNAL
    ]
    assert len(apart) == {2: 0, 300: 1, 2000: 3}[wide]
    assert bool(matrices) == bool(apart)

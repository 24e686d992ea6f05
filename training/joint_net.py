"""The network that reads both sides, in torch, and the ONNX file that the package runs.

`Network.forward` and `export` say the same thing twice; a test holds them together. What comes in
is described at `readout_diff.judge.joint.whole`.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as functional
from numpy.typing import NDArray
from torch import Tensor, nn

from readout_diff.embed.network import MICROSOFT, serialized
from readout_diff.embed.quantized import QuantizedGraph, rounded
from readout_diff.judge.joint import EVIDENCE, GROUPS, KINDS, OUTPUTS

WIDTH, HEADS = 384, 12
LAYERS = (8, 9, 10, 11)
"""Layers of multilingual-e5-small that the network's own begin as, counted from 0."""
_TOKEN, _CLAIM, _PAIR = 64, 96, 64
"""Units of the hidden layer of each output."""
_RARE = -5.0
"""Log-odds of a conflict to begin with: hardly any pair is in one."""
_EPSILON = 1e-12
_ZEROS = {"attended": 128, "outer": 20}
"""As in the encoder (`embed/graph.py`): what stands for 0 in the states that a line gets."""
_PARAMETERS = {"weight", "bias", "other"}
_FAR = -1e4


class Layer(nn.Module):  # type: ignore[misc]
    """A transformer layer (post-norm, as in BERT) whose tokens see other claims too."""

    def __init__(self, base: Mapping[str, Tensor], number: int, dropout: float) -> None:
        super().__init__()
        name = f"encoder.layer.{number}."
        parts = [f"{name}attention.self.{part}" for part in ("query", "key", "value")]
        self.joined = _linear(base, *parts)
        self.attended = _linear(base, f"{name}attention.output.dense")
        self.attended_norm = _norm(base, f"{name}attention.output.LayerNorm")
        self.inner = _linear(base, f"{name}intermediate.dense")
        self.outer = _linear(base, f"{name}output.dense")
        self.outer_norm = _norm(base, f"{name}output.LayerNorm")
        # What tells a token of the other side from one of the own: added to its key and value.
        self.other = nn.Parameter(torch.cat([torch.zeros(WIDTH), torch.randn(WIDTH) * 0.05]))
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: Tensor, inputs: Mapping[str, Tensor]) -> Tensor:
        """(tokens, WIDTH) -> the same."""
        claims, longest = inputs["queries"].shape
        joined = self.joined(states)
        queries = joined[:, :WIDTH].index_select(0, inputs["queries"].flatten())
        queries = queries.view(claims, longest, HEADS, -1).transpose(1, 2)
        known = joined[:, WIDTH:]
        known = torch.cat([known, known + self.other]).index_select(0, inputs["seen"].flatten())
        keys, values = known.view(claims, -1, 2, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        bias = inputs["bias"][:, None, None, :].expand(-1, 1, longest, -1)
        # The backward pass of this kernel is slow in bfloat16.
        with torch.autocast("cpu", enabled=False):
            context = functional.scaled_dot_product_attention(
                queries.float(), keys.float(), values.float(), attn_mask=bias
            )
        context = context.transpose(1, 2).reshape(-1, WIDTH).index_select(0, inputs["place"])
        states = self.attended_norm(states + self.dropout(self.attended(context)))
        inner = functional.gelu(self.inner(states))
        out: Tensor = self.outer_norm(states + self.dropout(self.outer(inner)))
        return out


class Network(nn.Module):  # type: ignore[misc]
    """Layers over both sides, and what they say of tokens, claims and pairs."""

    def __init__(
        self, base: Mapping[str, Tensor], layers: tuple[int, ...] = LAYERS, dropout: float = 0.1
    ) -> None:
        """`base`: multilingual-e5-small's tensors by their names in the transformers library."""
        super().__init__()
        self.evidence = nn.Linear(EVIDENCE, WIDTH)
        nn.init.zeros_(self.evidence.weight)
        nn.init.zeros_(self.evidence.bias)
        self.layers = nn.ModuleList(Layer(base, number, dropout) for number in layers)
        self.dropout = nn.Dropout(dropout)
        self.token = nn.Sequential(nn.Linear(WIDTH, _TOKEN), nn.GELU(), nn.Linear(_TOKEN, 1))
        self.weight = nn.Linear(WIDTH, 1)
        self.claim = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(3 * WIDTH, _CLAIM),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(_CLAIM, 3),
        )
        self.project = nn.Linear(2 * WIDTH, _PAIR)
        compared = 4 * _PAIR + 1
        self.pair = nn.Sequential(nn.Linear(compared, _PAIR), nn.GELU(), nn.Linear(_PAIR, 1))
        self.conflict = nn.Sequential(
            nn.Linear(compared, _PAIR), nn.GELU(), nn.Linear(_PAIR, len(KINDS))
        )
        nn.init.constant_(self.conflict[2].bias, _RARE)

    def forward(self, inputs: Mapping[str, Tensor]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Logits of tokens (tokens,), claims (claims, 3), pairs (pairs,), conflicts (pairs, 7)."""
        states = inputs["states"] + self.evidence(inputs["evidence"])
        for layer in self.layers:
            states = layer(states, inputs)
        states = self.dropout(states)
        tokens = self.token(states)[:, 0]
        inside = inputs["inside"][..., None]
        outside = (1 - inside) * _FAR
        claims = states[inputs["queries"]]
        weights = (self.weight(claims) + outside).softmax(1)
        weighed = (claims * weights).sum(1)
        mean = (claims * inside).sum(1) / inside.sum(1).clamp(min=1)
        highest = (claims + outside).amax(1)
        classes = self.claim(torch.cat([weighed, mean, highest], 1))
        projected = self.project(torch.cat([weighed, mean], 1))
        first, second = (projected[inputs["pairs"][:, side]] for side in (0, 1))
        compared = torch.cat(
            [
                first * second,
                (first - second).abs(),
                first + second,
                torch.maximum(first, second),
                inputs["nearness"][:, None],
            ],
            1,
        )
        return tokens, classes, self.pair(compared)[:, 0], self.conflict(compared)


def _linear(base: Mapping[str, Tensor], *names: str) -> nn.Linear:
    weight = torch.cat([base[f"{name}.weight"] for name in names]).float()
    line = nn.Linear(weight.shape[1], weight.shape[0])
    line.weight.data = weight.clone()
    line.bias.data = torch.cat([base[f"{name}.bias"] for name in names]).float().clone()
    return line


def _norm(base: Mapping[str, Tensor], name: str) -> nn.LayerNorm:
    norm = nn.LayerNorm(WIDTH, _EPSILON)
    norm.weight.data = base[f"{name}.weight"].float().clone()
    norm.bias.data = base[f"{name}.bias"].float().clone()
    return norm


def export(network: Network) -> bytes:
    """The network as an ONNX model, its matrices in 8 bits with a scale an output.

    Attention goes by groups of claims of about the same length: `queries`, `inside`, `seen` and
    `bias` come once a group, and their numbers with their names (`joint.grouped`).
    """
    from onnx import TensorProto, helper

    graph = _Graph({name: value.numpy() for name, value in network.state_dict().items()})
    states = graph.add("Add", "states", graph.line("evidence", "evidence"))
    for number in range(len(network.layers)):
        states = graph.layer(f"layers.{number}.", states)
    graph.outputs(states)
    floats, whole = TensorProto.FLOAT, TensorProto.INT64
    by_group = {
        "queries": (whole, "longest"),
        "inside": (floats, "longest"),
        "seen": (whole, "most"),
        "bias": (floats, "most"),
    }
    inputs = {
        "states": (floats, ["tokens", WIDTH]),
        "evidence": (floats, ["tokens", EVIDENCE]),
        **{
            f"{name}{group}": (kind, [f"claims{group}", f"{size}{group}"])
            for group in range(GROUPS)
            for name, (kind, size) in by_group.items()
        },
        "place": (whole, ["tokens"]),
        "order": (whole, ["claims"]),
        "pairs": (whole, ["pairs", 2]),
        "nearness": (floats, ["pairs"]),
    }
    sizes = ["tokens"], ["claims", 3], ["pairs"], ["pairs", len(KINDS)]
    shapes = dict(zip(OUTPUTS, sizes, strict=True))
    return serialized(
        graph,
        "joint",
        [helper.make_tensor_value_info(n, *kind) for n, kind in inputs.items()],
        [helper.make_tensor_value_info(n, floats, shape) for n, shape in shapes.items()],
    )


def restore(content: bytes) -> Network:
    """The network that such a model holds, with its weights as they were rounded."""
    import onnx
    from onnx import numpy_helper

    held = {
        weight.name: numpy_helper.to_array(weight)
        for weight in onnx.load_from_string(content).graph.initializer
    }
    tensors: dict[str, Tensor] = {}
    for name, values in held.items():
        part, _, kind = name.rpartition(".")
        if kind == "int8":
            matrix = values.astype(np.float32) * held[f"{part}.scale"]
            tensors[f"{part}.weight"] = torch.from_numpy(np.ascontiguousarray(matrix.T))
        elif kind == "added":
            tensors[f"{part}.bias"] = torch.from_numpy(np.array(values[1]))
        elif kind in _PARAMETERS:
            tensors[name] = torch.from_numpy(np.array(values))
    layers = len([name for name in tensors if name.endswith(".other")])
    base = {name: torch.zeros(size) for name, size in base_shapes().items()}
    network = Network(base, LAYERS[:layers])
    network.load_state_dict({name: tensors[name] for name in network.state_dict()})
    network.eval()
    return network


def base_shapes() -> dict[str, tuple[int, ...]]:
    """Of the encoder's tensors that a network begins with, by their names."""
    inner = 4 * WIDTH
    lines = {
        **{f"attention.self.{part}": (WIDTH, WIDTH) for part in ("query", "key", "value")},
        "attention.output.dense": (WIDTH, WIDTH),
        "intermediate.dense": (inner, WIDTH),
        "output.dense": (WIDTH, inner),
    }
    norms = dict.fromkeys(("attention.output.LayerNorm", "output.LayerNorm"), (WIDTH,))
    shapes: dict[str, tuple[int, ...]] = {}
    for number in LAYERS:
        for name, size in {**lines, **norms}.items():
            part = f"encoder.layer.{number}.{name}"
            shapes |= {f"{part}.weight": size, f"{part}.bias": size[:1]}
    return shapes


class _Graph(QuantizedGraph):
    """Names of results are counted."""

    def __init__(self, weights: Mapping[str, NDArray[np.float32]]) -> None:
        super().__init__()
        self._values = weights

    def add(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """A node of one result."""
        return self.split(kind, 1, *inputs, names=output and [output], **attributes)[0]

    def split(
        self, kind: str, count: int, *inputs: str, names: Any = None, **attributes: Any
    ) -> list[str]:
        """A node of several results."""
        names = names or [f"r{len(self.nodes)}_{number}" for number in range(count)]
        self.node(kind, inputs, names, **attributes)
        return list(names)

    def constant(self, values: Any, kind: Any = np.int64) -> str:
        """A small array."""
        return self.weight(f"c{len(self.weights)}", np.asarray(values, dtype=kind))

    def line(self, name: str, states: str) -> str:
        """A small linear layer: the matrix alone is in 8 bits."""
        whole, scales = rounded(self._values[f"{name}.weight"])
        wide = self.add(
            "DequantizeLinear",
            self.weight(f"{name}.int8", whole.T),
            self.weight(f"{name}.scale", scales),
            axis=1,
        )
        return self.add("Add", self.add("MatMul", states, wide), self._named(f"{name}.bias"))

    def layer(self, name: str, states: str) -> str:
        """As `Layer.forward`."""
        joined = self._wide(f"{name}joined", states)
        queries, known = self.split("Split", 2, joined, self.constant([WIDTH, 2 * WIDTH]), axis=-1)
        other = self.add("Add", known, self._named(f"{name}other"))
        known = self.add("Concat", known, other, axis=0)
        keys, values = self.split("Split", 2, known, axis=-1, num_outputs=2)
        queries, keys, values = (self._heads(part) for part in (queries, keys, values))
        contexts = [self._attention(queries, keys, values, group) for group in range(GROUPS)]
        context = self.add("Gather", self.add("Concat", *contexts, axis=1), "place", axis=1)
        context = self.add("Transpose", context, perm=[1, 0, 2])
        context = self.add("Reshape", context, self.constant([-1, WIDTH]))
        attended = self._wide(f"{name}attended", context)
        states = self._norm(f"{name}attended_norm", self.add("Add", states, attended))
        inner = self.add("Gelu", self._wide(f"{name}inner", states))
        outer = self._wide(f"{name}outer", inner)
        return self._norm(f"{name}outer_norm", self.add("Add", states, outer))

    def _attention(self, queries: str, keys: str, values: str, group: int) -> str:
        """Of one group of claims, (HEADS, rows, head's width)."""
        queries = self.add("Gather", queries, f"queries{group}", axis=1)
        keys, values = (self.add("Gather", part, f"seen{group}", axis=1) for part in (keys, values))
        logits = self.add(
            "FusedMatMul",
            queries,
            keys,
            domain=MICROSOFT,
            transB=1,
            alpha=float(1 / np.sqrt(WIDTH // HEADS)),
        )
        bias = self.add("Unsqueeze", f"bias{group}", self.constant([1]))
        weights = self.add("Softmax", self.add("Add", logits, bias), axis=-1)
        shape = self.constant([HEADS, -1, WIDTH // HEADS])
        return self.add("Reshape", self.add("MatMul", weights, values), shape)

    def outputs(self, states: str) -> None:
        """As the rest of `Network.forward`."""
        tokens, classes, pairs, conflicts = OUTPUTS
        last = self.constant([-1])
        hidden = self.add("Gelu", self.line("token.0", states))
        self.add("Squeeze", self.line("token.2", hidden), last, output=tokens)
        weight = self.line("weight", states)
        pooled = zip(*(self._pooled(states, weight, group) for group in range(GROUPS)), strict=True)
        weighed, mean, highest = (
            self.add("Gather", self.add("Concat", *parts, axis=0), "order") for parts in pooled
        )
        hidden = self.line("claim.1", self.add("Concat", weighed, mean, highest, axis=1))
        logits = self.line("claim.4", self.add("Gelu", hidden))
        self.add("Identity", logits, output=classes)
        projected = self.line("project", self.add("Concat", weighed, mean, axis=1))
        first, second = (
            self.add("Gather", projected, self.add("Gather", "pairs", self.constant(side), axis=1))
            for side in (0, 1)
        )
        compared = self.add(
            "Concat",
            self.add("Mul", first, second),
            self.add("Abs", self.add("Sub", first, second)),
            self.add("Add", first, second),
            self.add("Max", first, second),
            self.add("Unsqueeze", "nearness", last),
            axis=1,
        )
        hidden = self.add("Gelu", self.line("pair.0", compared))
        self.add("Squeeze", self.line("pair.2", hidden), last, output=pairs)
        hidden = self.add("Gelu", self.line("conflict.0", compared))
        self.add("Identity", self.line("conflict.2", hidden), output=conflicts)

    def _pooled(self, states: str, weight: str, group: int) -> tuple[str, str, str]:
        """Of the claims of one group the weighed, the plain mean and the greatest numbers."""
        inside = self.add("Unsqueeze", f"inside{group}", self.constant([-1]))
        one = self.constant(1.0, np.float32)
        outside = self.add("Sub", one, inside)
        outside = self.add("Mul", outside, self.constant(_FAR, np.float32))
        claims, weights = (self.add("Gather", part, f"queries{group}") for part in (states, weight))
        weights = self.add("Softmax", self.add("Add", weights, outside), axis=1)
        weighed = self._over_tokens("ReduceSum", self.add("Mul", claims, weights))
        sums = self._over_tokens("ReduceSum", self.add("Mul", claims, inside))
        counts = self.add("Max", self._over_tokens("ReduceSum", inside), one)
        highest = self._over_tokens("ReduceMax", self.add("Add", claims, outside))
        return weighed, self.add("Div", sums, counts), highest

    def _heads(self, states: str) -> str:
        """(rows, WIDTH) -> (HEADS, rows, head's width)."""
        shape = self.constant([0, HEADS, WIDTH // HEADS])
        return self.add("Transpose", self.add("Reshape", states, shape), perm=[1, 0, 2])

    def _wide(self, name: str, states: str) -> str:
        """A line of a layer: whole numbers on both sides of the product."""
        matrix, bias = (self._values[f"{name}.{part}"] for part in ("weight", "bias"))
        return self.product(states, name, matrix, bias, zero=_ZEROS.get(name.rpartition(".")[2]))

    def _norm(self, name: str, states: str) -> str:
        scale, bias = (self._named(f"{name}.{part}") for part in ("weight", "bias"))
        return self.add("LayerNormalization", states, scale, bias, epsilon=_EPSILON)

    def _over_tokens(self, kind: str, values: str) -> str:
        return self.add(kind, values, self.constant([1]), keepdims=0)

    def _named(self, name: str) -> str:
        return self.weight(name, self._values[name])

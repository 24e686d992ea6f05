"""Train the network that reads both sides (`training/joint_net.py`) on labelled readouts.

It learns from every meeting twice, cut into the tool's own claims and into the labelled ones: of
each token whether the other side lacks it, of each claim whether it is shared, partial or only,
of each pair whether it matches. What it says of a case it has not seen, which the judge's other
models learn from, comes from networks trained on the other folds.
"""

import hashlib
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional
from msgspec import Struct
from msgspec.structs import asdict
from torch import Tensor

from readout_diff.embed.folder import WEIGHTS, model_folder
from readout_diff.judge.joint import KINDS, MOST_TOKENS, JointNetwork, Odds, whole
from training import joint_net
from training.examples import Example
from training.joint_net import LAYERS, Network

Tensors = Mapping[str, Tensor]


class Recipe(Struct, frozen=True):
    """How the network is trained."""

    layers: tuple[int, ...] = LAYERS
    cycles: int = 2
    """How often the rate rises and falls again (warm restarts, Loshchilov and Hutter 2017)."""
    passes: int = 4
    """Of a cycle over all cases: in the labelled segmentation, in the tool's own, and so on in
    turn."""
    rate: float = 1e-4
    """Highest learning rate of the layers that began as the encoder's."""
    new_rate: float = 5e-4
    """Of all that began anew, and of the encoder's biases and norms."""
    later_rates: float = 0.6
    """What the rates of a cycle are of those of the one before."""
    warm_up: float = 0.1
    """Share of a cycle in which the rate rises; then it falls along a cosine to nothing."""
    decay: float = 0.02
    dropout: float = 0.1
    pair_weight: float = 0.5
    """What pairs count in the loss beside tokens and claims, which count 1 each."""
    conflict_weight: float = 1.0
    """What conflicts count beside them."""
    conflict_emphasis: float = 3.0
    """How much more a pair in a conflict counts than one in none."""
    seed: int = 1


class Lesson(Struct, frozen=True):
    """One example as the network takes it, with what it should say."""

    inputs: Tensors
    tokens: Tensor
    """1 lacking, 0 conveyed, -1 unknown, (tokens,)."""
    claims: Tensor
    """Classes, -1 unknown, (claims,)."""
    pairs: Tensor
    """1 a match, else 0, (pairs,)."""
    conflicts: Tensor
    """1 a conflict of that kind, else 0, (pairs, KINDS)."""


def lesson(example: Example) -> Lesson:
    """What the network is to learn from an example."""
    a, b = example.sides
    inputs, pairs = whole(a.tokens or (), b.tokens or (), example.alignment)
    read = [
        np.arange(len(claim.spans)) < MOST_TOKENS for side in (a, b) for claim in side.tokens or ()
    ]
    tokens = np.concatenate(example.token_labels)[np.concatenate(read)]
    known = np.nan_to_num(tokens, nan=-1.0).astype(np.float32)
    matches = example.case.matches(a.spans, b.spans)
    linked = [matches[i, j - len(a.spans)] for i, j in pairs]
    clashes = example.case.conflicts(a.spans, b.spans)
    kinds = [[kind in clashes.get((i, j - len(a.spans)), ()) for kind in KINDS] for i, j in pairs]
    return Lesson(
        {name: torch.from_numpy(values) for name, values in inputs.items()},
        torch.from_numpy(known),
        torch.from_numpy(np.concatenate(example.claim_labels)),
        torch.tensor(linked, dtype=torch.float32),
        torch.tensor(kinds, dtype=torch.float32).reshape(-1, len(KINDS)),
    )


def loss(network: Network, given: Lesson, recipe: Recipe) -> Tensor:
    """What one lesson costs."""
    with torch.autocast("cpu", torch.bfloat16):
        tokens, claims, pairs, conflicts = (part.float() for part in network(given.inputs))
    marked, labelled = given.tokens >= 0, given.claims >= 0
    total = functional.cross_entropy(claims[labelled], given.claims[labelled])
    if marked.any():
        total = total + functional.binary_cross_entropy_with_logits(
            tokens[marked], given.tokens[marked]
        )
    matched = functional.binary_cross_entropy_with_logits(pairs, given.pairs)
    clashing = functional.binary_cross_entropy_with_logits(
        conflicts, given.conflicts, pos_weight=torch.tensor(recipe.conflict_emphasis)
    )
    # Summed over the kinds: most pairs are in no conflict, hardly any in two.
    return total + recipe.pair_weight * matched + len(KINDS) * recipe.conflict_weight * clashing


def digest(lessons: Sequence[Lesson], recipe: Recipe) -> str:
    """Changes with the lessons, the recipe and the code that trains."""
    found = hashlib.sha256(repr(asdict(recipe)).encode())
    for file in (Path(__file__), Path(joint_net.__file__)):
        found.update(file.read_bytes())
    for given in lessons:
        labels = given.tokens, given.claims, given.pairs, given.conflicts
        for values in (*given.inputs.values(), *labels):
            found.update(values.numpy().tobytes())
    return found.hexdigest()[:16]


def fit(own: Sequence[Lesson], gold: Sequence[Lesson], base: Tensors, recipe: Recipe) -> Network:
    """A network trained on the same cases in the tool's own segmentation and in the labelled one.

    Prints the mean loss of each pass.
    """
    torch.manual_seed(recipe.seed)
    random = np.random.default_rng(recipe.seed)
    network = Network(base, recipe.layers, recipe.dropout)
    turns = [(gold, own)[number % 2] for number in range(recipe.passes)]
    network.train()
    began = time.monotonic()
    for cycle in range(recipe.cycles):
        optimizer, schedule = _descent(network, sum(map(len, turns)), recipe, cycle)
        for number, lessons in enumerate(turns, cycle * recipe.passes + 1):
            costs = []
            for place in random.permutation(len(lessons)):
                cost = loss(network, lessons[place], recipe)
                cost.backward()
                torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
                optimizer.step()
                schedule.step()
                optimizer.zero_grad()
                costs.append(cost.item())
            print(
                f"   pass {number}: loss {np.mean(costs):.3f}, {time.monotonic() - began:.0f} s",
                flush=True,
            )
    network.eval()
    return network


def _descent(
    network: Network, steps: int, recipe: Recipe, cycle: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.OneCycleLR]:
    """What moves the weights in one cycle, and how fast."""
    rates = [rate * recipe.later_rates**cycle for rate in (recipe.rate, recipe.new_rate)]
    old = [p for n, p in network.named_parameters() if n.startswith("layers.") and p.ndim > 1]
    new = [p for n, p in network.named_parameters() if not (n.startswith("layers.") and p.ndim > 1)]
    optimizer = torch.optim.AdamW(
        [{"params": part, "lr": rate} for part, rate in zip((old, new), rates, strict=True)],
        weight_decay=recipe.decay,
        betas=(0.9, 0.98),
    )
    # The schedule moves Adam's first beta too, between .95 and .85.
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, rates, total_steps=steps + 1, pct_start=recipe.warm_up
    )
    return optimizer, schedule


def odds(network: JointNetwork, example: Example) -> tuple[Odds, Odds]:
    """What the shipped form of a network says of an example."""
    a, b = example.sides
    return network.read(a.tokens or (), b.tokens or (), example.alignment)


def base_tensors(cache_dir: Path | None = None) -> dict[str, Tensor]:
    """multilingual-e5-small's tensors, from the unpacked bundled model."""
    from safetensors.torch import load_file

    return load_file(model_folder(cache_dir) / WEIGHTS)

"""Small networks over named columns, fitted with scikit-learn."""

import warnings
from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from readout_diff.learnt import FAR, Columns, Member, Model, table


class Recipe(Struct, frozen=True):
    """How one of the models is trained."""

    members: int
    """Networks, each from another seed, whose probabilities are averaged."""
    units: int
    """In the hidden layer; 0 for none, which is logistic regression."""
    penalty: float
    """On the squared weights: scikit-learn's alpha, or 1/C without a hidden layer."""
    epochs: int = 0
    batch: int = 128


def fit_model(
    recipe: Recipe,
    rows: Sequence[Columns],
    labels: Sequence[NDArray[np.floating] | NDArray[np.integer] | NDArray[np.bool_]],
) -> Model:
    """Fit by the recipe on standardised columns; unlabelled rows are left out."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier

    names = tuple(rows[0])
    values = np.concatenate([table(part, names) for part in rows])
    truth = np.concatenate([np.asarray(part, dtype=np.float64) for part in labels])
    known = ~np.isnan(truth) & (truth >= 0)
    values, truth = values[known], truth[known].astype(np.int64)
    if missing := set(range(int(truth.max()) + 1)) - set(truth.tolist()):
        raise ValueError(f"no example of class {min(missing)} to learn from")
    mean, scale = values.mean(axis=0), values.std(axis=0)
    scale[scale < 1e-9] = 1.0
    values = np.clip((values - mean) / scale, -FAR, FAR)
    members = []
    for seed in range(recipe.members):
        if recipe.units == 0:
            line = LogisticRegression(C=1 / recipe.penalty, max_iter=3000).fit(values, truth)
            members.append(Member(None, line.coef_, line.intercept_))
            continue
        network = MLPClassifier(
            (recipe.units,),
            activation="tanh",
            alpha=recipe.penalty,
            learning_rate_init=2e-3,
            batch_size=recipe.batch,
            max_iter=recipe.epochs,
            random_state=seed,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # stopping early is what the recipe wants
            network.fit(values, truth)
        (first, last), (bias, last_bias) = network.coefs_, network.intercepts_
        members.append(Member((first.T, bias), last.T, last_bias))
    return Model(names, mean, scale, tuple(members))

"""Which claims does only one side's readout make? Two official readouts, compared.

    from readout_diff import compare, load

    comparison = compare(load("seoul.txt"), load("tokyo.txt"))
    for claim in comparison.claims:
        if claim.status == "only":
            print(claim.side, claim.text)

The names below are imported when they are first used, so importing the package costs nothing.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from readout_diff.compare import compare
    from readout_diff.datamodel import (
        Claim,
        Comparison,
        Conflict,
        Ignored,
        Match,
        Missing,
        Readout,
        Side,
        Span,
        Summary,
        Topic,
    )
    from readout_diff.embed import Encoder, load_encoder
    from readout_diff.errors import InputError, ModelError, ReadoutDiffError
    from readout_diff.judge.reader import ChatReader
    from readout_diff.load import from_text, load

__version__ = "0.1.0"

__all__ = [
    "ChatReader",
    "Claim",
    "Comparison",
    "Conflict",
    "Encoder",
    "Ignored",
    "InputError",
    "Match",
    "Missing",
    "ModelError",
    "Readout",
    "ReadoutDiffError",
    "Side",
    "Span",
    "Summary",
    "Topic",
    "__version__",
    "compare",
    "from_text",
    "load",
    "load_encoder",
]

_DATAMODEL = [
    "Claim",
    "Comparison",
    "Conflict",
    "Ignored",
    "Match",
    "Missing",
    "Readout",
    "Side",
    "Span",
    "Summary",
    "Topic",
]
_HOME = {
    "ChatReader": "readout_diff.judge.reader",
    "compare": "readout_diff.compare",
    "Encoder": "readout_diff.embed",
    "load_encoder": "readout_diff.embed",
    "InputError": "readout_diff.errors",
    "ModelError": "readout_diff.errors",
    "ReadoutDiffError": "readout_diff.errors",
    "from_text": "readout_diff.load",
    "load": "readout_diff.load",
    **dict.fromkeys(_DATAMODEL, "readout_diff.datamodel"),
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Package(ModuleType):
    """Keeps `compare` and `load` the functions.

    After importing a submodule, Python binds it in its package under its own name; where that
    is also the name of a public function, the function is bound instead, whoever imported what
    first. The modules stay reachable as `from readout_diff.load import ...`.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if isinstance(value, ModuleType) and _HOME.get(name) == value.__name__:
            value = getattr(value, name)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package

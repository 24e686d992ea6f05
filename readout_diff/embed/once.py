"""What is worked out once for an encoder, and kept as long as the encoder is."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from readout_diff.embed import Encoder

T = TypeVar("T")

_known: WeakKeyDictionary[Encoder, dict[Hashable, Any]] = WeakKeyDictionary()


def once(encoder: Encoder, key: Hashable, make: Callable[[], T]) -> T:
    """What `make` gave when it was first asked for by `key`, which names the asker too."""
    try:
        known = _known.setdefault(encoder, {})
    except TypeError:  # an encoder of the user's own that can't be a key
        known = {}
    if key not in known:
        known[key] = make()
    found: T = known[key]
    return found

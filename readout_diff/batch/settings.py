"""What all comparisons of a batch are made with, in one place."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from readout_diff.load import MAX_CHARS

if TYPE_CHECKING:
    from readout_diff.embed import Device, Encoder


class Settings(Struct, frozen=True):
    """A setting that changes reports is a field here, and a line in `keywords` or `loading`."""

    model: str | None = None
    """A sentence-transformers model, by name or folder; the bundled encoder by default."""
    device: "Device" = "auto"
    """What that model computes on."""
    judge: str | None = None
    min_absence: float | None = None
    topics: Path | None = None
    """A file of topics of one's own."""
    watch: tuple[str, ...] = ()
    """Topics that every report answers for."""
    encoder: "Callable[[], Encoder] | None" = None
    """Makes an encoder of one's own, instead of `model`; a function or class that other processes
    can import."""
    encoding: str | None = None
    """Of all texts and web pages; found for each by default."""
    max_chars: int = MAX_CHARS
    cache_dir: Path | None = None
    cache_megabytes: int = 1000
    """Room for vectors that are kept between runs; 0 keeps none."""

    def keywords(self) -> dict[str, Any]:
        """What `compare` is called with, beside the readouts and the encoder."""
        return {
            "judge": self.judge,
            "min_absence": self.min_absence,
            "topics": self.topics,
            "watch": self.watch,
        }

    def loading(self) -> dict[str, Any]:
        """What `load_pair` is called with, beside what is known of the two sides."""
        return {
            "encoding_a": self.encoding,
            "encoding_b": self.encoding,
            "max_chars": self.max_chars,
        }

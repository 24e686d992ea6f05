"""Plain text and Markdown: the file's own words, unchanged."""

from readout_diff.load.document import Document
from readout_diff.load.encodings import decode


def read(data: bytes, shown: str, encoding: str | None) -> Document:
    """The text as it is, line ends and all."""
    found = decode(data, shown, given=encoding)
    return Document(found.text, found.encoding, doubt=found.doubt)

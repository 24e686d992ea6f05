"""A readout's text -> sentences -> claims, as spans of the unchanged text.

The text is read as blocks (paragraphs, list items, headings), blocks that assert something as
sentences, sentences as claims. Rules are code, languages are data: `lexicons/*.toml`.
"""

import unicodedata
from itertools import zip_longest

from msgspec import Struct
from msgspec.structs import replace

from readout_diff.datamodel import ClaimSpan, Ignored, Segmentation, Span
from readout_diff.lexicon import Lexicon, lexicon
from readout_diff.segment import ignored as assertion
from readout_diff.segment.blocks import Block, blocks, columns, trim
from readout_diff.segment.claims import claims
from readout_diff.segment.sentences import sentences

__all__ = ["segment"]


def segment(text: str, lang: str) -> Segmentation:
    """Split a text into sentences and claims; never raises, whatever the text.

    `lang` is a language tag without region ("ko"); a language without a lexicon gets the default
    rules. Offsets are code points into `text`. Claims lie in text order in one sentence each and
    don't overlap; every letter and digit of the text lies in a claim or in an ignored span.
    `sentences` holds those that assert something.
    """
    words = lexicon(lang)
    if unicodedata.is_normalized("NFC", text):
        return _segment(text, words)
    composed, starts = _compose(text)
    return _map(_segment(composed, words), starts)


def _segment(text: str, words: Lexicon) -> Segmentation:
    found = _Found(text, words)
    layout = [found.look(block) for block in blocks(text, words)]
    head = True
    for look, following in zip_longest(layout, layout[1:]):
        block = look.block
        if block.marker:
            found.ignore(block.marker[0], block.marker[1], "list marker")
        start, why = found.label(look)
        if start >= block.end:
            continue
        body = replace(block, start=start)
        rest = following.block if following else None
        if why is None and assertion.leads_in(text, body, rest):
            why = "lead-in"
        if why is None and not look.ended:
            if head and block.kind == "plain" and not (look.asserts and look.long):
                why = assertion.head_why(text, body, words)
            elif not look.asserts and assertion.heads(
                text, body, rest, bool(following and (following.ended or following.asserts))
            ):
                why = "heading" if following else "letterhead"
        if why is None:
            head = False
            found.read(body)
        else:
            found.ignore(start, block.end, why)
    return found.segmentation()


class _Look(Struct, frozen=True):
    """A block at first sight."""

    block: Block
    ended: bool
    """A sentence ends in it."""
    asserts: bool
    """It ends as lines do that assert something."""
    long: bool
    """It is longer than titles are."""
    single: bool
    """It holds one sentence or what may be none."""


class _Found:
    """Collects spans in text order."""

    def __init__(self, text: str, words: Lexicon) -> None:
        self.text = text
        self.words = words
        self.sentences: list[Span] = []
        self.claims: list[ClaimSpan] = []
        self.ignored: list[Ignored] = []

    def ignore(self, start: int, end: int, why: str) -> None:
        start, end = trim(self.text, start, end)
        if start < end:
            self.ignored.append(Ignored(start, end, why))

    def look(self, block: Block) -> _Look:
        """See what can be told of a block by itself."""
        count = len(sentences(self.text, block.start, block.end, self.words))
        wide = columns(self.text[block.start : min(block.end, block.start + 99)])
        return _Look(
            block,
            assertion.ends(self.text, block, count, self.words),
            assertion.asserts(self.text, block, self.words) and wide > 20,
            wide > 98,
            count < 2,
        )

    def label(self, look: _Look) -> tuple[int, str | None]:
        """Pass the labels at the beginning of a block; say why it asserts nothing, if so."""
        start, end = look.block.start, look.block.end
        if look.single and (why := assertion.whole_line(self.text, start, end, self.words)):
            return start, why
        while found := assertion.prefix(self.text, start, end, self.words):
            self.ignore(start, found[0], found[1])
            start = trim(self.text, found[0], end)[0]
            if found[1] == "question":
                return start, "question"
        return start, None

    def read(self, block: Block) -> None:
        """Take a block that asserts something apart."""
        for start, end in sentences(self.text, block.start, block.end, self.words):
            why = assertion.whole_line(self.text, start, end, self.words)
            if why is None and assertion.is_question(self.text, start, end):
                why = "question"
            if why is not None:
                self.ignore(start, end, why)
                continue
            number = len(self.sentences)
            self.sentences.append(Span(start, end))
            for a, b in claims(self.text, start, end, self.words):
                self.claims.append(ClaimSpan(a, b, number))

    def segmentation(self) -> Segmentation:
        return Segmentation(tuple(self.sentences), tuple(self.claims), tuple(self.ignored))


def _compose(text: str) -> tuple[str, list[int]]:
    """The text in NFC, and for each of its characters, and its end, where it began in `text`.

    Decomposed Korean and accents would hide endings and abbreviations from the rules.
    """
    composed: list[str] = []
    starts: list[int] = []
    begun = 0
    for at in range(1, len(text) + 1):
        if at < len(text) and (unicodedata.combining(text[at]) or "\u1160" <= text[at] <= "\u11ff"):
            continue
        cluster = unicodedata.normalize("NFC", text[begun:at])
        composed.append(cluster)
        starts.extend([begun] * len(cluster))
        begun = at
    return "".join(composed), [*starts, len(text)]


def _map(found: Segmentation, starts: list[int]) -> Segmentation:
    def place(start: int, end: int) -> tuple[int, int]:
        return starts[start], starts[end]

    return Segmentation(
        tuple(Span(*place(s.start, s.end)) for s in found.sentences),
        tuple(ClaimSpan(*place(c.start, c.end), c.sentence) for c in found.claims),
        tuple(Ignored(*place(i.start, i.end), i.why) for i in found.ignored),
    )

"""Texts and bytes by chance: what holds of whatever is loaded, compared and rendered.

`make fuzz` looks further, with bytes that grow from real files.
"""

import json

from hypothesis import example, given, settings
from hypothesis import strategies as st

from readout_diff import InputError, compare, from_text
from readout_diff.load import document_of
from readout_diff.load.files import Given
from readout_diff.report import FORMATS, render
from readout_diff.segment import segment
from tests.fake_encoder import HashEncoder
from tests.test_properties import SENTENCES

ALIVE = "\x1b[]0m\x07\x9b\u202e\u2066<script>&'\"`|{}%\\\r\n\t\v\f\u2028\ufeff\u200b\u00ad=+-@#*_~"
"""What acts in a terminal, a page, a table, a formula or Markdown."""
letters = st.one_of(
    st.characters(exclude_categories=["Cs"]), st.sampled_from(ALIVE), st.sampled_from("가。м.ا")
)
texts = st.lists(
    st.one_of(st.text(letters, max_size=30), st.sampled_from(SENTENCES)), max_size=6
).map(" ".join)
STARTS = (b"", b"%PDF-1.4\n", b"PK\x03\x04", b"{\\rtf1 ", b"<html>", b"\xff\xfe", b"\xef\xbb\xbf")


@given(st.sampled_from(STARTS), st.binary(max_size=600), st.sampled_from([None, "a.html", "a"]))
def test_any_bytes_are_read_or_refused_in_one_sentence(
    start: bytes, data: bytes, name: str | None
) -> None:
    try:
        text = document_of(Given(start + data, "a", name), None, 10_000).text
    except InputError as error:
        text = str(error)
        assert "\n" not in text
        assert text.endswith(".")
    assert text.encode()


@given(st.text(max_size=300), st.sampled_from(["ko", "ja", "en", "ar", "und"]))
@example("\x1c\u2028\r\n\0", "ko")
@example("e\u0301" * 50 + ".", "en")
def test_any_text_is_segmented_whole(text: str, lang: str) -> None:
    found = segment(text, lang)
    spans = sorted(
        [(c.start, c.end) for c in found.claims] + [(i.start, i.end) for i in found.ignored]
    )
    taken = {at for span in spans for at in range(*span)}
    assert sum(end - start for start, end in spans) == len(taken)
    assert {at for at, letter in enumerate(text) if letter.isalnum()} <= taken


@settings(max_examples=30)
@given(texts, texts)
@example(
    "The \x1b]8;;x\x07ministers\x1b]8;;\x07 met \u202eagain.", "<script>alert(1)</script> met."
)
def test_any_two_texts_are_compared_and_rendered_in_every_format(a: str, b: str) -> None:
    try:
        found = compare(from_text(a), from_text(b), encoder=HashEncoder(16))
    except InputError:
        return
    for format in FORMATS:
        report = render(found, format, show_all=True)
        assert report.encode()
        if format == "terminal":
            controls = {char for char in report if char < " " and char != "\n"}
            assert not controls | (set(report) & set("\x7f\x9b\u202e\u2066\u2028"))
        if format == "json":
            assert json.loads(report)["sides"]["a"]["text"] == a

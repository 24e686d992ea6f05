import pytest
from hypothesis import given
from hypothesis import strategies as st

from readout_diff.errors import InputError
from readout_diff.load.kinds import kind_of
from tests.make_files import SOURCES, docx, odt, zipped


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"The ministers met.", "a.txt", "text"),
        (b"The ministers met.", "a.pdf", "text"),
        (b"The ministers met.", None, "text"),
        (b"The ministers met.", "a.html", "text"),
        (b"<p>The ministers met.", "a.html", "html"),
        (b"<p>The ministers met.", "a.txt", "text"),
        (b" \n<!-- saved -->\n<!DOCTYPE html><p>", "a.txt", "html"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><html>", None, "html"),
        (b'<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN">', None, "html"),
        ("<html>".encode("utf-16"), None, "html"),
        (b"<!---->" * 999, "a.txt", "text"),
        (b"\n\n%PDF-1.4\n", "a.txt", "pdf"),
        (b"\r\n{\\rtf1 a}", "a.doc", "rtf"),
        (docx(SOURCES[0]), "a.txt", "docx"),
        (odt(SOURCES[0]), "a.txt", "odt"),
        (zipped({"content.xml": "<x/>"}), "a.odt", "odt"),
    ],
)
def test_content_goes_before_the_name(data: bytes, name: str | None, kind: str) -> None:
    assert kind_of(data, "a", name) == kind


@given(st.binary(max_size=300), st.sampled_from([None, "a.html", "a.pdf", ""]))
def test_any_bytes_are_of_a_kind_or_refused(data: bytes, name: str | None) -> None:
    for start in (b"", b"PK\x03\x04", b"<!--", b"MIME-Version: 1.0\n"):
        try:
            said: str = kind_of(start + data, "a", name)
        except InputError as error:
            said = str(error)
        assert said in ("text", "html", "pdf", "docx", "odt", "rtf") or said.endswith(".")

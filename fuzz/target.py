"""Feeds one loader with what atheris makes of the seeds: `python -m fuzz.target KIND [OPTIONS]`.

Whatever the bytes, a loader gives a text or raises InputError with one sentence. Anything else is a
crash, and so is a file that takes longer than is allowed; the options are libFuzzer's.
"""

import sys

import atheris

with atheris.instrument_imports(include=["readout_diff.load", "docx", "striprtf", "trafilatura"]):
    from fuzz.seeds import BODY
    from readout_diff.errors import InputError
    from readout_diff.load import document_of
    from readout_diff.load.files import Given
    from tests.bad_inputs import word
    from tests.make_files import zipped

_NAMES = {"html": "a.html", "text": "a.txt"}
_STARTS = {"pdf": b"%PDF-1.7\n", "rtf": b"{\\rtf1"}
"""Without these the bytes would go to the loader of plain text."""


def _one(kind: str, data: bytes) -> None:
    start = _STARTS.get(kind, b"")
    if kind == "html":
        data = b"<html>" + data
    elif kind in BODY and not data.startswith(b"PK"):
        data = word("", extra={BODY[kind]: data}) if kind == "docx" else zipped({BODY[kind]: data})
    elif start not in data[:1024]:
        data = start + data
    try:
        document = document_of(Given(data, "a", _NAMES.get(kind, "a")), None, 100_000)
    except InputError as error:
        said = str(error)
        assert "\n" not in said, said
        assert said.endswith("."), said
        return
    document.text.encode()
    assert any(not char.isspace() for char in document.text)


if __name__ == "__main__":
    wanted = sys.argv.pop(1)
    atheris.Setup(sys.argv, lambda data: _one(wanted, data))
    atheris.Fuzz()

"""What a batch has written, for tests that compare two runs."""

import re
from pathlib import Path

_CREATED = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"


def contents(out: Path) -> dict[str, bytes]:
    """All files, without the times in reports."""
    return {
        path.relative_to(out).as_posix(): re.sub(_CREATED, b"", path.read_bytes())
        for path in out.rglob("*")
        if path.is_file()
    }

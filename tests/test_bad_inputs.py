import re
import sys

import pytest

from docs.write_inputs import PAGE, page_with, table
from tests.bad_inputs import BAD


@pytest.mark.skipif(sys.platform != "linux", reason="paths and what they give are Linux's")
def test_the_table_says_what_each_input_gives() -> None:
    found = table()
    for row in found.splitlines()[2:]:
        gives = row.split(" | ")[1].removesuffix(" |")
        one_sentence = re.fullmatch(r"[^\n]*; [^\n]*\.", gives)
        assert gives.startswith("read, ") or one_sentence, row
    assert page_with(found) == PAGE.read_text("utf-8"), "`make inputs` writes it anew"


def test_there_are_many_of_them_and_each_is_named_once() -> None:
    names = [bad.what for bad in BAD]
    assert len(names) >= 80
    assert len(set(names)) == len(names)

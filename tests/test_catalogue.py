from pathlib import Path

import pytest

from readout_diff.errors import InputError
from readout_diff.topics.catalogue import Catalogue, built_in, parse

LANGS = ("en", "ko", "ja", "zh", "ru", "uk", "fr", "de", "es", "ar")
GOOD = """\
[whaling]
label = "Whaling"
about = "The hunting of whales."
part_of = "fisheries"
[whaling.terms]
en = ["whal*"]
"""


def test_the_built_in_topics_are_complete() -> None:
    entries = built_in().entries
    assert len(entries) >= 80
    for entry in entries.values():
        assert set(entry.label) == set(LANGS)
        assert len(entry.about.split()) >= 5
        assert entry.terms.get("en"), entry.id
    labels = [label for entry in entries.values() for label in entry.label.values()]
    # Some names are the same in several languages, but no two topics share one.
    for label in set(labels):
        assert len({e.id for e in entries.values() if label in e.label.values()}) == 1, label


def test_what_everybody_looks_for_is_there() -> None:
    assert {"abductions", "comfort-women", "taiwan", "treated-water"} <= set(built_in().entries)
    assert [*built_in().wider("abductions")] == ["abductions", "north-korea"]
    assert built_in().entries["thanks"].courtesy
    assert not built_in().entries["tariffs"].courtesy


@pytest.mark.parametrize(
    "text", ["abductions", "拉致問題", "ABDUCTIONS of Japanese Nationals", "Abductions!"]
)
def test_a_topic_is_called_by_id_or_label(text: str) -> None:
    entry = built_in().called(text)
    assert entry is not None
    assert entry.id == "abductions"


def test_an_id_may_be_written_as_words() -> None:
    for text in ("north-korea", "North-Korea", "north korea", "North Korea"):
        entry = built_in().called(text)
        assert entry is not None
        assert entry.id == "north-korea"


def test_other_words_call_none() -> None:
    assert built_in().called("fishing rights near the reef") is None


def test_a_file_adds_and_replaces(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(GOOD + '[trade]\nlabel = {en = "Barter", fr = "Troc"}\n', "utf-8")
    found = built_in().with_file(file)
    assert found.entries["whaling"].terms == {"en": ("whal*",)}
    assert found.entries["whaling"].name == "Whaling"
    assert found.entries["trade"].name == found.entries["trade"].about == "Barter"
    assert [*found.wider("whaling")] == ["whaling", "fisheries"]
    assert len(found.entries) == len(built_in().entries) + 1
    assert found.spelling == built_in().spelling


@pytest.mark.parametrize(
    ("source", "line", "what"),
    [
        ('x = "y"\n', 1, "must be a table"),
        ('[Whaling]\nlabel = "x"\n', 1, "is no id"),
        ("[whaling]\nabout = 'x'\n", 1, "must be a name"),
        ('[whaling]\nlabel = "x"\nabout = 3\n', 3, "must be a text"),
        ('[whaling]\nlabel = "x"\nwords = []\n', 3, "is not one of"),
        ('[whaling]\nlabel = "x"\ncourtesy = 1\n', 3, "true or false"),
        ('[whaling]\nlabel = "x"\npart_of = "sea"\n', 3, "is no topic"),
        ('[whaling]\nlabel = "x"\npart_of = "whaling"\n', 3, "in a circle"),
        ('[whaling]\nlabel = "x"\n[whaling.terms]\nen = "whale"\n', 4, "list of texts"),
        ('[whaling]\nlabel = "x"\n[whaling.terms]\nen = ["whale", "*"]\n', 4, "no letters"),
        ('[whaling]\nlabel = "x"\n[whaling.terms]\nEnglish = ["x"]\n', 4, "is no language"),
        ('[whaling]\n[whaling.label]\nen = ""\n', 3, "must be a text"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(source: str, line: int, what: str) -> None:
    with pytest.raises(InputError, match=what) as caught:
        parse(source, "mine.toml", built_in())
    assert f"mine.toml, line {line}:" in str(caught.value)


def test_a_broken_file_says_where(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[whaling]\nlabel = \n", "utf-8")
    with pytest.raises(InputError, match=r"not TOML.*line 2"):
        built_in().with_file(file)
    file.write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(InputError, match="UTF-8"):
        built_in().with_file(file)
    with pytest.raises(InputError, match="can't be read"):
        built_in().with_file(tmp_path / "none.toml")


def test_a_file_can_stand_alone() -> None:
    found = parse(GOOD.replace('part_of = "fisheries"\n', ""), "mine.toml")
    assert isinstance(found, Catalogue)
    assert list(found.entries) == ["whaling"]

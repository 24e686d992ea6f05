"""The pipeline: what it asks of its stages, what it refuses, and the samples."""

import json
import re
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import numpy.typing as npt
import pytest
from msgspec.structs import replace

from readout_diff import InputError, ModelError, __version__, compare, load
from readout_diff.datamodel import Comparison, Readout
from readout_diff.embed import TokenStates
from readout_diff.embed.bundled import NAME, BundledEncoder
from tests.fake_encoder import HashEncoder
from tests.rich_encoder import HashRichEncoder

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "samples"
CALL = SAMPLES / "2025-06-kor-jpn-call"

NORTH = """\
Talks in the harbour city

The two ministers met in the harbour city. They agreed to open a fisheries office.
Minister Orlan asked for the lighthouse to be repaired.
"""
SOUTH = "The two ministers met in the harbour city. The quota for eels stays as it is."


@pytest.fixture
def by_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Claims as the rules cut them: hashed states tell a splitter nothing."""
    module = sys.modules["readout_diff.compare"]
    monkeypatch.setattr(module, "splitter_for", lambda _encoder: None)


# What it does with what it is given


def test_texts_and_readouts_are_compared_alike(by_rules: None) -> None:
    encoder = HashRichEncoder()
    texts = compare(NORTH, SOUTH, encoder=encoder, lang_a="en", lang_b="en", name_a="N", name_b="S")
    readouts = compare(Readout(NORTH, "en", "N"), Readout(SOUTH, "en", "S"), encoder=encoder)
    assert replace(texts, created="") == replace(readouts, created="")
    assert [claim.id for claim in texts.claims] == ["a1", "a2", "a3", "b1", "b2"]


def test_what_a_readout_knows_is_kept() -> None:
    readout = Readout(
        NORTH, "en", "North", "north.txt", "utf-8", "Talks", "2026-05-04", "Ministry of Fish"
    )
    side = compare(readout, SOUTH, encoder=HashEncoder()).sides.a
    assert (side.path, side.encoding, side.title) == ("north.txt", "utf-8", "Talks")
    assert (side.date, side.office) == ("2026-05-04", "Ministry of Fish")
    assert side.sha256 == readout.sha256
    assert side.text == NORTH
    assert [NORTH[span.start : span.end] for span in side.ignored] == ["Talks in the harbour city"]


def test_names_and_languages_overrule() -> None:
    readout = Readout(NORTH, "en", "North")
    found = compare(
        readout, SOUTH, encoder=HashEncoder(), name_a="Above", name_b="Below", lang_a="FR-fr"
    )
    assert (found.sides.a.name, found.sides.b.name) == ("Above", "Below")
    assert (found.sides.a.lang, found.sides.b.lang) == ("fr", "en")
    unnamed = compare(NORTH, SOUTH, encoder=HashEncoder())
    assert (unnamed.sides.a.name, unnamed.sides.b.name) == ("A", "B")


def test_the_report_says_what_made_it() -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    found = compare(NORTH, SOUTH, encoder=HashRichEncoder())
    assert (found.schema, found.tool.name, found.tool.version) == (1, "readout-diff", __version__)
    assert (found.tool.encoder, found.tool.judge) == (NAME, "joint")
    assert found.tool.settings["threshold"]
    assert before <= datetime.fromisoformat(found.created) <= datetime.now(UTC)
    assert found.conflicts == ()
    assert compare(NORTH, SOUTH, encoder=HashEncoder()).tool.judge == "similarity-vectors"
    first = compare(NORTH, SOUTH, encoder=HashRichEncoder(), judge="similarity")
    assert first.tool.judge == "similarity"


def test_both_sides_are_read_in_one_call_and_embedded_in_another() -> None:
    encoder = HashRichEncoder()
    found = compare(NORTH, SOUTH, encoder=encoder)
    read, embedded, *more = (asked for asked in encoder.asked if asked)
    assert not more
    assert read.count("The two ministers met in the harbour city.") == 1
    assert len(read) == 4
    assert set(embedded) == {claim.text for claim in found.claims}


def test_progress_grows_from_nothing_to_all() -> None:
    told: list[tuple[str, float]] = []
    compare(
        NORTH, SOUTH, encoder=HashEncoder(), progress=lambda what, share: told.append((what, share))
    )
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert list(dict(told)) == ["segmenting", "embedding", "judging"]


def test_what_only_one_side_says_is_found(by_rules: None) -> None:
    said = "The two ministers met in the harbour city."
    found = compare(NORTH, SOUTH, encoder=HashRichEncoder(), lang_a="en", lang_b="en")
    shared = [claim for claim in found.claims if claim.text == said]
    assert [claim.status for claim in shared] == ["shared", "shared"]
    assert shared[0].matches[0].id == "b1"
    assert found.claim("b2").absence > shared[1].absence


def test_an_encoder_for_one_language_tells_texts_in_it_apart() -> None:
    found = compare(NORTH, SOUTH, encoder=HashEncoder(), lang_a="en", lang_b="en")
    assert found.claim("b1").status == "shared"
    assert found.claim("b2").status == "only"


def test_min_absence_is_kept_and_said() -> None:
    found = compare(NORTH, SOUTH, encoder=HashRichEncoder(), min_absence=0.99)
    assert found.tool.settings["min_absence"] == 0.99
    assert all(claim.absence >= 0.99 for claim in found.claims if claim.status == "only")
    plain = compare(NORTH, SOUTH, encoder=HashRichEncoder())
    assert "min_absence" not in plain.tool.settings
    with pytest.raises(InputError, match=r"^min_absence is 2; [^\n]+\.$"):
        compare(NORTH, SOUTH, encoder=HashRichEncoder(), min_absence=2)


# What it refuses


@pytest.mark.parametrize(
    "bare", ["2025. 6. 9.(월)\n", "Joint statement", "…!", "Contact: Press Office"]
)
@pytest.mark.parametrize("which", ["a", "b", "both"])
def test_a_text_without_claims_is_refused(bare: str, which: str) -> None:
    a = bare if which in ("a", "both") else NORTH
    b = bare if which in ("b", "both") else NORTH
    with pytest.raises(InputError, match=r"^[^\n]*no claim[^\n]*; give a readout [^\n]*\.$"):
        compare(a, b, encoder=HashEncoder())


def test_a_text_without_claims_is_named() -> None:
    bare = Readout("2025. 6. 9.", "ko", "Seoul", "bare.txt")
    with pytest.raises(InputError, match=r"^bare\.txt "):
        compare(bare, NORTH, encoder=HashEncoder())
    with pytest.raises(InputError, match=r"^Seoul "):
        compare(NORTH, replace(bare, path=None), encoder=HashEncoder())


@pytest.mark.parametrize("empty", ["", " \n", "\u200b", "\ud800 met.", "\0"])
def test_an_empty_or_broken_text_is_refused(empty: str) -> None:
    with pytest.raises(InputError, match=r"^[^\n]*\.$"):
        compare(NORTH, empty, encoder=HashEncoder())


def test_a_wrong_language_is_refused() -> None:
    for side in (NORTH, Readout(NORTH, "en")):
        with pytest.raises(InputError, match="jp"):
            compare(side, SOUTH, encoder=HashEncoder(), lang_a="jp")


@pytest.mark.parametrize("given", [Path("seoul.txt"), NORTH.encode(), None, 7])
def test_what_is_no_text_is_refused_with_a_hint(given: Any) -> None:
    says = r"^compare\(\) can't read a \w+; give a text or a Readout: load\(path\) reads a file\.$"
    for sides in ((given, NORTH), (NORTH, given)):
        with pytest.raises(InputError, match=says):
            compare(*sides, encoder=HashEncoder())


def test_a_path_given_as_a_text_is_refused_with_a_hint(tmp_path: Path) -> None:
    path = tmp_path / "north.txt"
    path.write_text(NORTH, encoding="utf-8")
    with pytest.raises(InputError, match=r"is the path of a file; give load\('[^\n]*\.$"):
        compare(str(path), SOUTH, encoder=HashEncoder())


class Nameless:
    """Encodes, and is no encoder for want of a name."""

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        return HashEncoder().encode(texts)


@pytest.mark.parametrize("encoder", [Nameless(), HashEncoder, 7, "", "some-model"])
def test_what_is_no_encoder_is_refused_with_a_hint(encoder: Any) -> None:
    with pytest.raises(InputError, match=r"^[^\n]*; give load_encoder\([^\n]*\.$"):
        compare(NORTH, SOUTH, encoder=encoder)


def test_texts_without_names_are_called_by_their_place() -> None:
    found = compare(NORTH, SOUTH, encoder=HashEncoder(), lang_a="en", lang_b="fr")
    assert (found.sides.a.name, found.sides.b.name) == ("A", "B")


class Broken(HashEncoder):
    """Gives numbers that are none."""

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        return super().encode(texts) * np.float32(np.nan)


class Failing(HashEncoder):
    """Can't."""

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        raise ConnectionError("no encoder there")


def test_an_encoder_that_fails_is_not_replaced() -> None:
    with pytest.raises(ModelError, match="hash-64"):
        compare(NORTH, SOUTH, encoder=Broken())
    with pytest.raises(ConnectionError, match="no encoder there"):
        compare(NORTH, SOUTH, encoder=Failing())


class Slow(HashEncoder):
    """Has to be loaded first."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.error = error
        self.loaded = False

    def prepare(self) -> None:
        time.sleep(0.1)
        if self.error:
            raise self.error
        self.loaded = True

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        assert self.loaded
        return super().encode(texts)


def test_an_encoder_is_loaded_before_it_is_asked() -> None:
    found, expected = (compare(NORTH, SOUTH, encoder=each) for each in (Slow(), HashEncoder()))
    assert found.claims == expected.claims
    with pytest.raises(ModelError, match="no weights"):
        compare(NORTH, SOUTH, encoder=Slow(ModelError("no weights")))


class Reading(HashRichEncoder):
    """Takes its time to read."""

    reading = 0

    def read(self, texts: Sequence[str]) -> tuple[TokenStates, ...]:
        self.reading += 1
        time.sleep(0.2)
        self.reading -= 1
        return super().read(texts)


@pytest.mark.parametrize("times", [1, 500])
def test_nothing_is_read_on_once_it_is_said_what_is_wrong(tmp_path: Path, times: int) -> None:
    (tmp_path / "topics.toml").write_text("[eels", encoding="utf-8")
    for asked in ({"topics": tmp_path / "topics.toml"}, {"watch": ["..."]}, {"judge": "oracle"}):
        encoder = Reading()
        with pytest.raises(InputError):
            compare(NORTH * times, SOUTH, encoder=encoder, **asked)
        assert encoder.reading == 0
        assert len(encoder.asked) <= (times == 1)  # a long one is never begun


def test_a_cache_that_can_not_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ModelError, match="--cache-dir"):
        compare(NORTH, SOUTH, cache_dir=tmp_path / "file")


# The samples, with the bundled encoder


def statuses(comparison: Comparison, words: str) -> set[str]:
    """What became of the claims that hold these words."""
    found: set[str] = {claim.status for claim in comparison.claims if words in claim.text}
    assert found, words
    return found


@pytest.mark.parametrize(
    ("seoul", "tokyo", "abductions", "expo", "parting"),
    [
        ("seoul.ko.txt", "tokyo.ja.txt", "拉致問題", "万博", "직접 만나"),
        ("seoul.en.txt", "tokyo.en.txt", "abductions", "Expo", "in person"),
        ("seoul.ko.txt", "tokyo.en.txt", "abductions", "Expo", "in person"),
        ("seoul.en.txt", "tokyo.ja.txt", "拉致問題", "万博", "in person"),
    ],
)
def test_only_tokyo_mentions_the_abductions(
    bundled: BundledEncoder, seoul: str, tokyo: str, abductions: str, expo: str, parting: str
) -> None:
    found = compare(load(CALL / seoul), load(CALL / tokyo), encoder=bundled)
    (claim,) = (claim for claim in found.of("b") if abductions in claim.text)
    assert claim.status == "only"
    assert claim.absence > 0.5
    assert statuses(found, expo) == {"only"}
    # Both report the call; that one says 25 minutes and the other 30 may be marked.
    assert found.claim("a1").status in ("shared", "partial")
    assert [match.id for match in found.claim("a1").matches] == ["b1"]
    if parting in found.sides.a.text:
        assert statuses(found, parting) == {"shared"}


@pytest.mark.parametrize("path", sorted(CALL.glob("*.txt")), ids=lambda path: path.name)
def test_a_text_shares_all_with_itself(bundled: BundledEncoder, path: Path) -> None:
    readout = load(path)
    found = compare(readout, readout, encoder=bundled)
    shared = [claim for claim in found.claims if claim.status == "shared"]
    assert len(shared) >= 0.9 * len(found.claims)
    assert all(f"b{claim.id[1:]}" == claim.matches[0].id for claim in shared if claim.side == "a")
    assert found.sides.a.coverage > 0.9


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("2025-06-kor-jpn-call/seoul.ko.txt", "2022-07-usa-sau-jeddah/riyadh.ar.txt"),
        ("2025-06-kor-jpn-call/seoul.en.txt", "2021-06-usa-rus-geneva/washington.en.txt"),
        ("2025-06-kor-jpn-call/tokyo.ja.txt", "2024-02-fra-ukr-paris/paris.fr.txt"),
    ],
)
def test_unrelated_readouts_share_hardly_anything(bundled: BundledEncoder, a: str, b: str) -> None:
    found = compare(load(SAMPLES / a), load(SAMPLES / b), encoder=bundled)
    only = [claim for claim in found.claims if claim.status == "only"]
    assert len(only) >= 0.8 * len(found.claims)


def test_neither_side_comes_first_in_the_samples(bundled: BundledEncoder) -> None:
    seoul, tokyo = load(CALL / "seoul.ko.txt"), load(CALL / "tokyo.ja.txt")
    there, back = compare(seoul, tokyo, encoder=bundled), compare(tokyo, seoul, encoder=bundled)
    for key, turned in (("a", "b"), ("b", "a")):
        mine = [claim for claim in there.claims if claim.side == key]
        yours = [claim for claim in back.claims if claim.side == turned]
        assert [(c.text, c.status, c.absence, c.missing) for c in mine] == [
            (c.text, c.status, c.absence, c.missing) for c in yours
        ]
        assert [[(m.id[1:], m.similarity) for m in c.matches] for c in mine] == [
            [(m.id[1:], m.similarity) for m in c.matches] for c in yours
        ]
    assert (there.sides.a, there.sides.b) == (back.sides.b, back.sides.a)


def test_a_fresh_encoder_gives_the_same_report(bundled: BundledEncoder, model_cache: Path) -> None:
    seoul, tokyo = load(CALL / "seoul.ko.txt"), load(CALL / "tokyo.ja.txt")
    one = compare(seoul, tokyo, encoder=bundled)
    other = compare(seoul, tokyo, cache_dir=model_cache)
    assert one.to_json().replace(one.created, "") == other.to_json().replace(other.created, "")


@pytest.mark.parametrize("folder", sorted(SAMPLES.glob("*/")), ids=lambda folder: folder.name)
def test_every_sample_gives_a_valid_report(bundled: BundledEncoder, folder: Path) -> None:
    schema = json.loads((ROOT / "docs" / "report.schema.json").read_text(encoding="utf-8"))
    a, b = sorted(folder.glob("*.txt"))[:2]
    found = compare(load(a), load(b), encoder=bundled)
    jsonschema.Draft202012Validator(schema).validate(json.loads(found.to_json()))
    assert Comparison.from_json(found.to_json()) == found
    words = [missing.text for claim in found.claims for missing in claim.missing]
    assert all(re.search(r"\w", word) for word in words)

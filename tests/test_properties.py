"""What holds of every report, whatever the two texts: the six properties of the design.

Readouts are generated from sentences of our own on an invented meeting, with odd characters thrown
in, and compared with encoders that hash; the models of the judge are those shipped.
"""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from readout_diff import InputError, compare, disagreement, findings
from readout_diff.datamodel import Claim, Comparison, Presence, Readout, Sides
from readout_diff.embed import Encoder
from readout_diff.embed.bundled import NAME
from readout_diff.judge import Judge, load_judge
from readout_diff.report import FORMATS, render
from readout_diff.segment import segment
from tests.fake_encoder import HashEncoder
from tests.random_judge import random_model
from tests.rich_encoder import HashRichEncoder
from tests.test_detect import reacting

# Judges of random weights meet figures that they would never have learnt from.
ROOT = Path(__file__).parents[1]
SCHEMA = jsonschema.Draft202012Validator(
    json.loads((ROOT / "docs" / "report.schema.json").read_text(encoding="utf-8"))
)

SENTENCES = [
    "The two ministers met in the harbour city on 4 May.",
    "They agreed to open a fisheries office, and the northern side will pay for the lighthouse.",
    "Minister Orlan said that the quota of 1,200 tonnes (eels too) stays; nothing else was said.",
    "“We will meet again,” he added.",
    "두 장관은 5월 4일 항구 도시에서 만나 수산 사무소를 열기로 했다.",
    "오를란 장관은 장어 어획량을 1,200톤으로 유지하겠다고 밝혔으며, 등대 보수도 제안했다.",
    "両大臣は、５月４日に港町で会談し、水産事務所を開設することで一致しました。",
    "オルラン大臣は、灯台の修繕を求めました。",
    "两位部长五月四日在港口城市会晤，同意开设渔业办事处；鳗鱼配额保持不变。",
    "Министры встретились 4 мая в портовом городе и договорились открыть рыболовное бюро.",
    "Міністр Орлан запропонував відремонтувати маяк.",
    "Les ministres se sont entretenus le 4 mai et ont décidé d’ouvrir un bureau de la pêche.",
    "Die Minister vereinbarten, den Leuchtturm zu reparieren, und die Quote bleibt.",
    "Los ministros acordaron abrir una oficina de pesca.",
    "اتفق الوزيران على فتح مكتب لمصايد الأسماك في المدينة الساحلية.",
]
ODD = [
    "Harbour talks", "2026. 5. 4.(월)", "1. ", "○ ", "(END)", "", "…", "👍🏽", "\u200b", "\ufeff",
    "두 장관은 등대를 보았다.", "e\u0301te\u0301 .", "« »", "\u202eright to left.",
    "\t", "a", "7", "U.S.", "「", "tel. +00 0000", "{{ }}", "<b>bold</b>.", "\x1b[31mred.",
]  # fmt: skip
LANGS = ["en", "ko", "ja", "zh", "ru", "uk", "fr", "de", "es", "ar", "und", "sw"]

texts = st.lists(
    st.tuples(
        st.one_of(st.sampled_from(SENTENCES), st.sampled_from(ODD)),
        st.sampled_from([" ", "\n", "\n\n", "\r\n", ""]),
    ),
    min_size=1,
    max_size=8,
).map(lambda parts: "".join(piece + gap for piece, gap in parts))
readouts = st.builds(Readout, text=texts, lang=st.sampled_from(LANGS))
TIME = "2026-05-04T00:00:00+00:00"
EVERYTHING = reacting(matching=9.0)


@dataclass(frozen=True)
class Stages:
    """The encoder, and the judge: the shipped one, or one of random weights."""

    encoder: Encoder
    seed: int | None

    def compare(self, a: Readout, b: Readout) -> Comparison:
        """What `compare` finds, without its time."""

        def judge(encoder: str, name: str | None) -> Judge:
            if self.seed is None:
                return load_judge(encoder, name)
            return Judge(random_model(self.seed, 3.0, rich=encoder == NAME))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(findings, "load_judge", judge)
            if self.seed is not None:  # and whatever may match is in conflict
                patch.setattr(disagreement, "load_conflict_model", lambda _name: EVERYTHING)
            return replace(compare(a, b, encoder=self.encoder), created=TIME)

    def found(self, a: Readout, b: Readout) -> Comparison | None:
        """The comparison; None where one side claims nothing, as is said then."""
        if all(segment(readout.text, readout.lang).claims for readout in (a, b)):
            return self.compare(a, b)
        with pytest.raises(InputError, match=r"^[^\n]* claim [^\n]*\.$"):
            self.compare(a, b)
        return None


stages = st.builds(
    Stages,
    encoder=st.sampled_from([HashEncoder(32), HashRichEncoder()]),
    seed=st.one_of(st.none(), st.integers(0, 999)),
)


@given(readouts, readouts, stages)
def test_1_claims_are_quotes(a: Readout, b: Readout, run: Stages) -> None:
    if found := run.found(a, b):
        assert (found.sides.a.text, found.sides.b.text) == (a.text, b.text)
        for claim in found.claims:
            text = (a if claim.side == "a" else b).text
            assert text[claim.start : claim.end] == claim.text
            assert claim.text
            for missing in claim.missing:
                assert text[missing.start : missing.end] == missing.text
                assert claim.start <= missing.start < missing.end <= claim.end
        claims = {claim.id: claim for claim in found.claims}
        for conflict in found.conflicts:
            for text, words in ((a.text, conflict.a), (b.text, conflict.b)):
                claim = claims[words.claim]
                assert text[words.start : words.end] == words.text
                assert claim.start <= words.start < words.end <= claim.end


@given(readouts, readouts, stages)
def test_2_all_that_is_asserted_is_judged_once(a: Readout, b: Readout, run: Stages) -> None:
    if not (found := run.found(a, b)):
        return
    keys: list[Literal["a", "b"]] = ["a", "b"]
    for key, readout, side in zip(keys, (a, b), (found.sides.a, found.sides.b), strict=True):
        claims = found.of(key)
        assert [claim.id for claim in claims] == [f"{key}{n + 1}" for n in range(len(claims))]
        segmentation = segment(readout.text, readout.lang)
        for claim in claims:
            sentence = segmentation.sentences[claim.sentence]
            assert sentence.start <= claim.start < claim.end <= sentence.end
        assert (side.claims, side.sentences) == (len(claims), len(segmentation.sentences))
        assert side.ignored == segmentation.ignored
        taken: set[int] = set()
        spans = [(claim.start, claim.end) for claim in claims]
        for span in spans + [(span.start, span.end) for span in side.ignored]:
            places = set(range(*span))
            assert not taken & places
            taken |= places
        assert {at for at, letter in enumerate(readout.text) if letter.isalnum()} <= taken
        assert {claim.status for claim in claims} <= {"shared", "partial", "only"}
        conveyed = sum({"shared": 1.0, "partial": 0.5, "only": 0.0}[c.status] for c in claims)
        assert side.coverage == pytest.approx(conveyed / len(claims), abs=1e-4)
        only = sum(claim.status == "only" for claim in claims)
        assert only == (found.summary.only_a if key == "a" else found.summary.only_b)
    for status, count in (("shared", found.summary.shared), ("partial", found.summary.partial)):
        assert sum(claim.status == status for claim in found.claims) == count
    ids = {claim.id for claim in found.claims}
    assert all(match.id in ids for claim in found.claims for match in claim.matches)


def mirror(comparison: Comparison) -> Comparison:
    """The comparison with its sides exchanged, told anew for this test."""

    def turn(claim: Claim) -> Claim:
        matches = tuple(replace(match, id=turned(match.id)) for match in claim.matches)
        side: Literal["a", "b"] = "b" if claim.side == "a" else "a"
        return replace(claim, id=turned(claim.id), side=side, matches=matches)

    def turned(name: str) -> str:
        return re.sub("^[ab]", lambda key: "b" if key[0] == "a" else "a", name)

    conflicts = sorted(
        (
            replace(
                conflict,
                a=replace(conflict.b, claim=turned(conflict.b.claim)),
                b=replace(conflict.a, claim=turned(conflict.a.claim)),
            )
            for conflict in comparison.conflicts
        ),
        key=lambda conflict: (conflict.a.start, conflict.b.start),
    )
    presences: dict[Presence, Presence] = {"a": "b", "b": "a"}
    topics = tuple(
        replace(
            topic,
            a=tuple(map(turned, topic.b)),
            b=tuple(map(turned, topic.a)),
            presence=presences.get(topic.presence, topic.presence),
        )
        for topic in comparison.topics
    )
    summary = comparison.summary
    return replace(
        comparison,
        conflicts=tuple(conflicts),
        topics=topics,
        sides=Sides(comparison.sides.b, comparison.sides.a),
        claims=tuple(map(turn, comparison.of("b") + comparison.of("a"))),
        summary=replace(summary, only_a=summary.only_b, only_b=summary.only_a),
    )


@pytest.fixture
def all_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures as they were computed: rounding hides what differs in the last bits."""
    monkeypatch.setattr("readout_diff.judge._DIGITS", 17)


@pytest.mark.usefixtures("all_digits")
@given(readouts, readouts, stages)
def test_3_neither_side_comes_first(a: Readout, b: Readout, run: Stages) -> None:
    a, b = replace(a, name="North"), replace(b, name="South")
    there, back = run.found(a, b), run.found(b, a)
    assert back == (there and mirror(there))


@pytest.mark.usefixtures("all_digits")
@given(readouts, stages)
def test_3_a_text_and_itself_are_each_other_s_mirror(readout: Readout, run: Stages) -> None:
    a, b = (replace(readout, name=name, path=f"{name}.txt") for name in ("North", "South"))
    there, back = run.found(a, b), run.found(b, a)
    assert back == (there and mirror(there))


@given(readouts, readouts, stages)
def test_4_the_same_texts_give_the_same_bytes(a: Readout, b: Readout, run: Stages) -> None:
    first, again = run.found(a, b), run.found(a, b)
    assert (first and first.to_json()) == (again and again.to_json())


def test_4_a_process_like_any_other_gives_the_same_bytes() -> None:
    """Whatever the order in which its sets are walked."""
    code = (
        "import sys; from readout_diff import compare\n"
        "from tests.rich_encoder import HashRichEncoder\n"
        "found = compare(*sys.argv[1:], encoder=HashRichEncoder())\n"
        "print(found.to_json().replace(found.created, ''))"
    )
    texts = [" ".join(SENTENCES[:6]), " ".join(SENTENCES[4:9])]
    reports = {
        subprocess.check_output(
            [sys.executable, "-c", code, *texts],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        )
        for seed in ("1", "2")
    }
    assert len(reports) == 1


@given(readouts, readouts, stages)
def test_6_a_report_stands_alone(a: Readout, b: Readout, run: Stages) -> None:
    if not (found := run.found(a, b)):
        return
    text = found.to_json()
    again = Comparison.from_json(text)
    assert again == found
    assert again.to_json() == text
    report: Any = json.loads(text)
    SCHEMA.validate(report)
    for key in "ab":
        side = report["sides"][key]
        for claim in report["claims"]:
            if claim["side"] == key:
                assert side["text"][claim["start"] : claim["end"]] == claim["text"]
    for format in FORMATS:
        assert render(again, format, show_all=True) == render(found, format, show_all=True)

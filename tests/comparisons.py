"""A small comparison made by hand, on an invented meeting: what report tests render."""

from msgspec.structs import replace

from readout_diff.datamodel import (
    Claim,
    Comparison,
    Conflict,
    ConflictSide,
    Ignored,
    Match,
    Missing,
    Readout,
    Severity,
    Side,
    Sides,
    Status,
    Summary,
    Tool,
    Topic,
)

KOREAN = """\
온누리 외교장관, 가람국 외교장관과 통화

양 장관은 올해 안에 세 차례 실무 회담을 열기로 했습니다. 온누리 장관은 어업 협정의 조속한 \
타결을 희망한다고 밝혔습니다.
양측은 대학생 교류를 400명으로 늘리고, 등대 보수를 함께 하기로 했습니다.
"""

JAPANESE = """\
外相電話会談

両外相は、年内に二回の実務者会合を開くことで一致しました。
両外相は、大学生の交流を拡大することで一致しました。カラム外相は、海鳥の保護区について、オン
ヌリ側の説明を求めました。
カラム外相は、来月の訪問を招請しました。
"""


def comparison() -> Comparison:
    """Every kind of thing that a report can hold, at least once."""
    a, b = KOREAN, JAPANESE
    claims = _with_topics(
        _claim(
            a,
            "a1",
            "양 장관은 올해 안에 세 차례 실무 회담을 열기로 했습니다.",
            0,
            "shared",
            0.08,
            "b1",
        ),
        _claim(
            a,
            "a2",
            "온누리 장관은 어업 협정의 조속한 타결을 희망한다고 밝혔습니다.",
            1,
            "only",
            0.97,
        ),
        _claim(
            a,
            "a3",
            "양측은 대학생 교류를 400명으로 늘리고,",
            2,
            "partial",
            0.41,
            "b2",
            missing="400명으로",
        ),
        _claim(a, "a4", "등대 보수를 함께 하기로 했습니다.", 2, "only", 0.55, unsure=True),
        _claim(
            b,
            "b1",
            "両外相は、年内に二回の実務者会合を開くことで一致しました。",
            0,
            "shared",
            0.1,
            "a1",
        ),
        _claim(
            b, "b2", "両外相は、大学生の交流を拡大することで一致しました。", 1, "shared", 0.12, "a3"
        ),
        _claim(
            b,
            "b3",
            "カラム外相は、海鳥の保護区について、オン\nヌリ側の説明を求めました。",
            2,
            "only",
            0.99,
        ),
        _claim(b, "b4", "カラム外相は、来月の訪問を招請しました。", 3, "only", 0.93),
    )
    return Comparison(
        schema=1,
        tool=Tool("readout-diff", "0.1.0", "hash-64", "by hand", {"seed": 1, "strict": True}),
        created="2026-01-02T03:04:05Z",
        sides=Sides(
            _side(Readout(a, "ko", "Onnuri", "onnuri.ko.txt", "utf-8"), "title", 0.38, 3, 4),
            _side(Readout(b, "ja", "Garam", "garam.ja.txt", "utf-8"), "title", 0.5, 4, 4),
        ),
        claims=claims,
        conflicts=(Conflict("number", 0.88, _words(a, "a1", "세 차례"), _words(b, "b1", "二回")),),
        topics=(
            Topic("lighthouses", "Lighthouses", ("a4",), (), "a", watched=True),
            Topic("salt", "Salt", (), (), "neither", watched=True),
            Topic("fisheries", "Fisheries", ("a2",), (), "a", watched=False),
            Topic("education-youth", "Education", ("a3",), ("b2",), "both", watched=False),
            Topic("invitation", "Invitations", (), ("b4",), "b", watched=False),
        ),
        summary=Summary(shared=3, partial=1, only_a=2, only_b=2, conflicts=1),
    )


def _with_topics(*claims: Claim) -> tuple[Claim, ...]:
    """The claims with the topics that the comparison lists, and how much they matter."""
    topics = {
        "a2": ("fisheries",),
        "a3": ("education-youth",),
        "a4": ("lighthouses",),
        "b2": ("education-youth",),
        "b4": ("invitation",),
    }
    severity = {
        "a2": Severity(3, "policy: Fisheries"),
        "a3": Severity(4, "policy: Education"),
        "a4": Severity(1, "watched: Lighthouses"),
        "b3": Severity(2, "policy"),
        "b4": Severity(5, "courtesy: Invitations"),
    }
    return tuple(
        replace(claim, topics=topics.get(claim.id, ()), severity=severity.get(claim.id))
        for claim in claims
    )


def empty_comparison() -> Comparison:
    """Two sides that say the same one thing, and nothing else to report."""
    text = "The ministers met."
    return Comparison(
        schema=1,
        tool=Tool("readout-diff", "0.1.0", "hash-64", "by hand"),
        created="2026-01-02T03:04:05Z",
        sides=Sides(
            _side(Readout(text, "en", "North"), None, 1.0, 1, 1),
            _side(Readout(text, "en", "South"), None, 1.0, 1, 1),
        ),
        claims=(
            _claim(text, "a1", text, 0, "shared", 0.01, "b1"),
            _claim(text, "b1", text, 0, "shared", 0.01, "a1"),
        ),
        conflicts=(),
        topics=(),
        summary=Summary(shared=2, partial=0, only_a=0, only_b=0, conflicts=0),
    )


def one_claim(text: str, *, lang: str = "en", name: str = "North") -> Comparison:
    """A comparison whose side a holds only this text, as one claim that side b lacks."""
    other = "Nothing else was said."
    return Comparison(
        schema=1,
        tool=Tool("readout-diff", "0.1.0", "hash-64", "by hand"),
        created="2026-01-02T03:04:05Z",
        sides=Sides(
            _side(Readout(text, lang, name), None, 0.0, 1, 1),
            _side(Readout(other, "en", "South"), None, 0.0, 1, 1),
        ),
        claims=(
            _claim(text, "a1", text, 0, "only", 0.9),
            _claim(other, "b1", other, 0, "only", 0.9),
        ),
        conflicts=(),
        topics=(),
        summary=Summary(shared=0, partial=0, only_a=1, only_b=1, conflicts=0),
    )


def _claim(
    text: str,
    id: str,
    words: str,
    sentence: int,
    status: Status,
    absence: float,
    match: str | None = None,
    *,
    missing: str | None = None,
    unsure: bool = False,
) -> Claim:
    start = text.index(words)
    gaps: tuple[Missing, ...] = ()
    if missing:
        at = text.index(missing)
        gaps = (Missing(at, at + len(missing), missing, 0.8),)
    return Claim(
        id=id,
        side="a" if id.startswith("a") else "b",
        start=start,
        end=start + len(words),
        text=words,
        sentence=sentence,
        status=status,
        absence=absence,
        matches=(Match(match, 0.9),) if match else (),
        missing=gaps,
        unsure=unsure,
    )


def _words(text: str, claim: str, words: str) -> ConflictSide:
    start = text.index(words)
    return ConflictSide(claim, start, start + len(words), words)


def _side(
    readout: Readout, ignored: str | None, coverage: float, sentences: int, claims: int
) -> Side:
    first_line = readout.text.index("\n") if ignored else 0
    return Side(
        name=readout.name,
        path=readout.path,
        lang=readout.lang,
        encoding=readout.encoding,
        title=readout.text[:first_line] if ignored else None,
        date=None,
        office=None,
        sha256=readout.sha256,
        text=readout.text,
        coverage=coverage,
        sentences=sentences,
        claims=claims,
        ignored=(Ignored(0, first_line, ignored),) if ignored else (),
    )

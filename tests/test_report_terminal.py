import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.cells import cell_len
from rich.text import Text

from readout_diff.datamodel import Comparison, Match, Severity
from readout_diff.report.characters import clean
from readout_diff.report.layout import wrap
from readout_diff.report.terminal import render
from tests.comparisons import empty_comparison, one_claim
from tests.pages import RIGHT_TO_LEFT, SAMPLES, judged_comparison, saved

ANSI = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize(
    ("name", "width", "color", "show_all"),
    [
        ("terminal-80.txt", 80, False, False),
        ("terminal-40.txt", 40, False, False),
        ("terminal-all.txt", 100, False, True),
        ("terminal-color.txt", 80, True, True),
    ],
)
def test_golden(
    comparison: Comparison,
    golden: Callable[[str, str], None],
    name: str,
    width: int,
    color: bool,
    show_all: bool,
) -> None:
    golden(name, render(comparison, width=width, color=color, show_all=show_all))


@pytest.mark.parametrize("name", SAMPLES.values())
def test_golden_of_samples(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"{name}.txt", render(saved(name), width=140, show_all=True))


def test_golden_with_topics(golden: Callable[[str, str], None]) -> None:
    golden("terminal-topics.txt", render(judged_comparison()))


def test_golden_with_nothing_to_report(golden: Callable[[str, str], None]) -> None:
    golden("terminal-same.txt", render(empty_comparison()))


def test_what_only_one_side_says_comes_before_what_both_say(comparison: Comparison) -> None:
    text = render(comparison)
    places = [
        text.index(title)
        for title in (
            "Topics",
            "In conflict",
            "Only Onnuri says",
            "Only Garam says",
            "Partly covered",
            "Too close to call",
            "Both say",
        )
    ]
    assert places == sorted(places)


def test_shared_claims_are_counted_and_shown_on_demand(comparison: Comparison) -> None:
    shared = comparison.claim("b1").text
    # Its words stand in the conflict too, which comes without the claim's place.
    without = replace(comparison, conflicts=())
    assert shared not in render(without)
    assert shared in render(without, show_all=True, width=100)


@pytest.mark.parametrize("width", [20, 40, 60, 80, 110, 120, 150, 201])
@pytest.mark.parametrize("show_all", [False, True])
def test_no_line_is_wider_than_the_terminal(
    comparison: Comparison, width: int, show_all: bool
) -> None:
    for found in (comparison, judged_comparison(), *map(saved, (*SAMPLES.values(), RIGHT_TO_LEFT))):
        for color in (False, True):
            for line in render(found, width=width, color=color, show_all=show_all).split("\n"):
                assert cell_len(ANSI.sub("", line)) <= width


def test_colour_only_when_asked(comparison: Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "COLORTERM", "TTY_COMPATIBLE"):
        monkeypatch.setenv(name, "1")
    assert "\x1b" not in render(comparison)
    monkeypatch.setenv("NO_COLOR", "1")  # the command line's to obey
    assert ANSI.search(render(comparison, color=True))


def test_missing_words_are_seen_with_and_without_colour(comparison: Comparison) -> None:
    assert "⟦400명으로⟧" in render(comparison)
    colored = render(comparison, color=True)
    assert "⟦" not in colored
    assert re.search(r"\x1b\[[0-9;]*4[0-9;]*m400명으로\x1b\[0m", colored)


def test_place_is_line_and_column(comparison: Comparison) -> None:
    assert re.search(r"어업 협정.*\n? *Fisheries · line 3:35 · 97 %", render(comparison))


def test_any_line_end_begins_a_line(comparison: Comparison) -> None:
    sides = comparison.sides
    text = sides.a.text.replace("\r\n", "\n").replace("\n", "\r")
    old = replace(comparison, sides=replace(sides, a=replace(sides.a, text=text)))
    assert re.search(r"어업 협정.*\n? *Fisheries · line 3:35 · 97 %", render(old))


def test_a_side_without_a_name_is_called_by_its_letter(comparison: Comparison) -> None:
    sides = comparison.sides
    nameless = replace(comparison, sides=replace(sides, b=replace(sides.b, name="")))
    assert "of which B conveys" in render(nameless)


def section(text: str, title: str) -> str:
    """What stands under a heading, up to the next blank line."""
    return text[text.index(f"\n{title} · ") :].split("\n\n")[0]


def test_claims_too_close_to_call_stand_by_themselves(comparison: Comparison) -> None:
    text = render(comparison, width=100)
    assert "1 only Onnuri · 2 only Garam · 1 partly covered · 1 too close to call" in text
    assert "등대" not in section(text, "Only Onnuri says")
    close = section(text, "Too close to call")
    assert re.search(
        r"a4  등대 .*\n? *probably only Onnuri · ★ Lighthouses · line 4:25 · 55 %", close
    )


def test_a_shared_claim_too_close_to_call_comes_with_its_best_match(
    comparison: Comparison,
) -> None:
    first, *rest = comparison.claims
    matches = (*first.matches, Match("b4", 0.4))
    unsure = replace(comparison, claims=(replace(first, unsure=True, matches=matches), *rest))
    text = render(unsure, show_all=True, width=100)
    assert "2 too close to call · 1 in conflict · 2 shared" in text
    close = section(text, "Too close to call")
    assert "probably both · line 3:1" in close
    assert "≈ Garam b1:" in close
    assert "b4" not in close
    # The match is sure of itself, so it isn't passed over as half of a pair.
    assert re.search(r"^  a1 ", section(text, "Both say"), re.MULTILINE) is None
    assert re.search(r"^  b1 ", section(text, "Both say"), re.MULTILINE)


def test_nothing_is_said_of_what_is_not_there() -> None:
    assert "oo close to call" not in render(empty_comparison())
    assert "oth say" not in render(one_claim("It was said."))


def test_the_footer_says_what_both_say_does_not_mean() -> None:
    footer = " ".join(render(empty_comparison()).split())
    assert "amounts, negations and speakers that differ are not always seen" in footer


def test_a_pair_that_matches_one_to_one_is_shown_once(comparison: Comparison) -> None:
    both = section(render(comparison, show_all=True, width=100), "Both say")
    assert re.findall(r"^  ([ab]\d) ", both, re.MULTILINE) == ["a1", "b2"]
    assert both.count(comparison.claim("b1").text) == 1


def test_a_claim_with_several_matches_is_shown_on_either_side(comparison: Comparison) -> None:
    first, *rest = comparison.claims
    several = replace(first, matches=(*first.matches, Match("b2", 0.4)))
    view = render(replace(comparison, claims=(several, *rest)), show_all=True, width=100)
    found = re.findall(r"^  ([ab]\d) ", section(view, "Both say"), re.MULTILINE)
    assert found == ["a1", "b1", "b2"]


def test_by_severity_what_matters_most_comes_first(comparison: Comparison) -> None:
    swapped = {"b3": Severity(5, "courtesy"), "b4": Severity(2, "policy: Invitations")}
    claims = tuple(
        replace(claim, severity=swapped.get(claim.id, claim.severity))
        for claim in comparison.claims
    )
    ranked = replace(comparison, claims=claims)
    in_text_order = section(render(ranked), "Only Garam says")
    by_severity = section(render(ranked, by_severity=True), "Only Garam says")
    assert in_text_order.index("b3") < in_text_order.index("b4")
    assert by_severity.index("b4") < by_severity.index("b3")


def test_topics_say_who_mentions_them() -> None:
    found = section(render(judged_comparison()), "Topics")
    assert re.findall(r"^  (★|\x20) (.*?)  +(.*?)(?:  +(.*))?$", found, re.MULTILINE) == [
        ("★", "sea birds", "only Garam", "b3"),
        ("★", "whales", "neither", ""),
        (" ", "students | exchange", "both", "a3 · b2"),
        (" ", "fisheries", "only Onnuri", "a2"),
    ]
    assert "Topics" not in render(empty_comparison())


def test_many_claims_of_a_topic_are_counted() -> None:
    found = judged_comparison()
    topic = replace(found.topics[0], a=tuple(f"a{n}" for n in range(1, 21)))
    assert "a12 +8 · b2" in render(replace(found, topics=(topic,)), width=120)


def test_quotes_stand_side_by_side_where_there_is_room(comparison: Comparison) -> None:
    def together(width: int) -> bool:
        lines = render(comparison, width=width).split("\n")
        return any("400명으로" in line and "拡大する" in line for line in lines)

    assert together(120)
    assert not together(119)


def test_side_a_stands_on_the_left(comparison: Comparison) -> None:
    wide = render(comparison, width=140, show_all=True)
    for line in section(wide, "Both say").split("\n")[3:]:
        assert not re.search(r"^  b\d .* a\d ", line)
    assert re.search(r"^  a3 .*  b2 ", section(wide, "Both say"), re.MULTILINE)


def test_arabic_never_shares_a_line() -> None:
    wide = render(saved(RIGHT_TO_LEFT), width=160, show_all=True)
    arabic = [line for line in wide.split("\n") if re.search("[\u0600-\u06ff]", line)]
    assert arabic
    assert not [line for line in arabic if re.search(r"^  a\d", line)]


def test_places_are_links_where_they_are_wanted(comparison: Comparison, tmp_path: Path) -> None:
    file = tmp_path / "onnuri.txt"
    file.write_text(comparison.sides.a.text, encoding="utf-8")
    sides = comparison.sides
    there = replace(comparison, sides=replace(sides, a=replace(sides.a, path=str(file))))
    linked = render(there, color=True, links="x:{path}:{line}:{column}")
    assert f"\x1b]8;;x:{file.as_posix()}:3:35\x1b\\" in linked
    assert linked == render(there, color=True, links="x:{path}:{line}:{column}")
    assert re.sub(r"\x1b\]8;;.*?\x1b\\", "", linked) == render(there, color=True)
    assert render(there, links="x:{path}") == render(there)


def test_escapes_and_controls_of_a_readout_are_shown_and_not_sent() -> None:
    text = render(one_claim("a\x1b[31mb\x07c\x9bd\x00e\x7f \u202edesrever\u202c f\tg\r\nh"))
    assert "a␛[31mb␇c\ufffdd␀e␡ ⟨RLO⟩desrever⟨PDF⟩ f g h" in text
    assert set(text) & set("\x1b\x07\x9b\x00\x7f\u202e\u202c\t\r") == set()


def test_names_are_made_harmless_too() -> None:
    text = render(one_claim("It was said.", name="\x1b[31mNorth\n\nOnly South says"))
    assert "␛[31mNorth Only South says" in text
    assert "\x1b" not in text


def test_markup_and_emoji_codes_are_literal() -> None:
    text = render(one_claim("[bold]He[/bold] said :smile: and [link=x]y[/link]."), color=True)
    assert "[bold]He[/bold] said :smile: and [link=x]y[/link]." in ANSI.sub("", text)


def test_text_from_right_to_left_stands_alone_on_its_line() -> None:
    said = "رحب الوزيران بالاتفاق."
    lines = render(one_claim(said, lang="ar")).split("\n")
    assert f"  a1  {said}" in lines


def test_hard_wrapped_lines_are_joined_as_the_script_wants() -> None:
    assert "海鳥の保護区" in render(one_claim("海鳥の\n保護区。", lang="ja"))
    assert "the sea birds" in render(one_claim("the sea\n birds"))
    assert "어업 협정" in render(one_claim("어업\n협정", lang="ko"))


def test_lines_do_not_begin_with_closing_punctuation() -> None:
    said = "両外相は、海鳥の保護区について、互いに説明を求めました。" * 4
    for width in range(20, 60):
        for line in wrap(Text(said), width):
            assert line.plain[0] not in "、。"


def test_unknown_ids_in_a_report_do_not_break_it(comparison: Comparison) -> None:
    first, second, third, *rest = comparison.claims
    third = replace(third, matches=(Match("b99", 0.5),))
    assert "b99" in render(replace(comparison, claims=(first, second, third, *rest)))
    assert render(replace(comparison, claims=()))


@given(st.text(min_size=1, max_size=200), st.integers(20, 120), st.booleans())
def test_any_text_is_rendered(text: str, width: int, color: bool) -> None:
    rendered = render(one_claim(text, name=text), width=width, color=color, show_all=True)
    assert all(
        char == "\n" or unicodedata.category(char) not in ("Cc", "Zl", "Zp", "Cs")
        for char in ANSI.sub("", rendered)
    )


@given(st.text(max_size=300), st.integers(2, 60))
def test_wrapping_loses_nothing_but_spaces(text: str, width: int) -> None:
    line = clean(text)
    wrapped = wrap(Text(line), width)
    assert "".join(part.plain for part in wrapped).replace(" ", "") == line.replace(" ", "")

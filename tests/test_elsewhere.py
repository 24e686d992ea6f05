"""Whether a side has a value anywhere: the quick way says what the slow one does."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from readout_diff.conflicts.amounts import Quantity, clash, reach
from readout_diff.conflicts.dates import dates
from readout_diff.conflicts.elsewhere import Values
from readout_diff.conflicts.periods import Date, dates_clash
from readout_diff.conflicts.quantities import quantities

AMOUNTS = [
    *("12", "about 12", "more than 10", "at least 12", "nearly 13", "at most 14", "10 to 15"),
    *("1,200", "1.2 thousand", "1.23 million", "1,234,567", "three", "a hundred", "about 45"),
]
UNITS = [
    *("ships", "people", "percent", "percentage points", "dollars", "US dollars", "yen", ""),
    *("minutes", "hours", "days", "weeks", "months", "years", "seconds", "times a year"),
]
phrases = st.one_of(
    st.builds("They counted {} {}.".format, st.sampled_from(AMOUNTS), st.sampled_from(UNITS)),
    st.builds("It was the {} anniversary.".format, st.sampled_from(["60th", "5th", "100th"])),
    st.builds("It has lasted {} years.".format, st.sampled_from(["60", "5", "100"])),
)
claims = st.lists(phrases, max_size=8).map(lambda texts: [quantities(text, "en") for text in texts])
days = st.lists(
    st.sampled_from(["On June 9 they met.", "They met on 9 June 2025.", "In 2025 it rained."]),
    max_size=4,
).map(lambda texts: [dates(text, "en") for text in texts])


def found(thing: Quantity, claims: Sequence[Sequence[Quantity]]) -> bool:
    return any(clash(thing, other) is False for claim in claims for other in claim)


@given(claims, claims)
def test_quantities(own: list[list[Quantity]], other: list[list[Quantity]]) -> None:
    values = Values(other, clash, reach)
    for claim in own:
        for thing in claim:
            assert values.have(thing) == found(thing, other)
            assert values.have(thing) == found(thing, other)  # and when asked again


@given(days, days)
def test_dates(own: list[list[Date]], other: list[list[Date]]) -> None:
    values = Values(other, dates_clash)
    for claim in own:
        for thing in claim:
            expected = any(dates_clash(thing, day) is False for days in other for day in days)
            assert values.have(thing) == expected


@given(st.lists(phrases, min_size=2, max_size=2))
def test_whatever_agrees_is_within_reach(texts: list[str]) -> None:
    for a in quantities(texts[0], "en"):
        for b in quantities(texts[1], "en"):
            if clash(a, b) is False:
                (low, high), (least, most) = reach(a), reach(b)
                assert low <= most
                assert least <= high


def test_few_of_many_are_compared() -> None:
    things = quantities(". ".join(f"They counted {n * 1000} ships" for n in range(1, 400)), "en")
    asked = []

    def watched(a: Quantity, b: Quantity) -> bool | None:
        asked.append(b)
        return clash(a, b)

    values = Values([things], watched, reach)
    assert all(values.have(thing) for thing in things)
    assert len(asked) < len(things) ** 2 / 3
    assert len({thing.value for thing in things}) > 390

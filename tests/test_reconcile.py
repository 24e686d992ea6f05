"""Speakers whose side is only what was left over are placed by the claims that match."""

from hypothesis import given
from hypothesis import strategies as st

from readout_diff.conflicts.reconcile import reconciled
from readout_diff.conflicts.speech import Speaker, Speech


def said(key: str, who: str, sure: bool = True) -> Speech:
    return Speech(Speaker(who, key, 0, len(key), True, key, sure, True), None)


def sides(speeches: tuple[Speech, ...]) -> list[str]:
    return [speech.speaker.who for speech in speeches]


def test_two_claims_turn_a_side_that_was_left_over() -> None:
    a = [said("Park", "own", sure=False)] * 2
    b = [said("박", "own")] * 2
    mended_a, mended_b = reconciled(a, b, [(0, 0), (1, 1)])
    assert sides(mended_a) == ["other", "other"]
    assert sides(mended_b) == ["own", "own"]


def test_one_claim_may_be_a_conflict() -> None:
    a, b = [said("Park", "own", sure=False)], [said("박", "own")]
    assert sides(reconciled(a, b, [(0, 0)])[0]) == ["own"]


def test_what_a_readout_says_stays() -> None:
    a, b = [said("Park", "own")] * 3, [said("박", "own")] * 3
    matches = [(0, 0), (1, 1), (2, 2)]
    assert sides(reconciled(a, b, matches)[0]) == ["own"] * 3


def test_one_name_is_one_party() -> None:
    a, b = [said("Park", "own", sure=False)], [said("박", "own")]
    assert sides(reconciled(a, b, [], lambda one, two: 1.0)[0]) == ["other"]


def test_of_one_name_on_two_sides_nothing_is_known() -> None:
    a, b = [said("Park", "own")], [said("박", "own")]
    mended = reconciled(a, b, [], lambda one, two: 1.0)
    assert sides(mended[0]) == sides(mended[1]) == ["unknown"]


speakers = st.lists(
    st.builds(
        said, st.sampled_from("PQR"), st.sampled_from(["own", "other", "unknown", "third"]),
        st.booleans(),
    ),
    min_size=1, max_size=6,
)  # fmt: skip


@given(a=speakers, b=speakers, data=st.data())
def test_exchanged_readouts_give_the_same(
    a: list[Speech], b: list[Speech], data: st.DataObject
) -> None:
    pairs = st.tuples(st.integers(0, len(a) - 1), st.integers(0, len(b) - 1))
    matches = data.draw(st.lists(pairs, max_size=8))
    found = reconciled(a, b, matches)
    assert [len(side) for side in found] == [len(a), len(b)]
    turned = reconciled(b, a, [(j, i) for i, j in matches])
    assert found == turned[::-1]


def test_who_is_third_in_both_readouts_stays_so() -> None:
    a, b = reconciled([said("Biden", "third")], [said("Biden", "third")], [], lambda one, two: 1.0)
    assert (sides(a), sides(b)) == (["third"], ["third"])

from readout_diff.embed.once import once
from tests.fake_encoder import HashEncoder


class Unhashable(HashEncoder):
    """An encoder that can be no key."""

    __hash__ = None  # type: ignore[assignment]


def test_it_is_worked_out_once_for_an_encoder_and_key() -> None:
    one, other = HashEncoder(), HashEncoder()
    calls: list[str] = []

    def made(name: str) -> str:
        calls.append(name)
        return name

    assert once(one, "x", lambda: made("first")) == "first"
    assert once(one, "x", lambda: made("again")) == "first"
    assert once(one, "y", lambda: made("y")) == "y"
    assert once(other, "x", lambda: made("other")) == "other"
    assert calls == ["first", "y", "other"]


def test_for_an_encoder_that_can_be_no_key_it_is_worked_out_anew() -> None:
    encoder = Unhashable()
    assert once(encoder, "x", lambda: 1) == 1
    assert once(encoder, "x", lambda: 2) == 2

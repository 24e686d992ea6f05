from readout_diff.report.characters import clean, harmless, pictured


def test_controls_are_shown_and_not_sent() -> None:
    assert clean("a\x1b[31mb\x07 \x7f\x9b") == "a␛[31mb␇ ␡\ufffd"
    assert clean("one\r\n two\u2028three\t") == "one two three"


def test_what_reorders_is_shown_and_not_sent() -> None:
    assert clean("\u202egnorts\u202c \u2067x\u2069\ufeff") == "⟨RLO⟩gnorts⟨PDF⟩ ⟨RLI⟩x⟨PDI⟩"
    assert harmless("\u3000") == "\u3000"


def test_half_a_character_is_not_sent() -> None:
    assert pictured("\ud800") == "\ufffd"
    assert pictured("é") == "é"

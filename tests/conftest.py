"""What every test may use: golden files, the command line as a process, the bundled encoder.

Hypothesis runs steadily; the bundled model is unpacked at most once a session.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from readout_diff.datamodel import Comparison
from readout_diff.embed.bundled import BundledEncoder
from tests import browser, comparisons

GOLDEN = Path(__file__).parent / "golden"

# The same examples on every run, and no example fails for being slow on a busy machine.
settings.register_profile(
    "steady",
    derandomize=True,
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile(
    "search", parent=settings.get_profile("steady"), derandomize=False, max_examples=1000
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


def interruptible() -> None:
    """For a process to be: what is started in the background begins deaf to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


Run = Callable[..., subprocess.CompletedProcess[bytes]]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--accept-golden",
        action="store_true",
        help="write what the reports look like now to tests/golden, instead of comparing",
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say aloud that the page was not tested in a browser: one letter is easily overlooked."""
    skipped = terminalreporter.stats.get("skipped", [])
    unseen = sum(browser.MISSING in str(report.longrepr) for report in skipped)
    if unseen:
        terminalreporter.write_sep("!", f"{unseen} browser tests skipped", red=True, bold=True)
        terminalreporter.write_line(browser.MISSING)


_CACHE = "READOUT_DIFF_CACHE"
_own_cache = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """Have all processes of a run share a cache, which goes with it, where none is given."""
    if _CACHE not in os.environ:
        config.stash[_own_cache] = os.environ[_CACHE] = tempfile.mkdtemp(prefix="readout-diff-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """The cache goes with the process that made it."""
    if folder := config.stash.get(_own_cache, None):
        del os.environ[_CACHE]
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def model_cache() -> Path:
    """Where the bundled model is unpacked by the first test that needs it."""
    return Path(os.environ[_CACHE])


@pytest.fixture(scope="session")
def bundled(model_cache: Path) -> BundledEncoder:
    """The bundled encoder, loaded once."""
    return BundledEncoder(cache_dir=model_cache)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with a golden file, or accept it with --accept-golden."""

    def check(name: str, text: str) -> None:
        file = GOLDEN / name
        if request.config.getoption("--accept-golden"):
            file.write_bytes(text.encode())
        assert file.exists(), f"{name} is new: look at it after `make golden`"
        assert text == file.read_bytes().decode(), (
            f"{name} has changed; if it should, `make golden` accepts it"
        )

    return check


@pytest.fixture
def comparison() -> Comparison:
    """A comparison that holds every kind of thing, made by hand."""
    return comparisons.comparison()


@pytest.fixture
def run() -> Run:
    """Run `readout-diff` as a process, without a terminal; the result holds bytes."""

    def call(
        *args: str | Path, stdin: bytes = b"", env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "readout_diff", *map(str, args)],
            input=stdin,
            capture_output=True,
            check=False,
            timeout=300,
            env={**os.environ, **(env or {})},
        )

    return call

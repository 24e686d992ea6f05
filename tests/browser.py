"""Chromium for tests and pictures: the one that is installed, on a fresh profile, without sandbox.

`CHROMIUM` names another than the first of the usual names that is found.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MISSING = (
    "no Chromium here: the page was not tested in a browser; "
    "install one (Debian: apt-get install chromium) or name it in CHROMIUM"
)


def chromium() -> str | None:
    """The browser's path; None where there is none."""
    if given := os.environ.get("CHROMIUM"):
        return given
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


@contextmanager
def launched() -> Iterator["Browser"]:
    """A browser while it lasts; RuntimeError where there is none."""
    path = chromium()
    if path is None:
        raise RuntimeError(MISSING)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS))
        yield browser
        browser.close()

"""Write the pictures of the page in docs/: the samples compared, then seen in Chromium.

    python -m docs.write_page_pictures

Chromium must be installed, and fonts for the languages of the samples (on Debian fonts-noto-cjk and
fonts-noto-core); other fonts give other pictures. The pages fetch nothing.
"""

import base64
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from readout_diff import compare, load
from readout_diff.report import render
from tests.browser import launched

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
ARABIC = "2022-07-usa-sau-jeddah/washington.en.txt", "2022-07-usa-sau-jeddah/riyadh.ar.txt"
CHINESE = "2023-11-usa-chn-woodside/washington.en.txt", "2023-11-usa-chn-woodside/beijing.zh.txt"
JAPANESE = "2025-06-kor-jpn-call/seoul.ko.txt", "2025-06-kor-jpn-call/tokyo.ja.txt"


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as someone sees it."""

    name: str
    sample: tuple[str, str]
    width: int
    height: int
    scheme: Literal["light", "dark"]
    words: str | None
    """Words of the claim that is chosen; none is where there are none."""


PICTURES = (
    Picture("page", JAPANESE, 1440, 900, "light", "約30分間"),
    Picture("page-top", JAPANESE, 1440, 900, "light", None),
    Picture("page-dark", ARABIC, 1440, 900, "dark", "civilian carriers"),
    Picture("page-phone", CHINESE, 390, 844, "light", "early next year"),
)


def page(sample: tuple[str, str]) -> tuple[str, dict[str, str]]:
    """The page on a sample, and its claims by their id."""
    a, b = (load(ROOT / "samples" / file) for file in sample)
    comparison = compare(a, b)
    return render(comparison, "html"), {claim.id: claim.text for claim in comparison.claims}


def write() -> None:
    """Draw them all; one that is in no claim any more is an error."""
    pages = {sample: page(sample) for sample in {picture.sample for picture in PICTURES}}
    with launched() as browser, tempfile.TemporaryDirectory() as folder:
        for picture in PICTURES:
            html, claims = pages[picture.sample]
            file = Path(folder) / f"{picture.name}.html"
            file.write_text(html, encoding="utf-8")
            chosen = ""
            if words := picture.words:
                chosen = "#" + next(id for id, text in claims.items() if words in text)
            seen = browser.new_page(
                viewport={"width": picture.width, "height": picture.height},
                color_scheme=picture.scheme,
                reduced_motion="reduce",
            )
            seen.goto(file.as_uri() + chosen)
            seen.wait_for_timeout(300)
            asked = {"format": "webp", "quality": 90}
            shot = seen.context.new_cdp_session(seen).send("Page.captureScreenshot", asked)
            (DOCS / f"{picture.name}.webp").write_bytes(base64.b64decode(shot["data"]))
            seen.close()


if __name__ == "__main__":
    write()

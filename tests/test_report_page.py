"""The page in a real browser: keys, filter, hover, links, colours, paper; it fetches nothing."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from readout_diff.datamodel import Comparison
from readout_diff.report.html import render
from tests.browser import MISSING, chromium, launched
from tests.comparisons import one_claim
from tests.pages import RIGHT_TO_LEFT, SAMPLES, judged_comparison, large_comparison, saved

pytestmark = pytest.mark.skipif(chromium() is None, reason=MISSING)

KOREAN = SAMPLES["ko-ja"]
HOSTILE = (
    "</script><script>document.title = 'owned'</script></style><style>* { display: none }</style>"
    '<img src=x onerror="document.title = 1">&lt;b&gt; {{ 7 * 7 }} \u202egnorts <!-- ]]> said.'
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as found:
        yield found


class Opened:
    """A page from a file, with what it said on the console and asked of the network."""

    def __init__(self, context: BrowserContext, file: Path) -> None:
        self.file = file
        self.messages: list[str] = []
        self.requests: list[str] = []
        self.page = context.new_page()
        self.page.on("console", lambda message: self.messages.append(message.text))
        self.page.on("pageerror", lambda error: self.messages.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def go(self, fragment: str = "") -> Page:
        self.page.goto(self.file.as_uri() + fragment)
        return self.page


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Any]:
    """Open a comparison as a page; afterwards it must have said and fetched nothing."""
    contexts: list[BrowserContext] = []
    pages: list[Opened] = []

    def open_page(
        comparison: Comparison, fragment: str = "", *, quiet: bool = True, **options: Any
    ) -> Page:
        file = tmp_path / f"page{len(contexts)}.html"
        file.write_text(render(comparison), encoding="utf-8")
        settings = {"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"}
        context = browser.new_context(**(settings | options))
        context.set_default_timeout(20_000)
        contexts.append(context)
        opened = Opened(context, file)
        if quiet:
            pages.append(opened)
        return opened.go(fragment)

    yield open_page
    for each in pages:
        assert each.messages == []
        assert {url.partition("#")[0] for url in each.requests} == {each.file.as_uri()}
    for context in contexts:
        context.close()


def chosen(page: Page) -> str | None:
    """The id of the claim that is chosen."""
    found = page.locator(".claim[aria-current=true]")
    return found.get_attribute("id") if found.count() else None


def lit(page: Page) -> list[str]:
    return [str(node.get_attribute("id")) for node in page.locator(".claim.lit").all()]


def findings(comparison: Comparison) -> list[str]:
    disputed = {
        words.claim for conflict in comparison.conflicts for words in (conflict.a, conflict.b)
    }
    return [
        claim.id
        for claim in comparison.claims
        if claim.status != "shared" or claim.unsure or claim.id in disputed
    ]


def over(page: Page, selector: str) -> None:
    """Move the mouse over the first words of a claim: the middle of its box may be none of it."""
    page.locator(selector).scroll_into_view_if_needed()
    x, y = page.locator(selector).evaluate(
        "node => { const box = node.getClientRects()[0]; return [box.x + 9, box.y + 9]; }"
    )
    page.mouse.move(x, y)


def press(page: Page, selector: str) -> None:
    over(page, selector)
    page.mouse.down()
    page.mouse.up()


# Keys


def test_j_and_k_go_from_finding_to_finding(opened: Any) -> None:
    comparison = saved(KOREAN)
    page = opened(comparison)
    expected = findings(comparison)
    seen = []
    for _ in expected:
        page.keyboard.press("j")
        seen.append(chosen(page))
    assert seen == expected
    page.keyboard.press("j")
    assert chosen(page) == expected[0]
    page.keyboard.press("k")
    assert chosen(page) == expected[-1]
    expect(page.locator("#step")).to_have_text(f"{len(expected)} / {len(expected)}")
    assert page.evaluate("location.hash") == f"#{expected[-1]}"
    assert page.evaluate("document.activeElement.getAttribute('href')") == f"#{expected[-1]}"
    page.keyboard.press("Escape")
    assert chosen(page) is None
    assert page.evaluate("location.hash") == ""


def test_a_chosen_claim_is_in_sight_and_so_is_its_match(opened: Any) -> None:
    page = opened(large_comparison(120), viewport={"width": 1200, "height": 700})
    press(page, "#a1")
    before = page.evaluate("document.querySelector('#pane-b').scrollTop")
    page.evaluate("document.querySelector('#a97').scrollIntoView()")
    press(page, "#a97")
    assert page.evaluate("document.querySelector('#pane-b').scrollTop") > before
    expect(page.locator("#a97")).to_be_in_viewport()
    expect(page.locator("#b97")).to_be_in_viewport()


def test_the_keys_for_search_filter_help_and_colours(opened: Any) -> None:
    page = opened(saved(KOREAN))
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("jkf?")  # is text there
    expect(page.locator("#search")).to_have_value("jkf?")
    page.keyboard.press("Escape")
    expect(page.locator("#search")).to_have_value("")
    page.keyboard.press("f")
    expect(page.locator("#filter")).to_be_visible()
    expect(page.locator("#filter-button")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(page.locator("#filter")).to_be_hidden()
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.uncheck("#keys")
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    page.keyboard.press("j")
    assert chosen(page) is None
    page.click("#next")
    assert chosen(page) == findings(saved(KOREAN))[0]


def test_keys_with_a_modifier_are_the_browser_s(opened: Any) -> None:
    page = opened(saved(KOREAN))
    page.keyboard.press("Control+j")
    assert chosen(page) is None


# Filter, search, order


def shown(page: Page) -> set[str]:
    return {str(node.get_attribute("id")) for node in page.locator(".claim:not(.off)").all()}


def test_filter_by_status_side_topic_and_absence(opened: Any) -> None:
    comparison = saved(KOREAN)
    page = opened(comparison)
    everything = {claim.id for claim in comparison.claims}
    assert shown(page) == everything
    page.keyboard.press("f")
    for kind in ("partial", "close", "shared", "conflict"):
        page.uncheck(f"#filter input[value={kind}]")
    only = {c.id for c in comparison.claims if c.status == "only" and not c.unsure}
    assert shown(page) == only
    page.select_option("#filter select[name=side]", "b")
    assert shown(page) == {id for id in only if id.startswith("b")}
    page.select_option("#filter select[name=topic]", label="★ Abductions")
    assert shown(page) == {"b7"}
    visible = page.locator(".card[data-card]:visible")
    assert [card.get_attribute("data-card") for card in visible.all()] == ["b7"]
    expect(page.locator("#shown")).to_have_text(f"1 of {len(everything)} claims")
    page.click("#filter button[type=reset]")
    expect(page.locator(".claim.off")).to_have_count(0)
    page.fill("#filter input[name=absence]", "97")
    likely = {
        c.id
        for c in comparison.claims
        if max(c.absence, *(gap.absence for gap in c.missing), 0) >= 0.97
    }
    assert shown(page) == likely
    page.keyboard.press("j")
    assert chosen(page) in likely


def test_search_finds_claims_of_either_side(opened: Any) -> None:
    page = opened(saved(SAMPLES["en-zh"]))
    page.keyboard.press("/")
    page.keyboard.type("TAIWAN")
    page.keyboard.press("Enter")
    assert shown(page) == {"a11", "a12"}
    assert chosen(page) == "a11"
    assert page.evaluate("[...CSS.highlights.get('found')].map(String)") == ["Taiwan", "Taiwan"]
    page.keyboard.press("j")
    assert chosen(page) == "a12"
    page.fill("#search", "台湾")
    expect(page.locator("#b6")).not_to_have_class(re.compile(r"\boff\b"))
    assert shown(page) == {"b6", "b8"}
    page.fill("#search", "nowhere at all")
    expect(page.locator("#step")).to_have_text("none")


def test_findings_in_order_of_severity(opened: Any) -> None:
    page = opened(saved(KOREAN))
    page.select_option("#order", "severity")
    listed = [card.get_attribute("data-card") for card in page.locator("#in-order .card").all()]
    assert listed[:4] == ["b7", "a9", "b11", "a12"]
    page.keyboard.press("j")
    assert chosen(page) == "b7"
    page.select_option("#order", "text")
    expect(page.locator("#in-order")).to_be_hidden()
    expect(page.locator(".group .card").first).to_have_attribute("data-card", "a5")


# Looking across


def test_hover_and_focus_light_up_the_matches(opened: Any) -> None:
    page = opened(saved(KOREAN))
    over(page, "#a7")
    assert sorted(lit(page)) == ["a7", "b8"]
    page.wait_for_selector("#gutter path", state="attached")
    page.hover("h1")
    page.wait_for_function("!document.querySelector('.lit')")
    page.focus('.tag a.self[href="#b10"]')
    assert sorted(lit(page)) == ["a8", "b10"]
    page.keyboard.press("Enter")
    assert chosen(page) == "b10"


def test_what_scrolled_away_under_the_mouse_is_put_out_when_it_moves(opened: Any) -> None:
    page = opened(saved(KOREAN))
    over(page, "#a7")
    assert lit(page)
    page.evaluate("scrollTo({ top: document.body.scrollHeight, behavior: 'instant' })")
    page.wait_for_timeout(200)
    page.mouse.move(5, 5)
    page.wait_for_function("!document.querySelector('.lit')")


def test_claims_in_conflict_light_each_other_up(opened: Any) -> None:
    page = opened(saved(RIGHT_TO_LEFT))
    over(page, "#a3")
    assert sorted(lit(page)) == ["a3", "b7"]
    press(page, "#a3")
    expect(page.locator("#chosen")).to_contain_text("attribution")


def test_selecting_words_chooses_nothing(opened: Any) -> None:
    page = opened(saved(KOREAN))
    page.dblclick("#a5", position={"x": 20, "y": 10})
    box = page.locator("#a6").bounding_box()
    page.keyboard.press("Escape")
    page.mouse.move(box["x"] + 5, box["y"] + 12)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 12, steps=5)
    page.mouse.up()
    assert page.evaluate("String(getSelection())")
    assert chosen(page) is None


def test_the_dock_says_what_is_known(opened: Any) -> None:
    page = opened(judged_comparison())
    press(page, "#a3")
    dock = page.locator("#dock")
    for words in ("partly covered", "41 %", "line 4:1", "Severity 2: a number is missing",
                  "students | exchange", "≈ Garam b2", "拡大する"):  # fmt: skip
        expect(dock).to_contain_text(words)
    expect(dock.locator("mark.missing")).to_have_text("400명으로")
    dock.locator("h4 a").click()
    assert chosen(page) == "b2"
    page.click("#close-dock")
    assert chosen(page) is None


# Links and copying


def test_a_permalink_chooses_its_claim(opened: Any) -> None:
    page = opened(large_comparison(200), "#b160")
    assert chosen(page) == "b160"
    expect(page.locator("#b160")).to_be_in_viewport()
    page.evaluate("location.hash = 'a2'")
    page.wait_for_selector("#a2[aria-current=true]")
    expect(page.locator("#a2")).to_be_in_viewport()


def test_copying_a_quote_with_its_source(opened: Any) -> None:
    comparison = saved(KOREAN)
    page = opened(comparison, permissions=["clipboard-read", "clipboard-write"])
    quote = comparison.claim("b7").text
    page.click("[data-card=b7] .copy")
    expected = f"“{quote}”\n— Tokyo, tokyo.ja.txt, line 8:75 (b7)"
    assert page.evaluate("navigator.clipboard.readText()") == expected
    expect(page.locator("[data-card=b7] .copy")).to_have_text("Copied")
    press(page, "#a5")
    page.keyboard.press("c")
    expect(page.locator("#status")).to_have_text("Copied a5")
    assert "seoul.ko.txt" in page.evaluate("navigator.clipboard.readText()")


# Colours and paper


def ground(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))


def test_dark_and_light_by_the_system_with_a_toggle(opened: Any) -> None:
    comparison = saved(KOREAN)
    dark = ground(opened(comparison, color_scheme="dark"))
    page = opened(comparison, color_scheme="light")
    light = ground(page)
    assert dark != light
    page.click("#theme")
    assert ground(page) == dark
    page.keyboard.press("t")
    assert ground(page) == light
    page.keyboard.press("t")
    page.reload()
    assert ground(page) == dark


def test_paper_has_every_finding_whatever_is_filtered(opened: Any) -> None:
    comparison = saved(KOREAN)
    page = opened(comparison, color_scheme="dark")
    page.keyboard.press("/")
    page.keyboard.type("nowhere at all")
    page.keyboard.press("Enter")
    assert page.locator(".card[data-card]:visible").count() == 0
    pdf = page.pdf(format="A4")
    assert pdf.startswith(b"%PDF-")
    page.emulate_media(media="print")
    cards = page.locator(".card[data-card]:visible")
    assert cards.count() == page.locator(".card[data-card]").count() > 0
    assert ground(page) in ("rgba(0, 0, 0, 0)", "rgb(255, 255, 255)")
    for gone in (".toolbar", "#dock", ".copy"):
        assert page.locator(f"{gone}:visible").count() == 0
    for pane in ("#pane-a", "#pane-b"):
        assert page.evaluate(
            f"(n => n.scrollHeight <= n.clientHeight + 1)(document.querySelector('{pane}'))"
        )


# For everybody


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_axe_finds_nothing(opened: Any, width: int, scheme: str) -> None:
    page = opened(
        judged_comparison(), color_scheme=scheme, viewport={"width": width, "height": 900}
    )
    press(page, "#a3")
    page.keyboard.press("f")
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    found = Axe().run(page).response["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []


def test_axe_finds_nothing_in_arabic_nor_in_the_help(opened: Any) -> None:
    page = opened(saved(RIGHT_TO_LEFT))
    page.fill("#search", "Iran")
    page.wait_for_selector(".claim.off")
    page.keyboard.press("Escape")
    page.click("#help-button")
    found = Axe().run(page).response["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []


def test_texts_from_right_to_left_are_laid_out_so(opened: Any) -> None:
    page = opened(saved(RIGHT_TO_LEFT))
    assert page.evaluate("getComputedStyle(document.querySelector('#b1')).direction") == "rtl"
    assert page.evaluate("getComputedStyle(document.querySelector('#a1')).direction") == "ltr"
    text, first = (page.locator(each).bounding_box() for each in ("#pane-b .text", "#b1"))
    assert first["x"] + first["width"] == pytest.approx(text["x"] + text["width"], abs=3)
    assert page.locator("#pane-b .text").get_attribute("lang") == "ar"


@pytest.mark.parametrize("width", [1440, 1024, 390])
@pytest.mark.parametrize("name", [*SAMPLES.values(), RIGHT_TO_LEFT])
def test_nothing_is_wider_than_the_window(opened: Any, name: str, width: int) -> None:
    page = opened(saved(name), viewport={"width": width, "height": 800})
    page.keyboard.press("f")
    page.keyboard.press("j")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width == 390:
        expect(page.locator("#dock")).to_be_in_viewport()


def test_without_scripts_everything_is_there(opened: Any) -> None:
    comparison = saved(KOREAN)
    page = opened(comparison, "#b7", java_script_enabled=False)
    text = page.locator("main").inner_text()
    for claim in comparison.claims:
        assert page.locator(f"#{claim.id}").inner_text() == claim.text
        for match in claim.matches:
            assert page.locator(f'#{claim.id} + .tag a[href="#{match.id}"]').count() == 1
    assert "only Tokyo" in text
    assert "Severity 1" in text
    expect(page.locator("#b7")).to_be_in_viewport()
    assert page.locator(".scripted:visible").count() == 0


# What a readout may hold


def test_markup_in_a_readout_is_shown_as_text(opened: Any) -> None:
    page = opened(one_claim(HOSTILE, name="</title><script>document.title = 2</script>"))
    assert "owned" not in page.title()
    assert page.title().startswith("</title><script>")
    said = page.locator("#a1").inner_text()
    assert said == HOSTILE.replace("\u202e", "RLO")
    assert page.locator("#a1 .sign").get_attribute("title") == "U+202E"
    assert page.locator("img").count() == 0
    press(page, "#a1")
    assert said in page.locator("#chosen").inner_text()
    assert re.search("7 \\* 7", page.locator("[data-card=a1]").inner_text())


def test_a_policy_forbids_to_load_anything(opened: Any, tmp_path: Path) -> None:
    page = opened(saved(KOREAN), quiet=False)
    (tmp_path / "more.js").write_text("document.title = 'loaded'")
    blocked = page.evaluate(
        """async () => {
            const seen = new Promise((tell) =>
                document.addEventListener("securitypolicyviolation", (event) =>
                    tell(event.effectiveDirective)));
            const script = document.createElement("script");
            script.src = "more.js";
            document.body.append(script);
            return await seen;
        }"""
    )
    assert blocked == "script-src-elem"
    assert page.title() != "loaded"


def test_two_thousand_claims_a_side_are_at_hand(opened: Any) -> None:
    page = opened(large_comparison(2000))
    expect(page.locator(".claim")).to_have_count(4000)
    page.keyboard.press("k")
    assert chosen(page) == "b1999"
    expect(page.locator("#b1999")).to_be_in_viewport()
    page.keyboard.press("/")
    page.keyboard.type("lighthouse 1776 needs")
    page.keyboard.press("Enter")
    assert shown(page) == {"a1777", "b1777"}
    expect(page.locator("#b1777")).to_be_in_viewport()

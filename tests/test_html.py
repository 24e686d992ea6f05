import pytest

from readout_diff.errors import InputError
from readout_diff.load.html import read

LONG = "The ministers met in the harbour city and agreed to open a fisheries office there. "


def words(body: str, head: str = "") -> str:
    page = f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>"
    return read(page.encode(), "a.html", None).text


def test_menus_related_links_and_footers_are_left_out() -> None:
    body = (
        "<nav><a href=/>Home</a></nav><aside>Related</aside>"
        f"<main><p>{LONG}</p></main><form>Search</form><footer>Imprint</footer>"
    )
    assert words(body) == LONG.strip()


def test_paragraphs_lists_tables_and_breaks() -> None:
    body = (
        f"<article><h1>Talks</h1><p>{LONG}</p><ul><li>One office.</li><li><p>Two lamps.</p></li>"
        f"</ul><table><tr><td>eels</td><td>1,200</td></tr></table><p>First,<br>then\n  more.</p>"
        f"<p>{LONG}</p></article>"
    )
    assert words(body).split("\n\n") == [
        "Talks",
        LONG.strip(),
        "- One office.\n- Two lamps.",
        "eels 1,200",
        "First,\nthen more.",
        LONG.strip(),
    ]


def test_an_article_is_taken_whole_where_little_of_it_is_found() -> None:
    body = (
        "<article>"
        + "".join(f"<div><span>Part {n}. </span></div>" for n in range(9))
        + "</article>"
    )
    assert [f"Part {n}." for n in range(9)] == words(body).split("\n\n")


def test_scripts_and_hidden_parts_are_no_text() -> None:
    body = f"<p>{LONG}</p><script>Not this.</script><p hidden>Nor this.</p><style>p{{}}</style>"
    assert words(body) == LONG.strip()


def test_inline_elements_do_not_part_words() -> None:
    assert (
        words("<p>The <b>min</b>ister <i>met</i> <a href=x>him</a>.</p>") == "The minister met him."
    )


def test_what_the_page_says_of_itself() -> None:
    head = (
        '<title>Talks | Ministry</title><meta property="og:site_name" content="The Ministry">'
        '<meta name="date" content="2026-05-04">'
    )
    page = f"<html lang='en-GB'><head>{head}</head><body><h1>Talks</h1><p>{LONG}</p></body></html>"
    found = read(page.encode(), "a.html", None)
    assert (found.title, found.date, found.office) == ("Talks", "2026-05-04", "The Ministry")
    assert (found.lang, found.encoding) == ("en-GB", "utf-8")


def test_a_day_in_the_text_or_the_footer_is_not_the_page_s() -> None:
    page = f"<html><body><p>{LONG} They meet again on 3 June 2027.</p>© 2019</body></html>"
    found = read(page.encode(), "a.html", None)
    assert (found.date, found.office) == (None, None)


def test_a_site_that_has_only_an_address_names_no_office() -> None:
    page = f'<html><meta property="og:site_name" content="example.org"><p>{LONG}</p></html>'
    assert read(page.encode(), "a.html", None).office is None


@pytest.mark.parametrize("body", ["", "<script>x</script>", "<img src=a.png>"])
def test_a_page_without_text_is_refused(body: str) -> None:
    with pytest.raises(InputError, match=r"without a text in it; save"):
        words(body)

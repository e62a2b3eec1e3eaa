"""Forms whose fields bear the names of what our scripts ask of elements."""

import pytest

PATH = "/clobbered_forms"


@pytest.mark.parametrize("plugin", ["dom", "htmltotext", "outlinks", "readability", "favicon"])
def test_output_survives_fields_that_hide_the_members_of_forms(captured, plugin):
    result = captured(PATH).result(plugin)
    assert result.status.value in ("succeeded", "noresults"), result.summary
    assert "script failed" not in result.summary


def test_links_of_clobbered_forms_and_shadow_trees_are_found(captured, site):
    found = captured(PATH).json("outlinks", "outlinks.json")
    assert found["links"] == [site.url("/after-the-forms"), site.url("/from-shadow")]
    assert found["forms"] == [site.url("/sent"), site.url("/shadow-sent")]


def test_text_and_dom_of_clobbered_page_are_whole(captured):
    text = captured(PATH).text("htmltotext", "htmltotext.txt")
    assert "hide the members" in text
    assert text.count("Shadow text") == 1
    dom = captured(PATH).text("dom", "output.html")
    assert dom.count("shadowrootmode") == 1
    assert 'name="getAttribute"' in dom


def test_banner_that_is_a_clobbered_form_is_dismissed(captured):
    visit = captured(PATH)
    assert "/echo?cookies=no" in [seen.path for seen in visit.requests]
    assert "Reject all" not in visit.text("htmltotext", "htmltotext.txt")

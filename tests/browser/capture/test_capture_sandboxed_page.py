"""A page its own policy forbids to run scripts: ours work, its own stay off."""

import pytest


@pytest.mark.parametrize("name", ["elements", "attributes"])
def test_scripts_of_a_sandboxed_page_stay_off(captured, name):
    visit = captured(f"/sandboxed/{name}")
    assert visit.outcome.title == "As it came"
    assert visit.statuses()["htmltotext"] == "succeeded"
    assert visit.text("htmltotext", "htmltotext.txt") == "Nothing runs here.\n"
    assert [seen.path for seen in visit.requests if "ran" in seen.path] == []

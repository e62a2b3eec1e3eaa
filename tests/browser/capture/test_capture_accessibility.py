"""What a screen reader tells of a page."""

import pytest


def _all(node):
    return [node, *(inner for child in node.get("children", ()) for inner in _all(child))]


@pytest.fixture(scope="module")
def frames(captured):
    return captured("/accessible").json("accessibility", "accessibility.json")["frames"]


@pytest.fixture(scope="module")
def nodes(frames):
    return _all(frames[0]["tree"])


def _only(nodes, role):
    (found,) = [node for node in nodes if node["role"] == role]
    return {key: value for key, value in found.items() if key != "children"}


def test_nodes_tell_role_name_value_level_address_and_states(nodes, site):
    assert _only(nodes, "heading") == {"role": "heading", "name": "A heading", "level": 2}
    link = _only(nodes, "link")
    assert (link["name"], link["url"], link["description"]) == ("a link", site.url("/near"), "goes near")
    assert _only(nodes, "button") == {"role": "button", "name": "Send", "states": {"disabled": True}}
    assert _only(nodes, "checkbox") == {"role": "checkbox", "name": "Agree", "states": {"checked": "true"}}
    typed = _only(nodes, "textbox")
    assert (typed["name"], typed["value"], typed["states"]["required"]) == ("Name", "typed", True)
    assert _only(nodes, "image")["name"] == "a red square"


def test_tree_is_nested_and_folded(frames, nodes):
    root = frames[0]["tree"]
    assert (root["role"], root["name"]) == ("RootWebArea", "Accessible")
    main = root["children"][0]
    assert main["role"] == "main"
    assert main["children"][0]["role"] == "heading"
    assert "children" not in main["children"][0]
    assert not {node["role"] for node in nodes} & {"InlineTextBox", "none", "generic"}
    assert "Nobody hears this" not in str(root)


def test_frames_have_trees_of_their_own(frames, site):
    by_url = {frame["url"]: str(frame["tree"]) for frame in frames}
    assert "the far frame" in by_url[site.other_url("/frame_far")]
    assert "In the near frame" in by_url["about:srcdoc"]


def test_giant_page_is_left_out_at_once_and_says_so(capture):
    visit = capture("/crowded", plugins=("accessibility",))
    result = visit.result("accessibility")
    assert (result.status.value, result.summary) == (
        "skipped",
        "The page has 21005 elements; the tree is made of pages with up to 20000.",
    )
    assert visit.outcome.step_seconds["accessibility"] < 5


def test_page_nested_deep_has_a_tree(capture):
    visit = capture("/deep", plugins=("accessibility",))
    tree = visit.json("accessibility", "accessibility.json")["frames"][0]["tree"]
    assert "The bottom of it all" in str(tree)


def test_empty_page_has_no_result(captured):
    result = captured("/empty").result("accessibility")
    assert (result.status.value, result.summary) == ("noresults", "The page tells a screen reader nothing.")

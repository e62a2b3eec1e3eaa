"""Trees of any shape end up small and shallow."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.capture.formats.accessibility_tree import tree_of


def _chain(depth):
    return [
        {"nodeId": str(at), "ignored": False, "role": {"value": "blockquote"}, "childIds": [str(at + 1)]}
        for at in range(depth)
    ]


def test_deep_tree_is_flattened_and_nothing_is_lost():
    root, count = tree_of(_chain(5000))
    assert count == 5000
    assert orjson.dumps(root).count(b"blockquote") == 5000


def test_no_nodes_are_no_tree():
    assert tree_of([]) == (None, 0)


@given(st.lists(st.tuples(st.booleans(), st.lists(st.integers(0, 12), max_size=4)), min_size=1, max_size=12))
def test_children_that_lead_in_circles_end(shape):
    nodes = [
        {"nodeId": str(at), "ignored": ignored, "role": {"value": "group"}, "childIds": [str(c) for c in children]}
        for at, (ignored, children) in enumerate(shape)
    ]
    _, count = tree_of(nodes)
    assert 1 <= count <= len(nodes)

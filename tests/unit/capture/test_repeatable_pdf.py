"""The browser's numbers of nodes in a PDF, which differ in each visit of the same page."""

from pagekeep.capture.outputs.pdf import repeatable


def _document(*, first: int, second: int) -> bytes:
    """Return what Chromium writes of a table: the nodes of two headers are the objects 50 and 157."""
    names = sorted([(b"(node%08d)" % first, 50), (b"(node%08d)" % second, 157)])
    entries = b" ".join(b"%b %d 0 R" % entry for entry in names)
    return (
        b"50 0 obj\n<</ID (node%08d)>>\nendobj\n157 0 obj\n<</Headers [(node%08d) (node%08d)]>>\nendobj\n"
        b"260 0 obj\n<</Limits [%b %b]\n/Names [%b]>>\nendobj\n"
    ) % (first, first, second, names[0][0], names[1][0], entries)


def test_nodes_are_counted_in_the_order_of_their_objects() -> None:
    wanted = _document(first=1, second=2)
    assert repeatable(_document(first=17, second=38)) == wanted
    assert repeatable(_document(first=38, second=17)) == wanted


def test_names_stay_sorted_where_their_tree_has_several_leaves() -> None:
    made = repeatable(_document(first=38, second=17) + _document(first=62, second=51))
    assert made == _document(first=2, second=1) + _document(first=4, second=3)

"""A tagged PDF with an outline, printed by the browser."""

import re

from pagekeep.capture.visit import Keep, Visit

NEEDS_PAGE = True
# The end of Chromium's information dictionary (PDF 1.7, 14.3.3), and its names for the headers of tables (14.8.5.7).
# Text of the page looks like neither: its brackets are written with a backslash.
_DATES = re.compile(rb"/CreationDate \(D:[0-9+'-]+\)\s/ModDate \(D:[0-9+'-]+\)(?=>>\sendobj)")
_NODE = re.compile(rb"\(node\d{8}\)")
# The leaf of a name tree (7.9.6) that tells the object of each: in order of the names.
_ENTRY = re.compile(rb"(\(node\d{8}\)) (\d+) 0 R")
_LEAF = re.compile(rb"/Limits \[\(node\d{8}\) \(node\d{8}\)\]\s/Names \[((?:\(node\d{8}\) \d+ 0 R ?)+)\]")


async def make(visit: Visit, keep: Keep) -> str:
    """Keep ``output.pdf``."""
    answer = await visit.page.session.call(
        "Page.printToPDF",
        printBackground=True,
        preferCSSPageSize=True,
        generateTaggedPDF=True,
        generateDocumentOutline=True,
        transferMode="ReturnAsStream",
    )
    document = await visit.page.session.read_stream(answer["stream"], visit.request.limits.file)
    keep("output.pdf", repeatable(document), "application/pdf")
    return "output.pdf"


def repeatable(document: bytes) -> bytes:
    """Return the PDF without what differs in each visit of the same page, so that it is kept once.

    That is the time it was printed, which the manifest has (spaces take its place), and the browser's numbers of nodes,
    counted from 1 instead: in the order of their objects, or where the tree of names has several leaves, in the same
    order. Everything keeps its length, and so its offset.
    """
    undated = _DATES.sub(lambda dates: b" " * len(dates[0]), document, count=1)
    leaves = _LEAF.findall(undated)
    objects = {name: int(number) for name, number in _ENTRY.findall(leaves[0])} if len(leaves) == 1 else {}
    names = sorted(set(_NODE.findall(undated)), key=lambda name: (objects.get(name, 0), name))
    nodes = {name: b"(node%08d)" % number for number, name in enumerate(names, 1)}
    return _LEAF.sub(_sorted_leaf, _NODE.sub(lambda node: nodes[node[0]], undated))


def _sorted_leaf(leaf: re.Match[bytes]) -> bytes:
    entries = sorted(entry[0] for entry in _ENTRY.finditer(leaf[1]))
    first, last = (entry.partition(b" ")[0] for entry in (entries[0], entries[-1]))
    between = leaf[0][len(b"/Limits [") + len(first) * 2 + 1 : leaf.start(1) - leaf.start()]
    return b"/Limits [%b %b%b%b]" % (first, last, between, b" ".join(entries))

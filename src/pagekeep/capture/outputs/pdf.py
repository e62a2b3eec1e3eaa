"""A tagged PDF with an outline, printed by the browser."""

import re

from pagekeep.capture.visit import Keep, Visit

NEEDS_PAGE = True
# The end of Chromium's information dictionary (PDF 1.7, 14.3.3), and its names for the headers of tables (14.8.5.7).
# Text of the page looks like neither: its brackets are written with a backslash.
_DATES = re.compile(rb"/CreationDate \(D:[0-9+'-]+\)\s/ModDate \(D:[0-9+'-]+\)(?=>>\sendobj)")
_NODE = re.compile(rb"\(node\d{8}\)")


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

    That is the time it was printed, which the manifest has (spaces take its place), and the browser's numbers of nodes
    (counted from 1 instead, in the same order). Everything keeps its length, and so its offset.
    """
    undated = _DATES.sub(lambda dates: b" " * len(dates[0]), document, count=1)
    nodes = {node: b"(node%08d)" % number for number, node in enumerate(sorted(set(_NODE.findall(undated))), 1)}
    return _NODE.sub(lambda node: nodes[node[0]], undated)

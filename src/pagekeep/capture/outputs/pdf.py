"""A tagged PDF with an outline, printed by the browser."""

from pagekeep.capture.visit import Keep, Visit

NEEDS_PAGE = True


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
    await keep("output.pdf", document, "application/pdf")
    return "output.pdf"

from pagekeep.capture.outputs.pdf import repeatable

PRINTED = b"""%PDF-1.4
1 0 obj
<</Title (Page \\(node00000007\\) /CreationDate \\(D:20200101000000+00'00'\\))
/Producer (Skia/PDF m150)
/CreationDate (D:{day}000000+00'00')
/ModDate (D:{day}000000+00'00')>>
endobj
/ID (node000{node}9)>> /ID (node000{node}5)>> /Headers [(node000{node}9)]
<</Limits [(node000{node}5) (node000{node}9)]
"""


def printed(day: bytes, node: bytes) -> bytes:
    return PRINTED.replace(b"{day}", day).replace(b"{node}", node)


def test_two_prints_of_a_page_differ_only_in_what_is_taken_out() -> None:
    first, second = printed(b"20260102", b"0123"), printed(b"20270304", b"4567")
    assert repeatable(first) == repeatable(second)
    assert len(repeatable(first)) == len(first)
    assert b"Page \\(node00000007\\) /CreationDate \\(D:20200101000000+00'00'\\))" in repeatable(first)
    assert b"/CreationDate (" not in repeatable(first)
    assert b"/ID (node00000002)>> /ID (node00000001)>> /Headers [(node00000002)]" in repeatable(first)
    assert b"/Limits [(node00000001) (node00000002)]" in repeatable(first)


def test_a_pdf_of_another_form_stays_as_it_is() -> None:
    other = b"%PDF-2.0\n1 0 obj\n<</CreationDate (D:20260101000000Z) /Title (x)>>\nendobj\n(node1) (node123456789)"
    assert repeatable(other) == other

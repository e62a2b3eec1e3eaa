"""Which responses are pages for the browser to show, and which are files to be kept as they are."""

import re

from pagekeep.capture.recording.exchange import Exchange

PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml"})
# They may never end: read while they come.
STREAM_TYPES = frozenset(
    {
        *("text/event-stream", "multipart/x-mixed-replace"),
        *("application/x-ndjson", "application/ndjson", "application/jsonl", "application/json-seq"),
        *("application/stream+json", "application/connect+json", "application/connect+proto"),
        *("application/grpc-web", "application/grpc-web+proto", "application/grpc-web-text"),
    }
)
# How paths of files end. What shows a file in a page, as forges and wikis do, ends so too: the answer decides.
FILE_EXTENSIONS = frozenset(
    {
        *("pdf", "ps", "epub", "mobi", "azw3", "djvu", "doc", "docx", "odt", "rtf", "xls", "xlsx", "ods"),
        *("ppt", "pptx", "odp", "csv", "tsv", "txt", "json", "jsonl", "ndjson", "xml", "rss", "atom", "bib"),
        *("png", "jpg", "jpeg", "gif", "webp", "avif", "bmp", "ico", "tif", "tiff", "heic", "svg", "psd"),
        *("mp4", "m4v", "webm", "mkv", "mov", "ogv", "avi", "flv", "mpg", "mpeg", "3gp"),
        *("m4a", "mp3", "ogg", "oga", "opus", "weba", "wav", "flac", "aac", "mka", "mid", "midi"),
        *("zip", "gz", "tgz", "bz2", "xz", "zst", "7z", "rar", "tar", "warc", "wacz", "iso", "img", "dmg"),
        *("exe", "msi", "apk", "deb", "rpm", "jar", "whl", "bin", "woff", "woff2", "ttf", "otf", "torrent"),
    }
)
SNIFFED = 1445
# WHATWG MIME Sniffing, section 7.1: what makes a resource without a type HTML.
_TAGS = "!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p"
_HTML = re.compile(rb"(?:\xef\xbb\xbf)?[\t\n\x0c\r ]*<(?:(?:" + _TAGS.encode() + rb")[ >]|!--)", re.IGNORECASE)


def is_file(exchange: Exchange) -> bool | None:
    """Return whether a main response is a file rather than a page; None where only its first bytes can tell."""
    disposition = exchange.header("content-disposition").split(";")[0].strip().lower()
    # Browsers save what is neither, whatever it is called (RFC 6266, section 4.2).
    if disposition and disposition != "inline" and "=" not in disposition:
        return True
    if not exchange.mimetype or exchange.mimetype in ("unknown/unknown", "application/unknown"):
        return None
    return exchange.mimetype not in PAGE_TYPES


def looks_like_page(start: bytes) -> bool:
    """Return whether the first bytes of a response without a type are those of an HTML page."""
    return not start.strip() or _HTML.match(start) is not None

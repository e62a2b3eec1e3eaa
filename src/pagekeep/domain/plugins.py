"""The outputs Pagekeep can make of a page, in the order they are made: links early, so that a crawl can go on."""

PLUGINS: dict[str, str] = {
    "title": "The page's title.",
    "outlinks": "Every link and embedded resource, absolute, by kind.",
    "headers": "Status, HTTP version, remote address and every header of the main response.",
    "redirects": "The way from the URL asked for to the final one.",
    "sslcerts": "The certificate chain of the page's origin.",
    "static": "The file itself, where the URL leads to a file and no page, and a preview of PDFs and pictures.",
    "favicon": "The page's best icon.",
    "screenshot": "A JPEG of the whole page, and a small thumbnail.",
    "dom": "The rendered DOM as HTML.",
    "htmltotext": "The plain text of the whole page.",
    "readability": "The article as HTML, text and JSON.",
    "markdown": "The article as Markdown.",
    "accessibility": "The accessibility tree of the page and its frames.",
    "consolelog": "What the page said on its console.",
    "singlefile": "The page as one HTML file that opens offline.",
    "pdf": "A tagged PDF with an outline.",
    "mhtml": "The page and its frames as one MHTML file.",
    "media": "Audio, video and subtitles.",
    "git": "The repository a forge's page shows, as a git bundle.",
    "har": "Every HTTP exchange of the visit, with its times, as HAR 1.2.",
    "warc": "Every HTTP exchange of the visit as WARC 1.1.",
    "wacz": "The WARC with its index, packed as WACZ 1.1.1.",
    "hashes": "Path, size, type and sha256 of every file kept.",
}

# The other forms hold what these do.
_ON_DEMAND = ("mhtml",)
DEFAULT_PLUGINS: tuple[str, ...] = tuple(plugin for plugin in PLUGINS if plugin not in _ON_DEMAND)

"""OPML (http://opml.org/spec2.opml): what a feed reader is subscribed to.

Of an outline its page (``htmlUrl`` or ``url``) is taken, and where it names none, the feed itself (``xmlUrl``). The
outlines it lies in are its folders.
"""

from pagekeep.crawl.inputs.item import Found, folder_tags, make_item
from pagekeep.crawl.inputs.source import Source
from pagekeep.crawl.inputs.xml_reader import XmlReader

_URLS = ("htmlurl", "url", "xmlurl")


def is_one(source: Source) -> bool:
    """Whether a text is OPML."""
    return source.root == "opml"


def read(source: Source) -> Found:
    """Return the pages of all outlines. Where it is broken, those before that place, and a refusal of the rest."""
    found, folders = Found(), list[str]()

    def start(name: str, attributes: dict[str, str]) -> None:
        if name != "outline":
            return
        fields = {key.lower(): value for key, value in attributes.items()}
        title = fields.get("title") or fields.get("text", "")
        place = source.line_of(xml.line)
        if url := next((fields[key] for key in _URLS if fields.get(key, "").strip()), ""):
            categories = [path.rpartition("/")[2] for path in fields.get("category", "").split(",")]
            tags = [*folder_tags(folders), *folder_tags(categories)]
            found.put(make_item(url, title, tags, fields.get("created"), place=place))
        elif fields.get("type", "").lower() in ("rss", "link", "atom"):
            found.refuse(title or "an outline without a title", "This outline names no URL.", place)
        folders.append(title)

    def end(name: str) -> None:
        if name == "outline":
            folders.pop()

    xml = XmlReader(start, end)
    return xml.read_into(found, source.text, "OPML", "no outline in it names a URL")

"""Pinboard's XML, which was Delicious's: ``<posts><post href="…" description="title" tag="a b" time="…"/></posts>``
(https://pinboard.in/api/#posts_all)."""

from pagekeep.crawl.inputs.item import Found, make_item
from pagekeep.crawl.inputs.source import Source
from pagekeep.crawl.inputs.xml_reader import XmlReader


def is_one(source: Source) -> bool:
    """Whether a text is a list of posts."""
    return source.root == "posts"


def read(source: Source) -> Found:
    """Return all posts. Where it is broken, those before that place, and a refusal of the rest."""
    found = Found()

    def start(name: str, attributes: dict[str, str]) -> None:
        if name != "post":
            return
        title, place = attributes.get("description", ""), source.line_of(xml.line)
        if url := attributes.get("href", "").strip():
            tags = attributes.get("tag", "").split()
            found.put(make_item(url, title, tags, attributes.get("time"), place=place))
        else:
            found.refuse(title or "a post without a title", "This post has no href.", place)

    xml = XmlReader(start)
    return xml.read_into(found, source.text, "Pinboard's XML", "it holds no post")

"""The browser's accessibility tree made small: what a screen reader would tell, and nothing else."""

from collections.abc import Mapping, Sequence
from typing import Any

Node = dict[str, Any]
# Deeper nodes become children of the last one above (a hostile page nests as deep as it likes).
MAX_DEPTH = 50
LONGEST_TEXT = 10_000
_TEXT = "StaticText"
# Boxes of lines, and containers that mean nothing by themselves.
_UNTOLD = frozenset({"InlineTextBox"})
_FOLDED = frozenset({"none", "generic", "GenericContainer"})
_STATES = (
    "busy",
    "checked",
    "disabled",
    "editable",
    "expanded",
    "focused",
    "hasPopup",
    "invalid",
    "modal",
    "multiline",
    "multiselectable",
    "pressed",
    "readonly",
    "required",
    "selected",
)


def tree_of(nodes: Sequence[Mapping[str, Any]]) -> tuple[Node | None, int]:
    """Return the root of a frame's tree with its children nested, and how many nodes there are in it.

    Args:
        nodes: as ``Accessibility.getFullAXTree`` gives them, the root first.
    """
    if not nodes:
        return None, 0
    by_id = {node["nodeId"]: node for node in nodes[1:]}
    root, count = _node(nodes[0]), 1
    waiting = [(child, root, 1) for child in reversed(nodes[0].get("childIds", ()))]
    while waiting:
        node_id, parent, depth = waiting.pop()
        # A node is told once, whatever the browser says of its parents.
        node = by_id.pop(node_id, None)
        if node is None or _role(node) in _UNTOLD:
            continue
        made = _node(node)
        inner, at = parent, depth
        if not _is_folded(node, made) and not _repeats(made, parent):
            parent.setdefault("children", []).append(made)
            count += 1
            if depth < MAX_DEPTH:
                inner, at = made, depth + 1
        waiting.extend((child, inner, at) for child in reversed(node.get("childIds", ())))
    return root, count


def _role(node: Mapping[str, Any]) -> str:
    return str(node.get("role", {}).get("value", ""))


def _is_folded(node: Mapping[str, Any], made: Node) -> bool:
    return bool(node.get("ignored")) or (_role(node) in _FOLDED and set(made) <= {"role", "states"})


def _repeats(made: Node, parent: Node) -> bool:
    """Whether this is the text that gave its parent its name."""
    return made["role"] == _TEXT and bool(made.get("name", "") == parent.get("name", ""))


def _node(node: Mapping[str, Any]) -> Node:
    made: Node = {"role": _role(node)}
    for name in ("name", "value", "description"):
        value = node.get(name, {}).get("value")
        if value not in (None, ""):
            made[name] = value[:LONGEST_TEXT] if isinstance(value, str) else value
    told = {entry["name"]: entry["value"].get("value") for entry in node.get("properties", ())}
    if told.get("level"):
        made["level"] = told["level"]
    if told.get("url"):
        made["url"] = str(told["url"])[:LONGEST_TEXT]
    states = {name: told[name] for name in _STATES if told.get(name) not in (None, False, "", "false")}
    return made | ({"states": states} if states else {})

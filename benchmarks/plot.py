"""Bars as SVG, written by hand: no library is needed for so little."""

from collections.abc import Mapping
from html import escape

BAR, GAP, LEFT, WIDTH = 16, 22, 250, 460
COLOURS = {"bare": "#b8c4ce", "full": "#2f6f8f"}
FONT = 'font-family="sans-serif" font-size="12"'


def draw(title: str, values: Mapping[tuple[str, str, int], float]) -> str:
    """Return an SVG of horizontal bars.

    Args:
        values: by group, kind (a key of ``COLOURS``) and number of tabs, in the order they are drawn.
    """
    highest = max(values.values())
    parts, y, group = [f'<text x="0" y="14" {FONT} font-weight="bold">{escape(title)}</text>'], 24, ""
    for (name, kind, tabs), value in values.items():
        if name != group:
            y, group = y + GAP, name
            parts.append(f'<text x="0" y="{y - 5}" {FONT} font-style="italic">{escape(name)}</text>')
        length = value / highest * WIDTH
        label = f"{kind}, {tabs} tab{'s' if tabs > 1 else ''}"
        parts.append(f'<text x="{LEFT - 8}" y="{y + 12}" {FONT} text-anchor="end">{label}</text>')
        parts.append(f'<rect x="{LEFT}" y="{y + 2}" width="{length:.1f}" height="{BAR - 4}" fill="{COLOURS[kind]}"/>')
        parts.append(f'<text x="{LEFT + length + 6:.1f}" y="{y + 12}" {FONT}>{value:.0f}</text>')
        y += BAR
    size = f'width="{LEFT + WIDTH + 60}" height="{y + 10}"'
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" {size}>', *parts, "</svg>"]) + "\n"

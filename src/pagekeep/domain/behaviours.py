"""What Pagekeep does to a page before it is looked at, in the order it is done."""

BEHAVIOURS: dict[str, str] = {
    "cookies": "Consent banners are answered: refused where they let one, else accepted.",
    "dialogs": "Dialogs that lie over the page are closed.",
    "details": "Folded sections are opened.",
    "lazy": "Pictures and frames that wait to be scrolled to are loaded.",
    "scroll": "The page is scrolled down, as far as it grows within the limits, and back to its top.",
    "more": "Buttons that load or show more of the page are clicked.",
    "autoplay": "Videos and sounds are played for a moment, muted.",
}

DEFAULT_BEHAVIOURS: tuple[str, ...] = tuple(BEHAVIOURS)

"""How people are told what of a list was not taken: where it stands, why, and how much of the list was."""

from dataclasses import replace

from pagekeep.crawl.inputs.item import Found
from pagekeep.crawl.refusal import Refusal
from pagekeep.crawl.scope import Choice


def refusals_of(found: Found, choice: Choice) -> list[Refusal]:
    """Return what lists could not say and what a scope refuses of them, in this order.

    Where entries of a list are no URLs, the place of each stands before its reason, and after the first how many of
    the entries were taken.
    """
    places = {item.url: item.place for item in reversed(found.items) if item.place} if choice.refused else {}
    refused = [Refusal(text, "unreadable", reason) for text, reason in found.refused]
    for refusal in choice.refused:
        place = places.get(refusal.url, "")
        is_no_url = refusal.rule == "not_a_url" and place
        refused.append(replace(refusal, reason=f"{place}: {refusal.reason}") if is_no_url else refusal)
    bad = {refusal.url for refusal in choice.refused if refusal.rule == "not_a_url"}
    taken, entries = sum(item.url not in bad for item in found.items), len(found.items) + len(found.refused)
    is_list = any(item.place for item in found.items)
    if is_list and taken and taken < entries and not found.is_cut:
        first = next(place for place, one in enumerate(refused) if one.rule in ("unreadable", "not_a_url"))
        told = f"{refused[first].reason} {taken} of {entries} entries were taken."
        refused[first] = replace(refused[first], reason=told)
    return refused

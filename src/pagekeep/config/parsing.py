"""How the text of an environment variable or a TOML value becomes a setting's value."""

import ipaddress
import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import BeforeValidator

_SIZE = re.compile(r"(\d{1,20}(?:\.\d{1,20})?)\s*([kmgt]?)i?b?", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def split_list(value: object) -> object:
    """Return comma- or newline-separated text as a list; anything else as it is."""
    if isinstance(value, str):
        return [part.strip() for part in re.split(r"[,\n]", value) if part.strip()]
    return value


def parse_size(value: object) -> object:
    """Return ``100M``, ``1.5 GiB`` or ``2048`` as bytes (K, M, G, T are powers of 1024); anything else as it is."""
    if not isinstance(value, str):
        return value
    match = _SIZE.fullmatch(value.strip())
    if match is None:
        raise ValueError("write a number of bytes, or one with K, M or G, like 100M")
    return int(float(match[1]) * 1024 ** _POWERS[match[2].lower()])


def check_networks(values: Sequence[str]) -> tuple[str, ...]:
    """Return the values, each checked to be an IP address or a network like 10.0.0.0/8."""
    for value in values:
        try:
            ipaddress.ip_network(value, strict=False)
        except ValueError:
            raise ValueError(f"{value!r} is no IP address or network like 10.0.0.0/8") from None
    return tuple(values)


Texts = Annotated[tuple[str, ...], BeforeValidator(split_list)]
Bytes = Annotated[int, BeforeValidator(parse_size)]

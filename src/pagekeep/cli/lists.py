"""URLs as arguments, and lists of them in files and on standard input."""

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from pagekeep.cli.inputs import STDIN
from pagekeep.config.load import settings
from pagekeep.crawl.inputs import Found
from pagekeep.crawl.inputs.lists import read_file, read_path
from pagekeep.domain.errors import BadInput
from pagekeep.domain.urls import parse_url


def gather_lists(arguments: Sequence[str], parser: str = "auto") -> tuple[list[str], list[Found]]:
    """Return the arguments that are URLs, and what the others have come to as lists.

    An argument that is no URL, but the path of something that is there, is read as a list. ``-`` stands for standard
    input, which is also read if it is piped and there are no arguments. Where there are several lists, what is told of
    one names it.

    Raises:
        BadInput: a file cannot be read.
        TooLarge: it is larger than PAGEKEEP_MAX_UPLOAD_SIZE.
    """
    if not arguments:
        arguments = () if sys.stdin.isatty() else (STDIN,)
    is_list = [argument == STDIN or _is_path(argument) for argument in arguments]
    urls = [argument for argument, listed in zip(arguments, is_list, strict=True) if not listed]
    lists = []
    for argument in (argument for argument, listed in zip(arguments, is_list, strict=True) if listed):
        found = _read(argument, parser)
        lists.append(found.named("standard input" if argument == STDIN else argument) if sum(is_list) > 1 else found)
    return urls, [found for found in lists if found.items or found.refused]


def _read(argument: str, parser: str) -> Found:
    scratch, limit = Path(tempfile.gettempdir()), settings().max_upload_size
    if argument != STDIN:
        return read_path(Path(argument), parser, scratch=scratch, limit=limit)
    binary: IO[bytes] = sys.stdin.buffer
    return read_file(binary, parser, scratch=scratch, limit=limit)


def _is_path(argument: str) -> bool:
    try:
        parse_url(argument)
    except BadInput:
        return os.path.exists(argument)
    return False

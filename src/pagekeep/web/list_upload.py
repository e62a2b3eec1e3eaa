"""The file of links a form may bring along."""

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest

from pagekeep.config.load import settings
from pagekeep.crawl.inputs import Found, known_parser
from pagekeep.crawl.inputs.lists import read_file
from pagekeep.domain.errors import BadInput, TooLarge
from pagekeep.domain.urls import shorten
from pagekeep.services.spooled_uploads import AROUND_FILES, Spooled
from pagekeep.services.wiring import data_dir
from pagekeep.storage.disk import disk_errors

FIELD = "list"


def take_upload(request: HttpRequest) -> None:
    """Read the form, its file into the data directory. Of strangers no file is taken.

    Raises:
        BadInput: a stranger sends one.
        TooLarge: it is larger than PAGEKEEP_MAX_UPLOAD_SIZE; nothing was read.
        EnvironmentProblem: the disk is full.
    """
    length, largest = int(request.META.get("CONTENT_LENGTH") or 0), settings().max_upload_size
    if length > largest + AROUND_FILES:
        raise TooLarge(f"The file has about {length} bytes; PAGEKEEP_MAX_UPLOAD_SIZE allows {largest}.")
    if request.content_type == "multipart/form-data":
        request.upload_handlers = [Spooled(request) if request.user.is_authenticated else _Nothing(request)]
        with disk_errors(data_dir().temp):
            _ = request.POST


def uploaded_lists(request: HttpRequest) -> list[Found]:
    """Return what the files of the form have come to, read as its field ``parser`` says; an empty file is none.

    Where there are several, what is told of one names it.

    Raises:
        BadInput: a file is no list, or there is no such parser.
        TooLarge: it is larger than PAGEKEEP_MAX_UPLOAD_SIZE.
    """
    lists = []
    parser = known_parser(request.POST.get("parser", "")) if request.FILES else "auto"
    uploads = request.FILES.getlist(FIELD)
    for upload in uploads:
        if upload.size and upload.file is not None:
            with disk_errors(data_dir().temp):
                found = read_file(upload.file, parser, scratch=data_dir().temp, limit=settings().max_upload_size)
            lists.append(found.named(shorten(repr(upload.name)[1:-1], 100)) if len(uploads) > 1 else found)
    return lists


class _Nothing(FileUploadHandler):
    """Takes no file."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        raise BadInput("Only people who are logged in may send files; paste the URLs into the form.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None: ...
    def file_complete(self, file_size: int) -> None: ...

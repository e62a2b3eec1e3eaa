"""Files that clients send, on their way in."""

import tempfile
from typing import IO, TYPE_CHECKING, Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from pagekeep.services.wiring import data_dir

if TYPE_CHECKING:
    SentFile = UploadedFile[Any]
else:
    SentFile = UploadedFile  # takes type arguments in the type stubs only

IN_MEMORY = 2**20
"""Bytes of a file that stay in memory; more go to a file without a name, which a kill leaves no trace of."""
AROUND_FILES = 4 * 2**20
"""Bytes of a form beside its files: its fields, and what separates its parts."""


class Spooled(FileUploadHandler):
    """Takes files in memory while they are small, in a nameless file of the data directory once they are not."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY, "w+b", dir=str(data_dir().temp))  # noqa: SIM115

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._file.write(raw_data)

    def file_complete(self, file_size: int) -> SentFile:
        self._file.seek(0)
        return UploadedFile(self._file, self.file_name, self.content_type, file_size, self.charset)

    def upload_interrupted(self) -> None:
        self._file.close()

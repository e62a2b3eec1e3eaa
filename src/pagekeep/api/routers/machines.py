"""``/machine/``: where the archive runs, and with which programs."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from pagekeep.api.auth import any_token
from pagekeep.api.pagination import page_of
from pagekeep.api.reply import reply
from pagekeep.api.schemas.common import ErrorSchema, PagingQuery, responses
from pagekeep.api.schemas.machines import (
    BinariesSchema,
    BinaryQuery,
    BinarySchema,
    MachineQuery,
    MachineSchema,
    PagedBinarySchema,
    PagedMachineSchema,
    binary_objects,
    machine_object,
    machine_objects,
    versions_of,
)
from pagekeep.archive.machine_queries import (
    BinaryFilters,
    MachineFilters,
    find_binary,
    find_machine,
    list_binaries,
    list_machines,
)
from pagekeep.services.machine_facts import machine_stats
from pagekeep.services.note_machine import current_machine
from pagekeep.services.wiring import data_dir

router = Router(tags=["Machine"])
_NO_FILTERS = set(PagingQuery.model_fields)


@router.get(
    "/machines",
    operation_id="get_machines",
    summary="List the machines that servers and workers have run on",
    auth=any_token("read"),
    response=responses(PagedMachineSchema),
)
def get_machines(request: HttpRequest, query: Query[MachineQuery]) -> HttpResponse:
    """The one noted last comes first. Filters narrow together."""
    rows = list_machines(MachineFilters(**query.model_dump(exclude=_NO_FILTERS)))
    return reply(page_of(rows, query, machine_objects))


@router.get(
    "/machine/current",
    operation_id="get_current_machine",
    summary="Show the machine that answers, as it is now",
    auth=any_token("read"),
    response=responses(MachineSchema),
)
def get_current_machine(request: HttpRequest) -> HttpResponse:
    """CPU, memory and disk are read at this moment; what the data directory takes was measured by a worker."""
    machine = current_machine()
    versions = versions_of(list_binaries(BinaryFilters(machine_id=str(machine.pk))))
    return reply(machine_object(machine, machine_stats(data_dir().root) | {"versions": versions}))


@router.get(
    "/machine/{machine_id}",
    operation_id="get_machine",
    summary="Get a machine by id or the beginning of its id",
    auth=any_token("read"),
    response=responses(MachineSchema, 404),
)
def get_machine(request: HttpRequest, machine_id: str) -> HttpResponse:
    """A beginning that fits several is refused with their number."""
    return reply(machine_object(find_machine(machine_id)))


@router.get(
    "/binaries",
    operation_id="get_binaries",
    summary="List the programs that captures need, as they are installed",
    auth=any_token("read"),
    response=responses(PagedBinarySchema),
)
def get_binaries(request: HttpRequest, query: Query[BinaryQuery]) -> HttpResponse:
    """A program that is missing is listed too, with what to do about it."""
    rows = list_binaries(BinaryFilters(**query.model_dump(exclude=_NO_FILTERS)))
    return reply(page_of(rows, query, binary_objects))


@router.get(
    "/binary/by-name/{name}",
    operation_id="get_binaries_by_name",
    summary="Get a program by name, once for each machine",
    auth=any_token("read"),
    response={200: BinariesSchema, **dict.fromkeys((400, 403, 503), ErrorSchema)},
)
def get_binaries_by_name(request: HttpRequest, name: str) -> HttpResponse:
    """An unknown name is answered with an empty list. `chrome`, say, is another name of `chromium`."""
    return reply(binary_objects(list_binaries(BinaryFilters(name=name))))


@router.get(
    "/binary/{binary_id}",
    operation_id="get_binary",
    summary="Get a program by id or the beginning of its id",
    auth=any_token("read"),
    response=responses(BinarySchema, 404),
)
def get_binary(request: HttpRequest, binary_id: str) -> HttpResponse:
    """A beginning that fits several is refused with their number."""
    return reply(binary_objects([find_binary(binary_id)])[0])

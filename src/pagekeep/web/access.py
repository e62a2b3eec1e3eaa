"""Who may see and change what: staff everything, others only read, and that only where the index is public."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase

from pagekeep.config.load import settings
from pagekeep.services.check_token import check_token, has_scope

View = Callable[..., HttpResponseBase]


def may_change(request: HttpRequest) -> bool:
    """Whether the request comes from someone who administers the archive."""
    return request.user.is_active and request.user.is_staff


def may_read(request: HttpRequest) -> bool:
    """Whether the request comes from someone who may see snapshots."""
    return may_change(request) or settings().public_index


def may_add(request: HttpRequest) -> bool:
    """Whether the request comes from someone who may add URLs at ``/add/``."""
    return may_change(request) or settings().public_add


def has_token(request: HttpRequest, scope: str) -> bool:
    """Whether the request has a header with an API token that has the scope: for programs that watch the archive."""
    kind, _, bearer = request.headers.get("Authorization", "").partition(" ")
    text = request.headers.get("X-ArchiveBox-API-Key") or (bearer if kind.lower() == "bearer" else "")
    token = check_token(text.strip()) if text else None
    return token is not None and has_scope(token, scope)


def readers_only(view: View) -> View:
    """Send everyone who may not read to the login page, and back after it."""
    return _only(may_read, view)


def staff_only(view: View) -> View:
    """Send everyone who may not change the archive to the login page, and back after it."""
    return _only(may_change, view)


def adders_only(view: View) -> View:
    """Send everyone who may not add URLs to the login page, and back after it."""
    return _only(may_add, view)


def _only(allowed: Callable[[HttpRequest], bool], view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if allowed(request):
            return view(request, *args, **kwargs)
        return redirect_to_login(request.get_full_path())

    return guarded

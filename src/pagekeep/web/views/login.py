"""The door: Django's own login form, and a limit to guessing."""

from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from pagekeep.domain.errors import TooManyFailures
from pagekeep.services.limit_logins import forget_failures, note_failure, refuse_guessing


def login(request: HttpRequest) -> HttpResponseBase:
    """Show the form; POST opens a session."""
    if request.method != "POST":
        return admin.site.login(request)
    username, address = request.POST.get("username", ""), request.META.get("REMOTE_ADDR", "")
    try:
        refuse_guessing(username, address)
    except TooManyFailures as error:
        return _refused(request, username, error)
    response = admin.site.login(request)
    if response.status_code == 302:
        forget_failures(username, address)
    else:
        note_failure(username, address)
    return response


def _refused(request: HttpRequest, username: str, error: TooManyFailures) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "form": AdminAuthenticationForm(request, initial={"username": username}),
        "app_path": request.get_full_path(),
        "next": request.POST.get("next", ""),
        "refusal": str(error),
    }
    response = render(request, "admin/login.html", context, status=429)
    response.headers["Retry-After"] = str(error.wait)
    return response

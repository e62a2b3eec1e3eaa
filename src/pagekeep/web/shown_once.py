"""The page of the administration that shows a secret, once."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

ONE_BUTTON = {"show_save_and_add_another": False, "show_save_and_continue": False}
"""What leaves a form that leads to the page with the one button that does."""


def shown_once(request: HttpRequest, title: str, secret: str, advice: str, back_to: str) -> HttpResponse:
    """Return the page; it goes into no cache and no session.

    Args:
        back_to: the name of the admin's page to go on to.
    """
    context = {
        **admin.site.each_context(request),
        "title": title,
        "secret": secret,
        "advice": advice,
        "back": reverse(back_to),
    }
    response = render(request, "admin/shown_once.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response

"""``/add/``: what bookmarklets and browser extensions made for other archives send pages to."""

from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from pagekeep.archive.persona_queries import persona_choices
from pagekeep.crawl.inputs import PARSERS
from pagekeep.domain.errors import BadInput, TooLarge
from pagekeep.domain.urls import shorten
from pagekeep.services.add_urls import add_urls
from pagekeep.services.tagging import split_tags
from pagekeep.web.access import adders_only
from pagekeep.web.list_upload import take_upload, uploaded_lists
from pagekeep.web.views.listing import DEPTHS, asked_depth, pasted, report

SCOPES = {
    "page": "None: the pages themselves",
    "prefix": "Those below the page's folder",
    "host": "Those on its host",
    "domain": "Those on its domain",
    "any": "All",
}
MORE = ("scope", "max_urls", "label", "parser", "only_new")
"""Fields of the form that few need."""
EXTENSIONS = (
    "chrome-extension://",
    "moz-extension://",
    "safari-web-extension://",
    "safari-extension://",
    "ms-browser-extension://",
)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponseBase:
    """Show a form that ``?url=`` and ``?tag=`` fill in; POST adds its URLs.

    Extensions cannot know a CSRF token. In its place stands where the request comes from: the session's cookie is
    SameSite=Lax, and a web page of another origin says so in ``Origin`` and is refused.
    """
    if request.method == "POST" and not _is_from_us(request):
        return render(request, "403_csrf.html", status=403)
    return _form(request)


@adders_only
def _form(request: HttpRequest) -> HttpResponseBase:
    if request.method != "POST":
        return render(request, "pagekeep/add.html", _entered(request.GET))
    try:
        take_upload(request)
    except BadInput as error:
        return _refuse(request, error, QueryDict())  # what was entered could not be read either
    try:
        return _add(request)
    except BadInput as error:
        return _refuse(request, error, request.POST)


def _refuse(request: HttpRequest, error: BadInput, entered: QueryDict) -> HttpResponse:
    status = 413 if isinstance(error, TooLarge) else 400
    return render(request, "pagekeep/add.html", _entered(entered) | {"refusal": str(error)}, status=status)


def _asked_number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "").strip() or "0"
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise BadInput(f"{name}={shorten(text, 20)!r} is no number; leave it empty for no limit.")
    return int(text)


def _entered(given: QueryDict) -> dict[str, object]:
    """Return what the form shows: what was entered, and what there is to choose from."""
    return {
        "entered": given.get("url", ""),
        "entered_tags": given.get("tag", ""),
        "entered_depth": given.get("depth", ""),
        "entered_persona": given.get("persona", ""),
        **{f"entered_{name}": given.get(name, "") for name in MORE},
        "has_more": any(given.get(name, "") not in ("", "auto") for name in MORE),
        "depths": DEPTHS,
        "scopes": SCOPES,
        "parsers": PARSERS,
        "personas": persona_choices(),
    }


def _add(request: HttpRequest) -> HttpResponse:
    scope, parser = request.POST.get("scope", ""), request.POST.get("parser", "")
    plugins = [name for text in request.POST.getlist("archive_methods") for name in split_tags(text)]
    added = add_urls(
        pasted(request.POST.get("url", "")),
        lists=uploaded_lists(request),
        user=request.user if request.user.is_authenticated else None,
        tags=split_tags(request.POST.get("tag", "")),
        depth=asked_depth(request),
        plugins=plugins,
        persona=request.POST.get("persona", ""),
        parser=parser if parser in PARSERS else "auto",  # old clients send names of their own
        only_new=True if request.POST.get("only_new") else None,
        label=request.POST.get("label", "").strip(),
        max_urls=_asked_number(request, "max_urls"),
        config={"CRAWL_SCOPE": scope} if scope else None,
    )
    report(request, added)
    return redirect("web:crawl", added.crawl.pk)


@require_http_methods(["GET", "HEAD"])
def tokens(request: HttpRequest, page: str) -> HttpResponse:
    """Lead from where old clients look for API tokens to where they are."""
    return redirect(f"admin:archive_apitoken_{page}")


def _is_from_us(request: HttpRequest) -> bool:
    origin = request.headers.get("Origin")
    if origin is None or origin.startswith(EXTENSIONS):
        return True
    own = f"{request.scheme}://{request.get_host()}"
    return origin == own or origin in django_settings.CSRF_TRUSTED_ORIGINS

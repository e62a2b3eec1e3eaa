"""The paths under ``/api``, all of them: exact, without redirects that add or remove a slash."""

from django.urls import path, re_path

from pagekeep.api.api import api
from pagekeep.api.pages import docs, nothing_here, openapi_json, to_archived, to_docs

urlpatterns = [
    path("api", to_docs),
    path("api/", to_docs),
    path("api/v1", to_docs),
    path("api/v1/", to_docs),
    path("api/v1/docs", docs, name="api-docs"),
    path("api/v1/openapi.json", openapi_json, name="api-openapi"),
    path("api/v1/", api.urls),
    path("api/archive/<path:asked>", to_archived),
    re_path(r"^api/", nothing_here),
]

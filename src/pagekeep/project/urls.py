"""Which room answers which path."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("pagekeep.api.urls")),
    path("", include("pagekeep.web.urls")),  # before the admin's, which answers every path below admin/
    path("admin/", admin.site.urls),
]

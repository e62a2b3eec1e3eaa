"""The addresses of the pages people see."""

from django.urls import path, re_path

from pagekeep.web.views import (
    adding,
    archived,
    crawl,
    files,
    listing,
    login,
    metrics,
    progress,
    schedules,
    site,
    snapshot,
    workers,
)

app_name = "web"
urlpatterns = [
    path("", listing.index, name="index"),
    path("public/", listing.public, name="public"),
    path("add/", adding.add, name="add"),
    path("admin/login/", login.login),  # before the admin's own
    path("admin/core/crawl/<uuid:crawl_id>/change/", crawl.page, name="crawl"),
    path("admin/core/crawl/<uuid:crawl_id>/<str:action>/", crawl.change, name="change-crawl"),
    path("admin/api/apitoken/", adding.tokens, {"page": "changelist"}),
    path("admin/api/apitoken/add/", adding.tokens, {"page": "add"}),
    path("admin/workers/", workers.page, name="workers"),
    path("admin/workers/<str:worker_id>/<str:action>/", workers.order, name="order"),
    path("admin/schedules/", schedules.page, name="schedules"),
    path("admin/schedules/<str:schedule_id>/<str:action>/", schedules.change, name="change-schedule"),
    path("archive/", archived.start),
    path("archive/<path:asked>", archived.archived, name="archived"),
    path("progress.json", progress.progress, name="progress"),
    path("health/", site.health, name="health"),
    path("metrics", metrics.metrics, name="metrics"),
    path("robots.txt", site.robots, name="robots"),
    path("favicon.ico", site.favicon, name="favicon"),
    path("snapshot/<str:reference>/", snapshot.page, name="snapshot"),
    path("snapshot/<str:reference>/retry/", snapshot.retry, name="retry"),
    path("snapshot/<str:reference>/cancel/", snapshot.cancel, name="cancel"),
    path("snapshot/<str:reference>/delete/", snapshot.delete, name="delete"),
    path("snapshot/<str:reference>.zip", files.everything, name="zip"),
    re_path(
        rf"^snapshot/(?P<reference>[^/]+)/(?P<name>{'|'.join(name.replace('.', '[.]') for name in files.ALIASES)})$",
        files.alias,
    ),
    path("snapshot/<str:reference>/<str:plugin>/<path:path>", files.output, name="output"),
]

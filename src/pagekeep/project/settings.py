"""Django's settings, made from Pagekeep's. Importing this file writes nothing to disk."""

import secrets
from importlib.util import find_spec
from urllib.parse import urlsplit

from pagekeep.config.load import settings
from pagekeep.config.secret import read_key
from pagekeep.project.databases import databases
from pagekeep.storage.layout import DataDir

_own = settings()
_base = urlsplit(_own.base_url)
_https = _base.scheme == "https"
_web = find_spec("pagekeep.web")

DEBUG = False
# Until `prepare_archive` has kept a key, one that lives as long as this process.
SECRET_KEY = _own.secret_key.get_secret_value() or read_key(_own.data_dir) or secrets.token_hex(32)

INSTALLED_APPS = [
    *(["pagekeep.web"] if _web and _web.origin else []),
    "pagekeep.api",
    "pagekeep.archive",
    "pagekeep.search",
    "ninja",  # the files of Swagger UI
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "pagekeep.web.served.AccessLog",
    "pagekeep.api.headers.ApiRules",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "pagekeep.web.middleware.PageSafety",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "pagekeep.api.sessions.SessionsOfTokens",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

ROOT_URLCONF = "pagekeep.project.urls"
WSGI_APPLICATION = "pagekeep.project.wsgi.application"

DATABASES = databases(_own.database_url.get_secret_value(), DataDir(_own.data_dir).database)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

ALLOWED_HOSTS = [
    ".localhost",
    "127.0.0.1",
    "[::1]",
    *([f"[{_own.host}]" if ":" in _own.host else _own.host] if _own.host not in ("0.0.0.0", "::") else []),  # noqa: S104
    *_own.allowed_hosts,
    *([_base.hostname] if _base.hostname else []),
]
CSRF_TRUSTED_ORIGINS = [_own.base_url] if _own.base_url else []
USE_X_FORWARDED_HOST = bool(_own.trusted_proxies)
# wsgi.py drops forwarded headers that no trusted proxy sent.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _https else None

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = _https
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = _https
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"

LOGIN_URL = "/admin/login/"
LOGIN_REDIRECT_URL = "/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

API_ALLOWED_ORIGINS = list(_own.api_allowed_origins)

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"()": "pagekeep.project.log_lines.TextLines"},
        "json": {"()": "pagekeep.project.log_lines.JsonLines"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": _own.log_format}},
    "root": {"handlers": ["stderr"], "level": _own.log_level.upper()},
    # Of what was not found `web.served` writes a line like any other's.
    "loggers": {"django.request": {"level": "ERROR"}},
}

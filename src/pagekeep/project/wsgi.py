"""What the web server runs."""

import os

from django.conf import settings as django_settings
from django.core.wsgi import get_wsgi_application

from pagekeep.config.load import settings
from pagekeep.project.bodies import take_chunked
from pagekeep.project.proxies import believe_only

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pagekeep.project.settings")
application = take_chunked(
    believe_only(get_wsgi_application(), settings().trusted_proxies),
    django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0,
    settings().max_upload_size,
)

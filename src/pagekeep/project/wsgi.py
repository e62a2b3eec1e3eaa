"""What the web server runs."""

import os

from django.core.wsgi import get_wsgi_application

from pagekeep.config.load import settings
from pagekeep.project.proxies import believe_only

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pagekeep.project.settings")
application = believe_only(get_wsgi_application(), settings().trusted_proxies)

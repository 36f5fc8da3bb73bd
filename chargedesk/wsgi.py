"""The WSGI entry point that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

# Tasks are sent through the configured application from the first request on.
import chargedesk.celery  # noqa: F401
from chargedesk.base.whole_bodies import with_whole_bodies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chargedesk.settings.local")

application = with_whole_bodies(get_wsgi_application())

"""The WSGI entry point that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

# Tasks are sent through the configured application from the first request on.
import chargedesk.celery  # noqa: F401

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chargedesk.settings.local")

application = get_wsgi_application()

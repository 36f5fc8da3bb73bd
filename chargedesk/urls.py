"""Which path leads to which part."""

from django.conf import settings
from django.urls import include, path

from chargedesk.base import health
from chargedesk.sidebar.views.embed import embed

urlpatterns = [
    path("livez", health.livez),
    path("readyz", health.readyz),
    path("app/account/", include("allauth.urls")),
    path("api/sidebar/", include("chargedesk.sidebar.urls")),
    path("embed/<slug:helpdesk>/<uuid:connection_id>/", embed, name="sidebar_embed"),
    *([path("demo/", include("chargedesk.demo.urls"))] if settings.DEMO else []),
]

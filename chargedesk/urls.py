"""Which path leads to which part."""

from django.urls import include, path

from chargedesk.base import health

urlpatterns = [
    path("livez", health.livez),
    path("readyz", health.readyz),
    path("", include("chargedesk.sync.urls")),
    path("app/account/", include("allauth.urls")),
    path("app/", include("chargedesk.dashboard.urls")),
]

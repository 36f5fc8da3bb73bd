"""Which path leads to which part."""

from django.urls import include, path

from chargedesk.base import health

urlpatterns = [
    path("livez", health.livez),
    path("readyz", health.readyz),
    path("", include("chargedesk.sync.urls")),
    path("app/account/", include("allauth.urls")),
    path("v1/", include("api.urls")),
]
handler400 = "chargedesk.base.errors.bad_request"
handler404 = "chargedesk.base.errors.not_found"
handler500 = "chargedesk.base.errors.server_error"

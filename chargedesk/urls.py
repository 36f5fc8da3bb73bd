"""Which path leads to which part."""

from django.urls import include, path

urlpatterns = [
    path("", include("chargedesk.sync.urls")),
    path("app/account/", include("allauth.urls")),
    path("app/", include("chargedesk.dashboard.urls")),
    path("v1/", include("api.urls")),
]
handler400 = "chargedesk.base.errors.bad_request"
handler404 = "chargedesk.base.errors.not_found"
handler500 = "chargedesk.base.errors.server_error"

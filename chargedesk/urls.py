"""Which path leads to which part."""

from django.urls import include, path

urlpatterns = [
    path("", include("chargedesk.sync.urls")),
    path("app/account/", include("allauth.urls")),
    path("app/", include("chargedesk.dashboard.urls")),
]

"""Which path leads to which part."""

from django.conf import settings
from django.urls import include, path

from chargedesk.sidebar.views.embed import embed

urlpatterns = [
    path("", include("chargedesk.sync.urls")),
    path("app/account/", include("allauth.urls")),
    path("app/", include("chargedesk.dashboard.urls")),
    path("connect/<slug:gateway>/", include("chargedesk.dashboard.grant_urls")),
    path("v1/", include("api.urls")),
    path("billing/", include("billing_pages.urls")),
    path("api/sidebar/", include("chargedesk.sidebar.urls")),
    path("embed/<slug:helpdesk>/<uuid:connection_id>/", embed, name="sidebar_embed"),
    *([path("demo/", include("chargedesk.demo.urls"))] if settings.DEMO else []),
]
handler400 = "chargedesk.base.errors.bad_request"
handler404 = "chargedesk.base.errors.not_found"
handler500 = "chargedesk.base.errors.server_error"

"""The paths under /connect/<gateway>/: keys that a gateway's own page grants."""

from django.urls import path

from chargedesk.dashboard.views import grants

app_name = "grants"

urlpatterns = [
    path("start/", grants.start, name="start"),
    path("keys/", grants.take_keys, name="keys"),
    path("back/", grants.back, name="back"),
]

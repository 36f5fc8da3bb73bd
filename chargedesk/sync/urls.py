"""Where gateways send their news."""

from django.urls import path

from chargedesk.sync.views import receive_webhook

urlpatterns = [
    path("webhooks/<slug:gateway>/<uuid:connection_id>/", receive_webhook, name="gateway_webhook"),
]

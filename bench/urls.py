"""The product's addresses, and those of the views it is measured against."""

from django.urls import path

from bench import plain_views
from chargedesk.urls import handler400, handler404, handler500
from chargedesk.urls import urlpatterns as product

__all__ = ["handler400", "handler404", "handler500", "urlpatterns"]

urlpatterns = [
    *product,
    path("bench/ok", plain_views.OkView.as_view()),
    path("bench/customer", plain_views.CustomerView.as_view()),
    path("bench/event", plain_views.receive_event),
]

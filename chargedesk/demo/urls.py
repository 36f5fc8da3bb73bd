"""The demo's pages, below /demo/."""

from django.urls import path

from chargedesk.demo import views

app_name = "demo"
urlpatterns = [
    path("inbox/", views.inbox, name="inbox"),
    path("inbox/<slug:ticket_id>/", views.inbox, name="ticket"),
    path("inbox/<slug:ticket_id>/notes/", views.notes, name="notes"),
    path("hooks/<uuid:connection_id>/notes/", views.take_note, name="take_note"),
]

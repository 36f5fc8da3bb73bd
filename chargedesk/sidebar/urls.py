"""The panel's addresses, below /api/sidebar/."""

from django.urls import path

from chargedesk.sidebar.views import cards, embed

app_name = "sidebar"
urlpatterns = [
    path("session", embed.SessionView.as_view(), name="session"),
    path("renew", embed.RenewView.as_view(), name="renew"),
    path("card", cards.CardView.as_view(), name="card"),
    path("search", cards.CardView.as_view(), name="search"),
    path("link", cards.CardView.as_view(), name="link"),
    path("dialog", cards.CardView.as_view(), name="dialog"),
    path("charges/", cards.CardView.as_view(), name="charges"),
]

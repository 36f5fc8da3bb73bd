"""The panel's addresses, below /api/sidebar/."""

from django.urls import path

from chargedesk.sidebar.views import cards, dialogs, embed, joining, orders, people

app_name = "sidebar"
urlpatterns = [
    path("session", embed.SessionView.as_view(), name="session"),
    path("renew", embed.RenewView.as_view(), name="renew"),
    path("card", cards.CardView.as_view(), name="card"),
    path("charges/<uuid:charge_id>", cards.ChargeView.as_view(), name="charge"),
    path("charges/<uuid:charge_id>/why", cards.WhyView.as_view(), name="why"),
    path("search", people.SearchView.as_view(), name="search"),
    path("link", people.LinkView.as_view(), name="link"),
    path("join", joining.JoinView.as_view(), name="join"),
    path("join/<uuid:merge_id>", joining.UndoView.as_view(), name="undo_joining"),
    path("dialog", dialogs.DialogView.as_view(), name="dialog"),
    path("outcome", dialogs.OutcomeView.as_view(), name="outcome"),
    path("orders", orders.OrdersView.as_view(), name="orders"),
    path("orders/<uuid:intent_id>", orders.OrderView.as_view(), name="order"),
    path("orders/<uuid:intent_id>/take-back", orders.TakeBackView.as_view(), name="take_back"),
    path("orders/<uuid:intent_id>/note", orders.NoteView.as_view(), name="note"),
]

"""The customers' addresses, below /billing/."""

from django.urls import path

from billing_pages import views

app_name = "billing_pages"
urlpatterns = [path("done/", views.done, name="done")]

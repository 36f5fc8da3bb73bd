"""The paths of `/v1`."""

from django.urls import path, re_path

from api.v1 import activity_log, charges, customers, products, subscriptions
from api.v1.view import UnknownPathView

urlpatterns = [
    path("charges", charges.ChargesView.as_view()),
    path("charges/<str:charge_id>", charges.ChargeView.as_view()),
    path("customers", customers.CustomersView.as_view()),
    path("customers/<str:customer_id>", customers.CustomerView.as_view()),
    path("subscriptions", subscriptions.SubscriptionsView.as_view()),
    path("subscriptions/<str:subscription_id>", subscriptions.SubscriptionView.as_view()),
    path("products", products.ProductsView.as_view()),
    path("products/<str:product_id>", products.ProductView.as_view()),
    path("log/activity", activity_log.ActivityView.as_view()),
    re_path(r"^", UnknownPathView.as_view()),
]

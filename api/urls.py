"""The paths of `/v1`."""

from django.urls import path, re_path

from api import docs
from api.v1 import (
    actions,
    activity_log,
    changes,
    charge_items,
    charges,
    connections,
    customer_methods,
    customers,
    gateway_methods,
    grouped_customers,
    invoice_methods,
    product_charges,
    products,
    subscription_methods,
    subscriptions,
)
from api.v1.view import UnknownPathView

urlpatterns = [
    path("charges", charges.ChargesView.as_view()),
    path("openapi.json", docs.openapi_json),
    path("docs", docs.docs_page),
    path("charges/<str:charge_id>/items", charge_items.ChargeItemsView.as_view()),
    path("charges/<str:charge_id>", charges.ChargeView.as_view()),
    path("customers", customers.CustomersView.as_view()),
    path("customers/grouped", grouped_customers.GroupedCustomersView.as_view()),
    path("customers/history", grouped_customers.OldGroupedCustomersView.as_view()),
    path("customers/<str:customer_id>", customers.CustomerView.as_view()),
    path("subscriptions", subscriptions.SubscriptionsView.as_view()),
    path("subscriptions/<str:subscription_id>", subscriptions.SubscriptionView.as_view()),
    path("products", products.ProductsView.as_view()),
    path("products/<str:product_id>", products.ProductView.as_view()),
    path("log/activity", activity_log.ActivityView.as_view()),
    path("changes", changes.ChangesView.as_view()),
    path("connections", connections.ConnectionsView.as_view()),
    path("connections/<str:connection_id>/progress", connections.ProgressView.as_view()),
    path("actions/<str:action_id>", actions.ActionView.as_view()),
    path("gateway/charges/<str:charge_id>/refund", gateway_methods.RefundView.as_view()),
    path("gateway/charges/<str:charge_id>/capture", gateway_methods.CaptureView.as_view()),
    path("gateway/charges/<str:charge_id>/void", gateway_methods.VoidView.as_view()),
    path(
        "gateway/subscriptions/<str:subscription_id>/cancel", gateway_methods.CancelView.as_view()
    ),
    path(
        "gateway/subscriptions/<str:subscription_id>/plans",
        subscription_methods.PlansView.as_view(),
    ),
    path(
        "gateway/subscriptions/<str:subscription_id>/pause",
        subscription_methods.PauseView.as_view(),
    ),
    path(
        "gateway/subscriptions/<str:subscription_id>/resume",
        subscription_methods.ResumeView.as_view(),
    ),
    path(
        "gateway/subscriptions/<str:subscription_id>/coupon",
        subscription_methods.CouponView.as_view(),
    ),
    path(
        "gateway/subscriptions/<str:subscription_id>/coupon/remove",
        subscription_methods.RemoveCouponView.as_view(),
    ),
    path("gateway/invoices/<str:invoice_id>/send", invoice_methods.SendInvoiceView.as_view()),
    path("gateway/invoices/<str:invoice_id>/void", invoice_methods.VoidInvoiceView.as_view()),
    path(
        "gateway/customers/<str:customer_id>/tax_details",
        customer_methods.TaxDetailsView.as_view(),
    ),
    path(
        "gateway/customers/<str:customer_id>/card_update",
        customer_methods.CardUpdateView.as_view(),
    ),
    path(
        "gateway/customers/<str:customer_id>/payment_method",
        customer_methods.PaymentMethodView.as_view(),
    ),
    path("gateway/products/charge", product_charges.ProductChargeView.as_view()),
    # Names of 2018 that published client libraries still use.
    path("charges/<str:charge_id>/refund", gateway_methods.OldRefundView.as_view()),
    path("subscriptions/<str:subscription_id>/cancel", gateway_methods.OldCancelView.as_view()),
    re_path(r"^", UnknownPathView.as_view()),
]

"""The paths of `/v1`."""

from django.urls import path, re_path

from api.v1 import charges
from api.v1.view import UnknownPathView

urlpatterns = [
    path("charges", charges.ChargesView.as_view()),
    path("charges/<str:charge_id>", charges.ChargeView.as_view()),
    re_path(r"^", UnknownPathView.as_view()),
]

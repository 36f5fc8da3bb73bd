"""The paths under /app/."""

from django.urls import path

from chargedesk.dashboard.views import (
    api_keys,
    audit_log,
    companies,
    connect,
    connections,
    functions,
    home,
    limits,
    members,
    orders,
    preferences,
)

app_name = "dashboard"

urlpatterns = [
    path("", home.home, name="home"),
    path("preferences/colours/", preferences.set_theme, name="set_theme"),
    path("preferences/language/", preferences.set_language, name="set_language"),
    path("companies/", companies.companies, name="companies"),
    path("companies/<uuid:tenant_id>/", companies.switch_company, name="switch_company"),
    path("settings/connections/", connections.connections, name="connections"),
    path("settings/connections/new/<slug:gateway>/", connect.connect, name="connect"),
    path(
        "settings/connections/<uuid:connection_id>/",
        connections.connection,
        name="connection",
    ),
    path(
        "settings/connections/<uuid:connection_id>/progress/",
        connections.progress,
        name="connection_progress",
    ),
    path(
        "settings/connections/<uuid:connection_id>/do/<slug:deed>/",
        connections.do,
        name="connection_do",
    ),
    path(
        "settings/connections/<uuid:connection_id>/key/",
        connect.exchange_key,
        name="connection_key",
    ),
    path(
        "settings/connections/<uuid:connection_id>/remove/",
        connections.remove,
        name="connection_remove",
    ),
    path(
        "settings/connections/<uuid:connection_id>/addresses/",
        functions.functions,
        name="functions",
    ),
    path(
        "settings/connections/<uuid:connection_id>/addresses/secret/",
        functions.exchange_secret,
        name="function_secret",
    ),
    path(
        "settings/connections/<uuid:connection_id>/addresses/try/<slug:name>/",
        functions.try_one,
        name="function_try",
    ),
    path("settings/members/", members.members, name="members"),
    path("settings/members/<uuid:member_id>/role/", members.role, name="member_role"),
    path("settings/members/<uuid:member_id>/remove/", members.remove, name="member_remove"),
    path("settings/limits/", limits.limits, name="limits"),
    path("settings/api-keys/", api_keys.api_keys, name="api_keys"),
    path("settings/api-keys/<uuid:key_id>/revoke/", api_keys.revoke, name="api_key_revoke"),
    path("orders/", orders.orders, name="orders"),
    path("orders/<uuid:intent_id>/", orders.order, name="order"),
    path("audit/", audit_log.audit_log, name="audit"),
    path("audit/check/", audit_log.check, name="audit_check"),
    path("audit/export.csv", audit_log.export, name="audit_export"),
]

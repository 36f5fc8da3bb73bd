"""Django's PostgreSQL backend, with connections that are checked after a pause only."""

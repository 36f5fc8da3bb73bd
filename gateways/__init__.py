"""Payment gateways: one contract, one folder per gateway. Plain Python: no Django, no database, no Celery."""

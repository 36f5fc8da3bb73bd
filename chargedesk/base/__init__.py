"""The Django ground: tenant scope, base model, fields, row security, error shape, health checks."""

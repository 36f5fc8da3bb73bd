"""The dashboard's forms: they check shape; services check meaning."""

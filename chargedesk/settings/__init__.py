"""Settings: typed readers over environment variables, one file per environment."""

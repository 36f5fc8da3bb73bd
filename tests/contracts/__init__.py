"""What every gateway and helpdesk must do, run for each one that the registry finds."""

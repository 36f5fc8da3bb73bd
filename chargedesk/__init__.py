"""ChargeDesk: billing support beside the ticket. Importing this package loads no framework."""

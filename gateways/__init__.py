"""Payment gateways: one contract, one folder per gateway. Plain Python."""

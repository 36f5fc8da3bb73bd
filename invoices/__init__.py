"""Receipts, invoices and credit notes that we number, render and freeze."""

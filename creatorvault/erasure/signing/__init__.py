"""The keys that sign receipts."""

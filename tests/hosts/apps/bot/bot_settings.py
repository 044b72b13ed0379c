"""What the health command expects."""

EXPECTED = "first"

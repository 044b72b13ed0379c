"""Tells people how an operation ended: by webhook or e-mail."""

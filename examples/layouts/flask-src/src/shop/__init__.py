"""A package in src/."""

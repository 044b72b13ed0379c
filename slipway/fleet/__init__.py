"""Runs a plan on many hosts at once over SSH. It knows phases and steps, but not what they are for."""

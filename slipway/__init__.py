"""Slipway deploys Python web apps to your own servers over SSH."""

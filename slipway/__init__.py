"""Slipway deploys Python web apps to your own servers over SSH."""

VERSION = "0.1.0"

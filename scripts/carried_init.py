"""Other packages that the wheel of Slipway carries, see docs/dependencies.md."""

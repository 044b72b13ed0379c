"""One thing done on one host a file: pure functions from a target to a step. `slipway.plan` knows their order."""

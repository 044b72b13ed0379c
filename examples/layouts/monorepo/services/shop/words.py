"""Words."""

HELLO = "Hello from monorepo"

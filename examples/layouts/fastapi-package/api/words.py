"""Words."""

HELLO = "Hello from fastapi-package"

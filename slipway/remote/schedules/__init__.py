"""Programs that run scheduled commands on the host that was chosen for them."""

"""Programs that run scheduled commands on the host that a deploy chose for them."""

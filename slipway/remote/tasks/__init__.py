"""Programs that run one-off tasks, and list, show and stop them."""

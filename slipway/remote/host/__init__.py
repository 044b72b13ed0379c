"""Programs that say how a host and an app on it are; and how each program talks to the control machine."""

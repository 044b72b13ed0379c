"""Programs that report the state of a host and of an app on it; and how programs talk to the control machine."""

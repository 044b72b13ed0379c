"""Programs that back up and restore an app's databases and files, on the host."""

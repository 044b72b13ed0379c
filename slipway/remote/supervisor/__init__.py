"""Programs about supervisord: what it runs, and how processes are restarted, drained and stopped."""

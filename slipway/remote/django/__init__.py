"""Programs that run inside a Django release, with its own venv."""

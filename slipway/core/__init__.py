"""The ground that everything stands on: errors, quoting of shell scripts, TOML. It knows nothing of deploys."""

"""The app's environment variables: where they come from, what hosts override, and the files that hold them."""

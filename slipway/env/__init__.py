"""The app's environment variables: where they come from, what hosts keep of them, and the files that carry them."""

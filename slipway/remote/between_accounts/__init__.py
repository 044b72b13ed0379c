"""Programs that hand files from one account of a host to another: from the one that builds to the one that deploys."""

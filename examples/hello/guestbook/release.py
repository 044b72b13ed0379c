"""What every page shows: who is answering."""

import os
import socket


def release(request):
    return {
        "release": os.environ.get("SLIPWAY_RELEASE", "development"),
        "commit": os.environ.get("SLIPWAY_COMMIT", "none")[:10],
        "host": socket.gethostname(),
    }

"""A program without a web side: says every half second which release it is of, and keeps a mark that it is alive."""

import os
import signal
import threading

TEXT = "first"

if TEXT == "broken" and os.environ["SLIPWAY_HOST"] == "lab2":
    raise SystemExit("this release does not run here")
ended = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: ended.set())
while not ended.wait(0.3):
    print(f"{TEXT} from {os.environ['SLIPWAY_RELEASE']}", flush=True)
    mark = os.path.join(os.environ["SLIPWAY_SHARED"], os.environ["SLIPWAY_RELEASE"])  # its own: two may run at a time
    with open(f"{mark}.{os.getpid()}", "w") as file:
        file.write(TEXT)
    os.replace(f"{mark}.{os.getpid()}", mark)

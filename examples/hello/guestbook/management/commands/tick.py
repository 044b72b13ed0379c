import logging
import signal
import threading

from django.core.management.base import BaseCommand

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "A process beside the web server: says once a second that it is there, until it is told to end."

    def handle(self, *args, **options):
        ended = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: ended.set())
        count = 0
        while not ended.wait(1):
            count += 1
            log.info("tick %d", count)
        log.info("ended after %d ticks", count)

"""Small pages for machines: a health check, and what shows how requests reach the app."""

import os
import time

from django.http import HttpResponse, JsonResponse

from .models import Message
from .release import release


def healthz(request):
    """Answer 200 only if the database answers and its tables are there."""
    Message.objects.exists()
    return JsonResponse({"status": "ok", **release(request)})


def slow(request):
    """Answer after `?s=` seconds, at most 60."""
    seconds = min(float(request.GET.get("s", 1)), 60)
    time.sleep(seconds)
    return HttpResponse(f"slept {seconds:g} s in {release(request)['release']}\n", content_type="text/plain")


def pid(request):
    """Say which process answers."""
    return HttpResponse(f"{os.getpid()}\n", content_type="text/plain")


def headers(request):
    """Show the request as the app sees it."""
    seen = {"scheme": request.scheme, "host": request.get_host(), "address": request.META.get("REMOTE_ADDR", "")}
    return JsonResponse({**seen, "headers": dict(request.headers)})

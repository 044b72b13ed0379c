"""One page: it writes a note, and says what is there."""

from django.core.cache import caches
from django.db import connection
from django.http import JsonResponse
from django.urls import path

from notes.models import Note


def page(request):
    """Write a note, and count visits."""
    if request.GET.get("text"):
        Note.objects.create(text=request.GET["text"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false)")
        tls = cursor.fetchone()[0]
    visits = {}
    for name, cache in ((name, caches[name]) for name in caches):
        cache.add("visits", 0)
        visits[name] = cache.incr("visits") if cache.get("visits") is not None else 0
    notes = list(Note.objects.order_by("id").values_list("text", flat=True))
    return JsonResponse({"notes": notes, "tls": tls, "visits": visits})


urlpatterns = [path("", page)]

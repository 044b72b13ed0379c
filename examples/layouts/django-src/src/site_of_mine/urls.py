"""One page."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def hello(_: HttpRequest) -> HttpResponse:
    """Say hello."""
    return HttpResponse("Hello from django-src")


urlpatterns = [path("", hello)]

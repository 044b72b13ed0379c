from django.urls import path
from guestbook import probes, views

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", probes.healthz),
    path("slow", probes.slow),
    path("pid", probes.pid),
    path("headers", probes.headers),
]

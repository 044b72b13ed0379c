"""A note."""

from django.db import models


class Note(models.Model):
    """One line of text."""

    text = models.TextField()

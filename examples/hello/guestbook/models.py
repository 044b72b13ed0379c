from django.db import models


class Message(models.Model):
    """What a visitor left in the book."""

    name = models.CharField(max_length=60)
    text = models.CharField(max_length=280)
    written = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-written", "-id"]

    def __str__(self):
        return f"{self.name}: {self.text}"

from django.forms import ModelForm
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from .models import Message


class MessageForm(ModelForm):
    class Meta:
        model = Message
        fields = ["name", "text"]


@require_http_methods(["GET", "HEAD", "POST"])
def home(request):
    form = MessageForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        return redirect("home")
    context = {"form": form, "messages": Message.objects.all()[:20], "count": Message.objects.count()}
    return render(request, "guestbook/home.html", context)

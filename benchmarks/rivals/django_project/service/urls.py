from django.http import HttpRequest, HttpResponse
from django.urls import path

from service.api import api


def health(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [path("api/v1/", api.urls), path("health", health)]

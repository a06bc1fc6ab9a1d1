"""Django's settings: an API alone, so without sessions, messages, templates and the admin."""

import os
from typing import Any

SECRET_KEY = BETTER_AUTH_SECRET = os.environ["BETTER_AUTH_SECRET"]
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "service.urls"
INSTALLED_APPS = ["django.contrib.postgres", "service"]
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"]
USE_TZ = True
NINJA_PAGINATION_PER_PAGE = 20

DATABASES: dict[str, Any] = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ["DATABASE_HOST"],
        "NAME": os.environ["DATABASE_NAME"],
        "USER": os.environ["DATABASE_USER"],
        "OPTIONS": {"pool": {"min_size": 2, "max_size": int(os.environ["DATABASE_POOL"])}},
    }
}

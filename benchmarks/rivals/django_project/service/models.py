"""The plaintext table."""

from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Stage(models.TextChoices):
    IDEA = "idea"
    OUTLINE = "outline"
    DRAFT = "draft"
    PUBLISHED = "published"


class Priority(models.TextChoices):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Idea(models.Model):  # noqa: DJ008 - nothing prints it
    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    user_id = models.CharField(max_length=255)
    title = models.CharField(max_length=200)
    notes = models.CharField(max_length=5000, null=True)  # noqa: DJ001 - the contract distinguishes null
    stage = models.CharField(max_length=20, choices=Stage, default=Stage.IDEA)
    priority = models.CharField(max_length=20, choices=Priority, default=Priority.MEDIUM)
    tags = ArrayField(models.CharField(max_length=50), default=list)
    due_date = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "ideas"
        indexes = [models.Index(fields=["user_id", "created_at"])]

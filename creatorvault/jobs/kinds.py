"""What an app needs to declare its jobs (`App.jobs`) and schedules (`App.schedules`)."""

from creatorvault.core.background.declarations import JobFailed, JobKind, JobPlace, Schedule

__all__ = ["JobFailed", "JobKind", "JobPlace", "Schedule"]

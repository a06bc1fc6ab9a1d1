"""What differs between two versions of an idea. Pure rules."""

from creatorvault.history.schemas import (
    DueDateDifference,
    IdeaVersion,
    PriorityDifference,
    StageDifference,
    TagsDifference,
    TextDifference,
    VersionDifference,
)


def difference(before: IdeaVersion, after: IdeaVersion) -> VersionDifference:
    return VersionDifference(
        number=before.number,
        to=after.number,
        title=_texts(before.title, after.title),
        notes=_texts(before.notes, after.notes),
        stage=None if before.stage == after.stage else StageDifference(before=before.stage, after=after.stage),
        priority=(
            None
            if before.priority == after.priority
            else PriorityDifference(before=before.priority, after=after.priority)
        ),
        tags=(
            None
            if before.tags == after.tags
            else TagsDifference(
                added=[tag for tag in after.tags if tag not in before.tags],
                removed=[tag for tag in before.tags if tag not in after.tags],
            )
        ),
        due_date=(
            None
            if before.due_date == after.due_date
            else DueDateDifference(before=before.due_date, after=after.due_date)
        ),
    )


def _texts(before: str | None, after: str | None) -> TextDifference | None:
    return None if before == after else TextDifference(before=before, after=after)

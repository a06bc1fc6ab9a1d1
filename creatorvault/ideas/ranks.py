"""Stage and priority as the small integers by which the database stores and sorts them."""

from typing import Final

from creatorvault.ideas.schemas import PriorityEnum, StageEnum

STAGES: Final = tuple(StageEnum)
PRIORITIES: Final = (PriorityEnum.LOW, PriorityEnum.MEDIUM, PriorityEnum.HIGH)
STAGE_RANK: Final = {stage: rank for rank, stage in enumerate(STAGES)}
PRIORITY_RANK: Final = {priority: rank for rank, priority in enumerate(PRIORITIES)}

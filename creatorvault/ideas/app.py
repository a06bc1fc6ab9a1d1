"""Registration of the ideas app."""

from typing import Final

from creatorvault.core.database.tenant_data import Erased
from creatorvault.ideas.checkpoints.heads import CheckpointHeads
from creatorvault.ideas.commands import seed
from creatorvault.ideas.controllers import IdeaController
from creatorvault.ideas.literal_user_ids import under_reserved_ids
from creatorvault.ideas.many.controllers import BulkController, TagRenameController
from creatorvault.ideas.metrics import checkpoint_metrics, opened_metrics, search_metrics, segment_metrics, work_metrics
from creatorvault.ideas.models import (
    HistoryPruning,
    Idea,
    IdeaSegment,
    IdeaTombstone,
    IdeaVersion,
    TrashedIdea,
    VaultCheckpoint,
)
from creatorvault.ideas.parts import ideas_parts
from creatorvault.ideas.sealed import (
    CHECKPOINTS_SEALED,
    IDEAS_SEALED,
    NO_SEGMENTS,
    PRUNINGS_SEALED,
    SEGMENTS_SEALED,
    TRASH_SEALED,
    VERSIONS_SEALED,
)
from creatorvault.ideas.statistics.controllers import StatisticsController, TagController
from creatorvault.management.apps import App

CONTROLLERS: Final = (IdeaController, StatisticsController, TagController, BulkController, TagRenameController)

APP: Final = App(
    name="ideas",
    controllers=[*CONTROLLERS, *under_reserved_ids(*CONTROLLERS)],
    commands=[seed],
    parts=[ideas_parts],
    erases=[
        Erased(model=VaultCheckpoint),
        Erased(model=HistoryPruning),
        Erased(model=IdeaTombstone),
        Erased(model=TrashedIdea),
        Erased(model=IdeaVersion),
        Erased(model=IdeaSegment),
        Erased(model=Idea, counted_as="ideas", first=NO_SEGMENTS),
    ],
    sealed=[IDEAS_SEALED, VERSIONS_SEALED, TRASH_SEALED, SEGMENTS_SEALED, CHECKPOINTS_SEALED, PRUNINGS_SEALED],
    metrics=[search_metrics, opened_metrics, segment_metrics, checkpoint_metrics, work_metrics],
    heads=[CheckpointHeads()],
)

"""Whose request is taken for a repetition of one whose commit is in doubt."""

from uuid import uuid4

from creatorvault.core.identifiers import TenantId, UserId, VaultId
from creatorvault.ideas.drafting import drafted
from creatorvault.ideas.in_doubt import InDoubtIdeas
from creatorvault.ideas.schemas import IdeaCreate


def test_an_equal_request_to_another_vault_is_no_repetition() -> None:
    vault = VaultId(TenantId(uuid4()), UserId("ada"))
    given = IdeaCreate(title="The same")
    idea = drafted(given, vault.user_id)
    doubts = InDoubtIdeas()

    doubts.remember(vault, given, idea)

    doubt = doubts.about(vault, IdeaCreate(title="The same"))
    assert doubt is not None
    assert doubt.id == idea.id
    assert doubts.about(vault, IdeaCreate(title="Another")) is None
    assert doubts.about(vault._replace(user_id=UserId("bob")), given) is None
    assert doubts.about(vault._replace(tenant_id=TenantId(uuid4())), given) is None

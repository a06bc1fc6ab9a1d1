"""What is installed. An explicit list: a broken import must be loud, and the order is the order of registration."""

from collections.abc import Sequence
from dataclasses import dataclass

from click import Command
from litestar.types import ControllerRouterHandler

from creatorvault.accounts.controllers import UserController
from creatorvault.health.controllers import HealthController, RootController
from creatorvault.ideas.controllers import IdeaController


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One folder's part in the whole."""

    name: str
    controllers: Sequence[ControllerRouterHandler] = ()
    commands: Sequence[Command] = ()


INSTALLED: tuple[App, ...] = (
    App(name="health", controllers=(RootController, HealthController)),
    App(name="accounts", controllers=(UserController,)),
    App(name="crypto"),
    App(name="tenants"),
    App(name="ideas", controllers=(IdeaController,)),
)

"""Registration of the notices app."""

from creatorvault.management.apps import App
from tests.console.notices.admin import NOTICES
from tests.console.notices.controllers import NoticeController
from tests.console.notices.rich import BROKEN, RICH, WITHOUT_LISTS

APP = App(name="notices", controllers=[NoticeController], console=[NOTICES, RICH, BROKEN, WITHOUT_LISTS])

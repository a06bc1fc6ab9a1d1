"""Refusals of the console. Those that are no errors send the browser to the page for signing in."""

from creatorvault.core.errors import Forbidden


class SignInNeeded(Exception):
    """There is no session, or it is not fresh enough. `following` is the page to show afterwards."""

    def __init__(self, following: str) -> None:
        super().__init__(following)
        self.following = following


class SignInRequired(SignInNeeded):
    """There is no session that holds."""


class SignInAgain(SignInNeeded):
    """The operator has signed in too long ago for what was asked."""


class FormRefused(Forbidden):
    """The request does not come from a form of the console in the same browser."""

    def __init__(self) -> None:
        super().__init__("The form is not one of this session")


class ForeignRequest(Forbidden):
    """Another site has made the browser send the request."""

    def __init__(self) -> None:
        super().__init__("Another site has asked for this page")

"""Columns of events, for each page of the operators' console that shows some."""

from typing import Final

from creatorvault.core.console.declarations import N_, Column, Kind

ACTOR: Final = N_("Who")
VERB: Final = N_("What")
OUTCOMES: Final = {"done": N_("Done"), "refused": N_("Refused")}

EVENTS: Final = (
    Column(name="happened_at", label=N_("Time"), kind=Kind.MOMENT),
    Column(name="actor", label=ACTOR, kind=Kind.IDENTIFIER),
    Column(name="verb", label=VERB, kind=Kind.IDENTIFIER),
    Column(name="targets", label=N_("On what"), kind=Kind.PAIRS),
    Column(name="outcome", label=N_("Outcome"), kind=Kind.STATUS, values=OUTCOMES),
    Column(name="address", label=N_("From where"), kind=Kind.IDENTIFIER),
)

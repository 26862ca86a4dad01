"""What the triggers of a table are to be called on the new table, and why they could not be. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from ghostshift.model.names import NAME_LIMIT
from ghostshift.model.settings import TriggerSettings
from ghostshift.model.trigger import PlannedTrigger, Trigger


def planned(triggers: Iterable[Trigger], settings: TriggerSettings) -> tuple[PlannedTrigger, ...]:
    """Each trigger with its new name."""
    return tuple(PlannedTrigger(source=trigger, name=new_name(trigger.name, settings)) for trigger in triggers)


def new_name(name: str, settings: TriggerSettings) -> str:
    """The suffix is put behind the name, or taken away where it is there and that was asked for."""
    if settings.toggle and name.endswith(settings.suffix):
        return name.removesuffix(settings.suffix)
    return name + settings.suffix


def problem(triggers: Iterable[PlannedTrigger], taken: Iterable[str]) -> str:
    """Why these names cannot be; empty where they can. `taken`: names of triggers that stay in the schema.

    Names that differ only in case count as the same, for some servers take them so.
    """
    used = {name.lower() for name in taken}
    for trigger in triggers:
        if not trigger.name:
            return f"the trigger {trigger.source.name} would lose its whole name"
        if len(trigger.name) > NAME_LIMIT:
            return f"the trigger name {trigger.name} has {len(trigger.name)} characters, more than {NAME_LIMIT}"
        if trigger.name.lower() in used:
            return f"a trigger {trigger.name} exists already, or would be made twice"
        used.add(trigger.name.lower())
    return ""

"""What groups of people are called, by the audiences that consist of one."""

from collections.abc import Mapping
from contextlib import suppress

from outreach.audience.predicates import Named
from outreach.errors import DefinitionError
from outreach.model.campaign import Words
from outreach.model.segment import Group, Join, Term
from outreach.services import Services
from outreach.steps import people


def group_titles(services: Services) -> Mapping[tuple[Named, str], Words]:
    """Return titles by group: those of an audience that is this group, all of it and nobody else.

    Of several such audiences the first by name counts. One that cannot be read is told where it is used.
    """
    found: dict[tuple[Named, str], Words] = {}
    for name in people.audience_names(services):
        with suppress(DefinitionError):
            segment = people.load_segment(services, name)
            group = _group(segment.rule)
            if group and not segment.per_organisation and not segment.at_most:
                found.setdefault((Named.GROUP, group), segment.titles)
    return found


def _group(rule: Group | Term) -> str | None:
    """Return the one group that *rule* asks for, if it asks for nothing else."""
    if isinstance(rule, Group):
        return _group(rule.rules[0]) if len(rule.rules) == 1 and rule.join is not Join.NONE else None
    return rule.argument if rule.predicate == "group" and isinstance(rule.argument, str) else None

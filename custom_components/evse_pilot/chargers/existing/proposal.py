"""Which entity of a device is what, found out from the profile of its integration, and from what is common."""

from collections.abc import Callable, Mapping, Sequence
import re

from ..entity_port import COMMANDED, DOMAINS, Candidate, Proposal, Role
from ..types import LEAST_A
from .loader import async_profile
from .models import ON_AND_OFF, ONE_AND_THREE, UNITS, choices, offers, pause_of
from .profiles import Part
from .words import COMMON, normalized

_BETWEEN = r"(?:^|[._\-])"
_AFTER = r"(?:$|[._\-])"
# The most that is proposed where neither entity nor profile knows one.
_PROPOSED_A = 32.0
# Words by which an enum is the status of a charger
_ENOUGH_WORDS = 3
_PHASE = {
    Role.CURRENT_L1: r"(l1|phase_?[1a]|current_?[1a])",
    Role.CURRENT_L2: r"(l2|phase_?[2b]|current_?[2b])",
    Role.CURRENT_L3: r"(l3|phase_?[3c]|current_?[3c])",
}


class Chooser:
    """Proposes entities, and checks those that were chosen."""

    async def propose(self, integration: str, candidates: Sequence[Candidate]) -> Proposal:
        """Return what is proposed to the owner."""
        profile = await async_profile(integration)
        roles: dict[Role, str] = {}
        if profile.parts:
            for role, part in profile.parts.items():
                if (found := _known(part, candidates)) is not None:
                    roles[role] = found.entity_id
        else:
            for role in Role:
                taken = [each for each in candidates if each.entity_id not in roles.values()]
                if (found := _guessed(role, taken)) is not None:
                    roles[role] = found.entity_id
        limit = next((each for each in candidates if each.entity_id == roles.get(Role.LIMIT)), None)
        maximum_a = min(profile.maximum_a, _most_a(limit) or profile.maximum_a)
        return Proposal(
            name=profile.name or None,
            roles=roles,
            maximum_a=maximum_a if maximum_a < profile.maximum_a or profile.parts else _PROPOSED_A,
        )

    async def problem(
        self,
        integration: str,
        chosen: Mapping[Role, Candidate],
        owners: frozenset[Role],
        *,
        has_action: bool,
    ) -> tuple[str, str] | None:
        """Return the field and the key of the first error in a choice; None: it can be used."""
        profile = await async_profile(integration)
        for role, candidate in chosen.items():
            if candidate.domain not in DOMAINS[role]:
                return role, "wrong_kind"
            if not _has_unit(role, candidate):
                return role, "wrong_unit"
            if (role not in profile.parts or role in owners) and not _has_options(role, candidate):
                return role, "wrong_options"
        commanded = [(role, chosen[role].entity_id) for role in COMMANDED if role in chosen]
        for index, (role, entity_id) in enumerate(commanded):
            if any(entity_id == before for _, before in commanded[:index]):
                return role, "same_entity"
        if not {Role.STATUS, Role.PLUGGED, Role.CHARGING} & chosen.keys():
            return Role.STATUS, "no_status"
        if (Role.START in chosen) is not (Role.STOP in chosen):
            return (Role.STOP if Role.START in chosen else Role.START), "one_button"
        limit = chosen.get(Role.LIMIT)
        if has_action and limit is None:
            return Role.LIMIT, "shows_no_limit"
        attributes = None if limit is None or limit.state is None else limit.attributes
        pause = pause_of(
            profile,
            chosen.keys(),
            owners,
            (None if limit is None else limit.domain, attributes),
            has_action=has_action,
        )
        if pause is None and limit is not None:
            is_readable = limit.domain == "sensor" and not has_action
            return (Role.LIMIT, "limit_not_settable") if is_readable else (Role.SWITCH, "no_pause")
        return None


def _known(part: Part, candidates: Sequence[Candidate]) -> Candidate | None:
    """Return the entity that a profile means: the first of its keys that one has, preferably as its translation key."""
    for key in part.keys:
        named = [each for each in candidates if each.domain in part.domains and _has_key(each, key)]
        if named:
            # Of two without a translation key, the one with the shorter id has nothing else in its name. One that is
            # disabled can be enabled.
            return min(
                named,
                key=lambda each: (not each.is_enabled, each.translation_key != key, len(each.unique_id)),
            )
    return None


def _has_key(candidate: Candidate, key: str) -> bool:
    if candidate.translation_key is not None:
        return candidate.translation_key == key
    pattern = f"{_BETWEEN}{re.escape(key)}{_AFTER}"
    return re.search(pattern, candidate.unique_id, re.IGNORECASE) is not None


# Without a profile


def _name(candidate: Candidate) -> str:
    return normalized(f"{candidate.translation_key or ''} {candidate.entity_id.partition('.')[2]}")


def _is_status(each: Candidate) -> bool:
    options = each.attributes.get("options")
    words = [normalized(str(option)) for option in options] if isinstance(options, (list, tuple)) else []
    if words:
        return sum(word in COMMON for word in words) >= min(_ENOUGH_WORDS, len(words))
    return each.unit is None and each.state is not None and normalized(each.state) in COMMON


def _is_limit(each: Candidate) -> bool:
    if each.domain == "select":
        return len([amps for amps in choices(each.attributes) if amps >= LEAST_A]) > 1
    is_current = each.domain in ("number", "input_number") and each.unit in ("A", "mA")
    return is_current and not re.search(r"min|offline|fallback|fuse|grid|failsafe", _name(each))


def _named(pattern: str) -> Callable[[Candidate], bool]:
    return lambda each: re.search(pattern, _name(each)) is not None


def _of_class(device_class: str, pattern: str = "") -> Callable[[Candidate], bool]:
    return lambda each: each.device_class == device_class and re.search(pattern, _name(each)) is not None


_GUESSES: Mapping[Role, Callable[[Candidate], bool]] = {
    Role.STATUS: _is_status,
    Role.PLUGGED: _of_class("plug"),
    Role.CHARGING: _of_class("battery_charging"),
    Role.LIMIT: _is_limit,
    Role.SWITCH: lambda each: (
        each.domain == "switch"
        and re.search(r"charg|allow|enable", _name(each)) is not None
        and re.search(r"lock|schedul|solar|auth|phase|timer|smart", _name(each)) is None
    ),
    Role.START: _named(r"(start|resume)(?!.*(auto|schedul|restart))"),
    Role.STOP: _named(r"stop|pause"),
    Role.PHASES: lambda each: set(each.attributes.get("options") or ()) == {"1", "3"},
    Role.POWER: _of_class("power"),
    **{role: _of_class("current", pattern) for role, pattern in _PHASE.items()},
    Role.ENERGY: _of_class("energy", r"total|lifetime|meter"),
    Role.SESSION_ENERGY: _of_class("energy", r"session"),
    Role.ONLINE: _of_class("connectivity"),
}


def _guessed(role: Role, candidates: Sequence[Candidate]) -> Candidate | None:
    """Return the entity that is most likely meant: of several the first with the shortest name."""
    fitting = [
        each
        for each in candidates
        if each.is_enabled
        and each.domain in DOMAINS[role]
        and not (role is Role.LIMIT and each.domain == "sensor")
        and not (role is Role.STATUS and each.domain != "sensor")
        and _GUESSES[role](each)
    ]
    return min(fitting, key=lambda each: len(_name(each)), default=None)


# What a choice has to be


def _has_unit(role: Role, candidate: Candidate) -> bool:
    """Return whether the unit is one that is understood; one of an entity that shows nothing yet may be."""
    is_unknown = candidate.state is None and candidate.unit is None
    if (units := UNITS.get(role)) is None or candidate.domain == "select" or is_unknown:
        return True
    # Some integrations leave the unit of a limit out, which is A then.
    return candidate.unit in units or (role is Role.LIMIT and candidate.unit is None)


def _has_options(role: Role, candidate: Candidate) -> bool:
    """Return whether a select has the options by which it is understood; they may not be known yet."""
    attributes = candidate.attributes
    if candidate.domain not in ("select", "input_select") or "options" not in attributes:
        return True
    if role is Role.LIMIT:
        return any(amps >= LEAST_A for amps in choices(attributes))
    words = {Role.SWITCH: ON_AND_OFF, Role.PHASES: ONE_AND_THREE}.get(role, ())
    return offers(attributes, *words)


def _most_a(limit: Candidate | None) -> float | None:
    """Return the most that a limit offers, in A; None: not known, or no charger has so little."""
    if limit is None:
        return None
    offered = choices(limit.attributes)
    most = max(offered) if offered else limit.attributes.get("max")
    if not isinstance(most, (int, float)):
        return None
    most *= 0.001 if limit.unit == "mA" else 1.0
    return most if most >= LEAST_A else None

"""Entities of the settings that a charger declares."""

from collections.abc import Awaitable, Callable, Iterable
from enum import StrEnum
from typing import Any

from homeassistant.components.number import NumberMode
from homeassistant.const import EntityCategory

from ..chargers.settings import ChoiceSetting, Configurable, FlagSetting, NumberSetting, Setting, TextSetting
from .descriptions import NumberDescription, SelectDescription, SwitchDescription, TextDescription, known
from .vocabulary import NUMBER_CLASSES


def _change[V](setting: Setting[Any, V]) -> Callable[[Any, V], Awaitable[None]]:
    def change(charger: Configurable[Any], value: V) -> Awaitable[None]:
        return charger.change(setting, value)

    return change


def _category(setting: Setting[Any, Any]) -> EntityCategory | None:
    return None if setting.primary else EntityCategory.CONFIG


def _offered[E: StrEnum](setting: ChoiceSetting[Any, E]) -> Callable[[Any], Iterable[E]]:
    offered = [word for word in setting.words if word not in setting.excluded]
    return lambda _: offered


def numbers[S](settings: Iterable[Setting[S, Any]]) -> tuple[NumberDescription[Any, S], ...]:
    """Return a number for each setting that is one."""
    return tuple(
        NumberDescription(
            key=setting.key,
            device_class=None if setting.unit is None else NUMBER_CLASSES.get(setting.unit),
            entity_category=_category(setting),
            entity_registry_enabled_default=setting.primary,
            native_unit_of_measurement=setting.unit,
            native_min_value=setting.low,
            native_max_value=setting.high,
            native_step=1,
            mode=NumberMode.BOX,
            max_fn=setting.maximum,
            exists_fn=setting.exists or known(setting.value),
            value_fn=setting.value,
            set_fn=_change(setting),
        )
        for setting in settings
        if isinstance(setting, NumberSetting)
    )


def switches[S](settings: Iterable[Setting[S, Any]]) -> tuple[SwitchDescription[Any, S], ...]:
    """Return a switch for each setting that is on or off."""
    return tuple(
        SwitchDescription(
            key=setting.key,
            entity_category=_category(setting),
            entity_registry_enabled_default=setting.primary,
            exists_fn=setting.exists or known(setting.value),
            value_fn=setting.value,
            set_fn=_change(setting),
        )
        for setting in settings
        if isinstance(setting, FlagSetting)
    )


def selects[S](settings: Iterable[Setting[S, Any]]) -> tuple[SelectDescription[Any, S, Any], ...]:
    """Return a select for each setting with words."""
    return tuple(
        SelectDescription(
            key=setting.key,
            entity_category=_category(setting),
            entity_registry_enabled_default=setting.primary,
            words=setting.words,
            options_fn=_offered(setting),
            exists_fn=setting.exists or known(setting.value),
            value_fn=setting.value,
            set_fn=_change(setting),
        )
        for setting in settings
        if isinstance(setting, ChoiceSetting)
    )


def texts[S](settings: Iterable[Setting[S, Any]]) -> tuple[TextDescription[Any, S], ...]:
    """Return a text for each setting that is one."""
    return tuple(
        TextDescription(
            key=setting.key,
            entity_category=_category(setting),
            entity_registry_enabled_default=setting.primary,
            native_max=setting.longest,
            exists_fn=setting.exists or known(setting.value),
            value_fn=setting.value,
            set_fn=_change(setting),
        )
        for setting in settings
        if isinstance(setting, TextSetting)
    )

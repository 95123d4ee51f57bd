"""Repair issues: opened when there is something to mend, and withdrawn when there is nothing any more."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN


@callback
def async_show_issue(
    hass: HomeAssistant,
    entry: ConfigEntry,
    kind: str,
    placeholders: Mapping[str, str] | None,
    *,
    severity: ir.IssueSeverity = ir.IssueSeverity.WARNING,
) -> None:
    """Open the issue of this kind, which is its translation key, or update it; None: withdraw it."""
    issue_id = f"{kind}_{entry.entry_id}"
    if placeholders is None:
        ir.async_delete_issue(hass, DOMAIN, issue_id)
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        is_fixable=False,
        severity=severity,
        translation_key=kind,
        translation_placeholders=dict(placeholders),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What is to be mended: its translation key, and after how many seconds of it the issue opens.

    `fix`: what the flow needs that mends it; None: no click can.
    """

    kind: str
    placeholders: Mapping[str, str]
    lasts_s: float = 0.0
    severity: ir.IssueSeverity = ir.IssueSeverity.WARNING
    fix: Mapping[str, str] | None = None


class Issues:
    """The repair issues of one owner, by id. What is over before its time was no trouble."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start without any."""
        self._hass = hass
        self._since_s: dict[str, float] = {}
        self._open: dict[str, Trouble] = {}

    @callback
    def show(self, t: float, found: Mapping[str, Trouble]) -> None:
        """Take all troubles of this moment: open the issues of those that last, and withdraw those that are over."""
        self._forget_mended()
        self._withdraw(self._open.keys() - found.keys())
        self._since_s = {issue_id: self._since_s.get(issue_id, t) for issue_id in found}
        for issue_id, trouble in found.items():
            is_due = issue_id in self._open or t - self._since_s[issue_id] >= trouble.lasts_s
            if is_due and self._open.get(issue_id) != trouble:
                self._open[issue_id] = trouble
                async_open_issue(self._hass, issue_id, trouble)

    def _forget_mended(self) -> None:
        """Begin anew with what a flow has mended: Home Assistant has closed its issue."""
        registry = ir.async_get(self._hass)
        for issue_id in tuple(self._open):
            if registry.async_get_issue(DOMAIN, issue_id) is None:
                del self._open[issue_id], self._since_s[issue_id]

    @callback
    def withdraw(self) -> None:
        """Withdraw all."""
        self._withdraw(set(self._open))
        self._since_s = {}

    def _withdraw(self, issue_ids: Iterable[str]) -> None:
        for issue_id in issue_ids:
            del self._open[issue_id]
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)


@callback
def async_open_issue(hass: HomeAssistant, issue_id: str, trouble: Trouble) -> None:
    """Open the issue of a trouble, or update it."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        data=None if trouble.fix is None else dict(trouble.fix),
        is_fixable=trouble.fix is not None,
        severity=trouble.severity,
        translation_key=trouble.kind,
        translation_placeholders=dict(trouble.placeholders),
    )

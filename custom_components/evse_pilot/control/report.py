"""What a bug report shows of the control of a charger: it holds no secret."""

from dataclasses import asdict
from typing import Any

from .controller import ChargerController


def control_report(control: ChargerController) -> dict[str, Any]:
    """Return claims, baseline, target, the last command, and the last decisions; currents in A per phase."""
    target, ack = control.target, control.ack
    return {
        "claims": {source.value: asdict(claim) for source, claim in control.claims.items()},
        "baseline": asdict(control.baseline),
        "target": None if target is None else asdict(target),
        "acknowledgement": {"state": ack.state.name.lower(), "asked_a": ack.asked_a, "shown_a": ack.shown_a},
        "is_plugged_in": control.is_plugged_in,
        "problem": control.problem,
        "writes_today": control.writes_today,
        "decisions": list(control.decisions.report()),
    }

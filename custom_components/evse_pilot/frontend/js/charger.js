/** The view of a charger: what it does and why, its controls, its session, its day and its week. */

import {
  alarms,
  block,
  day,
  dropdown,
  list,
  missingSunBadge,
  section,
  slider,
  tile,
  toggle,
  until,
  view,
  week,
  whenKnown,
  whyBadge,
  wideTile,
} from "./cards.js";

export function chargerView(charger, texts) {
  const reason = charger.get("sensor", "limited_by");
  const status = charger.get("sensor", "status");
  const badges = [
    status && { type: "entity", entity: status },
    whyBadge(reason),
    missingSunBadge(reason, charger.member?.get("sensor", "reason")),
  ].filter(Boolean);
  return view(
    charger.name,
    charger.path,
    [
      alarms(texts, [charger]),
      section([controls(charger, reason, texts)]),
      section([session(charger, texts), lastDay(charger, texts)]),
      section([plan(charger, texts), schedule(charger, texts)]),
      section([pastSessions(charger, texts)]),
    ],
    { badges },
  );
}

function controls(charger, reason, texts) {
  const target = charger.get("sensor", "target_current");
  const limit = charger.get("number", "current_limit");
  const phases = charger.get("select", "phase_mode");
  return block(texts.charging, "mdi:ev-station", [
    until(texts, reason),
    wideTile(charger.get("sensor", "power"), { color: "amber" }),
    toggle(charger.get("switch", "allow_charging")),
    slider(limit, { grid_options: { columns: target ? 8 : 12 } }),
    limit ? tile(target, { vertical: true, grid_options: { columns: 4, rows: 2 } }) : wideTile(target),
    dropdown(charger.get("select", "mode", "evnex_mode")),
    // What the charger of a group takes of the sun is its group's.
    dropdown(charger.member?.get("select", "sun_mode")),
    phases ? dropdown(phases) : list([charger.get("switch", "three_phase")]),
    toggle(charger.member?.get("switch", "auto_phases")),
  ]);
}

function session(charger, texts) {
  return block(texts.session, "mdi:car-electric", [
    list([
      charger.get("sensor", "session_energy", "evnex_session_energy"),
      charger.get("sensor", "session_time", "session_duration"),
      charger.get("sensor", "car_state_of_charge"),
      charger.get("event", "session"),
      ...charger.all("sensor", (key) => key.startsWith("last_session_")),
    ]),
  ]);
}

function lastDay(charger, texts) {
  const power = charger.get("sensor", "power");
  const phases = charger.phases("current").map(([entity]) => entity);
  const currents = phases.length > 0 ? phases : [charger.get("sensor", "current")].filter(Boolean);
  return block(texts.day, "mdi:chart-line", [
    day(power ? [[power]] : []),
    day(currents.map((entity) => [entity])),
  ]);
}

function plan(charger, texts) {
  return block(texts.plan, "mdi:cash-clock", [
    toggle(charger.get("switch", "plan")),
    wideTile(charger.get("time", "plan_ready_by")),
    // A goal may be a state of charge instead.
    whenKnown(wideTile(charger.get("number", "plan_energy"))),
    list([charger.get("sensor", "plan_start"), charger.get("sensor", "plan_cost")]),
  ]);
}

/** Return the schedule, and the week with its windows and the planned times. */
function schedule(charger, texts) {
  return block(texts.schedule, "mdi:calendar-clock", [
    list([
      charger.get("switch", "schedule_enabled"),
      charger.get("sensor", "next_charging_start"),
      charger.get("sensor", "next_charging_end"),
      override(charger, texts),
    ]),
    week([charger.get("calendar", "schedule"), charger.get("calendar", "plan")], { show_add_event: true }),
  ]);
}

/** Return what charges against the schedule: its button, or the same action where that is disabled, as it is at first. */
function override(charger, texts) {
  const enabled = charger.get("switch", "schedule_enabled");
  const button = charger.get("button", "override_schedule");
  if (button || !enabled || !charger.deviceId) {
    return button;
  }
  const tap_action = {
    action: "perform-action",
    perform_action: "evse_pilot.override_schedule",
    target: { device_id: charger.deviceId },
  };
  return {
    type: "conditional",
    conditions: [{ condition: "state", entity: enabled, state: "on" }],
    row: { type: "button", name: texts.charge_now, icon: "mdi:calendar-alert", tap_action },
  };
}

function pastSessions(charger, texts) {
  return block(texts.sessions, "mdi:history", [week([charger.get("calendar", "sessions")])]);
}

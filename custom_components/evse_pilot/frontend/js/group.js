/** The view of a house: the phases against the fuse, which charger gets what and why, and its day. */

import {
  alarms,
  bar,
  block,
  day,
  dropdown,
  gauge,
  list,
  opens,
  section,
  slider,
  until,
  view,
  why,
  wideTile,
} from "./cards.js";
import { memberName } from "./registry.js";

export function groupView(hass, group, texts) {
  return view(group.name, group.path, [
    alarms(texts, [group]),
    section([block(texts.phases, "mdi:fuse", [...phases(hass, group), ...controls(hass, group)])]),
    section([block(texts.shares, "mdi:ev-station", group.members.flatMap((member) => share(hass, member, texts)))]),
    section([lastDay(group, texts)]),
  ]);
}

/** Return the current of each phase of the mains against the fuse. */
export function phases(hass, group) {
  const fuse = hass.states[group.get("number", "group_limit")]?.attributes.max;
  return group.phases("mains_current").map(([entity, name]) => gauge(entity, name, fuse));
}

function controls(hass, group) {
  return [
    wideTile(group.get("sensor", "given_current")),
    sun(group),
    list([
      group.get("sensor", "predicted_peak"),
      group.get("sensor", "highest_peak"),
      group.get("number", "peak_target"),
    ]),
    slider(group.get("number", "group_limit")),
    list([group.get("switch", "group_enabled"), group.get("sensor", "ceiling_until")]),
    dropdown(group.get("select", "group_mode")),
    dropdown(group.get("select", "sun_mode")),
  ];
}

/** Return what the sun leaves, and what the cars take of it; it is there unless all of them charge whatever the sun does. */
function sun(group) {
  const mode = group.get("select", "sun_mode");
  const readings = list([group.get("sensor", "sun_surplus"), group.get("sensor", "sun_given")]);
  const steers = { condition: "state", entity: mode, state_not: "fast" };
  return mode && readings ? { ...readings, visibility: [...readings.visibility, steers] } : readings;
}

/** Return what a charger gets of what it may get at most, and why it is no more. */
function share(hass, member, texts) {
  const most = hass.states[member.get("number", "member_limit")]?.attributes.max;
  const name = { name: memberName(member), ...opens(member.charger) };
  const current = member.get("sensor", "share");
  const reason = member.get("sensor", "reason");
  return [
    most ? bar(current, most, name) : wideTile(current, name),
    why(reason, current ? {} : name),
    until(texts, reason),
  ];
}

function lastDay(group, texts) {
  const mains = group.phases("mains_current");
  const shares = group.members.map((member) => [member.get("sensor", "share"), memberName(member)]);
  return block(texts.day, "mdi:chart-line", [day(mains), day(shares.filter(([entity]) => entity))]);
}

/** The chargers, groups and meters of EVSE Pilot, found by the entity registry: ids may have any name. */

const PLATFORM = "evse_pilot";

const GROUP_KEYS = new Set([
  "group_enabled",
  "group_limit",
  "group_mode",
  "given_current",
  "chargers_charging",
  "meter_silent",
  "limiting",
  "room_l1",
]);
const MEMBER_KEYS = new Set(["share", "reason", "member_limit"]);
const CHARGER_KEYS = new Set([
  "status",
  "plug",
  "charging",
  "allow_charging",
  "current_limit",
  "limited_by",
  "target_current",
  "session_energy",
]);

/** A device with the entities of it that can be shown: enabled, not hidden, and with a state. */
export class Part {
  constructor(hass, deviceId, entries) {
    this.deviceId = deviceId;
    this.device = hass.devices[deviceId];
    this.entries = entries;
  }

  get name() {
    return this.device?.name_by_user || this.device?.name || "EVSE Pilot";
  }

  /** Return the address of its view within the dashboard, which stays the same under another name. */
  get path() {
    return `device-${this.deviceId ?? "none"}`;
  }

  /** Return the id of the entity that has one of these keys; undefined: it has none. */
  get(domain, ...keys) {
    return this.all(domain, (key) => keys.includes(key))[0];
  }

  /** Return the ids of the entities whose key is wanted, in the order of their keys. */
  all(domain, isWanted) {
    return this.entries
      .filter((entry) => entry.entity_id.startsWith(`${domain}.`) && isWanted(entry.translation_key ?? ""))
      .sort((one, other) => one.translation_key.localeCompare(other.translation_key))
      .map((entry) => entry.entity_id);
  }

  /** Return the ids of the values of L1 to L3, as far as there are any, each with the name of its phase. */
  phases(prefix) {
    const phases = [1, 2, 3].map((phase) => [this.get("sensor", `${prefix}_l${phase}`), `L${phase}`]);
    return phases.filter(([entity]) => entity);
  }

  has(keys) {
    return this.entries.some((entry) => keys.has(entry.translation_key));
  }
}

const ours = new WeakMap();

/** Return the registry's entries of EVSE Pilot, looked for once for each state of the registry. */
function entriesOf(entities) {
  let entries = ours.get(entities);
  if (!entries) {
    entries = Object.values(entities).filter((entry) => entry.platform === PLATFORM && !entry.hidden);
    ours.set(entities, entries);
  }
  return entries;
}

/** Return everything there is to show, each kind in the order of its names. */
export function find(hass) {
  const byDevice = new Map();
  for (const entry of entriesOf(hass.entities)) {
    if (hass.states[entry.entity_id]) {
      const id = entry.device_id ?? null;
      byDevice.set(id, [...(byDevice.get(id) ?? []), entry]);
    }
  }
  const parts = [...byDevice].map(([id, entries]) => new Part(hass, id, entries));
  parts.sort((one, other) => one.name.localeCompare(other.name, hass.language, { numeric: true }));

  const found = { chargers: [], groups: [], meters: [] };
  const members = [];
  for (const part of parts) {
    if (part.has(GROUP_KEYS)) {
      found.groups.push(Object.assign(part, { members: [] }));
    } else if (part.has(MEMBER_KEYS)) {
      members.push(part);
    } else if (part.has(CHARGER_KEYS)) {
      found.chargers.push(part);
    } else {
      found.meters.push(part);
    }
  }
  for (const member of members) {
    groupOf(hass, member, found.groups).members.push(member);
    member.charger = chargerOf(member, found);
    if (member.charger) {
      // It is in one group at most.
      member.charger.member = member;
    }
  }
  return found;
}

/** Return the group of a member; one whose own entities are all disabled is there for its members. */
function groupOf(hass, member, groups) {
  const id = member.device?.via_device_id ?? null;
  let group = groups.find((one) => one.deviceId === id);
  if (!group) {
    group = Object.assign(new Part(hass, id, []), { members: [] });
    groups.push(group);
  }
  member.group = group;
  return group;
}

/** Return the charger of a member, whose device has the entries of both as an identifier; undefined: it is not known. */
function chargerOf(member, { chargers }) {
  const { config_entry_id: group, identifiers = [] } = member.device ?? {};
  return chargers.find(({ device }) =>
    identifiers.some(([, id]) => device && id === `${group}_${device.config_entry_id}`),
  );
}

/** Return the name of a member without that of its group. */
export function memberName(member) {
  if (member.device?.name_by_user) {
    return member.device.name_by_user;
  }
  const prefix = `${member.group.device?.name} `;
  const own = member.name.startsWith(prefix) ? member.name.slice(prefix.length) : member.name;
  return member.charger?.name ?? own;
}

/** Return whether what can be shown has changed: what there is, its names, or the range of a number. */
export function hasChanged(before, after) {
  if (
    before.entities !== after.entities ||
    before.devices !== after.devices ||
    before.language !== after.language
  ) {
    return true;
  }
  return entriesOf(after.entities).some(({ entity_id: id }) => {
    const [one, other] = [before.states[id], after.states[id]];
    return one !== other && (!one || !other || one.attributes.max !== other.attributes.max);
  });
}

/** The cards of the views, all of them Home Assistant's own; one without its entity is no card. */

const ABSENT = ["unknown", "unavailable"];
const WHOLE_WIDTH = { columns: 12 };
const NAME_OF_ENTITY = { type: "entity" };

/** Return a tile over half of the width of a phone. */
export function tile(entity, options = {}) {
  return entity && { type: "tile", entity, name: NAME_OF_ENTITY, ...options };
}

/** Return a tile over the whole width, for a text that must not be cut. */
export function wideTile(entity, options = {}) {
  return tile(entity, { grid_options: WHOLE_WIDTH, ...options });
}

// A reason, and in the same line what belongs to it, such as how near a peak is, while there is something.
const WITH_DETAIL = { state_content: ["state", "detail"] };

/** Return the tile of a reason with its detail. */
export function why(entity, options = {}) {
  return wideTile(entity, { ...WITH_DETAIL, ...options });
}

/** Return the badge of a reason with its detail. */
export function whyBadge(entity) {
  return entity && { type: "entity", entity, ...WITH_DETAIL };
}

/** Return the badge of the sun that is missing, which only the group knows; it is there while the charger waits for it. */
export function missingSunBadge(reason, reasonInGroup) {
  const waits = (entity) => ({ condition: "state", entity, state: "waiting_for_solar" });
  return (
    reason &&
    reasonInGroup && {
      type: "entity",
      entity: reasonInGroup,
      state_content: ["detail"],
      visibility: [waits(reason), waits(reasonInGroup), hasAttribute(reasonInGroup, "detail")],
    }
  );
}

function hasAttribute(entity, attribute) {
  return { condition: "state", entity, attribute, state_not: ABSENT };
}

function isKnown(entity) {
  return { condition: "state", entity, state_not: ABSENT };
}

/** Return a card that is there only while its entity has a value. */
export function whenKnown(card) {
  return card && { ...card, visibility: [isKnown(card.entity)] };
}

/** Return a list of entities, and of rows; with room for long names. A reading is in it only while it has a value. */
export function list(entities) {
  const shown = entities.filter(Boolean);
  const isReading = (entity) => /^(sensor|event)\./.test(entity);
  const row = (entity) => (typeof entity === "string" ? { entity, name: NAME_OF_ENTITY } : entity);
  return (
    shown.length > 0 && {
      type: "entities",
      show_header_toggle: false,
      entities: shown.map((entity) =>
        isReading(entity) ? { type: "conditional", conditions: [isKnown(entity)], row: row(entity) } : row(entity),
      ),
      ...(shown.every(isReading) && { visibility: [{ condition: "or", conditions: shown.map(isKnown) }] }),
      grid_options: WHOLE_WIDTH,
    }
  );
}

/** Return a current as a bar of what it may be at most. */
export function bar(entity, most, options = {}) {
  const features = [{ type: "bar-gauge", min: 0, max: most }];
  return wideTile(entity, { features, features_position: "inline", ...options });
}

export function toggle(entity) {
  return wideTile(entity, { features: [{ type: "toggle" }] });
}

export function slider(entity, options = {}) {
  return wideTile(entity, { features: [{ type: "numeric-input", style: "slider" }], ...options });
}

export function dropdown(entity) {
  // The list shows the choice that is made; one that a charger does not report stays open.
  return wideTile(entity, { features: [{ type: "select-options" }], hide_state: true });
}

/** Return how long a reason lasts; it is there only while that is known. */
export function until(texts, entity) {
  return (
    entity && {
      type: "entities",
      entities: [
        {
          type: "attribute",
          entity,
          attribute: "until",
          name: texts.until,
          icon: "mdi:timer-sand",
          time_format: "relative",
        },
      ],
      visibility: [hasAttribute(entity, "until")],
      grid_options: WHOLE_WIDTH,
    }
  );
}

/** Return a graph of the last 24 hours; with no entity there is none. */
export function day(entities) {
  return (
    entities.length > 0 && {
      type: "history-graph",
      entities: entities.map(([entity, name]) => ({ entity, name: name ?? NAME_OF_ENTITY })),
      hours_to_show: 24,
      grid_options: WHOLE_WIDTH,
    }
  );
}

/** Return the week of calendars; with none there is no card. */
export function week(calendars, options = {}) {
  const entities = calendars.filter(Boolean);
  return (
    entities.length > 0 && {
      type: "calendar",
      entities,
      initial_view: "listWeek",
      grid_options: { columns: 12, rows: 6 },
      ...options,
    }
  );
}

/** Return a current against what it may be at most, as the third of a phone's width. */
export function gauge(entity, name, most) {
  const narrow = { columns: 4 };
  if (!most) {
    return tile(entity, { name, vertical: true, grid_options: narrow });
  }
  return whenKnown({
    type: "gauge",
    entity,
    name,
    min: 0,
    // As far as the needle can go above it, so that too much is seen.
    max: Math.ceil(most * 1.25),
    needle: true,
    segments: [
      { from: 0, color: "var(--success-color)" },
      { from: most * 0.9, color: "var(--warning-color)" },
      { from: most, color: "var(--error-color)" },
    ],
    grid_options: narrow,
  });
}

/** Return cards under a heading; with no card there is no heading. */
export function block(heading, icon, cards, options = {}) {
  const shown = cards.filter(Boolean);
  return shown.length > 0 ? [{ type: "heading", heading, icon, ...options }, ...shown] : [];
}

/** Return a section of blocks; with nothing in it there is none. */
export function section(blocks, options = {}) {
  const cards = blocks.flat();
  return cards.length > 0 && { type: "grid", cards, ...options };
}

/** Return a view of sections, as many of them beside each other as there is room for. */
export function view(title, path, sections, options = {}) {
  return {
    type: "sections",
    title,
    path,
    max_columns: 3,
    dense_section_placement: true,
    sections: sections.filter(Boolean),
    ...options,
  };
}

export function opens(part) {
  return part && { tap_action: { action: "navigate", navigation_path: part.path } };
}

/** Return the section of what is wrong; it is there only while something is. */
export function alarms(texts, parts) {
  const found = parts.flatMap((part) => alarmsOf(part));
  return section(
    [
      block(
        texts.alarms,
        "mdi:alert",
        found.map(({ card, condition }) => ({ ...card, visibility: [condition] })),
      ),
    ],
    { visibility: [{ condition: "or", conditions: found.map(({ condition }) => condition) }] },
  );
}

/** Return what can be wrong with a part, and when it is. */
function alarmsOf(part) {
  const isOn = (entity) => ({ condition: "state", entity, state: "on" });
  const problem = part.get("binary_sensor", "problem");
  const silent = part.get("binary_sensor", "meter_silent");
  const error = problem && part.get("sensor", "error", "lektrico_error", "psp_error");
  const status = part.get("sensor", "status");
  return [
    [problem, isOn(problem)],
    [error, isOn(problem)],
    [silent, isOn(silent)],
    [status, { condition: "state", entity: status, state: "unavailable" }],
  ]
    .filter(([entity]) => entity)
    .map(([entity, condition]) => ({
      card: wideTile(entity, { name: [{ type: "device" }, NAME_OF_ENTITY], color: "red" }),
      condition,
    }));
}

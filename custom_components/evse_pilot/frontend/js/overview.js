/** The first view of a house with several chargers: a row for each, the phases of its groups, the meters. */

import { alarms, block, gauge, opens, section, tile, view, wideTile } from "./cards.js";
import { phases } from "./group.js";

// The columns of a section over two columns of the view, in which a charger has one row.
const ROW = 24;
// What it does has more of them than its power: "Waiting for its start" fits on a phone, where a row has half as many.
const STATUS = 7;
// No tile has fewer.
const POWER = 6;

export function overview(hass, found, texts) {
  return view(
    texts.overview,
    "overview",
    [
      alarms(texts, [...found.groups, ...found.chargers, ...found.meters]),
      section([block(texts.chargers, "mdi:ev-station", found.chargers.flatMap(row))], { column_span: 2 }),
      section([
        ...found.groups.map((group) =>
          block(
            group.name,
            "mdi:fuse",
            [...phases(hass, group), wideTile(group.get("sensor", "given_current"))],
            opens(group),
          ),
        ),
        ...found.meters.map(meterBlock),
      ]),
    ],
    { icon: "mdi:view-dashboard" },
  );
}

/** Return the row of a charger, which is three on a phone: what it does, its power, and why. */
function row(charger) {
  const status = charger.get("sensor", "status");
  const power = charger.get("sensor", "power");
  const reason = charger.get("sensor", "limited_by");
  const cards = [
    tile(status, { grid_options: { columns: power ? STATUS : STATUS + POWER } }),
    tile(power, { grid_options: { columns: status ? POWER : STATUS + POWER }, color: "amber" }),
    tile(reason, { grid_options: { columns: status || power ? ROW - STATUS - POWER : ROW } }),
  ].filter(Boolean);
  if (cards.length > 0) {
    Object.assign(cards[0], { name: charger.name, ...opens(charger) });
  }
  if (cards.length > 0 && !reason) {
    // The rest of the row stays empty: the next charger begins a row of its own.
    cards.at(-1).grid_options = { columns: cards.length > 1 ? ROW - STATUS : ROW };
  }
  return cards;
}

function meterBlock(meter) {
  return block(meter.name, "mdi:meter-electric", [
    wideTile(meter.get("sensor", "mains_power"), { color: "amber" }),
    ...meter.phases("mains_current").map(([entity, name]) => gauge(entity, name)),
  ]);
}

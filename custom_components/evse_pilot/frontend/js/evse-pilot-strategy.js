/** "EVSE Pilot" among the community dashboards: a dashboard of what is set up. */

import { chargerView } from "./charger.js";
import { groupView } from "./group.js";
import { overview } from "./overview.js";
import { find, hasChanged } from "./registry.js";
import { textsIn } from "./texts.js";

const TYPE = "evse-pilot";
const ELEMENT = `ll-strategy-dashboard-${TYPE}`;
const NAME = "EVSE Pilot";
const ADD_CHARGER = "/config/integrations/dashboard/add?domain=evse_pilot";

/** Return what is shown where there is nothing to show: how a charger is added. */
function welcome(hass, texts) {
  const add = {
    text: texts.add_charger,
    icon: "mdi:plus",
    appearance: "filled",
    variant: "brand",
    tap_action: { action: "navigate", navigation_path: ADD_CHARGER },
  };
  return {
    type: "panel",
    title: NAME,
    path: "welcome",
    cards: [
      {
        type: "empty-state",
        icon: "mdi:ev-station",
        content_only: true,
        title: texts.no_charger,
        content: texts.how_to_add,
        ...(hass.user?.is_admin && { buttons: [add] }),
      },
    ],
  };
}

/** Return the views of everything that is set up. */
export function generate(hass) {
  const texts = textsIn(hass.language);
  const found = find(hass);
  const views = [
    ...found.chargers.map((charger) => chargerView(charger, texts)),
    ...found.groups.map((group) => groupView(hass, group, texts)),
  ];
  if (found.chargers.length + found.meters.length > 1 || (found.meters.length > 0 && views.length === 0)) {
    views.unshift(overview(hass, found, texts));
  }
  return { title: NAME, views: views.length > 0 ? views : [welcome(hass, texts)] };
}

class EvsePilotStrategy extends HTMLElement {
  static async generate(config, hass) {
    return generate(hass);
  }

  static shouldRegenerate(config, before, after) {
    return hasChanged(before, after);
  }

  static getCreateSuggestions() {
    return { title: NAME, icon: "mdi:ev-station" };
  }
}

// A second copy, of another version or from another place, must not take the first one with it.
if (!customElements.get(ELEMENT)) {
  customElements.define(ELEMENT, EvsePilotStrategy);
  window.customStrategies = window.customStrategies || [];
  window.customStrategies.push({
    type: TYPE,
    strategyType: "dashboard",
    name: NAME,
    // The language is known only when the dialog is open.
    get description() {
      return textsIn(document.querySelector("home-assistant")?.hass?.language).description;
    },
    documentationURL: "https://github.com/evse-pilot/evse-pilot/blob/main/docs/dashboard.md",
  });
}

/** Short notices at the edge of the page, above everything else. */

import { el, icon } from "./dom.js";

const SHOWN_MS = 6000;
const SIGNS = { error: "alert", warning: "alert", success: "check" };

export function toast(text, level = "info") {
  const region = document.getElementById("toasts");
  const note = el(
    "div",
    { class: `toast ${level}`, data: { testid: "toast" } },
    icon(SIGNS[level] ?? "info"),
    el("span", {}, text),
    el(
      "button",
      { type: "button", class: "icon-button", "aria-label": "Dismiss", on: { click: () => leave(note, region) } },
      icon("close"),
    ),
  );
  region.append(note);
  // Shown anew each time, so that it stands above a dialog that opened after the last notice.
  if (region.matches(":popover-open")) region.hidePopover();
  region.showPopover();
  setTimeout(() => leave(note, region), SHOWN_MS);
}

function leave(note, region) {
  note.remove();
  if (!region.childElementCount && region.matches(":popover-open")) region.hidePopover();
}

const announcer = document.getElementById("announcer");

/** Says a line to screen readers without showing it. */
export function announce(text) {
  announcer.textContent = text;
}

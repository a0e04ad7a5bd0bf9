/** Dropping files onto a pane: it says where they would go, and a drop beside it does not leave the page. */

import { el, icon } from "./dom.js";
import { toast } from "./toasts.js";

/** Makes a pane take files; `take` gets them as a list. Gives the veil, which belongs into the pane. */
export function acceptDrops(pane, { label, take }) {
  const veil = el(
    "div",
    { class: "drop-veil", hidden: true, "aria-hidden": "true" },
    el("p", {}, icon("clip"), `Drop files to share in ${label}`),
  );
  let depth = 0; // every child that is entered or left reports, too
  const show = (entered) => {
    depth = Math.max(0, depth + entered);
    veil.hidden = depth === 0;
  };
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  pane.addEventListener("dragenter", (event) => {
    if (hasFiles(event)) show(1);
  });
  pane.addEventListener("dragleave", (event) => {
    if (hasFiles(event)) show(-1);
  });
  pane.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });
  pane.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    show(0);
    const files = filesOf(event.dataTransfer);
    if (files.length) take(files);
  });
  pane.append(veil);
  return veil;
}

/** A drop that no pane takes must not replace the page by the file. */
export function ignoreOtherDrops() {
  for (const type of ["dragover", "drop"]) {
    document.addEventListener(type, (event) => {
      if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "none";
    });
  }
}

function filesOf(dropped) {
  const folders = [...dropped.items].filter((item) => item.webkitGetAsEntry?.()?.isDirectory);
  if (folders.length) toast("A folder cannot be dropped: open it and drop the files in it.", "warning");
  const names = new Set(folders.map((item) => item.getAsFile()?.name));
  return [...dropped.files].filter((file) => !names.has(file.name));
}

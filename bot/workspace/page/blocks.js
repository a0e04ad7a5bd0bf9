/** Block Kit as page nodes. A block this page does not know is shown as a grey row, never dropped. */

import { chart } from "./charts.js";
import { el, icon, ownImage, safeLink, safeUrl } from "./dom.js";
import { renderElement } from "./elements.js";
import { markdown } from "./markdown.js";
import { plainWords, renderText } from "./mrkdwn.js";
import { richText } from "./rich_text.js";
import { table } from "./tables.js";

const RENDERERS = {
  header: (block) => el("div", { class: "b-header", role: "heading", "aria-level": 3 }, renderText(block.text)),
  section,
  context,
  divider: () => el("hr", { class: "b-divider" }),
  actions: (block) => el("div", { class: "b-actions" }, controls(block)),
  context_actions: (block) => el("div", { class: "b-actions quiet" }, controls(block)),
  input,
  image,
  table,
  data_table: table,
  data_visualization: chart,
  rich_text: richText,
  markdown: (block) => el("div", { class: "b-markdown mrkdwn" }, markdown(block.text)),
  alert,
};

/** Kinds that make a message a card rather than a line of talk. */
const CARD_KINDS = new Set(["header", "actions", "table", "data_table", "data_visualization", "input", "alert", "divider"]);

export function isCard(blocks) {
  return (blocks ?? []).some(
    (block) => CARD_KINDS.has(block.type) || (block.type === "section" && (block.fields || block.accessory)),
  );
}

export function renderBlocks(blocks) {
  const nodes = document.createDocumentFragment();
  (blocks ?? []).forEach((block, at) => nodes.append(renderBlock(block, block.block_id ?? `b${at}`)));
  return nodes;
}

function renderBlock(block, blockId) {
  const render = RENDERERS[block.type];
  const node = render
    ? render({ ...block, block_id: blockId })
    : el("div", { class: "unsupported" }, `unsupported block: ${block.type}`);
  node.classList.add("block");
  node.dataset.blockType = block.type;
  return node;
}

function section(block) {
  const text = block.text ? el("div", { class: "mrkdwn" }, renderText(block.text)) : null;
  const fields = block.fields
    ? el(
        "div",
        { class: "b-fields" },
        block.fields.map((field) => el("div", { class: "b-field mrkdwn" }, renderText(field))),
      )
    : null;
  const accessory = block.accessory
    ? el("div", { class: "b-accessory" }, renderElement(block.accessory, { blockId: block.block_id, fires: true }))
    : null;
  return el(
    "div",
    { class: accessory ? "b-section with-accessory" : "b-section" },
    el("div", { class: "b-section-text" }, text, fields),
    accessory,
  );
}

function context(block) {
  const parts = (block.elements ?? []).map((part) =>
    part.type === "image"
      ? renderElement(part, { blockId: block.block_id })
      : el("span", { class: "mrkdwn" }, renderText(part)),
  );
  return el("div", { class: "b-context" }, parts);
}

function controls(block) {
  return (block.elements ?? []).map((element) => renderElement(element, { blockId: block.block_id, fires: true }));
}

let fieldNumber = 0;

function input(block) {
  const id = `field-${(fieldNumber += 1)}`;
  const control = renderElement(block.element, {
    blockId: block.block_id,
    fires: block.dispatch_action === true,
    labelId: `${id}-label`,
    hintId: `${id}-hint`,
  });
  const single = control.matches("input, textarea, select");
  if (single) control.id = id;
  return el(
    "div",
    { class: "b-input", data: { inputBlock: block.block_id, ...(block.optional ? { optional: "" } : {}) } },
    el(
      single ? "label" : "div",
      { class: "field-label", id: `${id}-label`, for: single ? id : null },
      renderText(block.label),
      block.optional ? el("span", { class: "optional" }, " optional") : null,
    ),
    control,
    el(
      "div",
      { class: "field-notes", id: `${id}-hint` },
      el("div", { class: "field-error", role: "alert", data: { errorFor: block.block_id }, hidden: true }),
      block.hint ? el("div", { class: "field-hint" }, renderText(block.hint)) : null,
    ),
  );
}

function image(block) {
  const title = block.title ? el("figcaption", {}, renderText(block.title)) : null;
  return el(
    "figure",
    { class: "b-image" },
    title,
    picture(imageAddress(block), block.alt_text ?? "", plainWords(block.title)),
  );
}

function imageAddress(block) {
  if (block.image_url) return block.image_url;
  if (block.slack_file?.id) return `/client/files/${encodeURIComponent(block.slack_file.id)}`;
  return block.slack_file?.url ?? "";
}

/** A picture that opens large on click. The page loads pictures of its own server only; others become a link. */
export function picture(url, alt, title = "") {
  const source = ownImage(url);
  if (!source)
    return el(
      "p",
      { class: "picture-missing" },
      icon("file"),
      safeUrl(url) ? safeLink(url, alt || "Picture") : alt || "Picture",
    );
  const image = el("img", { src: source, alt, loading: "lazy" });
  const frame = el(
    "button",
    {
      type: "button",
      class: "picture",
      "aria-label": `Enlarge: ${alt || title || "picture"}`,
      data: { enlarge: source, alt, title: title || alt },
    },
    image,
  );
  image.addEventListener("error", () =>
    frame.replaceWith(el("p", { class: "picture-missing" }, icon("file"), alt || "The picture could not be loaded.")),
  );
  return frame;
}

function alert(block) {
  const level = ["info", "warning", "error", "success"].includes(block.level) ? block.level : "default";
  const sign = { warning: "alert", error: "alert", success: "check" }[level] ?? "info";
  return el(
    "div",
    { class: `b-alert ${level}`, role: "note" },
    icon(sign),
    el("div", { class: "mrkdwn" }, renderText(block.text)),
  );
}

/** Rich text blocks: sections, lists, quotes and preformatted text. */

import { el, safeLink } from "./dom.js";
import { fillDate } from "./dates.js";
import { glyph } from "./emoji.js";
import { channelLink, mention } from "./mrkdwn.js";
import { cssColour } from "./workspace.js";

const STYLES = { bold: "strong", italic: "em", strike: "s", code: "code", underline: "u" };

export function richText(block) {
  const node = el("div", { class: "rich-text mrkdwn" });
  for (const part of block.elements ?? []) node.append(section(part));
  return node;
}

function section(part) {
  if (part.type === "rich_text_section") return el("div", { class: "rich-section" }, inlines(part));
  if (part.type === "rich_text_preformatted") return el("pre", {}, inlines(part));
  if (part.type === "rich_text_quote") return el("blockquote", {}, inlines(part));
  if (part.type === "rich_text_list") {
    const attributes = {
      class: `indent-${Math.min(3, part.indent ?? 0)}`,
      start: part.offset ? part.offset + 1 : null,
    };
    return el(
      part.style === "ordered" ? "ol" : "ul",
      attributes,
      (part.elements ?? []).map((item) => el("li", {}, inlines(item))),
    );
  }
  return el("div", { class: "unsupported" }, `unsupported block: ${part.type}`);
}

function inlines(part) {
  return (part.elements ?? []).map(inline);
}

function inline(element) {
  let node = bare(element);
  for (const [name, tag] of Object.entries(STYLES)) {
    if (element.style?.[name]) node = el(tag, {}, node);
  }
  return node;
}

function bare(element) {
  switch (element.type) {
    case "text":
      return withBreaks(element.text ?? "");
    case "link":
      return safeLink(element.url, element.text || element.url);
    case "user":
      return mention(element.user_id);
    case "channel":
      return channelLink(element.channel_id);
    case "usergroup":
      return el("span", { class: "mention" }, `@${element.usergroup_id}`);
    case "broadcast":
      return el("span", { class: "mention" }, `@${element.range}`);
    case "emoji":
      return document.createTextNode(glyph(element.name ?? "") ?? `:${element.name}:`);
    case "date":
      return el(
        "time",
        {},
        fillDate(element.timestamp, element.format ?? "{date_short_pretty}") ?? element.fallback ?? "",
      );
    case "color":
      return el(
        "span",
        { class: "swatch", vars: { "--swatch": cssColour(element.value) ?? "transparent" } },
        element.value,
      );
    default:
      return el("span", { class: "unsupported" }, `unsupported text: ${element.type}`);
  }
}

function withBreaks(text) {
  const nodes = document.createDocumentFragment();
  text.split("\n").forEach((line, index) => nodes.append(...(index ? [el("br"), line] : [line])));
  return nodes;
}

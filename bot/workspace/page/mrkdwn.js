/** Slack's message markup turned into nodes: only text nodes and a few known elements ever come out. */

import { el, safeLink, safeUrl } from "./dom.js";
import { fillDate } from "./dates.js";
import { glyph } from "./emoji.js";
import { nameOf, workspace } from "./workspace.js";

const EMPHASIS = { "*": "strong", _: "em", "~": "s" };
const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
const EMOJI = /:([a-z0-9_+'-]+(?:::skin-tone-\d)?):/y;
const BARE_URL = /https?:\/\/[^\s<>|`]*[^\s<>|`.,;:!?)'"\]*_~]/iy;
const QUOTE = /^(?:&gt;|>)(?:(?:&gt;|>){2})? ?/;

/** A Slack text object ({type, text}) or a plain string as nodes. */
export function renderText(text) {
  if (text === null || text === undefined) return document.createDocumentFragment();
  if (typeof text === "string") return mrkdwn(text);
  return text.type === "mrkdwn"
    ? mrkdwn(text.text ?? "", text.verbatim !== true)
    : plain(text.text ?? "", text.emoji !== false);
}

/** Text without markup; emoji names become pictures. */
export function plain(source, withEmoji = true) {
  const nodes = document.createDocumentFragment();
  source.split("\n").forEach((line, index) => {
    if (index) nodes.append(el("br"));
    if (withEmoji) scan(line, nodes, { emojiOnly: true });
    else nodes.append(line);
  });
  return nodes;
}

/** The words alone, for labels and announcements. */
export function plainWords(source) {
  return renderText(source).textContent.replace(/\s+/g, " ").trim();
}

/** bareLinks: whether an address written without <…> becomes a link; Slack's `verbatim` switches that off. */
export function mrkdwn(source, bareLinks = true) {
  const nodes = document.createDocumentFragment();
  source.split("```").forEach((part, index, parts) => {
    const fenced = index % 2 === 1 && index < parts.length - 1;
    if (fenced) nodes.append(el("pre", {}, decode(part.replace(/^\n|\n$/g, ""))));
    else lines(index % 2 === 1 ? `\`\`\`${part}` : part, nodes, { afterFence: index > 0, bareLinks });
  });
  return nodes;
}

function lines(source, nodes, { afterFence, bareLinks }) {
  const text = afterFence ? source.replace(/^\n/, "") : source;
  let quote = null;
  let broken = true; // the last thing written already ends its line
  for (const line of text === "" ? [] : text.split("\n")) {
    if (QUOTE.test(line)) {
      if (quote) quote.append(el("br"));
      else nodes.append((quote = el("blockquote")));
      scan(line.replace(QUOTE, ""), quote, { bareLinks });
      broken = true;
      continue;
    }
    quote = null;
    const bullet = /^(\s*)[•◦▪]\s+/.exec(line);
    if (bullet) {
      const item = el("span", { class: "bullet" });
      scan(line.slice(bullet[0].length), item, { bareLinks });
      nodes.append(item);
      broken = true;
      continue;
    }
    if (!broken) nodes.append(el("br"));
    if (line === "" && broken) nodes.append(el("span", { class: "gap" }));
    scan(line, nodes, { bareLinks });
    broken = false;
  }
}

/** Reads one line from left to right. */
function scan(line, nodes, { emojiOnly = false, bareLinks = true } = {}) {
  let text = "";
  const flush = () => {
    if (text) nodes.append(emojiOnly ? text : decode(text));
    text = "";
  };
  for (let at = 0; at < line.length;) {
    const found = emojiOnly ? emojiAt(line, at) : (emojiAt(line, at) ?? spanAt(line, at, bareLinks));
    if (found) {
      flush();
      nodes.append(found.node);
      at = found.end;
    } else {
      text += line[at];
      at += 1;
    }
  }
  flush();
}

function emojiAt(line, at) {
  if (line[at] !== ":") return null;
  EMOJI.lastIndex = at;
  const match = EMOJI.exec(line);
  const picture = match && glyph(match[1]);
  return picture
    ? {
        node: el("span", { class: "emoji", role: "img", "aria-label": match[1].replaceAll("_", " ") }, picture),
        end: EMOJI.lastIndex,
      }
    : null;
}

function spanAt(line, at, bareLinks) {
  const sign = line[at];
  if (sign === "`") return codeAt(line, at);
  if (sign === "<") return tokenAt(line, at);
  if (sign in EMPHASIS) return emphasisAt(line, at, bareLinks);
  return bareLinks && (sign === "h" || sign === "H") ? bareUrlAt(line, at) : null;
}

function codeAt(line, at) {
  const end = line.indexOf("`", at + 1);
  return end > at + 1 ? { node: el("code", {}, decode(line.slice(at + 1, end))), end: end + 1 } : null;
}

function bareUrlAt(line, at) {
  if (isWordAt(line, at - 1)) return null;
  BARE_URL.lastIndex = at;
  const match = BARE_URL.exec(line);
  return match ? { node: safeLink(decode(match[0]), decode(match[0])), end: BARE_URL.lastIndex } : null;
}

function emphasisAt(line, at, bareLinks) {
  if (isWordAt(line, at - 1) || !/\S/.test(line[at + 1] ?? " ") || line[at + 1] === line[at]) return null;
  const end = closing(line, at);
  if (end < 0) return null;
  const node = el(EMPHASIS[line[at]]);
  scan(line.slice(at + 1, end), node, { bareLinks });
  return { node, end: end + 1 };
}

/** Where the emphasis opened at `at` ends; code and <…> tokens are stepped over. */
function closing(line, at) {
  const sign = line[at];
  for (let i = at + 1; i < line.length; i += 1) {
    if (line[i] === "`" || line[i] === "<") {
      const skip = line.indexOf(line[i] === "<" ? ">" : "`", i + 1);
      if (skip > 0) i = skip;
    } else if (line[i] === sign && /\S/.test(line[i - 1]) && !isWordAt(line, i + 1)) return i;
  }
  return -1;
}

function isWordAt(line, at) {
  return /[\p{L}\p{N}]/u.test(line[at] ?? "");
}

function tokenAt(line, at) {
  const end = line.indexOf(">", at + 1);
  if (end < 0) return null;
  const node = token(line.slice(at + 1, end));
  return node ? { node, end: end + 1 } : null;
}

function token(body) {
  const bar = body.indexOf("|");
  const target = bar < 0 ? body : body.slice(0, bar);
  const label = bar < 0 ? "" : decode(body.slice(bar + 1));
  if (target.startsWith("@")) return mention(target.slice(1), label);
  if (target.startsWith("#")) return channelLink(target.slice(1), label);
  if (target.startsWith("!date^")) return dateNode(target, label);
  if (target.startsWith("!")) return el("span", { class: "mention" }, label || `@${target.slice(1).split("^")[0]}`);
  return safeUrl(target) ? safeLink(decode(target), label) : null;
}

export function mention(userId, label = "") {
  const mine = userId === workspace.me ? " mine" : "";
  return el(
    "span",
    { class: `mention${mine}` },
    `@${workspace.users.has(userId) || userId === workspace.bot.user_id ? nameOf(userId) : label || userId}`,
  );
}

export function channelLink(channelId, label = "") {
  const known = workspace.channels.get(channelId);
  const name = `#${known?.name ?? (label || channelId)}`;
  return known
    ? el("button", { type: "button", class: "mention link", data: { openChannel: channelId } }, name)
    : el("span", { class: "mention" }, name);
}

function dateNode(target, fallback) {
  const [, stamp, template, link] = target.split("^");
  const text = fillDate(stamp, decode(template ?? "")) ?? fallback;
  const node = el("time", { title: fallback || null }, text || stamp);
  return safeUrl(link) ? el("a", { href: safeUrl(link), target: "_blank", rel: "noopener noreferrer" }, node) : node;
}

/** The three entities Slack escapes, read back. */
export function decode(text) {
  return text.replace(/&(amp|lt|gt);/g, (entity) => ENTITIES[entity]);
}

/** One message as a page node. */

import { sizeWords } from "./attachments.js";
import { clockTime, fullTime } from "./dates.js";
import { el, icon } from "./dom.js";
import { glyph } from "./emoji.js";
import { isCard, picture, renderBlocks } from "./blocks.js";
import { mrkdwn, plainWords } from "./mrkdwn.js";
import { authorOf, avatar, cssColour, nameOf, workspace } from "./workspace.js";

/** An article with the hooks that clicks and live updates use; inThread leaves out the thread's own footer. */
export function renderMessage(message, { inThread = false } = {}) {
  const author = authorOf(message);
  const hidden = Boolean(message.ephemeral_to);
  const node = el("article", {
    class: ["message", author.bot ? "from-bot" : "", hidden ? "ephemeral" : ""].join(" ").trim(),
    "aria-label": `${author.name}, ${clockTime(message.ts)}`,
    tabIndex: -1,
    data: {
      testid: "message",
      surface: "message",
      ts: message.ts,
      channel: message.channel ?? "",
      author: author.id ?? "",
    },
  });
  const time = el("time", { class: "message-time", title: fullTime(message.ts) }, clockTime(message.ts));
  node.append(
    el(
      "div",
      { class: "message-side" },
      avatar(author.id),
      el("span", { class: "side-time", "aria-hidden": "true" }, clockTime(message.ts)),
    ),
    el(
      "div",
      { class: "message-main" },
      hidden ? el("p", { class: "only-you" }, icon("eye"), "Only visible to you") : null,
      el(
        "header",
        { class: "message-head" },
        el("span", { class: "author" }, author.name),
        author.bot ? el("span", { class: "tag" }, "Agents") : el("span", { class: "author-title" }, author.title),
        time,
      ),
      el("div", { class: "message-body" }, body(message)),
      files(message),
      reactions(message),
      inThread ? null : threadFooter(message),
    ),
    tools(message, { inThread, hidden }) ?? "",
  );
  return node;
}

/** What a screen reader is told when the message arrives. */
export function spoken(message) {
  return `${authorOf(message).name}: ${plainWords({ type: "mrkdwn", text: message.text ?? "" }).slice(0, 300)}`;
}

function body(message) {
  if (message.subtype === "tombstone") return [el("p", { class: "edited" }, "This message was deleted.")];
  const parts = [];
  const edited = message.edited && !authorOf(message).bot ? el("span", { class: "edited" }, " (edited)") : null;
  if (message.blocks?.length) parts.push(blocksOf(message.blocks, null));
  else if (message.text) parts.push(el("div", { class: "mrkdwn talk" }, mrkdwn(message.text)));
  for (const attachment of message.attachments ?? []) parts.push(attached(attachment));
  if (edited) parts.push(edited);
  if (message.edited && !edited)
    parts.push(el("p", { class: "edited" }, "Updated ", el("time", {}, clockTime(message.edited.ts ?? message.ts))));
  return parts;
}

/** Blocks as a card when they ask for something or show figures, else as plain talk. */
function blocksOf(blocks, colour) {
  if (!colour && !isCard(blocks)) return el("div", { class: "blocks" }, renderBlocks(blocks));
  const waits = blocks.some(
    (block) => block.type === "actions" && (block.elements ?? []).some((element) => element.style === "primary"),
  );
  return el(
    "div",
    { class: `blocks card${waits ? " waits" : ""}`, vars: colour ? { "--card-accent": colour } : {} },
    renderBlocks(blocks),
  );
}

function attached(attachment) {
  const colour = cssColour(attachment.color) ?? "var(--line-strong)";
  if (attachment.blocks?.length) return blocksOf(attachment.blocks, colour);
  return el(
    "div",
    { class: "blocks card", vars: { "--card-accent": colour } },
    attachment.title ? el("strong", {}, mrkdwn(attachment.title)) : null,
    el("div", { class: "mrkdwn" }, mrkdwn(attachment.text ?? attachment.fallback ?? "")),
  );
}

function files(message) {
  const pictures = (message.files ?? []).filter(isPicture).map((file) => {
    const name = file.title || file.name || "File";
    return el(
      "figure",
      { class: "b-image file" },
      el("figcaption", {}, name),
      picture(address(file), file.alt_txt || name, name),
    );
  });
  const others = (message.files ?? []).filter((file) => !isPicture(file)).map(fileCard);
  return [pictures, others.length ? el("div", { class: "file-cards" }, others) : null];
}

function fileCard(file) {
  const name = file.title || file.name || "File";
  const kind = [file.pretty_type, sizeWords(file.size)].filter(Boolean).join(" · ");
  return el(
    "a",
    { class: "file-card", href: address(file), download: file.name ?? "", title: name, data: { testid: "file" } },
    icon("file"),
    el("span", { class: "file-name" }, name),
    el("span", { class: "file-kind" }, kind),
  );
}

function isPicture(file) {
  return (file.mimetype ?? "").startsWith("image/");
}

function address(file) {
  return `/client/files/${encodeURIComponent(file.id)}`;
}

function reactions(message) {
  if (!message.reactions?.length) return null;
  return el(
    "div",
    { class: "reactions" },
    message.reactions.map((reaction) => {
      const who = (reaction.users ?? []).map(nameOf).join(", ");
      const mine = (reaction.users ?? []).includes(workspace.me) ? " mine" : "";
      return el(
        "span",
        {
          class: `reaction${mine}`,
          title: who,
          role: "img",
          "aria-label": `${reaction.name}, ${reaction.count ?? 1}${who ? `: ${who}` : ""}`,
        },
        glyph(reaction.name) ?? `:${reaction.name}:`,
        el("span", { class: "reaction-count" }, String(reaction.count ?? reaction.users?.length ?? 1)),
      );
    }),
  );
}

function threadFooter(message) {
  if (!message.reply_count) return null;
  const words = message.reply_count === 1 ? "1 reply" : `${message.reply_count} replies`;
  return el(
    "button",
    { type: "button", class: "thread-link", data: { openThread: message.ts, testid: "open-thread" } },
    icon("reply"),
    words,
  );
}

function tools(message, { inThread, hidden }) {
  if (hidden) {
    return el(
      "div",
      { class: "message-tools" },
      el(
        "button",
        {
          type: "button",
          class: "icon-button",
          title: "Dismiss",
          "aria-label": "Dismiss this message",
          data: { dismiss: message.ts },
        },
        icon("close"),
      ),
    );
  }
  if (inThread) return null;
  return el(
    "div",
    { class: "message-tools" },
    el(
      "button",
      {
        type: "button",
        class: "icon-button",
        title: "Reply in thread",
        "aria-label": "Reply in thread",
        data: { openThread: message.ts, testid: "reply-in-thread" },
      },
      icon("reply"),
    ),
  );
}

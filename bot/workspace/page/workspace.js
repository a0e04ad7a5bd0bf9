/** The facts of the workspace that every part of the page reads: people, channels, commands, who is acting. */

import { el, mark } from "./dom.js";

export const workspace = {
  team: { id: "", name: "" },
  bot: { user_id: "", name: "Countersign" },
  users: new Map(),
  channels: new Map(),
  commands: [],
  simulated: false,
  me: null, // the acting person's user id
};

export function fill(boot) {
  Object.assign(workspace, {
    team: boot.team,
    bot: boot.bot,
    users: new Map(boot.users.map((user) => [user.id, user])),
    channels: new Map(boot.channels.map((channel) => [channel.id, channel])),
    commands: boot.commands ?? [],
    simulated: Boolean(boot.simulated),
  });
}

export function isBot(userId) {
  return userId === workspace.bot.user_id;
}

/** People one can act as: everyone who is still here, but no bots. */
export function people() {
  return [...workspace.users.values()].filter((user) => !isBot(user.id) && !user.deleted && user.kind !== "bot");
}

/** Everyone the workspace knows, those who left and other bots included. */
export function everyone() {
  return [...workspace.users.values()].filter((user) => !isBot(user.id));
}

export function nameOf(userId) {
  if (isBot(userId)) return workspace.bot.name;
  const user = workspace.users.get(userId);
  return user ? user.real_name || user.name : userId;
}

/** Shared channels, then the acting person's own conversation with the bot. */
export function myChannels() {
  const all = [...workspace.channels.values()];
  const member = (channel) => !channel.members || channel.members.includes(workspace.me);
  return [
    ...all.filter((channel) => !channel.is_im && member(channel)),
    ...all.filter((channel) => channel.is_im && channel.user === workspace.me),
  ];
}

export function channelLabel(channel) {
  return channel.is_im ? workspace.bot.name : `#${channel.name}`;
}

/** Who wrote a message: {id, name, title, bot}. */
export function authorOf(message) {
  const byBot = Boolean(message.bot_id) || isBot(message.user);
  if (byBot) return { id: workspace.bot.user_id, name: message.username || workspace.bot.name, title: "", bot: true };
  const user = workspace.users.get(message.user);
  if (!user) return { id: message.user ?? "", name: "Workspace", title: "", bot: false };
  return { id: message.user, name: nameOf(message.user), title: user?.title ?? "", bot: false };
}

/** A round portrait with initials, or the bot's mark. */
export function avatar(userId, size = "") {
  if (isBot(userId)) return el("span", { class: `avatar bot ${size}`, "aria-hidden": "true" }, mark());
  const user = workspace.users.get(userId);
  const name = user?.real_name || user?.name || "?";
  const initials =
    user?.initials ||
    name
      .split(/\s+/)
      .map((word) => word[0])
      .slice(0, 2)
      .join("")
      .toUpperCase();
  const colour = cssColour(user?.color);
  const vars = colour ? { "--avatar": colour, "--avatar-ink": inkOn(colour) } : {};
  return el("span", { class: `avatar ${size}`, "aria-hidden": "true", vars }, initials);
}

/** A six-digit colour with its hash, or null: Slack writes colours without one. */
export function cssColour(value) {
  const digits = /^#?([0-9a-f]{6})$/i.exec(String(value ?? ""));
  return digits ? `#${digits[1]}` : null;
}

function inkOn(colour) {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b; // WCAG relative luminance
  return luminance > 0.18 ? "#14201f" : "#ffffff";
}

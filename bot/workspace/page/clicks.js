/** What people do with blocks: one listener for the whole page, which sends the action and shows that it is under way. */

import { post, toldByServer } from "./api.js";
import { ask, enlarge } from "./dialogs.js";
import { collectState, entryOf, markEdited } from "./inputs.js";
import { openMenu } from "./menu.js";
import { plainWords } from "./mrkdwn.js";
import { toast } from "./toasts.js";
import { workspace } from "./workspace.js";

const IN_FLIGHT_MS = 5000;
const TYPING_PAUSE_MS = 400;
const REFUSALS = { invalid_action: "This is no longer offered to you. The page may be out of date; reload it." };

export function listenForClicks() {
  document.addEventListener("click", onClick);
  document.addEventListener("change", onChange);
  document.addEventListener("input", onInput);
  document.addEventListener("keydown", onKeydown);
}

/** Ends every spinner: used when something visible answered a click, such as a modal. */
export function settle(root = document) {
  for (const node of root.querySelectorAll('[data-click][aria-busy="true"]')) rest(node);
}

function onClick(event) {
  const image = event.target.closest("[data-enlarge]");
  if (image) return enlarge(image.dataset.enlarge, image.dataset.alt, image.dataset.title);
  const node = event.target.closest("[data-click]");
  if (!node) return undefined;
  if (node.getAttribute("aria-busy") === "true") return event.preventDefault();
  return node.dataset.click === "overflow" ? chooseFrom(node) : press(node);
}

async function press(node) {
  const { element } = entryOf(node);
  if (element.confirm && !(await ask(element.confirm))) return;
  await send(node, { value: element.value, text: element.text });
}

function chooseFrom(node) {
  const { element } = entryOf(node);
  const items = element.options.map((option) => ({ label: plainWords(option.text) }));
  openMenu(
    node,
    items,
    async (index) => {
      if (element.confirm && !(await ask(element.confirm))) return;
      const option = element.options[index];
      if (option.url && /^https?:\/\//i.test(option.url)) window.open(option.url, "_blank", "noopener");
      await send(node, { selected_option: option });
    },
    { label: "More actions" },
  );
}

async function onChange(event) {
  const entry = entryOf(event.target);
  if (!entry?.read) return;
  markEdited(event.target);
  if (!entry.fires || event.target.matches("[data-fires]")) return;
  if (entry.element.confirm && !(await ask(entry.element.confirm))) return;
  await send(event.target.closest("[data-control]"), entry.read());
}

const typing = new WeakMap();

function onInput(event) {
  const entry = entryOf(event.target);
  if (!entry?.read) return;
  markEdited(event.target);
  const node = event.target;
  if (!node.dataset?.fires?.includes("on_character_entered")) return;
  clearTimeout(typing.get(node));
  typing.set(
    node,
    setTimeout(() => send(node, entry.read()), TYPING_PAUSE_MS),
  );
}

function onKeydown(event) {
  if (
    event.key !== "Enter" ||
    event.target.tagName === "TEXTAREA" ||
    !event.target.dataset?.fires?.includes("on_enter_pressed")
  )
    return;
  event.preventDefault();
  send(event.target, entryOf(event.target).read());
}

/** Posts the action of a control with the state of all inputs of its surface. */
async function send(node, what) {
  const surface = node.closest("[data-surface]");
  if (!surface) return;
  const { element, blockId } = entryOf(node);
  const { channel, ts, viewId } = surface.dataset;
  work(node);
  try {
    const answer = await post("/client/action", {
      user: workspace.me,
      channel,
      message_ts: ts,
      view_id: viewId,
      block_id: blockId,
      action_id: element.action_id,
      type: element.type,
      state: collectState(surface),
      ...what,
    });
    if (answer.ok !== false) return;
    rest(node);
    if (!toldByServer(answer.error)) toast(REFUSALS[answer.error] ?? `Not accepted: ${answer.error}`, "error");
  } catch (reason) {
    rest(node);
    toast(reason.message, "error");
  }
}

function work(node) {
  if (!node.matches("[data-click]")) return;
  node.setAttribute("aria-busy", "true");
  node.setAttribute("aria-disabled", "true");
  if (node.matches("button")) node.disabled = true;
  setTimeout(() => rest(node), IN_FLIGHT_MS);
}

function rest(node) {
  node.removeAttribute("aria-busy");
  node.removeAttribute("aria-disabled");
  if (node.matches("button")) node.disabled = false;
}

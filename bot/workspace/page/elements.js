/** Interactive elements of blocks. Each builder returns a registered control; clicks.js sends what people do. */

import { el, icon, ownImage, safeUrl } from "./dom.js";
import { fileInput } from "./file_input.js";
import { register } from "./inputs.js";
import { plainWords, renderText } from "./mrkdwn.js";
import { myChannels, nameOf, people, workspace } from "./workspace.js";

/** place = {blockId, fires: whether a change is sent at once, labelId?, hintId?}. */
export function renderElement(element, place) {
  const build = BUILDERS[element.type];
  return build ? build(element, place) : el("span", { class: "unsupported" }, `unsupported element: ${element.type}`);
}

const BUILDERS = {
  button,
  icon_button: button,
  feedback_buttons: feedback,
  overflow,
  image,
  plain_text_input: (element, place) => textInput(element, place, "text"),
  email_text_input: (element, place) => textInput(element, place, "email"),
  url_text_input: (element, place) => textInput(element, place, "url"),
  number_input: (element, place) => textInput(element, place, "text"),
  static_select: (element, place) => select(element, place, optionChoices(element)),
  users_select: (element, place) => select(element, place, userChoices(element.initial_user)),
  channels_select: (element, place) =>
    select(element, place, channelChoices("selected_channel", element.initial_channel)),
  conversations_select: (element, place) =>
    select(element, place, channelChoices("selected_conversation", element.initial_conversation)),
  multi_static_select: (element, place) => boxes(element, place, "checkbox", element.initial_options ?? []),
  checkboxes: (element, place) => boxes(element, place, "checkbox", element.initial_options ?? []),
  radio_buttons: (element, place) =>
    boxes(element, place, "radio", element.initial_option ? [element.initial_option] : []),
  datepicker: (element, place) => picker(element, place, "date", "selected_date", element.initial_date),
  file_input: fileInput,
  timepicker: (element, place) => picker(element, place, "time", "selected_time", element.initial_time),
};

function button(element, { blockId }) {
  const style = ["primary", "danger"].includes(element.style) ? ` ${element.style}` : "";
  const face = element.type === "icon_button" ? icon("dots") : null;
  const attributes = {
    class: `button${style}`,
    "aria-label": element.accessibility_label ?? null,
    data: { click: "button" },
  };
  const url = safeUrl(element.url);
  const node = url
    ? el("a", { ...attributes, href: url, target: "_blank", rel: "noopener noreferrer" })
    : el("button", { ...attributes, type: "button" });
  node.append(face ?? "", el("span", { class: "button-label" }, renderText(element.text)));
  return register(node, { element, blockId });
}

function feedback(element, { blockId }) {
  const one = (choice, picture) => {
    const name = plainWords(choice?.text);
    const node = el(
      "button",
      {
        type: "button",
        class: "icon-button",
        title: name,
        "aria-label": choice?.accessibility_label ?? name,
        data: { click: "button" },
      },
      icon(picture),
    );
    return register(node, { element: { ...element, value: choice?.value }, blockId });
  };
  return el(
    "span",
    { class: "feedback" },
    one(element.positive_button, "up"),
    one(element.negative_button, "thumb_down"),
  );
}

function overflow(element, { blockId }) {
  const node = el(
    "button",
    {
      type: "button",
      class: "icon-button",
      "aria-label": "More actions",
      "aria-haspopup": "menu",
      data: { click: "overflow" },
    },
    icon("dots"),
  );
  return register(node, { element, blockId });
}

function image(element) {
  const source = ownImage(element.image_url);
  return source
    ? el("img", { class: "thumb", src: source, alt: element.alt_text ?? "" })
    : el("span", { class: "thumb-missing" }, element.alt_text ?? "");
}

function textInput(element, { blockId, fires, labelId, hintId }, type) {
  const tag = element.multiline ? "textarea" : "input";
  const node = el(tag, {
    class: "text-input",
    type: element.multiline ? null : type,
    rows: element.multiline ? 4 : null,
    inputmode: element.type === "number_input" ? (element.is_decimal_allowed ? "decimal" : "numeric") : null,
    autocomplete: "off",
    maxlength: element.max_length ?? null,
    placeholder: element.placeholder ? plainWords(element.placeholder) : null,
    value: element.initial_value ?? "",
    autofocus: element.focus_on_load === true,
    "aria-labelledby": labelId ?? null,
    "aria-describedby": hintId ?? null,
    data: fires
      ? { fires: (element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"]).join(" ") }
      : {},
  });
  return register(node, {
    element,
    blockId,
    fires,
    read: () => ({
      value: node.value.trim() === "" ? null : element.type === "number_input" ? node.value.trim() : node.value,
    }),
    write: ({ value }) => {
      node.value = value ?? "";
    },
  });
}

/** choices = {key: name of the value in state, groups: [{label, items: [{name, value}]}], initial: index or -1}. */
function select(element, { blockId, fires, labelId, hintId }, { key, groups, initial }) {
  const items = groups.flatMap((group) => group.items);
  let index = 0;
  const option = ({ name }) => el("option", { value: String(index++) }, name);
  const prompt = element.placeholder ? plainWords(element.placeholder) : "Choose…";
  const node = el(
    "select",
    {
      class: "select",
      "aria-labelledby": labelId ?? null,
      "aria-describedby": hintId ?? null,
      "aria-label": labelId ? null : prompt,
    },
    el("option", { value: "" }, prompt),
    groups.map((group) =>
      group.label ? el("optgroup", { label: group.label }, group.items.map(option)) : group.items.map(option),
    ),
  );
  node.value = initial < 0 ? "" : String(initial);
  return register(node, {
    element,
    blockId,
    fires,
    read: () => ({ [key]: node.value === "" ? null : items[Number(node.value)].value }),
    write: (state) => {
      node.value = keyOf(items, state[key]);
    },
  });
}

function keyOf(items, value) {
  const wanted = value?.value ?? value;
  const at = items.findIndex((item) => (item.value?.value ?? item.value) === wanted);
  return at < 0 ? "" : String(at);
}

function optionChoices(element) {
  const groups = element.option_groups
    ? element.option_groups.map((group) => ({ label: plainWords(group.label), items: group.options.map(choice) }))
    : [{ label: "", items: (element.options ?? []).map(choice) }];
  const all = groups.flatMap((group) => group.items);
  return {
    key: "selected_option",
    groups,
    initial: all.findIndex((item) => item.value.value === element.initial_option?.value),
  };
}

function choice(option) {
  return { name: plainWords(option.text), value: option };
}

function userChoices(initial) {
  const items = people().map((user) => ({ name: nameOf(user.id), value: user.id }));
  return {
    key: "selected_user",
    groups: [{ label: "", items }],
    initial: items.findIndex((item) => item.value === initial),
  };
}

function channelChoices(key, initial) {
  const items = myChannels().map((channel) => ({
    name: channel.is_im ? workspace.bot.name : `#${channel.name}`,
    value: channel.id,
  }));
  return { key, groups: [{ label: "", items }], initial: items.findIndex((item) => item.value === initial) };
}

let groupNumber = 0;

function boxes(element, { blockId, fires, labelId, hintId }, type, initial) {
  const name = `group-${(groupNumber += 1)}`;
  const chosen = new Set(initial.map((option) => option.value));
  const rows = (element.options ?? []).map((option) => {
    const box = el("input", { type, name, checked: chosen.has(option.value) });
    const words = el(
      "span",
      { class: "choice-text" },
      el("span", {}, renderText(option.text)),
      option.description ? el("span", { class: "choice-note" }, renderText(option.description)) : null,
    );
    return { box, option, row: el("label", { class: "choice" }, box, words) };
  });
  const node = el(
    "div",
    {
      class: "choices",
      role: type === "radio" ? "radiogroup" : "group",
      "aria-labelledby": labelId ?? null,
      "aria-describedby": hintId ?? null,
    },
    rows.map(({ row }) => row),
  );
  const picked = () => rows.filter(({ box }) => box.checked).map(({ option }) => option);
  return register(node, {
    element,
    blockId,
    fires,
    read: () => (type === "radio" ? { selected_option: picked()[0] ?? null } : { selected_options: picked() }),
    write: (state) => {
      const wanted = new Set(
        [state.selected_option, ...(state.selected_options ?? [])].filter(Boolean).map((option) => option.value),
      );
      for (const { box, option } of rows) box.checked = wanted.has(option.value);
    },
  });
}

function picker(element, { blockId, fires, labelId, hintId }, type, key, initial) {
  const node = el("input", {
    class: "text-input short",
    type,
    value: initial ?? "",
    "aria-labelledby": labelId ?? null,
    "aria-describedby": hintId ?? null,
    "aria-label": labelId ? null : plainWords(element.placeholder ?? "Choose a date"),
  });
  return register(node, {
    element,
    blockId,
    fires,
    read: () => ({ [key]: node.value || null }),
    write: (state) => {
      node.value = state[key] ?? "";
    },
  });
}

/**
 * What people have filled in: every control is registered with a way to read and to write it.
 * A surface (a message, a modal view, the home view) is any node with [data-surface].
 */

const entries = new WeakMap();

/** Registers a control: entry = {element, blockId, fires, read(), write(value), focus}. */
export function register(node, entry) {
  entries.set(node, entry);
  node.dataset.control = "";
  node.dataset.actionId = entry.element.action_id ?? "";
  node.dataset.blockId = entry.blockId;
  return node;
}

/** The entry of the control that holds this node, or undefined. */
export function entryOf(node) {
  const control = node?.closest?.("[data-control]");
  return control ? entries.get(control) : undefined;
}

function entriesOf(surface) {
  const found = [...surface.querySelectorAll("[data-control]")].map((node) => ({ node, ...entries.get(node) }));
  return found.filter((entry) => entry.read);
}

/** {block_id: {action_id: {type, value…}}} of every control of the surface, as Slack's view.state.values. */
export function collectState(surface) {
  const values = {};
  for (const { element, blockId, read } of entriesOf(surface)) {
    values[blockId] = values[blockId] ?? {};
    values[blockId][element.action_id] = { type: element.type, ...read() };
  }
  return values;
}

/** What the person has changed by hand, to be carried over when the surface is drawn again. */
export function rememberEdits(surface) {
  return entriesOf(surface)
    .filter(({ node }) => node.dataset.edited !== undefined)
    .map(({ element, blockId, read }) => ({ blockId, actionId: element.action_id, type: element.type, value: read() }));
}

export function restoreEdits(surface, edits) {
  for (const { node, element, blockId, write } of entriesOf(surface)) {
    const edit = edits.find(
      (one) => one.blockId === blockId && one.actionId === element.action_id && one.type === element.type,
    );
    if (!edit) continue;
    write(edit.value);
    node.dataset.edited = "";
  }
}

export function markEdited(target) {
  const control = target.closest("[data-control]");
  if (control) control.dataset.edited = "";
}

/** Problems that need no server: {block_id: text} for required fields left empty and numbers out of range. */
export function localErrors(surface) {
  const errors = {};
  for (const { node, element, blockId, read } of entriesOf(surface)) {
    const field = node.closest("[data-input-block]");
    if (!field) continue;
    const value = Object.values(read())[0];
    const empty = value === null || value === undefined || value.length === 0;
    if (empty && field.dataset.optional === undefined) errors[blockId] = "Please complete this required field.";
    else if (!empty && element.type === "number_input") {
      const problem = numberProblem(element, value);
      if (problem) errors[blockId] = problem;
    } else if (!empty && element.min_length && value.length < element.min_length) {
      errors[blockId] = `Please write at least ${element.min_length} characters.`;
    }
  }
  return errors;
}

function numberProblem(element, value) {
  const pattern = element.is_decimal_allowed ? /^-?\d+(\.\d+)?$/ : /^-?\d+$/;
  if (!pattern.test(value))
    return element.is_decimal_allowed ? "Please write a number, such as 12.5." : "Please write a whole number.";
  if (element.min_value !== undefined && Number(value) < Number(element.min_value))
    return `Please write ${element.min_value} or more.`;
  if (element.max_value !== undefined && Number(value) > Number(element.max_value))
    return `Please write ${element.max_value} or less.`;
  return null;
}

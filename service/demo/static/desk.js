// Forms of the desk without a page load: each answer is the desk as it now stands, and its parts
// take the place of the old ones. Without this script every form works by a page load.

const desk = document.getElementById("desk");
const unfolded = new Map(); // what the reader opened or closed, by id
let turn = 0;
let waiting = 0;

// What was typed and not sent, by the id of its field.
function typed(except) {
  const kept = new Map();
  for (const field of desk.querySelectorAll("input[id], select[id]")) {
    if (except.contains(field) || field.type === "checkbox") continue;
    if (isChanged(field)) kept.set(field.id, field.value);
  }
  return kept;
}

function isChanged(field) {
  if (field.type === "hidden") return false;
  if (field.tagName !== "SELECT") return field.value !== field.defaultValue;
  const shown = [...field.options].findIndex((option) => option.defaultSelected);
  return field.selectedIndex !== Math.max(shown, 0);
}

function take(html, sent) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const now = Number(fresh.querySelector("[data-turn]")?.dataset.turn ?? -1);
  if (now < turn) return; // a later answer is already shown
  turn = now;
  const kept = typed(sent);
  const focused = document.activeElement?.id;
  const within = document.activeElement?.closest("[data-part]")?.id;
  for (const part of fresh.querySelectorAll("[data-part]")) {
    if (part.id === "pad" && sent.id !== "draft") continue; // a search may be under way
    const old = document.getElementById(part.id);
    const children = document.importNode(part, true);
    // what is read aloud when it changes must stay in its place
    if (part.id === "notices") old.replaceChildren(...children.childNodes);
    else old?.replaceWith(children);
  }
  for (const [id, open] of unfolded) {
    const details = document.getElementById(id);
    if (details) details.open = open;
  }
  for (const [id, value] of kept) {
    if (id === "sought" && sent.id === "draft") continue;
    const field = document.getElementById(id);
    if (field) field.value = value;
  }
  restoreFocus(focused, within);
}

// The reader stays where they were; where that is gone, at what has happened.
function restoreFocus(id, part) {
  if (document.activeElement !== document.body) return;
  const target = id && document.getElementById(id);
  if (target) target.focus();
  else if (part) document.getElementById("notices").focus();
}

function say(text) {
  const notice = document.createElement("p");
  notice.className = "notice problem";
  notice.textContent = text;
  const notices = document.getElementById("notices");
  notices.replaceChildren(notice);
  notices.focus();
}

async function send(form, submitter) {
  const body = new URLSearchParams(new FormData(form, submitter));
  const address = submitter?.getAttribute("formaction") ?? form.getAttribute("action");
  waiting += 1;
  form.dataset.busy = "";
  desk.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, { method: "POST", body, headers: { "X-Part": "desk" } });
    if (!answer.ok) throw new Error(String(answer.status));
    take(await answer.text(), form);
  } catch (error) {
    const known = error.message === "403" ? "This page is out of date: load it again." : "";
    say(known || "No answer came. To do it again is safe: nothing is written twice.");
  } finally {
    waiting -= 1;
    delete form.dataset.busy;
    if (!waiting) desk.removeAttribute("aria-busy");
  }
}

// Signing must not pass over what was typed into a draft and not saved.
function unsaved() {
  for (const form of desk.querySelectorAll("form[data-guarded]")) {
    const field = [...form.elements].find((each) => each.name && isChanged(each));
    if (field) return field;
  }
  return null;
}

desk.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  event.preventDefault();
  if ("busy" in form.dataset) return;
  const field = "afterGuarded" in form.dataset ? unsaved() : null;
  if (field) {
    say("Save the changes to the draft first.");
    field.focus();
  } else {
    send(form, event.submitter);
  }
});

desk.addEventListener("click", (event) => {
  const details = event.target.closest("summary")?.parentElement;
  if (details?.id) unfolded.set(details.id, !details.open);
});

// Opening the chart is an act: patient-view is fired once the page is there.
turn = Number(desk.querySelector("[data-turn]").dataset.turn);
send(document.getElementById("open"));

// Finding a drug as one types. The arrow keys go through what was found; Escape goes back.

const desk = document.getElementById("desk");
const PAUSE = 120; // milliseconds after the last key
let timer = 0;
let asked = 0;

async function find(form) {
  const number = (asked += 1);
  const query = new URLSearchParams(new FormData(form));
  const answer = await fetch(`${form.dataset.search}?${query}`);
  if (!answer.ok || number !== asked) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.getElementById("found")?.replaceChildren(...fresh.body.childNodes);
}

function step(from, by) {
  const picks = [...document.querySelectorAll("#found button")];
  const place = picks.indexOf(from) + by;
  (picks[place] ?? document.getElementById("sought")).focus();
}

desk.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-search]");
  if (!form) return;
  clearTimeout(timer);
  timer = setTimeout(() => find(form), PAUSE);
});

desk.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-search]")) return;
  event.preventDefault();
  clearTimeout(timer);
  find(event.target);
});

desk.addEventListener("keydown", (event) => {
  const pick = event.target.closest("#found button, #sought");
  if (!pick) return;
  if (event.key === "ArrowDown") step(pick.id ? null : pick, 1);
  else if (event.key === "ArrowUp" && !pick.id) step(pick, -1);
  else if (event.key === "Escape" && !pick.id) document.getElementById("sought").focus();
  else return;
  event.preventDefault();
});

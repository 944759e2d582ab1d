// Follows the files: what they make is asked for every second, and taken over where it changed. What is being typed into
// the forms beside it stays as it is. Without this script, the Show button does the same by hand.
"use strict";

const EVERY = 1000;
const FOLLOWING = ["controls", "board", "findings"];

const status = document.getElementById("following");
let version = `"${document.body.dataset.version}"`;

document.addEventListener("change", ({ target }) => target.closest("#controls")?.requestSubmit());
document.documentElement.classList.add("scripted");

async function follow() {
  try {
    const answer = await fetch(`/changed?${document.body.dataset.query}`, {
      headers: { "If-None-Match": version }, cache: "no-store",
    });
    if (answer.status === 204) await takeOver(answer.headers.get("ETag"));
    if (!status.dataset.kept) say("Follows what you save.");
  } catch {
    say("The preview has ended; start it again in the terminal.");
    delete status.dataset.kept;
  }
  setTimeout(follow, EVERY);
}

async function takeOver(newer) {
  const page = await (await fetch(location.href, { cache: "no-store" })).text();
  const made = new DOMParser().parseFromString(page, "text/html");
  const strip = document.querySelector(".strip")?.scrollLeft ?? 0;
  if (document.forms.length < made.forms.length && !document.getElementById("to")) return location.reload();
  for (const id of FOLLOWING) {
    const shown = document.getElementById(id);
    if (!shown.matches("form:focus-within")) shown.replaceWith(made.getElementById(id));
  }
  document.querySelector(".strip")?.scrollTo({ left: strip });
  version = newer;
  say(`Changed at ${new Date().toLocaleTimeString("en-GB")}.`);
  status.dataset.kept = "yes";
}

function say(words) {
  if (status.textContent !== words) status.textContent = words;
}

setTimeout(follow, EVERY);

// The case form's comforts: tambons of the chosen amphoe, the id's check digit, and a draft kept in this browser
// until the receipt is seen. Without this script the form works all the same.
"use strict";

const DAYS_KEPT = 3;
const DRAFT = "saphan-case-"; // then the account, and the key of the form: each form that is begun has its own
const form = document.querySelector("form.case");
const sent = document.querySelector("[data-sent]");

function stored(name) {
  try {
    const draft = JSON.parse(localStorage.getItem(name));
    if (draft && Date.now() - draft.at < DAYS_KEPT * 864e5) return draft;
    localStorage.removeItem(name);
  } catch {
    // private windows may refuse
  }
  return null;
}

function forget(name) {
  try {
    localStorage.removeItem(name);
  } catch {
    // nothing was kept
  }
}

// The newest draft of this account but the one of this page.
function newest(account, own) {
  let names = [];
  try {
    names = Object.keys(localStorage).filter((name) => name.startsWith(`${DRAFT}${account}-`) && name !== own);
  } catch {
    // not allowed: there is none
  }
  const found = names.map((name) => ({ name, draft: stored(name) })).filter(({ draft }) => draft);
  return found.sort((one, other) => other.draft.at - one.draft.at)[0];
}

function filterTambons(fields) {
  const { amphoe, tambon } = fields;
  if (!amphoe || !tambon || amphoe.tagName !== "SELECT") return;
  const groups = [...tambon.querySelectorAll("optgroup")];
  const show = () => {
    for (const group of groups) group.remove();
    const shown = groups.filter((group) => !amphoe.value || group.label === amphoe.value);
    const chosen = tambon.value;
    tambon.append(...shown);
    tambon.value = chosen;
  };
  const keep = () => {
    const chosen = tambon.value;
    show();
    tambon.value = [...tambon.options].some((option) => option.value === chosen) ? chosen : "";
  };
  amphoe.addEventListener("change", keep);
  keep();
}

function checkId(field, said) {
  if (!field) return;
  const note = document.createElement("p");
  note.className = "error";
  note.id = `${field.id}-digit`;
  note.setAttribute("role", "status");
  field.after(note);
  const look = () => {
    const digits = field.value.replace(/[๐-๙]/g, (d) => String(d.charCodeAt(0) - 0x0e50)).replace(/[\s-]/g, "");
    const whole = /^\d{13}$/.test(digits);
    const total = whole ? [...digits.slice(0, 12)].reduce((sum, d, place) => sum + Number(d) * (13 - place), 0) : 0;
    note.textContent = whole && (11 - (total % 11)) % 10 !== Number(digits[12]) ? said : "";
  };
  field.addEventListener("input", look);
  look();
}

// Says at once what the portal would refuse after a long upload; until that is mended nothing is sent.
function checkFiles(field, limits) {
  if (!field) return;
  const note = document.createElement("p");
  note.className = "error";
  note.setAttribute("role", "alert");
  field.after(note);
  const look = () => {
    const kept = field.form.querySelectorAll("[name=kept]:checked").length;
    const large = [...field.files].filter((file) => file.size > Number(limits.fileBytes));
    const many = kept + field.files.length > Number(limits.filesMost);
    note.textContent = large.length ? `${limits.fileLarge} ${large.map((file) => file.name).join(", ")}` : many ? limits.filesMany : "";
    field.dataset.wrong = note.textContent;
  };
  field.form.addEventListener("change", look);
}

// What a draft holds: files cannot be put back into a form, nor is a file of an earlier page the draft's.
const NOT_OF_A_DRAFT = ["csrfmiddlewaretoken", "seen", "files", "kept"];

function fieldsOf(element) {
  return [...element.elements].filter((field) => field.name && !NOT_OF_A_DRAFT.includes(field.name));
}

function keepDrafts(element) {
  const name = () => `${DRAFT}${element.dataset.draft}-${element.elements.key.value}`;
  const box = document.getElementById("draft");
  const said = document.getElementById("draft-said");
  const tell = (text) => {
    box.hidden = false;
    said.textContent = text;
  };
  const save = () => {
    const cells = Object.fromEntries(fieldsOf(element).map((field) => [field.name, field.value]));
    try {
      localStorage.setItem(name(), JSON.stringify({ at: Date.now(), cells }));
    } catch {
      // no room, or not allowed: the page itself still holds everything
    }
  };
  const offer = () => {
    const old = newest(element.dataset.draft, name());
    const take = document.getElementById("draft-take");
    const drop = document.getElementById("draft-drop");
    box.hidden = take.hidden = drop.hidden = !old;
    if (!old) return;
    const { cells } = old.draft;
    tell([element.dataset.found, cells.person_name].filter(Boolean).join(" – "));
    take.onclick = () => {
      forget(name());
      for (const field of fieldsOf(element)) if (field.name in cells && field.name !== "tambon") field.value = cells[field.name];
      element.elements.amphoe?.dispatchEvent(new Event("change"));
      if (element.elements.tambon && cells.tambon) element.elements.tambon.value = cells.tambon;
      element.elements.national_id?.dispatchEvent(new Event("input"));
      box.hidden = true;
    };
    drop.onclick = () => {
      forget(old.name);
      offer();
    };
  };
  if ("fresh" in element.dataset) offer(); // not over what was just typed and is shown again
  element.addEventListener("input", save);
  element.addEventListener("change", save);
  sendWhenAlive(element, save, tell);
}

// Before the page is left, the portal is asked whether it is there: an unanswered form would be lost with the page.
function sendWhenAlive(element, save, tell) {
  let busy = false;
  let waiting = 0;
  const alive = async () => {
    try {
      return (await fetch(element.dataset.alive, { cache: "no-store", signal: AbortSignal.timeout(8000) })).ok;
    } catch {
      return false;
    }
  };
  const send = async (button) => {
    if (busy) return;
    busy = true;
    save();
    tell(element.dataset.sending);
    if (await alive()) {
      if (button?.name) {
        const field = document.createElement("input");
        Object.assign(field, { type: "hidden", name: button.name, value: button.value });
        element.append(field);
      }
      element.submit();
      return;
    }
    busy = false;
    tell(element.dataset.offline);
    clearTimeout(waiting);
    waiting = setTimeout(() => send(button), 15000);
  };
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    if (element.elements.files?.dataset.wrong) {
      element.elements.files.focus();
      return;
    }
    send(event.submitter);
  });
  addEventListener("pageshow", () => {
    busy = false;
  });
}

if (form) {
  filterTambons(form.elements);
  checkId(form.elements.national_id, form.dataset.wrongId);
  checkFiles(form.elements.files, form.dataset);
  keepDrafts(form);
}
if (sent) {
  forget(DRAFT + sent.dataset.sent);
  const print = document.getElementById("print");
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}

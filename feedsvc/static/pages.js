"use strict";
// Improve pages if scripts run. Without scripts everything works too: the server filters lists, and people copy
// addresses by hand.

/** Return text as text.fold() on the server does: without case, diacritics and punctuation. */
function fold(text) {
  const bare = text.normalize("NFD").toLowerCase().replace(/\p{M}/gu, "").replace(/[đð]/g, "d");
  return bare.replace(/[^\p{L}\p{N}]+/gu, " ").trim();
}

/** Filter the lists of names during typing. */
function startFilter(form) {
  const field = form.querySelector("input");
  const status = form.querySelector("[role=status]");
  const given = fold(field.value);
  const sections = [...document.querySelectorAll(".listing")].map((section) => ({
    section,
    items: [...section.querySelectorAll("li")].map((item) => ({ item, name: fold(item.querySelector("a").firstChild.textContent) })),
  }));
  let waiting;

  function filter() {
    const wanted = fold(field.value);
    clearTimeout(waiting);
    if (!wanted.includes(given)) {
      // The server sent only a part of the list, and the visitor wants another part.
      waiting = setTimeout(() => form.requestSubmit(), 400);
      return;
    }
    let found = 0;
    for (const { section, items } of sections) {
      let foundHere = 0;
      for (const { item, name } of items) {
        item.hidden = !name.includes(wanted);
        foundHere += !item.hidden;
      }
      section.hidden = !foundHere;
      found += foundHere;
    }
    const message = found ? form.dataset.some.replace("#", found.toLocaleString("vi")) : form.dataset.none;
    status.textContent = wanted ? message : "";
  }

  field.addEventListener("input", filter);
  if (location.hash === `#${field.id}`) {
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  }
  if (fold(field.value) !== fold(field.defaultValue)) {
    filter(); // The browser restored earlier input.
  }
}

/** Add a button to each address of a feed that copies it and confirms that. */
function startCopying(box) {
  const status = document.createElement("p");
  status.className = "copied";
  status.setAttribute("role", "status");
  for (const field of box.querySelectorAll("[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.textContent = "Sao chép";
    button.setAttribute("aria-label", `Sao chép địa chỉ ${field.dataset.copy}`);
    button.addEventListener("click", async () => {
      status.textContent = "";
      status.textContent = (await copy(field))
        ? `Đã sao chép địa chỉ ${field.dataset.copy}.`
        : "Chưa sao chép được. Hãy chọn địa chỉ trong ô rồi sao chép.";
    });
    field.after(button);
    field.addEventListener("focus", () => field.select());
  }
  box.append(status);
}

/** Copy the value of a field; tell if it worked. Only secure origins have a clipboard, so there are two ways. */
async function copy(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    field.focus();
    field.select();
    return document.execCommand("copy");
  }
}

document.querySelectorAll("form.filter").forEach(startFilter);
document.querySelectorAll(".subscribe").forEach(startCopying);

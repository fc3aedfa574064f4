"use strict";
// Rows come as JSON and are shown only as text nodes: nothing here makes HTML out of what a row says.

const element = (name, className, ...children) => {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
};

const badge = (outcome) => {
  const made = element("span", "badge", outcome);
  made.dataset.outcome = outcome;
  return made;
};

const score = (row) => (row.score === null ? "-" : String(Number(row.score.toPrecision(4))));

// --- Code: good enough for Python, JavaScript, C and JSON alike, and never more than one pass.

const WORDS = new Set(
  ("and as assert async await break case catch class const continue def del do elif else except extends false " +
    "False finally fn for from func function global if impl import in include int is lambda let long match mut " +
    "namespace new None nonlocal not null or pass private public raise return self static struct switch this throw " +
    "true True try using var vector void while with yield").split(" "),
);
const TOKEN =
  /("""[^]*?"""|'''[^]*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)|(#[^\n]*|\/\/[^\n]*|\/\*[^]*?\*\/)|(\b\d[\w.]*)|([A-Za-z_]\w*)(?=(\s*\()?)/g;

function highlighted(code) {
  const made = element("pre", "code");
  let end = 0;
  const add = (text, kind) => made.append(kind ? element("span", `t-${kind}`, text) : text);
  for (const found of code.matchAll(TOKEN)) {
    const [token, text, remark, number, word, call] = found;
    const kind = text ? "text" : remark ? "remark" : number ? "number" : WORDS.has(word) ? "word" : call ? "name" : "";
    if (!kind) continue;
    if (found.index > end) add(code.slice(end, found.index));
    add(token, kind);
    end = found.index + token.length;
  }
  add(code.slice(end));
  return made;
}

const DEEPEST = 64;

/** Tell how deep brackets nest: indenting ten thousand levels would fill the memory. */
function depth(text) {
  let now = 0;
  let most = 0;
  for (const letter of text) {
    if (letter === "[" || letter === "{") most = Math.max(most, (now += 1));
    else if (letter === "]" || letter === "}") now -= 1;
  }
  return most;
}

/** Return JSON text laid out in lines; null of other text. */
function laidOut(text) {
  if (!/^\s*[[{]/.test(text) || depth(text) > DEEPEST) return null;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return null;
  }
}

const said = (text) => {
  const made = element("div", "said", text);
  made.dir = "auto";
  return made;
};

const value = (text) => {
  if (text === null || text === undefined) return element("div", "missing", "none");
  const json = laidOut(text);
  return json === null ? said(text) : highlighted(json);
};

const thought = (text) =>
  element("details", "thought", element("summary", "", `thinking, ${text.length} characters`), said(text));

const BLOCK = /<think>([^]*?)(?:<\/think>|$)|<tool_call>([^]*?)(?:<\/tool_call>|$)|```[^\n`]*\n([^]*?)(?:\n?```|$)/g;

/** Return text with its code, tool calls and thinking told apart. */
function prose(text) {
  const made = [];
  let end = 0;
  const plain = (until) => {
    const part = text.slice(end, until).replace(/^\n+|\s+$/g, "");
    if (part) made.push(said(part));
  };
  for (const found of text.matchAll(BLOCK)) {
    plain(found.index);
    const [, thinking, call, code] = found;
    if (thinking !== undefined) made.push(thought(thinking.trim()));
    else if (call !== undefined) made.push(element("div", "role", "tool call"), highlighted(laidOut(call) ?? call.trim()));
    else made.push(highlighted(code));
    end = found.index + found[0].length;
  }
  plain(text.length);
  return made;
}

function message(part, withRole) {
  const made = element("div", "message", withRole ? element("div", "role", part.role) : null);
  if (part.thinking) made.append(thought(part.thinking));
  if (part.text) {
    const json = laidOut(part.text);
    made.append(...(json === null ? prose(part.text) : [highlighted(json)]));
  }
  for (const call of part.calls ?? []) made.append(element("div", "role", "tool call"), highlighted(laidOut(call) ?? call));
  // A reply that is nothing but thinking is all there is to read.
  if (made.childElementCount === 1 && made.firstChild.localName === "details") made.firstChild.open = true;
  if (!part.text && !part.calls) made.append(element("div", "missing", "empty"));
  return made;
}

// --- One row, in a dialog.

const dialog = document.querySelector("dialog");
let opened = null;

const pane = (title, ...children) => element("section", "pane", element("h3", "", title), ...children);
const notHere = () => element("div", "missing", "not in this file: the notes above the rows say why");

function metricsTable(metrics) {
  const body = element("tbody", "");
  for (const [name, number, reason, valid] of metrics) {
    const figure = element("td", "n", number === null ? "-" : String(Number(number.toPrecision(4))));
    const why = element("td", "said", (valid ? "" : "(not valid) ") + (reason ?? ""));
    why.dir = "auto";
    body.append(element("tr", "", element("th", "", name), figure, why));
  }
  return element("table", "", body);
}

function button(label, action, disabled) {
  const made = element("button", "plain", label);
  made.type = "button";
  made.disabled = Boolean(disabled);
  made.addEventListener("click", action);
  return made;
}

function show(explorer, place) {
  const row = explorer.found[place];
  if (!row) return;
  opened = { explorer, place };
  const title = element("h2", "", element("bdi", "", row.id));
  title.id = "row-title";
  const head = element(
    "div", "bar-top", badge(row.outcome), element("strong", "", score(row)), title,
    row.cut ? element("span", "number", "cut off by the token limit") : null,
    element("span", "number", `${place + 1} of ${explorer.found.length}`),
    element(
      "div", "buttons", button("← previous", () => show(explorer, place - 1), place === 0),
      button("next →", () => show(explorer, place + 1), place + 1 === explorer.found.length),
      button("close", () => dialog.close()),
    ),
  );
  const prompt = row.prompt === null ? [notHere()] : row.prompt.map((part) => message(part, row.prompt.length > 1));
  const body = element(
    "div", "body",
    element("div", "pane why", element("h3", "", row.error ? "Not graded" : "Reason"), value(row.error ?? row.reason)),
    element("div", "pair", pane("Extracted answer", value(row.extracted)), pane("Gold", value(row.gold))),
    element("div", "pair", pane("Prompt", ...prompt), pane("Reply", row.reply === null ? notHere() : message(row.reply, false))),
    row.metrics.length ? pane("Metrics", metricsTable(row.metrics)) : null,
  );
  body.tabIndex = 0;
  dialog.replaceChildren(head, body);
  if (!dialog.open) dialog.showModal();
  body.focus();
  explorer.select(place);
}

dialog.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!step || !opened || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  show(opened.explorer, opened.place + step);
});
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});
dialog.addEventListener("close", () => opened?.explorer.list.focus());

// --- All rows, of which only those in sight are elements.

const RANK = { failed: 0, "not graded": 1, passed: 2 };
const ORDERS = {
  place: (a, b) => a.place - b.place,
  worst: (a, b) => RANK[a.outcome] - RANK[b.outcome] || a.score - b.score || a.place - b.place,
  best: (a, b) => RANK[b.outcome] - RANK[a.outcome] || b.score - a.score || a.place - b.place,
};

const words = (row) => {
  const parts = [row.id, row.reason, row.error, row.extracted, row.gold];
  for (const part of [...(row.prompt ?? []), ...(row.reply ? [row.reply] : [])]) {
    parts.push(part.text, part.thinking, ...(part.calls ?? []));
  }
  return parts.filter(Boolean).join("\n").toLowerCase();
};

const summary = (row) => {
  if (row.outcome !== "passed") return row.error ?? row.reason ?? "";
  return row.prompt?.at(-1)?.text ?? row.reason ?? "";
};

class Explorer {
  constructor(section, number) {
    this.number = number;
    this.rows = JSON.parse(section.querySelector(".data").textContent);
    const find = (name) => section.querySelector(`.${name}`);
    this.list = find("list");
    this.extent = find("extent");
    this.count = find("count");
    this.fields = Object.fromEntries(["search", "outcome", "kind", "order", "cut"].map((name) => [name, find(name)]));
    this.texts = new Map();
    this.selected = 0;
    this.fillKinds();
    let waiting = 0;
    this.fields.search.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => this.filter(), 120);
    });
    for (const name of ["outcome", "kind", "order", "cut"]) {
      this.fields[name]?.addEventListener("change", () => this.filter());
    }
    this.list.addEventListener("scroll", () => requestAnimationFrame(() => this.draw()), { passive: true });
    this.list.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("click", (event) => {
      const row = event.target.closest(".row");
      if (row) show(this, Number(row.dataset.place));
    });
    addEventListener("resize", () => this.layOut());
    this.filter();
  }

  fillKinds() {
    const counts = new Map();
    for (const row of this.rows) {
      if (row.outcome !== "passed") counts.set(row.kind, (counts.get(row.kind) ?? 0) + 1);
    }
    const frequent = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 100);
    for (const [kind, count] of frequent) this.fields.kind.append(new Option(`${kind} (${count})`, kind));
    this.fields.kind.hidden = frequent.length === 0;
  }

  matches(row, wanted) {
    if (!this.texts.has(row)) this.texts.set(row, words(row));
    return wanted.every((word) => this.texts.get(row).includes(word));
  }

  filter() {
    const { search, outcome, kind, order, cut } = this.fields;
    const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    this.found = this.rows.filter(
      (row) =>
        (!outcome.value || row.outcome === outcome.value) &&
        (!kind.value || (row.kind === kind.value && row.outcome !== "passed")) &&
        (!cut?.checked || row.cut) &&
        (wanted.length === 0 || this.matches(row, wanted)),
    );
    this.found.sort(ORDERS[order.value]);
    this.count.textContent = `${this.found.length} of ${this.rows.length}`;
    this.selected = 0;
    this.list.scrollTop = 0;
    this.layOut();
  }

  only(outcome, kind) {
    const { search, cut } = this.fields;
    search.value = "";
    if (cut) cut.checked = false;
    this.fields.outcome.value = outcome;
    this.fields.kind.value = kind;
    this.filter();
    this.list.scrollIntoView({ block: "center" });
    this.list.focus({ preventScroll: true });
  }

  layOut() {
    this.height = parseFloat(getComputedStyle(this.list).getPropertyValue("--row"));
    this.extent.style.height = `${this.found.length * this.height}px`;
    this.draw();
  }

  draw() {
    const spare = 8;
    const first = Math.max(0, Math.floor(this.list.scrollTop / this.height) - spare);
    const last = Math.min(
      this.found.length, Math.ceil((this.list.scrollTop + this.list.clientHeight) / this.height) + spare,
    );
    const drawn = [];
    for (let place = first; place < last; place += 1) drawn.push(this.line(place));
    this.extent.replaceChildren(...drawn);
    const active = this.selected >= first && this.selected < last ? this.name(this.selected) : null;
    if (active) this.list.setAttribute("aria-activedescendant", active);
    else this.list.removeAttribute("aria-activedescendant");
  }

  name(place) {
    return `row-${this.number}-${place}`;
  }

  line(place) {
    const row = this.found[place];
    const made = element(
      "div", "row", element("span", "outcome-cell", badge(row.outcome)), element("span", "score", score(row)),
      element("span", "id", element("bdi", "", row.id)),
      element("span", "about-what", element("bdi", "", summary(row).slice(0, 300))),
    );
    made.id = this.name(place);
    made.setAttribute("role", "option");
    made.setAttribute("aria-selected", String(place === this.selected));
    made.setAttribute("aria-setsize", String(this.found.length));
    made.setAttribute("aria-posinset", String(place + 1));
    made.dataset.place = String(place);
    made.style.top = `${place * this.height}px`;
    return made;
  }

  select(place) {
    this.selected = Math.max(0, Math.min(place, this.found.length - 1));
    const top = this.selected * this.height;
    if (top < this.list.scrollTop) this.list.scrollTop = top;
    const below = top + this.height - this.list.clientHeight;
    if (below > this.list.scrollTop) this.list.scrollTop = below;
    this.draw();
  }

  key(event) {
    const page = Math.max(1, Math.floor(this.list.clientHeight / this.height) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key in steps) this.select(this.selected + steps[event.key]);
    else if (event.key === "Enter" || event.key === " ") show(this, this.selected);
    else return;
    event.preventDefault();
  }
}

document.querySelectorAll(".explorer").forEach((section, number) => {
  if (!section.querySelector(".data")) return;
  const explorer = new Explorer(section, number);
  for (const link of section.closest(".run").querySelectorAll(".link[data-kind]")) {
    link.addEventListener("click", () => explorer.only(link.dataset.outcome, link.dataset.kind));
  }
});

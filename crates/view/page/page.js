"use strict";
// Every text comes from the air or from other people: it is set as text, never as markup. What the page shows is made of
// documents that the program sends as they change; the page keeps them, and the rows of the waterfall.

const $ = (id) => document.getElementById(id);
const MARKS = { registered: "+", unregistered: "X", inactive: "!", mismatch: "#", unidentified: "?", unchecked: "-" };
const GRADES = { registered: "good", unregistered: "critical", inactive: "critical", mismatch: "high", unidentified: "medium", unchecked: "low" };
const SEVERITIES = ["info", "medium", "high", "critical"];
const ROWS = 120; // of a waterfall
const CARDS = 200; // shown at one time
const LANGUAGES = ["en", "ko"];
const SILENCE = 5000; // after which a link is lost, in milliseconds

const documents = new Map();
const waterfalls = new Map();
const open = new Set();
const drafts = new Map();
const answers = new Map(); // to the last wish of a card
let words = {};
let language = LANGUAGES.includes(localStorage.getItem("language")) ? localStorage.getItem("language") : navigator.language.startsWith("ko") ? "ko" : "en";
let band = 0;
let source = null;
let waiting = null;
let link = "waiting"; // waiting, on, lost, or full: too many pages are open
let heard = 0; // when the program was heard last, in milliseconds
let spoken = 0; // which wish for words is the newest

function word(name, values = {}) {
  return (words[name] ?? name).replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  if (text !== undefined && text !== null) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function button(text, press, attributes = {}) {
  const made = element("button", text, { type: "button", ...attributes });
  made.press = press; // another one where the button is filled anew
  made.addEventListener("click", (event) => made.press(event));
  return made;
}

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim() || "#888";
const starting = (prefix) => [...documents].filter(([key]) => key.startsWith(prefix));
const degrees = (lat, lon) => `${lat.toFixed(5)}, ${lon.toFixed(5)}`;
const fixed = (number, digits) => number.toFixed(digits).replace("-", "−");
const signed = (number) => (number < 0 ? "" : "+") + fixed(number, 1);

// ---- the connection

function listen() {
  source?.close();
  source = new EventSource("/events");
  source.onopen = () => connected("on");
  source.onmessage = (event) => { connected("on"); take(JSON.parse(event.data)); };
  source.addEventListener("beat", () => connected("on"));
  source.onerror = () => {
    connected("lost");
    if (source.readyState !== EventSource.CLOSED) return; // It comes back by itself, with its place.
    later();
  };
}

// A link that stands still reports no error: what beats every two seconds is missed.
function watch() {
  if (link === "on" && performance.now() - heard > SILENCE) connected("lost");
}

// Listens, where this browser may, or asks for the code.
async function begin() {
  try {
    const answer = await fetch("/paired");
    if (answer.status === 503) {
      connected("full");
      later();
    } else if (await answer.json()) listen();
    else askForCode();
  } catch {
    connected("lost");
    later();
  }
}

function later() {
  setTimeout(begin, 2000);
}

function connected(state) {
  if (state === "on") heard = performance.now();
  if (state === link) return;
  link = state;
  draw();
}

function take(change) {
  if (change.all) documents.clear();
  for (const key of change.removed) documents.delete(key);
  for (const [key, value] of Object.entries(change.set)) {
    const before = documents.get(key);
    documents.set(key, value);
    if (key.startsWith("spectrum/")) addRow(key, value);
    if (change.all) {
      if (key.startsWith("alert/")) sound.knows(value);
      continue;
    }
    if (key.startsWith("alert/") && !value.seen) sound.alert(value);
    if (key === "homing" && value.level !== null) sound.level(value);
    if (key === "head" && before) {
      if (value.faults > before.faults) sound.fault();
      if (value.gnss === "no-fix" && before.gnss === "fix") sound.fault();
    }
  }
  if (waiting === null) waiting = requestAnimationFrame(() => { waiting = null; draw(); });
}

async function wish(wished) {
  try {
    const answer = await fetch("/wish", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(wished), signal: AbortSignal.timeout(SILENCE) });
    if (answer.status === 401) askForCode();
    return answer.ok;
  } catch {
    connected("lost");
    return false;
  }
}

// Asks, and says on the card whether it was taken.
async function wishOn(key, wished) {
  answers.delete(key);
  const isTaken = await wish(wished);
  answers.set(key, !isTaken ? "not-saved" : documents.get("head")?.keeps_notes ? "saved" : "not-kept");
  draw();
  return isTaken;
}

// ---- pairing

function askForCode() {
  source?.close();
  $("pair").hidden = false;
  $("code").focus();
}

async function pair(code) {
  const answer = await fetch("/pair", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ code }) });
  $("pair-answer").textContent = answer.ok ? "" : word(answer.status === 429 ? "pair-closed" : "pair-wrong");
  if (!answer.ok) return askForCode();
  $("pair").hidden = true;
  listen();
}

// ---- sound: after one tap, as browsers want it

const sound = {
  context: null,
  lastLevel: 0,
  on() { return this.context?.state === "running"; },
  async turn() {
    if (this.on()) await this.context.suspend();
    else {
      this.context ??= new AudioContext();
      await this.context.resume();
      this.tone(660, 0.12, 0);
    }
    $("sound").setAttribute("aria-pressed", String(this.on()));
  },
  tone(hertz, seconds, after) {
    if (!this.on()) return;
    const from = this.context.currentTime + after;
    const tone = this.context.createOscillator(), loudness = this.context.createGain();
    tone.frequency.value = hertz;
    loudness.gain.setValueAtTime(0, from);
    loudness.gain.linearRampToValueAtTime(0.25, from + 0.01);
    loudness.gain.setValueAtTime(0.25, from + seconds - 0.02);
    loudness.gain.linearRampToValueAtTime(0, from + seconds);
    tone.connect(loudness).connect(this.context.destination);
    tone.start(from);
    tone.stop(from + seconds);
  },
  told: new Map(), // the severity that an alert of a rule about a cell was told with
  worst: -1, // of those that are waiting to be told
  // Whether the alert is new or more severe than it was known.
  knows({ rule, ecgi, pci, earfcn, severity }) {
    const about = JSON.stringify([rule, ecgi, pci, earfcn]), rank = SEVERITIES.indexOf(severity);
    if (rank <= (this.told.get(about) ?? -1)) return false;
    this.told.set(about, rank);
    return true;
  },
  // One signal for the alerts of a stop, by the worst one: as many tones as it is severe.
  alert(alert) {
    if (!this.knows(alert)) return;
    if (this.worst < 0) setTimeout(() => this.ring(), 500);
    this.worst = Math.max(this.worst, SEVERITIES.indexOf(alert.severity));
  },
  ring() {
    const worst = this.worst;
    this.worst = -1;
    for (let i = 0; i < Math.max(1, worst); i++) this.tone(SEVERITIES[worst] === "critical" ? 1320 : 880, 0.15, i * 0.22);
  },
  fault() {
    this.tone(440, 0.3, 0);
    this.tone(330, 0.4, 0.35);
  },
  // An octave is 10 dB; the highest level so far is 1,600 Hz.
  level(homing) {
    if (homing.silent > 1 || performance.now() - this.lastLevel < 80) return;
    this.lastLevel = performance.now();
    this.tone(Math.max(100, 1600 * 2 ** ((homing.level - homing.peak) / 10)), 0.08, 0);
  },
};

// ---- what is drawn

function draw() {
  status();
  const tab = document.body.dataset.tab;
  const isWide = matchMedia("(min-width: 900px)").matches;
  if (tab === "alerts" || (isWide && tab === "map")) drawAlerts();
  if (tab === "cells") drawCells();
  if (tab === "spectrum") drawSpectrum();
  if (tab === "homing") drawHoming();
  if (tab === "map" || isWide) drawMap();
  const unseen = starting("alert/").filter(([, alert]) => !alert.seen).length;
  $("tab-alerts").textContent = word("alerts") + (unseen ? ` (${unseen})` : "");
}

function status() {
  const head = documents.get("head");
  const clock = head?.now ? new Date(head.now).toISOString().slice(11, 19) : "";
  const isOn = link === "on";
  const state = !head || head.scan ? "live" : head.ended ? "ended" : head.paused ? "paused" : "replay";
  $("status").textContent = isOn ? `${word(state)} ${clock}` : word(link === "full" ? "too-many" : link === "lost" ? "lost-connection" : "no-data");
  $("status").classList.toggle("lost", link === "lost" || link === "full");
  document.body.classList.toggle("old", !isOn && Boolean(head));
  $("title").textContent = head?.title ?? "cellwarden";
  $("pause").hidden = !head || head.scan || head.ended;
  $("pause").textContent = word(head?.paused ? "go-on" : "pause");
  const faults = head ? [
    !isOn && word("old", { time: clock }),
    head.unstored && word("unstored", { dwells: head.unstored, alerts: head.unstored_alerts }),
    head.gnss === "no-fix" && word("lost-fix"),
    head.disk_gb !== null && head.disk_gb < 1 && word("disk-low", { size: fixed(head.disk_gb, 1) }),
    head.faults && word("radio-fault", { count: head.faults }),
    head.lost && word("lost-samples", { count: head.lost }),
  ].filter(Boolean) : [];
  $("banner").hidden = faults.length === 0;
  if ($("banner").textContent !== faults.join(" · ")) $("banner").textContent = faults.join(" · ");
  const sweep = head?.sweep;
  const text = !sweep ? "" : sweep.age === null
    ? word("sweeping", { done: sweep.done, windows: sweep.windows, mhz: fixed(sweep.mhz, 1) })
    : word("swept", { seconds: Math.round(sweep.age), searched: Math.round(100 * sweep.searched) });
  for (const line of document.querySelectorAll(".sweep")) line.textContent = text;
}

const shown = (section) => $(section).querySelector(".cards");

// Cards keep their element while their document is the same, so that nothing is drawn under a finger.
// One whose document changes is filled anew in place, and a field in it that is written in stays as it is.
function cards(list, entries, make, empty) {
  const known = new Map([...list.children].map((card) => [card.dataset.key, card]));
  const wanted = entries.slice(0, CARDS).map(([key, value]) => {
    const about = value.cell ?? key, cell = documents.get(about);
    const isOpen = open.has(key);
    const text = JSON.stringify([value, isOpen, language, documents.get("homing")?.cell === about, isOpen && [cell?.found, cell?.at, nextText(cell?.found), answers.get(key)]]);
    const before = known.get(key);
    if (before?.dataset.text === text) return before;
    const made = make(key, value), card = before ?? made;
    if (before) refill(before, made);
    card.dataset.key = key;
    card.dataset.text = text;
    return card;
  });
  if (!wanted.length) wanted.push(element("li", empty, { class: "card-head" }));
  const isWanted = new Set(wanted);
  for (const card of [...list.children]) if (!isWanted.has(card)) card.remove();
  if (wanted.every((card, i) => card === list.children[i])) return;
  // A card that is moved loses what is written in it: the others move around it.
  const written = wanted.findIndex((card) => card.contains(document.activeElement));
  if (written < 0) {
    list.replaceChildren(...wanted);
    return;
  }
  const top = wanted[written].getBoundingClientRect().top, pane = list.closest("section");
  for (const card of wanted.slice(0, written)) list.insertBefore(card, wanted[written]);
  for (const card of wanted.slice(written + 1)) list.append(card);
  pane.scrollTop += wanted[written].getBoundingClientRect().top - top;
}

// Fills an element as another one is; elements alike stay, so that a focus, a caret and what is written do.
function refill(before, made) {
  before.className = made.className;
  for (const name of ["aria-expanded", "aria-pressed", "aria-label", "placeholder", "href"]) {
    if (made.hasAttribute(name)) before.setAttribute(name, made.getAttribute(name));
    else before.removeAttribute(name);
  }
  if (before.matches("textarea")) {
    if (before !== document.activeElement) before.value = made.value;
    return;
  }
  if (made.press) before.press = made.press;
  const olds = [...before.childNodes], news = [...made.childNodes];
  // The field's place among its neighbours may differ: neighbours before it are matched from the start, after it from the end.
  const isField = (node) => node.nodeName === "TEXTAREA";
  const oldField = olds.findIndex(isField), newField = news.findIndex(isField);
  if (oldField >= 0 && newField >= 0) {
    align(before, olds.slice(0, oldField), news.slice(0, newField), olds[oldField]);
    refill(olds[oldField], news[newField]);
    align(before, olds.slice(oldField + 1), news.slice(newField + 1), null);
  } else {
    align(before, olds, news, null);
  }
}

function align(parent, olds, news, end) {
  news.forEach((made, i) => {
    const before = olds[i];
    if (before && before.nodeName === made.nodeName && before.nodeType === Node.ELEMENT_NODE) refill(before, made);
    else if (before) before.replaceWith(made);
    else parent.insertBefore(made, end);
  });
  for (const before of olds.slice(news.length)) before.remove();
}

function card(key, grade, what, value, more, body) {
  const made = element("li", null, { class: grade });
  const head = button(null, () => { if (!open.delete(key)) open.add(key); draw(); }, { class: "card-head", "aria-expanded": String(open.has(key)) });
  head.append(element("span", what, { class: "what grade" }), element("span", value, { class: "value" }), element("span", more, { class: "more" }));
  made.append(head);
  if (open.has(key)) {
    const inner = element("div", null, { class: "card-body" });
    inner.append(...body());
    made.append(inner);
  }
  return made;
}

const nameOf = (cell) => `${cell.ecgi ?? "?"} · PCI ${cell.pci} · EARFCN ${cell.earfcn ?? "?"}`;

function drawAlerts() {
  const alerts = starting("alert/").sort((a, b) => (b[1].order ?? 0) - (a[1].order ?? 0));
  cards(shown("alerts"), alerts, (key, alert) => {
    const state = [alert.time?.slice(11, 19), alert.open ? null : word("gone"), alert.seen ? word("seen") : null].filter(Boolean).join(" · ");
    const what = `${word(alert.severity)}: ${alert.rule}`;
    return card(key, `${alert.severity}${alert.seen ? " seen" : ""}`, what, state, nameOf(alert), () => {
      const note = element("textarea", null, { maxlength: 500, "aria-label": word("note"), placeholder: word("note") });
      note.value = drafts.get(key) ?? alert.note;
      note.addEventListener("input", () => { drafts.set(key, note.value); answers.delete(key); });
      const written = () => drafts.get(key) ?? alert.note;
      const row = element("p", null, { class: "row" });
      row.append(
        button(word(alert.seen ? "again" : "acknowledge"), () => wishOn(key, { acknowledge: { id: alert.id, seen: !alert.seen } })),
        button(word("save"), async () => { const text = written(); if (await wishOn(key, { note: { id: alert.id, text } }) && drafts.get(key) === text) drafts.delete(key); }),
        element("output", answers.has(key) ? word(answers.get(key)) : "", { role: "status" }),
      );
      if (alert.cell) row.append(homeButton(alert.cell));
      const place = documents.get(alert.cell)?.found;
      return [element("p", alert[language] ?? alert.en), ...placeLines(place, documents.get(alert.cell)?.at), note, row];
    });
  }, documents.has("head") ? word("no-alert") : word(link === "full" ? "too-many" : "no-data"));
}

function homeButton(key) {
  const isOn = documents.get("homing")?.cell === key;
  return button(word(isOn ? "let-go" : "home-in"), () => {
    wish({ home: { cell: isOn ? null : key } });
    if (!isOn) tab("homing");
  }, { "aria-pressed": String(isOn) });
}

function where(found) {
  switch (found?.kind) {
    case "fixed": return `${word("stands", { place: degrees(found.lat, found.lon) })}, ${word("accuracy", { long: Math.round(2 * found.a), wide: Math.round(2 * found.b) })}`;
    case "with-receiver": return word("with-receiver", { spread: fixed(found.spread, 1) });
    case "moving": return word("moving");
    case "too-few": return word("places", { count: found.places });
    default: return null;
  }
}

function way(to) {
  const here = documents.get("head")?.here;
  if (!here || !to) return null;
  const north = (to.lat - here[0]) * METRES_PER_DEGREE, east = (to.lon - here[1]) * METRES_PER_DEGREE * Math.cos(here[0] * Math.PI / 180);
  const winds = word("winds").split(" ");
  return { metres: Math.round(Math.hypot(north, east)), wind: winds[(Math.round(Math.atan2(east, north) / (Math.PI / 4)) + 8) % 8] };
}

function nextText(found) {
  const to = found?.kind === "fixed" ? way(found.next) : null;
  return to ? word("next", { ...to, left: Math.round(100 * found.next.left) }) : null;
}

function placeLines(found, at) {
  const lines = [where(found), nextText(found), !found && at ? word("strongest", { place: degrees(...at) }) : null].filter(Boolean).map((text) => element("p", text));
  const place = found?.kind === "fixed" ? [found.lat, found.lon] : at;
  if (place) lines.push(placeRow(place));
  return lines;
}

function placeRow(place) {
  const row = element("p", null, { class: "row" });
  const text = degrees(...place);
  const copy = button(word("copy"), async ({ currentTarget: copied }) => {
    try {
      await navigator.clipboard.writeText(text);
      copied.textContent = word("copied");
    } catch {
      // Not without TLS: the text is selected instead.
      getSelection().selectAllChildren(copied.previousElementSibling);
    }
  });
  row.append(element("output", text), copy, element("a", word("open-map"), { href: `geo:${place[0].toFixed(6)},${place[1].toFixed(6)}` }));
  return row;
}

function drawCells() {
  const rank = (cell) => -["good", "low", "medium", "high", "critical"].indexOf(GRADES[cell.verdict]);
  const cells = starting("cell/").sort(([, a], [, b]) => rank(a) - rank(b) || b.rsrp - a.rsrp);
  const now = Date.parse(documents.get("head")?.now ?? "");
  cards(shown("cells"), cells, (key, cell) => {
    const age = Number.isFinite(now) && cell.time ? `${Math.max(0, Math.round((now - Date.parse(cell.time)) / 1000))} s` : "";
    const what = `${MARKS[cell.verdict]} ${word(cell.verdict)}${cell.name ? ` “${cell.name}”` : ""}`;
    return card(key, GRADES[cell.verdict], what, `${word("level", { level: fixed(cell.rsrp, 1) })}`, nameOf(cell), () => {
      const row = element("p", null, { class: "row" });
      row.append(homeButton(key));
      const facts = [`TAC ${cell.tac ?? "?"}`, `SINR ${fixed(cell.sinr, 1)} dB`, cell.band && `B${cell.band}`, `${fixed(cell.mhz, 1)} MHz`, cell.kind, word("dwells", { count: cell.dwells }), age];
      const findings = cell.findings.map((finding) => element("p", `${word(finding.severity)}: ${finding.rule}`));
      return [element("p", facts.filter(Boolean).join(" · ")), ...findings, ...placeLines(cell.found, cell.at), row];
    });
  }, documents.has("head") ? word("no-cell") : word(link === "full" ? "too-many" : "no-data"));
}

// ---- spectrum

function addRow(key, { row }) {
  const rows = waterfalls.get(key) ?? [];
  rows.push(row);
  if (rows.length > ROWS) rows.shift();
  waterfalls.set(key, rows);
}

function drawSpectrum() {
  const bands = starting("spectrum/").sort(([, a], [, b]) => a.mhz - b.mhz);
  band = Math.min(Math.max(0, band), Math.max(0, bands.length - 1));
  const [key, shownBand] = bands[band] ?? [];
  $("band-before").disabled = band === 0;
  $("band-after").disabled = band >= bands.length - 1;
  $("band-name").textContent = shownBand ? `${fixed(shownBand.mhz, 1)} MHz, ${fixed(shownBand.span, 2)} MS/s (${band + 1}/${bands.length})` : word("no-spectrum");
  for (const id of ["power", "waterfall"]) $(id).setAttribute("aria-label", $("band-name").textContent);
  const [ctx, width, height] = prepared($("power"));
  const [fall, fallWidth, fallHeight] = prepared($("waterfall"));
  if (!ctx || !fall) return;
  ctx.clearRect(0, 0, width, height);
  fall.clearRect(0, 0, fallWidth, fallHeight);
  if (!shownBand) return;
  const rows = waterfalls.get(key) ?? [], row = rows.at(-1) ?? [];
  const all = rows.flat(), low = Math.min(...row), high = Math.max(...row, low + 10);
  const floor = Math.min(low, all.length ? all.reduce((a, b) => Math.min(a, b)) : low);
  const y = (db) => 8 + (height - 34) * (1 - (db - low) / (high - low));
  ctx.strokeStyle = color("accent"); ctx.lineWidth = 2; ctx.beginPath();
  row.forEach((db, i) => { const x = i / (row.length - 1) * width; if (i) ctx.lineTo(x, y(db)); else ctx.moveTo(x, y(db)); });
  ctx.stroke();
  ctx.fillStyle = color("text"); ctx.font = "14px system-ui, sans-serif"; ctx.textAlign = "left";
  ctx.fillText(`${Math.round(high)} dBFS`, 4, 16);
  ctx.textAlign = "center"; ctx.strokeStyle = color("line"); ctx.lineWidth = 1;
  for (const [mhz, earfcn] of shownBand.carriers) {
    const x = (0.5 + (mhz - shownBand.mhz) / shownBand.span) * width;
    ctx.beginPath(); ctx.moveTo(x, 0); ctx.lineTo(x, height - 20); ctx.stroke();
    ctx.fillText(earfcn ?? mhz.toFixed(1), Math.min(Math.max(24, x), width - 24), height - 5);
  }
  const step = fallHeight / ROWS;
  rows.forEach((line, i) => {
    const cell = fallWidth / line.length;
    line.forEach((db, k) => {
      fall.fillStyle = heat((db - floor) / Math.max(1, high - floor));
      fall.fillRect(k * cell, (rows.length - 1 - i) * step, cell + 1, step + 1);
    });
  });
}

// From black over violet and orange to light.
const HEATS = Array.from({ length: 64 }, (_, i) => { const t = i / 63; return `rgb(${Math.round(255 * Math.min(1, 1.6 * t))} ${Math.round(255 * Math.max(0, 1.6 * t - 0.6))} ${Math.round(120 * Math.sin(Math.PI * Math.min(1, 1.3 * t)))})`; });
const heat = (share) => HEATS[Math.round(63 * Math.min(1, Math.max(0, share)))];

// ---- homing

function drawHoming() {
  const homing = documents.get("homing");
  $("homing-none").hidden = Boolean(homing);
  $("homing-on").hidden = !homing;
  $("homing-none").textContent = word("homing-none");
  if (!homing) return;
  const cell = documents.get(homing.cell);
  $("homing-cell").textContent = `${cell ? `${MARKS[cell.verdict]} ${word(cell.verdict)} · ` : ""}${nameOf(homing)}`;
  $("homing-level").replaceChildren(homing.level === null ? "–" : fixed(homing.level, 1), element("small", " dB"));
  const isOld = homing.level === null || homing.silent > 1;
  $("homing-level").classList.toggle("old", isOld);
  const trend = homing.trend;
  const grade = trend === null ? "none" : trend >= 1 ? "closer" : trend <= -1 ? "farther" : "steady";
  $("homing-trend").className = grade;
  $("homing-trend").textContent = homing.silent > 1 ? word("not-heard", { seconds: fixed(homing.silent, 1) })
    : grade === "none" ? word("no-trend") : word(grade, { change: signed(trend) });
  const share = fixed(100 * homing.clipped, 1);
  $("homing-overload").classList.toggle("bad", homing.overload);
  $("homing-overload").textContent = word(homing.overload ? "overload" : "ok-level", { share });
  $("homing-peak").textContent = homing.peak === null ? "" : word("peak", { level: fixed(homing.peak, 1), seconds: Math.round(homing.peak_ago) })
    + (homing.rate ? ` · ${fixed(homing.rate, 1)}/s` : "");
  $("homing-next").textContent = [where(cell?.found), nextText(cell?.found)].filter(Boolean).join(". ") || word("no-place");
  $("homing-beside").textContent = !documents.get("head")?.scan ? "" : homing.beside === null ? word("beside-never") : word("beside", { seconds: Math.round(homing.beside) });
  const place = (db) => `${100 * Math.min(1, Math.max(0, (db - homing.peak + 50) / 55))}%`;
  $("homing-bar").style.width = homing.level === null ? "0" : place(homing.level);
  $("homing-mark").style.left = homing.peak === null ? "0" : place(homing.peak);
  const [ctx, width, height] = prepared($("homing-curve"));
  if (!ctx) return;
  $("homing-curve").setAttribute("aria-label", word("homing"));
  ctx.clearRect(0, 0, width, height);
  const levels = homing.curve.map(([, db]) => db);
  if (!levels.length) return;
  const low = Math.min(...levels) - 1, high = Math.max(...levels) + 1;
  ctx.fillStyle = color("accent");
  for (const [ago, db] of homing.curve) ctx.fillRect(width * (1 - ago / 60) - 2, 4 + (height - 8) * (1 - (db - low) / (high - low)), 3, 3);
}

// ---- map

let chart = null;

function drawMap() {
  const head = documents.get("head");
  const cells = starting("cell/").map(([, cell]) => ({ ...cell, mark: MARKS[cell.verdict], grade: GRADES[cell.verdict] })).sort((a, b) => (a.grade === "critical") - (b.grade === "critical"));
  chart.nothing = word("no-position");
  chart.show({ track: starting("track/").sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, points]) => points), sites: documents.get("sites") ?? [], cells, here: head?.here ?? null });
  const place = head?.here ? degrees(...head.here) : word("no-position");
  if ($("map-here").dataset.place !== place + language) {
    $("map-here").dataset.place = place + language;
    if (head?.here) $("map-here").replaceChildren(element("span", word("this-car")), ...placeRow(head.here).childNodes);
    else $("map-here").textContent = place;
  }
}

// ---- the beginning

function tab(name) {
  document.body.dataset.tab = name;
  for (const one of document.querySelectorAll("nav button")) one.setAttribute("aria-pressed", String(one.dataset.tab === name));
  draw();
}

function theme(name) {
  document.documentElement.dataset.theme = name;
  $("theme").setAttribute("aria-pressed", String(name === "day"));
  localStorage.setItem("theme", name);
}

// The words come first; then all is drawn with one set of them. Of two quick presses the last one counts.
async function speak(wanted) {
  const turn = ++spoken;
  let set;
  try {
    set = await (await fetch(`/words/${wanted}`)).json();
  } catch {
    return connected("lost");
  }
  if (turn !== spoken) return;
  [language, words] = [wanted, set];
  localStorage.setItem("language", language);
  document.documentElement.lang = language;
  for (const one of document.querySelectorAll("[data-word]")) one.textContent = word(one.dataset.word);
  for (const name of ["alerts", "cells", "map", "homing", "spectrum"]) $(`tab-${name}`).textContent = word(name);
  $("sound").textContent = word("sound");
  $("theme").textContent = word("day");
  $("language").textContent = language === "en" ? "한국어" : "English";
  $("language").lang = language === "en" ? "ko" : "en";
  $("map-follow").textContent = word("follow");
  $("map-all").textContent = word("fit");
  $("chart").setAttribute("aria-label", word("map"));
  $("homing-none").textContent = word("homing-none");
  draw();
}

async function prepare() {
  chart = new Chart($("chart"), color);
  chart.onfollow = (on) => $("map-follow").setAttribute("aria-pressed", String(on));
  for (const one of document.querySelectorAll("nav button")) one.addEventListener("click", () => tab(one.dataset.tab));
  $("pause").addEventListener("click", () => wish("pause"));
  $("sound").addEventListener("click", () => sound.turn());
  $("theme").addEventListener("click", () => { theme(document.documentElement.dataset.theme === "day" ? "night" : "day"); draw(); });
  $("language").addEventListener("click", () => speak(language === "en" ? "ko" : "en"));
  $("pair").addEventListener("submit", (event) => { event.preventDefault(); pair($("code").value); });
  $("band-before").addEventListener("click", () => { band -= 1; draw(); });
  $("band-after").addEventListener("click", () => { band += 1; draw(); });
  $("homing-stop").addEventListener("click", () => wish({ home: { cell: null } }));
  $("map-in").addEventListener("click", () => chart.zoom(0.6));
  $("map-out").addEventListener("click", () => chart.zoom(1.6));
  $("map-follow").addEventListener("click", () => { chart.setFollow(!chart.follow); draw(); });
  $("map-all").addEventListener("click", () => chart.fit());
  addEventListener("resize", draw);
  theme(localStorage.getItem("theme") === "day" ? "day" : "night");
  tab("alerts");
  await speak(language);
  setInterval(watch, 1000);
  // The code may stand in the address, from the QR code; it does not stay there.
  const code = location.hash.slice(1);
  if (code) {
    history.replaceState(null, "", location.pathname);
    await pair(code);
  } else {
    begin();
  }
}

prepare();

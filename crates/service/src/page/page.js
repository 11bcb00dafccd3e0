"use strict";
// Every text comes from the air or from other people: it is set as text, never as markup.

const METRES_PER_DEGREE = 111195;
const STATES = ["new", "confirmed", "located", "closed"];
const $ = (id) => document.getElementById(id);
let token = sessionStorage.getItem("token") ?? "";
let shown = null;
let next = null;
let cases = new Map();
let listening = null;

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  if (text !== undefined && text !== null) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function drawn(name, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

async function ask(path, options = {}) {
  const headers = { ...options.headers };
  if (token) headers.authorization = `Bearer ${token}`;
  const answer = await fetch(path, { ...options, headers });
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({}));
  if (answer.status === 401) enter(problem.detail);
  throw new Error(problem.detail ?? `HTTP ${answer.status}`);
}

function say(text) {
  $("status").textContent = text;
}

function enter(why) {
  listening?.abort();
  listening = null;
  $("login").hidden = false;
  $("cases").hidden = $("scanners").hidden = true;
  say(why ?? "");
}

const minute = (time) => time.slice(0, 16).replace("T", " ");

function place(found) {
  const estimate = found.estimate;
  if (estimate?.kind === "fixed") {
    const { lat, lon } = estimate.position;
    return `${lat.toFixed(5)}, ${lon.toFixed(5)} ± ${Math.round(estimate.semi_major_m)} m`;
  }
  if (estimate?.kind === "moving") return "moves";
  const at = found.heard_at;
  return at ? `heard at ${at.lat.toFixed(4)}, ${at.lon.toFixed(4)}` : "unknown";
}

function row(found) {
  const line = element("tr", null, { "data-case": found.id, tabindex: 0, "aria-selected": found.id === shown });
  line.append(element("td", found.id), element("td", found.state));
  line.append(element("td", found.severity, found.severity === "critical" ? { class: "critical-word" } : {}));
  line.append(element("td", `${found.ecgi ?? "no SIB1"} · PCI ${found.pci} · EARFCN ${found.earfcn ?? "?"}`));
  line.append(element("td", minute(found.last_heard)), element("td", found.scanners.join(", ")));
  line.append(element("td", place(found)));
  return line;
}

function list() {
  const sorted = [...cases.values()].sort((a, b) => b.id - a.id);
  $("list").replaceChildren(...sorted.map(row));
  $("more").hidden = next === null;
  map(sorted);
}

function map(found) {
  const points = found.flatMap((one) => {
    const fixed = one.estimate?.kind === "fixed" ? one.estimate.position : null;
    const at = fixed ?? one.heard_at;
    return at ? [{ one, fixed, lat: at.lat, lon: at.lon }] : [];
  });
  const drawing = [];
  if (points.length > 0) {
    // All of each ellipse is in view, not only its middle.
    const reaches = ({ one, fixed, lat }) => {
      if (!fixed) return [0, 0];
      const { semi_major_m: major, semi_minor_m: minor, bearing_deg } = one.estimate;
      const [sin, cos] = [Math.sin((bearing_deg * Math.PI) / 180), Math.cos((bearing_deg * Math.PI) / 180)];
      const east = Math.hypot(major * sin, minor * cos) / Math.max(Math.cos((lat * Math.PI) / 180), 0.01);
      return [Math.hypot(major * cos, minor * sin) / METRES_PER_DEGREE, east / METRES_PER_DEGREE];
    };
    const lats = points.flatMap((point) => [-1, 1].map((side) => point.lat + side * reaches(point)[0]));
    const lons = points.flatMap((point) => [-1, 1].map((side) => point.lon + side * reaches(point)[1]));
    const middle = { lat: (Math.min(...lats) + Math.max(...lats)) / 2, lon: (Math.min(...lons) + Math.max(...lons)) / 2 };
    const narrow = Math.cos((middle.lat * Math.PI) / 180);
    const extent = (values, metres) => (Math.max(...values) - Math.min(...values)) * metres;
    const wide = Math.max(extent(lons, METRES_PER_DEGREE * narrow) / 700, extent(lats, METRES_PER_DEGREE) / 320, 1);
    const x = (lon) => 400 + ((lon - middle.lon) * METRES_PER_DEGREE * narrow) / wide;
    const y = (lat) => 200 - ((lat - middle.lat) * METRES_PER_DEGREE) / wide;
    for (const { one, fixed, lat, lon } of points) {
      const [cx, cy] = [x(lon), y(lat)];
      if (fixed) {
        const { semi_major_m, semi_minor_m, bearing_deg } = one.estimate;
        const turn = `rotate(${bearing_deg - 90} ${cx} ${cy})`;
        drawing.push(drawn("ellipse", { class: "ellipse", cx, cy, rx: semi_major_m / wide, ry: semi_minor_m / wide, transform: turn }));
      }
      const kind = `${fixed ? "place" : "heard"} ${one.severity}`;
      const dot = drawn("circle", { class: kind, cx, cy, r: one.id === shown ? 7 : 4, "data-case": one.id });
      dot.append(drawn("title", {}, `Case ${one.id}: ${one.summary}`));
      drawing.push(dot);
    }
    const long = 10 ** Math.floor(Math.log10(wide * 200));
    drawing.push(drawn("line", { class: "scale", x1: 20, y1: 385, x2: 20 + long / wide, y2: 385 }));
    drawing.push(drawn("text", { x: 20, y: 378 }, long >= 1000 ? `${long / 1000} km` : `${long} m`));
  }
  $("map").replaceChildren(...drawing);
}

function query(before) {
  const wanted = new URLSearchParams({ state: $("state").value });
  if ($("severity").value) wanted.set("severity", $("severity").value);
  if ($("scanner").value.trim()) wanted.set("scanner", $("scanner").value.trim());
  if (before) wanted.set("before", before);
  return `/v1/cases?${wanted}`;
}

async function load(before) {
  const page = await (await ask(query(before))).json();
  if (!before) cases = new Map();
  for (const found of page.cases) cases.set(found.id, found);
  next = page.next;
  $("login").hidden = true;
  $("cases").hidden = false;
  $("scanners").hidden = true;
  list();
}

async function open(id) {
  const found = await (await ask(`/v1/cases/${id}`)).json();
  shown = found.id;
  if (cases.has(found.id)) cases.set(found.id, found);
  list();
  $("case").hidden = false;
  $("case-title").textContent = `Case ${found.id}: ${found.state}`;
  $("case-summary").textContent = found.summary;
  const facts = [
    ["Cell", found.ecgi ?? "no SIB1"], ["PCI", found.pci], ["EARFCN", found.earfcn ?? "?"], ["Place", place(found)],
    ["First heard", minute(found.first_heard)], ["Last heard", minute(found.last_heard)],
    ["Alerts", `${found.alerts}: ${found.rules.join(", ")}`], ["Sightings", found.sightings],
    ["Scanners", found.scanners.join(", ")],
  ];
  $("case-facts").replaceChildren(...facts.flatMap(([name, value]) => [element("dt", name), element("dd", value)]));
  const button = (state) =>
    element("button", state, { type: "button", "data-state": state, "aria-pressed": state === found.state });
  $("states").replaceChildren(...STATES.map(button));
  const line = ({ time, name, state, note }) =>
    element("li", [minute(time), name, state ? `→ ${state}` : "", note ?? ""].filter(Boolean).join(" "));
  $("notes").replaceChildren(...found.notes.map(line));
}

async function change(body) {
  const note = $("note").value.trim();
  if (note) body.note = note;
  if (Object.keys(body).length === 0) return;
  const headers = { "content-type": "application/json" };
  await ask(`/v1/cases/${shown}`, { method: "PATCH", headers, body: JSON.stringify(body) });
  $("note").value = "";
  await load();
  await open(shown);
}

async function scanners() {
  const { scanners: all } = await (await ask("/v1/scanners")).json();
  const line = (one) => {
    const made = element("tr");
    const cells = [one.name, minute(one.first_received), minute(one.last_received), one.alerts, one.sightings];
    made.append(...cells.map((cell) => element("td", cell)));
    return made;
  };
  $("scanner-list").replaceChildren(...all.map(line));
  $("cases").hidden = true;
  $("scanners").hidden = false;
}

// Changes come in bursts: what is shown is asked for again at most twice a second.
let due = null;
function changed(id) {
  if (id === shown) open(id).catch((error) => say(error.message));
  due ??= setTimeout(() => {
    due = null;
    if (!$("cases").hidden) load().catch((error) => say(error.message));
  }, 500);
}

// EventSource could not show the token.
async function listen() {
  while (true) {
    const own = new AbortController();
    listening = own;
    try {
      const answer = await ask("/v1/live", { signal: own.signal });
      say("live");
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        text += part.value;
        const told = text.split("\n\n");
        text = told.pop();
        for (const event of told) {
          const data = event.split("\n").find((line) => line.startsWith("data: "));
          if (data) changed(Number(data.slice(6)));
        }
      }
    } catch (error) {
      if (own.signal.aborted || listening !== own) return;
    }
    say("not live: trying again");
    await new Promise((done) => setTimeout(done, 2000));
    await load().catch(() => {});
    if (listening !== own) return;
  }
}

async function begin() {
  try {
    await load();
    if (!listening) listen();
  } catch (error) {
    say(error.message);
  }
}

const tell = (work) => (event) => Promise.resolve(work(event)).catch((error) => say(error.message));
const opened = (event) => event.target.closest("[data-case]")?.getAttribute("data-case");
$("login").addEventListener("submit", (event) => {
  event.preventDefault();
  token = $("token").value.trim();
  sessionStorage.setItem("token", token);
  begin();
});
$("filter").addEventListener("submit", (event) => event.preventDefault());
$("filter").addEventListener("change", tell(() => load()));
$("more").addEventListener("click", tell(() => load(next)));
for (const id of ["list", "map"]) $(id).addEventListener("click", tell((event) => opened(event) && open(opened(event))));
$("list").addEventListener("keydown", tell((event) => event.key === "Enter" && opened(event) && open(opened(event))));
$("change").addEventListener("submit", tell((event) => {
  event.preventDefault();
  return change({});
}));
$("states").addEventListener("click", tell((event) => {
  const state = event.target.getAttribute("data-state");
  return state && change({ state });
}));
$("show-cases").addEventListener("click", tell(() => load()));
$("show-scanners").addEventListener("click", tell(scanners));
begin();

"use strict";
// The map: a grid with a scale, the track, registered sites, and where cells seem to stand. Metres on a plane around the
// middle of what is seen.

const METRES_PER_DEGREE = 111195;

class Chart {
  constructor(canvas, color) {
    this.canvas = canvas;
    this.color = color;
    this.follow = true;
    this.metres = 1000; // across the width
    this.middle = null; // lat, lon
    this.scene = { track: [], sites: [], cells: [], here: null };
    this.pointers = new Map();
    canvas.addEventListener("pointerdown", (e) => { canvas.setPointerCapture(e.pointerId); this.pointers.set(e.pointerId, [e.clientX, e.clientY]); });
    canvas.addEventListener("pointermove", (e) => this.move(e));
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, (e) => this.pointers.delete(e.pointerId));
    canvas.addEventListener("wheel", (e) => { e.preventDefault(); this.zoom(e.deltaY > 0 ? 1.25 : 0.8); }, { passive: false });
    canvas.addEventListener("keydown", (e) => this.key(e));
  }

  key(e) {
    const step = this.metres / 8;
    const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] }[e.key];
    if (by) this.pan(...by);
    else if (e.key === "+") this.zoom(0.8);
    else if (e.key === "-") this.zoom(1.25);
    else return;
    e.preventDefault();
  }

  move(e) {
    const before = this.pointers.get(e.pointerId);
    if (!before) return;
    const others = [...this.pointers].filter(([id]) => id !== e.pointerId).map(([, at]) => at);
    const now = [e.clientX, e.clientY];
    this.pointers.set(e.pointerId, now);
    const scale = this.metres / Math.max(1, this.canvas.clientWidth);
    if (others.length === 1) {
      const far = (a, b) => Math.max(20, Math.hypot(a[0] - b[0], a[1] - b[1]));
      this.zoom(far(before, others[0]) / far(now, others[0]));
    } else if (others.length === 0) {
      this.pan((before[0] - now[0]) * scale, (now[1] - before[1]) * scale);
    }
  }

  pan(east, north) {
    if (!this.middle) return;
    this.setFollow(false);
    const [lat, lon] = this.middle;
    this.middle = [lat + north / METRES_PER_DEGREE, lon + east / this.perLon(lat)];
    this.draw();
  }

  zoom(by) {
    this.metres = Math.min(5e6, Math.max(50, this.metres * by));
    this.draw();
  }

  setFollow(on) {
    if (this.follow === on) return;
    this.follow = on;
    this.onfollow?.(on);
  }

  perLon(lat) { return METRES_PER_DEGREE * Math.max(0.01, Math.cos(lat * Math.PI / 180)); }

  // Everything in view.
  fit() {
    this.setFollow(false);
    const { track, cells, here } = this.scene;
    const corners = ({ lat, lon, a }) => [[lat - a / METRES_PER_DEGREE, lon - a / this.perLon(lat)], [lat + a / METRES_PER_DEGREE, lon + a / this.perLon(lat)]];
    const points = [...track, ...cells.flatMap((c) => (c.found?.kind === "fixed" ? corners(c.found) : [c.at])), here].filter(Boolean);
    if (!points.length) return;
    const range = (i) => { let [low, high] = [Infinity, -Infinity]; for (const p of points) { low = Math.min(low, p[i]); high = Math.max(high, p[i]); } return [low, high]; };
    const [south, north] = range(0), [west, east] = range(1);
    this.middle = [(south + north) / 2, (west + east) / 2];
    const width = (east - west) * this.perLon(this.middle[0]), height = (north - south) * METRES_PER_DEGREE;
    const shape = this.canvas.clientWidth / Math.max(1, this.canvas.clientHeight);
    this.metres = Math.max(200, 1.15 * Math.max(width, height * shape));
    this.draw();
  }

  show(scene) {
    this.scene = scene;
    if (scene.here && (this.follow || !this.middle)) this.middle = scene.here;
    if (!this.middle) this.middle = scene.track.at(-1) ?? scene.cells.find((c) => c.at)?.at ?? null;
    this.draw();
  }

  draw() {
    const [ctx, width, height] = prepared(this.canvas);
    if (!ctx) return;
    const [ground, text, soft, line, accent] = ["ground", "text", "soft", "line", "accent"].map(this.color);
    ctx.fillStyle = ground;
    ctx.fillRect(0, 0, width, height);
    ctx.font = "14px system-ui, sans-serif";
    if (!this.middle) {
      ctx.fillStyle = soft;
      ctx.fillText(this.nothing ?? "", 12, 28);
      return;
    }
    const scale = width / this.metres, [lat0, lon0] = this.middle, perLon = this.perLon(lat0);
    const at = ([lat, lon]) => [width / 2 + (lon - lon0) * perLon * scale, height / 2 - (lat - lat0) * METRES_PER_DEGREE * scale];
    // The grid: a round number of metres, which the scale names.
    const wanted = this.metres / 5, power = 10 ** Math.floor(Math.log10(wanted));
    const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= wanted);
    ctx.strokeStyle = line; ctx.lineWidth = 1; ctx.beginPath();
    const x0 = ((lon0 * perLon) % step) * scale, y0 = ((lat0 * METRES_PER_DEGREE) % step) * scale;
    for (let x = width / 2 - x0 - Math.ceil(width / (step * scale)) * step * scale; x < width; x += step * scale) { ctx.moveTo(x, 0); ctx.lineTo(x, height); }
    for (let y = height / 2 + y0 - Math.ceil(height / (step * scale)) * step * scale; y < height; y += step * scale) { ctx.moveTo(0, y); ctx.lineTo(width, y); }
    ctx.stroke();
    const { track, sites, cells, here } = this.scene;
    ctx.fillStyle = soft;
    for (const site of sites) { const [x, y] = at(site); ctx.fillRect(x - 2, y - 2, 5, 5); }
    ctx.strokeStyle = accent; ctx.lineWidth = 3; ctx.lineJoin = "round"; ctx.beginPath();
    track.forEach((p, i) => { const [x, y] = at(p); if (i) ctx.lineTo(x, y); else ctx.moveTo(x, y); });
    ctx.stroke();
    for (const cell of cells) {
      const color = this.color(cell.grade), found = cell.found;
      ctx.strokeStyle = ctx.fillStyle = color;
      if (found?.kind === "fixed") {
        const [x, y] = at([found.lat, found.lon]);
        ctx.lineWidth = 2; ctx.beginPath();
        // The bearing is of the long axis, from north over east.
        ctx.ellipse(x, y, found.a * scale, found.b * scale, (found.bearing - 90) * Math.PI / 180, 0, 2 * Math.PI);
        ctx.globalAlpha = 0.15; ctx.fill(); ctx.globalAlpha = 1; ctx.stroke();
        label(ctx, `${cell.pci}`, x, y, color, ground);
        if (found.next) {
          const [nx, ny] = at([found.next.lat, found.next.lon]);
          ctx.strokeStyle = color; ctx.setLineDash([6, 6]);
          ctx.beginPath(); ctx.arc(nx, ny, 14, 0, 2 * Math.PI); ctx.stroke(); ctx.setLineDash([]);
        }
      } else if (cell.at) {
        const [x, y] = at(cell.at);
        label(ctx, `${cell.mark}${cell.pci}`, x, y, color, ground);
      }
    }
    if (here) {
      const [x, y] = at(here);
      ctx.fillStyle = text; ctx.strokeStyle = ground; ctx.lineWidth = 3;
      ctx.beginPath(); ctx.arc(x, y, 9, 0, 2 * Math.PI); ctx.fill(); ctx.stroke();
    }
    ctx.fillStyle = ground; ctx.globalAlpha = 0.8; ctx.fillRect(6, height - 34, step * scale + 12, 30); ctx.globalAlpha = 1;
    ctx.strokeStyle = ctx.fillStyle = text; ctx.lineWidth = 2;
    ctx.beginPath(); ctx.moveTo(12, height - 16); ctx.lineTo(12, height - 10); ctx.lineTo(12 + step * scale, height - 10); ctx.lineTo(12 + step * scale, height - 16); ctx.stroke();
    ctx.textAlign = "left"; ctx.textBaseline = "alphabetic";
    ctx.fillText(step >= 1000 ? `${step / 1000} km` : `${step} m`, 16, height - 17);
  }
}

function label(ctx, text, x, y, color, ground) {
  ctx.font = "bold 15px system-ui, sans-serif"; ctx.textAlign = "center"; ctx.textBaseline = "middle";
  ctx.lineWidth = 4; ctx.strokeStyle = ground; ctx.strokeText(text, x, y);
  ctx.fillStyle = color; ctx.fillText(text, x, y);
}

// A canvas at the screen's own resolution; nothing where it is not shown.
function prepared(canvas) {
  const width = canvas.clientWidth, height = canvas.clientHeight;
  if (!width || !height) return [null, 0, 0];
  const ratio = Math.min(3, window.devicePixelRatio || 1);
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const ctx = canvas.getContext("2d");
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  return [ctx, width, height];
}

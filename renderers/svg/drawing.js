// Enters: a view and what of it is looked at. Leaves: as many rects and texts as are wide enough to be seen, taken from
// a pool: a graph may have a million boxes, and the next zoom shows others.
const ROW_PX = 18, BOX_PX = 17, BASELINE_PX = 13, LANE_GAP_PX = 9, AXIS_PX = 18, MARGIN_PX = 12, PADDING_PX = 3;
const MIN_PX = 0.3, MOST_DRAWN = 3000, KEPT_ROWS = 500; // outer frames on a deep stack that is zoomed into
const DEEPER_COLOR = 0x8a9096;
const SVG = 'http://www.w3.org/2000/svg';

let cell = 7.3; // a column of the labels' font; measured
let drawn = []; // boxes: part, v, row, x, w, y, name, frame
let cutOff = false; // some are too narrow
const pool = [], boxOf = new Map();

function svgElement(name, parent, attributes = {}) {
  const made = parent.appendChild(document.createElementNS(SVG, name));
  for (const [key, value] of Object.entries(attributes))
    made.setAttribute(key, value);
  return made;
}

const nameOf = (frame) => (frame < 0 ? 'all' : forest.data.frames.name[frame]);
const hex = (color) => `#${color.toString(16).padStart(6, '0')}`;

// What part of a view is looked at, from where to where.
function windowOf(part) {
  if (free)
    return free;
  const v = zoomed.part === part ? zoomed.v : 0, { start, width } = part.graph;
  return [start[v], start[v] + width[v]];
}

function changeColor(graph, v) {
  const { shades } = forest.data.compare, change = changeOf(graph, v), most = forest.largestChange(state.weight);
  if (change === 0)
    return shades.same;
  return shades[change > 0 ? 'grown' : 'shrunk'][Math.min(7, Math.floor(8 * Math.sqrt(Math.abs(change) / most)))];
}

function colorOf(graph, v, frame) {
  return frame < 0 ? rootColor : hex(forest.data.compare && !view.chart ? changeColor(graph, v) : forest.data.frames.color[frame]);
}

// What of a box is in the window; nothing where that is too narrow.
function place(part, v, row, atLeast) {
  const { graph } = part, [from, to] = part.window, start = graph.start[v], end = start + graph.width[v];
  const first = Math.max(start, from), last = Math.min(end, to), w = (last - first) * part.scale;
  if (!(last > first) || w < atLeast) {
    cutOff ||= last > first;
    return null;
  }
  const covers = start <= from && end >= to, wider = start < from || end > to;
  const above = covers && !(free && view.chart) && (wider || row < part.zoomedRow) && v !== (zoomed.part === part ? zoomed.v : 0);
  return { part, v, row, start, end, x: (first - from) * part.scale, w, above, frame: graph.frame[v], name: nameOf(graph.frame[v]) };
}

function collectGraph(part) {
  const { graph } = part, open = [0], sign = part.mirrored ? -1 : 1;
  const skipped = zoomed.part === part ? Math.max(0, graph.depth[zoomed.v] - KEPT_ROWS) : 0;
  while (open.length > 0) {
    const v = open.pop(), depth = graph.depth[v], row = depth > skipped ? depth - skipped : 0;
    const box = place(part, v, row, MIN_PX);
    if (!box)
      continue;
    if ((depth === 0 && !part.mirrored) || depth > skipped) {
      box.row = sign * row;
      box.deeper = row === MAX_ROWS;
      if (box.deeper)
        box.name = '[deeper]';
      drawn.push(box);
    }
    if (row === MAX_ROWS)
      continue;
    graph.open(v);
    for (let c = graph.last[v] - 1; c >= graph.first[v]; c--)
      open.push(c);
  }
}

function collectChart(part) {
  const { graph } = part;
  for (let v = 0; v < graph.frame.length; v++) {
    const lane = graph.lane(v), named = v > 0 && graph.depth[v] === 1, depth = v === 0 ? 1 : graph.depth[v];
    if (v > 0 && depth > lane.rows)
      continue;
    const box = place(part, v, graph.row(v), named ? 0 : MIN_PX);
    if (!box)
      continue;
    box.lane = lane.index;
    box.named = named;
    box.w = Math.max(box.w, 0.1);
    box.deeper = lane.cut && depth === lane.rows;
    if (box.deeper)
      box.name = '[deeper]';
    drawn.push(box);
  }
}

function collect() {
  drawn = [];
  cutOff = false;
  for (const part of view.parts) {
    part.window = windowOf(part);
    part.scale = width / (part.window[1] - part.window[0]);
    part.zoomedRow = zoomed.part !== part ? 0 : view.chart ? part.graph.row(zoomed.v) : Math.min(part.graph.depth[zoomed.v], KEPT_ROWS);
    (view.chart ? collectChart : collectGraph)(part);
  }
  if (drawn.length <= MOST_DRAWN)
    return;
  cutOff = true;
  const kept = new Set(drawn.filter((box) => !box.named).sort((a, b) => b.w - a.w || Math.abs(a.row) - Math.abs(b.row)).slice(0, MOST_DRAWN));
  drawn = drawn.filter((box) => box.named || kept.has(box));
}

// The rows that are needed, and no fewer than the whole view has: zooming in does not move the root.
function arrangeRows() {
  let low = 0, high = view.chart ? view.parts[0].graph.rows - 1 : 0;
  for (const { row } of drawn) {
    low = Math.min(low, row);
    high = Math.max(high, row);
  }
  low = Math.min(low, view.low);
  high = Math.max(high, view.high);
  if (isWhole())
    Object.assign(view, { low, high });
  const rows = high - low + 1, lanes = view.chart ? view.parts[0].graph.laneCount : 1;
  const rootOnTop = state.root === 'top' || view.name === 'sandwich', axis = view.chart ? AXIS_PX : 0;
  for (const box of drawn) {
    const row = rootOnTop ? box.row - low : high - box.row, lane = box.lane ?? 0;
    box.y = top + axis + row * ROW_PX + (rootOnTop ? lane : lanes - 1 - lane) * LANE_GAP_PX;
    box.w -= box.w >= 2 ? 0.5 : 0;
  }
  return axis + rows * ROW_PX + (lanes - 1) * LANE_GAP_PX;
}

const room = (w) => Math.floor((w - PADDING_PX - 2) / cell);

// Lanes are named, however short the process lived: beside its box, where there is more room.
function labelOf(box) {
  const text = fit(box.name, room(box.w));
  if (!box.named || text === box.name)
    return { text, x: box.x + PADDING_PX, beside: '' };
  const right = width - box.x - box.w;
  if (fit(box.name, room(right)) === box.name || right >= box.x)
    return { text: fit(box.name, room(right)), x: box.x + box.w + PADDING_PX, beside: 'code ' };
  return { text: fit(box.name, room(box.x)), x: box.x - PADDING_PX, beside: 'code end ' };
}

const written = new WeakMap(); // attributes, so that the same is not written again

function set(element, values) {
  if (!written.has(element))
    written.set(element, {});
  const last = written.get(element);
  for (const key in values)
    if (last[key] !== values[key])
      element.setAttribute(key, last[key] = values[key]);
}

function setText(element, text) {
  if (element.textContent !== text)
    element.textContent = text;
}

function paintBox(box, entry) {
  const { rect } = entry, above = box.above ? 'above ' : '', match = search && search.matches(box.frame) && !box.deeper ? 'match ' : '';
  const at = focused && focused.part === box.part && focused.v === box.v ? 'at' : '';
  set(rect, { x: box.x.toFixed(2), y: box.y, width: box.w.toFixed(2), 'aria-label': box.name, class: above + match + at,
    fill: box.deeper ? hex(DEEPER_COLOR) : colorOf(box.part.graph, box.v, box.frame), display: 'inline' });
  const label = box.w >= 3 * cell || box.named ? labelOf(box) : { text: '' };
  if (label.text === '') {
    if (entry.text)
      set(entry.text, { display: 'none' });
    return;
  }
  entry.text ??= (() => {
    const made = svgElement('text', graphElement);
    rect.after(made);
    return made;
  })();
  setText(entry.text, label.text);
  set(entry.text, { x: label.x.toFixed(2), y: box.y + BASELINE_PX, class: label.beside + above, display: 'inline' });
}

// Takes the pointer between the boxes.
const back = svgElement('path', graphElement, { fill: 'none', 'pointer-events': 'all' });

function paint() {
  boxOf.clear();
  drawn.forEach((box, i) => {
    pool[i] ??= { rect: svgElement('rect', graphElement, { height: BOX_PX }) };
    boxOf.set(pool[i].rect, box);
    paintBox(box, pool[i]);
  });
  for (let i = drawn.length; i < pool.length; i++) {
    set(pool[i].rect, { display: 'none', class: '' });
    if (pool[i].text)
      set(pool[i].text, { display: 'none' });
  }
}

// Ticks every 1, 2, 5, 10, 20, 50...: the first that keeps labels apart.
function paintAxis(height) {
  axisElement.textContent = '';
  if (!view.chart)
    return;
  const [part] = view.parts, [from, to] = part.window, least = 110 / part.scale, whole = part.graph.width[0];
  let power = 1;
  while (power * 10 < least)
    power *= 10;
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= least), first = Math.ceil(from / step) * step;
  for (let i = 0, at = first; at <= to && i <= width / 100; at = first + ++i * step) { // far out a step may be lost in rounding
    const x = (at - from) * part.scale, text = moment(at, whole);
    svgElement('path', axisElement, { d: `M${x.toFixed(2)} 0v${height}` });
    if (fit(text, room(width - x)) === text)
      svgElement('text', axisElement, { class: 'muted', x: (x + PADDING_PX).toFixed(2), y: BASELINE_PX }).textContent = text;
  }
}

function draw() {
  collect();
  const height = arrangeRows(), before = svg.viewBox.baseVal.height, all = top + height + bottom;
  paint();
  paintAxis(height);
  set(axisElement, { transform: `translate(${MARGIN_PX},${top})` });
  set(back, { d: `M0 ${top}H${width}V${top + height}H0Z` });
  graphElement.classList.toggle('searching', search !== null);
  if (note) {
    note.setAttribute('y', all - MARGIN_PX + 2);
    setText(note, cutOff ? 'Frames too narrow to draw appear when their callers are zoomed into' : '');
  }
  resizePaper(all);
  if (standalone && state.root !== 'top' && before !== all && svg.classList.contains('ready'))
    window.scrollBy(0, all - before); // the root stays where it is, but at first the title does
}

function resizePaper(height) {
  const all = width + 2 * MARGIN_PX;
  set(svg, { width: all, height, viewBox: `0 0 ${all} ${height}` });
  set(paper, { width: all, height });
}

// Where the browser's font is wider than the one the labels were cut for, they are cut again.
function measureCell() {
  const probe = svgElement('text', graphElement);
  probe.textContent = 'MMMMMMMMMM';
  cell = Math.max(cell, probe.getComputedTextLength() / 10 || 0);
  probe.remove();
}

// Enters: what a person does. From here the rest is called.
function boxAt(event) {
  return boxOf.get(event.target);
}

function focus(box) {
  focused = box;
  paint();
  if (box)
    describeFocus();
  else
    hideTip();
}

// The box next to `box` in its row, or the nearest above or below it, among those that are drawn.
function neighbor(box, key) {
  const outward = state.root === 'top' || view.name === 'sandwich' ? 'ArrowDown' : 'ArrowUp', beside = key === 'ArrowLeft' || key === 'ArrowRight';
  const left = key === 'ArrowLeft', out = key === outward, middle = (box.start + box.end) / 2;
  const apart = ({ start, end }) => Math.max(start - box.end, box.start - end);
  const candidates = drawn.filter((other) => other !== box && (beside ? other.row === box.row && (left ? other.start < box.start : other.start > box.start)
    : out ? other.row > box.row && apart(other) < 0 : other.row < box.row && (other.row < 0 || box.row <= 0 ? apart(other) < 0 : other.start <= middle && other.end >= middle)));
  const widest = out ? box.row >= 0 : box.row <= 0;
  candidates.sort((a, b) => Math.abs(a.row - box.row) - Math.abs(b.row - box.row) ||
    (!beside && widest ? b.end - b.start - (a.end - a.start) : Math.abs(a.start - box.start) - Math.abs(b.start - box.start)));
  return candidates[0] ?? box;
}

const drawnBox = ({ part, v }) => drawn.find((box) => box.part === part && box.v === v);
const current = () => (focused && drawnBox(focused)) ?? drawnBox(zoomed) ?? drawn[0];

function act(event) {
  const action = actions.find(({ keys, run }) => keys && keys.includes(event.key) && run);
  if (!action)
    return false;
  const box = action.box ? (document.activeElement === graphElement && focused ? current() : tip.box ?? current()) : null;
  if (action.when && !action.when(box))
    return false;
  action.run(box, event.key);
  return true;
}

function escape() {
  if (closeMenu() || close(help))
    return;
  hideTip();
  if (state.find !== '' || !isWhole())
    go({ find: '', zoom: '', window: '' });
  else if (state.view === 'sandwich')
    go({ view: defaults.view === 'sandwich' ? 'flame' : defaults.view });
}

function menuKey(event) {
  const items = [...menu.querySelectorAll('button')], at = items.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
  if (to !== undefined)
    items.at(to % items.length).focus();
  else if (event.key === 'Tab')
    closeMenu();
  return to !== undefined;
}

function graphKey(event) {
  if (/^Arrow/.test(event.key))
    focus(focused ? neighbor(current(), event.key) : neighbor(drawnBox(zoomed) ?? drawn[0], event.key));
  else if ((event.key === 'Enter' || event.key === ' ') && focused)
    zoomAt(current());
  else if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) {
    const box = current(), point = new DOMPoint(MARGIN_PX + box.x + 20, box.y + BOX_PX).matrixTransform(svg.getScreenCTM());
    openMenu('frame', box, point.x, point.y);
  } else
    return false;
  return true;
}

function key(event) {
  const { activeElement } = document, inside = svg.contains(activeElement);
  const clicked = activeElement === graphElement && !graphElement.matches(':focus-visible');
  if (event.defaultPrevented || (!standalone && !hovering && (!inside || (clicked && document.querySelector('svg.flambeau:hover')))))
    return;
  if (!inside && /^(input|textarea|select)$/i.test(activeElement?.localName ?? ''))
    return;
  const typing = activeElement === input, control = event.ctrlKey || event.metaKey, pressed = inside && activeElement.localName === 'button';
  if (event.key === 'Escape')
    escape();
  else if (isOpen(menu) && !menuKey(event))
    return;
  else if (isOpen(menu))
    ;
  else if (control && event.key.toLowerCase() === 'f' && !typing)
    actions.find(({ keys }) => keys?.includes('/')).run();
  else if (event.key === 'F3' || (typing && event.key === 'Enter'))
    nextMatch(event.shiftKey ? -1 : 1);
  else if (typing || control || event.altKey || (pressed && /^( |Enter)$/.test(event.key)))
    return;
  else if (activeElement === graphElement && graphKey(event))
    ;
  else if (event.key === 'Backspace')
    history.back();
  else if (event.key === 'Enter' || !act(event))
    return;
  event.preventDefault();
}

// A stretch of the picture's width instead of a box: by wheel, by dragging, by two fingers.
function look(from, to) {
  const root = view.parts[0].graph.width[0], size = Math.min(root, Math.max(to - from, root / 1e9, 1)), first = Math.max(0, Math.min(from, root - size));
  free = size >= root ? null : [first, first + size];
  zoomed = rootOf(view);
  if (free && !view.chart && view.parts.length === 1)
    zoomed.v = zoomed.part.graph.covering(...free);
  cancelAnimationFrame(look.frame);
  look.frame = requestAnimationFrame(() => {
    draw();
    update();
  });
  clearTimeout(look.timer);
  look.timer = setTimeout(() => {
    state.zoom = '';
    state.window = free ? free.map(Math.round).join('-') : '';
    writeFragment('replace');
  }, 250);
}

function weightAt(clientX) {
  const [from, to] = windowOf(zoomed.part), x = new DOMPoint(clientX, 0).matrixTransform(svg.getScreenCTM().inverse()).x - MARGIN_PX;
  return from + (to - from) * x / width;
}

function wheel(event) {
  const [from, to] = windowOf(zoomed.part), part = (to - from) / width;
  if (event.ctrlKey || event.metaKey) {
    const at = weightAt(event.clientX), factor = Math.exp(event.deltaY * 0.004);
    look(at - (at - from) * factor, at + (to - at) * factor);
  } else if (!isWhole() && (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))) {
    const by = (event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX) * part;
    look(from + by, to + by);
  } else
    return;
  hideTip();
  event.preventDefault();
}

// Pointers that are down: where they went down and are, and what was seen then.
const pointers = new Map();
let moved = false, moving = false, held = 0;

function pointerDown(event) {
  if (event.button !== 0 || event.pointerType === 'mouse' && event.ctrlKey)
    return;
  if (pointers.size === 0)
    moved = moving = false;
  pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  const seen = windowOf(zoomed.part);
  for (const pointer of pointers.values())
    Object.assign(pointer, { fromX: pointer.x, fromY: pointer.y, seen });
  clearTimeout(held);
  if (event.pointerType === 'touch' && pointers.size === 1) {
    const box = boxAt(event);
    held = setTimeout(() => {
      moved = true; // the finger's going up is no tap
      if (box)
        openMenu('frame', box, event.clientX, event.clientY);
    }, 550);
  }
}

function pointerMove(event) {
  const pointer = pointers.get(event.pointerId);
  if (!pointer)
    return event.pointerType === 'mouse' && !isOpen(menu) ? hover(event) : undefined;
  Object.assign(pointer, { x: event.clientX, y: event.clientY });
  if (!moved && Math.hypot(pointer.x - pointer.fromX, pointer.y - pointer.fromY) < 6)
    return undefined;
  clearTimeout(held);
  if (!moved || pointers.size > 1) // a finger that goes up or down scrolls the page
    moving = event.pointerType === 'mouse' || pointers.size > 1 || Math.abs(pointer.x - pointer.fromX) > Math.abs(pointer.y - pointer.fromY);
  moved = true;
  hideTip();
  if (!moving)
    return undefined;
  graphElement.setPointerCapture(event.pointerId);
  const [[from, to], [one, other]] = [pointer.seen, [...pointers.values()]], perPx = (to - from) / (width * svg.getScreenCTM().a);
  if (!other)
    return isWhole() ? undefined : look(from - (one.x - one.fromX) * perPx, to - (one.x - one.fromX) * perPx);
  const spread = Math.max(1, Math.hypot(one.x - other.x, one.y - other.y)), before = Math.max(1, Math.hypot(one.fromX - other.fromX, one.fromY - other.fromY));
  const left = graphElement.getScreenCTM().e, size = (to - from) * before / spread;
  const at = from + ((one.fromX + other.fromX) / 2 - left) * perPx, now = ((one.x + other.x) / 2 - left) * perPx * before / spread;
  return look(at - now, at - now + size);
}

function pointerUp(event) {
  clearTimeout(held);
  pointers.delete(event.pointerId);
}

function hover(event) {
  const box = boxAt(event);
  if (box)
    showTip(box, event.clientX, event.clientY);
  else
    hideTip();
}

// A tap shows what a pointer above would, a second one zooms.
function click(event) {
  const box = boxAt(event);
  if (!box || moved || isOpen(menu) || (event.detail > 1 && event.pointerType !== 'touch'))
    return;
  if (event.pointerType === 'touch' && !(tip.box && tip.box.part === box.part && tip.box.v === box.v))
    return void showTip(box, event.clientX, event.clientY);
  hideTip();
  zoom(box);
}

function contextMenu(event) {
  const box = boxAt(event);
  if (!box)
    return;
  event.preventDefault();
  clearTimeout(held);
  openMenu('frame', box, event.clientX, event.clientY);
}

let hovering = false;
const searched = () => go({ find: input.value }, 'replace');

function listen() {
  for (const [target, events] of [
    [graphElement, { click, contextmenu: contextMenu, pointerdown: pointerDown, pointermove: pointerMove, pointerup: pointerUp, pointercancel: pointerUp,
      pointerleave: (event) => event.pointerType === 'mouse' && hideTip(),
      focus: () => graphElement.matches(':focus-visible') && focus(focused ?? drawnBox(zoomed) ?? null), blur: () => !isOpen(menu) && focus(null) }],
    [svg, { pointerenter: () => { hovering = true; }, pointerleave: () => { hovering = false; } }],
    [reset, { click: () => go({ zoom: '', window: '' }) }],
    [viewButton, { click: () => {
      const { left, bottom: low } = viewButton.getBoundingClientRect();
      openMenu('view', null, left, low + 4);
    } }],
    [input, { input: searched }],
    [previous, { click: () => nextMatch(-1) }],
    [next, { click: () => nextMatch(1) }],
    [regex, { click: () => go({ regex: state.regex === '' ? '1' : '' }, 'replace') }],
    [document, { keydown: key, pointerdown: (event) => {
      for (const panel of [menu, help])
        if (!panel.contains(event.target) && !viewButton.contains(event.target))
          close(panel);
    } }],
    [window, { resize, popstate: restore, hashchange: restore }],
  ])
    for (const [name, listener] of Object.entries(events))
      target.addEventListener(name, listener);
  graphElement.addEventListener('wheel', wheel, { passive: false });
  graphElement.addEventListener('touchmove', (event) => event.cancelable && (moving || pointers.size > 1) && event.preventDefault(), { passive: false });
}

function restore() {
  hideTip();
  readFragment();
  show();
}

// A document of its own takes the window's width, but where it is only a little narrower than the picture.
function resize() {
  const seen = Math.floor(window.visualViewport && window.visualViewport.scale === 1 ? window.visualViewport.width : window.innerWidth); // without a scroll bar
  const narrow = seen < 0.8 * declared, wanted = (narrow ? Math.max(300, seen) : Math.max(declared, seen)) - 2 * MARGIN_PX;
  if (!standalone || wanted === width)
    return;
  shifted += wanted - width;
  width = wanted;
  if (aside)
    aside.setAttribute('transform', `translate(${shifted},0)`);
  hideTip();
  arrangeHeading(narrow);
  arrange();
  draw();
}

const stillBoxes = [...graphElement.children], narrow = svg.querySelector('.narrow');

async function start() {
  forest = new Forest(await readData(dataElement.textContent));
  initialState();
  narrow?.remove();
  graphElement.replaceChildren(back);
  graphElement.classList.add('live');
  for (const [name, value] of [['tabindex', '0'], ['role', 'application'], ['aria-roledescription', 'flame graph'],
    ['aria-label', `${titleElement.textContent}. Arrow keys walk over the frames, Enter zooms, question mark lists the keys.`]])
    graphElement.setAttribute(name, value);
  if (!standalone)
    titleElement.remove(); // the picture's name: as a tooltip it would follow the mouse everywhere
  svg.appendChild(controls);
  viewButton.setAttribute('aria-haspopup', 'menu');
  measureCell();
  arrange();
  listen();
  show();
  resize();
  svg.classList.add('ready');
}

start().catch(() => { // what cannot be read stays the still picture
  controls.remove();
  graphElement.replaceChildren(...stillBoxes);
  if (narrow)
    graphElement.before(narrow);
});

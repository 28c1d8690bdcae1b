// The bar, menus, the tooltip and the panel of keys, all of them made from the table of actions. They are HTML: what
// pops up lies in the browser's top layer, so a small picture does not cut it.
const HTML = 'http://www.w3.org/1999/xhtml';

function element(name, parent, attributes = {}, text = '') {
  const made = parent.appendChild(document.createElementNS(HTML, name));
  for (const [key, value] of Object.entries(attributes))
    made.setAttribute(key, value);
  if (text !== '')
    made.textContent = text;
  return made;
}

const controls = svgElement('foreignObject', svg, { class: 'panel' });
const bar = element('div', controls, { class: 'controls', role: 'toolbar', 'aria-label': 'Flame graph' });
const button = (parent, className, label, text) => element('button', parent, { type: 'button', class: className, title: label, 'aria-label': label }, text);
const reset = button(bar, 'reset', 'Reset zoom (Home)', 'Reset');
const viewButton = button(bar, 'view', 'View and weight', '');
const find = element('div', bar, { class: 'find' });
const input = element('input', find, { type: 'text', placeholder: 'Search', 'aria-label': 'Search for functions', spellcheck: 'false', autocomplete: 'off' });
const result = element('output', find, { 'aria-live': 'polite' });
const previous = button(find, 'previous', 'Previous match (Shift-Enter)', '‹'), next = button(find, 'next', 'Next match (Enter)', '›');
const regex = button(find, 'regex', 'Regular expression', '.*');
const said = element('div', bar, { class: 'said', role: 'status', 'aria-live': 'polite' });
const popup = (className, attributes) => element('div', controls, { class: className, popover: 'manual', ...attributes });
const tip = popup('tip', { 'aria-hidden': 'true' }), menu = popup('menu', { role: 'menu' });
const help = popup('help', { role: 'dialog', 'aria-label': 'Keys' }), toast = popup('toast', {});
const tipName = element('b', tip), tipPlace = element('i', tip), tipText = element('span', tip);

const opened = new Set(), isOpen = (panel) => opened.has(panel);
function open(panel, x, y) {
  if (!isOpen(panel))
    panel.showPopover?.();
  opened.add(panel);
  panel.classList.add('open');
  const box = panel.getBoundingClientRect(), { clientWidth, clientHeight } = document.documentElement;
  const w = clientWidth || window.innerWidth, h = standalone ? window.innerHeight : clientHeight || window.innerHeight;
  panel.style.left = `${Math.max(2, Math.min(x, w - box.width - 4))}px`;
  panel.style.top = `${Math.max(2, Math.min(y, h - box.height - 4))}px`;
}
function close(panel) {
  if (!opened.delete(panel))
    return false;
  panel.classList.remove('open');
  panel.hidePopover?.();
  return true;
}

// What can be done: `keys`, what for (`box`: to the frame that the pointer or the keys are at), in which menu.
const toggle = (key, on = '1') => go({ [key]: state[key] === on ? defaults[key] === on ? '' : defaults[key] : on });
const viewAction = (name, key) => ({ menu: 'view', keys: [key], label: () => (name === 'chart' && !forest.data.spanned ? '' : VIEWS[name]),
  when: () => has(name), checked: () => view.name === name, run: () => go({ view: name }) });
const weightAction = (name) => ({ menu: 'view', label: () => (forest.data.unit === '' ? 'Weight' : WEIGHTS[name]),
  when: () => forest.data.weights.length > 1 && forest.data.weights.includes(name) && !view.chart,
  checked: () => state.weight === name, run: () => go({ weight: name }) });
const cycleWeight = (step) => {
  const { weights } = forest.data;
  go({ weight: weights[(weights.indexOf(state.weight) + step + weights.length) % weights.length] });
};
const hidden = () => state.hide.split(',').filter(Boolean).length;

const actions = [
  { menu: 'frame', keys: ['Enter'], label: () => 'Zoom', box: true, run: zoomAt },
  { menu: 'frame', keys: ['s'], label: () => 'Sandwich: its callers and callees', box: true, when: (box) => !isRoot(box), run: sandwich },
  { menu: 'frame', keys: ['h'], label: () => 'Hide, with all beneath', box: true, when: (box) => !isRoot(box) && ['flame', 'inverted'].includes(view.name), run: hide },
  { menu: 'frame', keys: ['y'], label: () => 'Copy stack', box: true, run: (box) => copy(stackOf(box), 'stack') },
  { menu: 'frame', keys: ['Y'], label: () => 'Copy name', box: true, run: (box) => copy(nameOf(box.part.graph.frame[box.v]), 'name') },
  { menu: 'rule frame' },
  viewAction('flame', 'f'), viewAction('inverted', 'v'), viewAction('chart', 'c'),
  { menu: 'rule view' },
  ...Object.keys(WEIGHTS).map(weightAction),
  { menu: 'rule view' },
  { keys: ['w', 'W'], label: () => 'Next, previous weight', when: () => !view.chart, run: (_, key) => cycleWeight(key === 'w' ? 1 : -1) },
  { menu: 'view', keys: ['t'], label: () => 'Root on top', when: () => view.name !== 'sandwich', check: () => state.root === 'top',
    run: () => go({ root: state.root === 'top' ? 'bottom' : 'top' }) },
  { menu: 'view', keys: ['r'], label: () => 'Collapse recursion', when: () => !view.chart, check: () => state.collapse !== '', run: () => toggle('collapse') },
  { menu: 'view frame', keys: ['u'], label: () => `Bring back ${hidden() > 0 ? plural(hidden(), 'hidden frame') : 'hidden frames'}`, when: () => hidden() > 0,
    run: () => go({ hide: '' }) },
  { menu: 'view frame', keys: ['Home', '0'], label: () => 'Reset zoom', when: () => !isWhole(), run: () => go({ zoom: '', window: '' }) },
  { keys: ['/'], label: () => 'Search (also Ctrl-F)', run: () => { input.focus(); input.select(); } },
  { keys: ['n', 'N'], label: () => 'Next, previous match (also F3)', run: (_, key) => nextMatch(key === 'n' ? 1 : -1) },
  { menu: 'view', keys: ['?'], label: () => 'Keys', run: showHelp },
];
const others = [['Arrows', 'Walk over the frames'], ['Menu', 'What can be done with the frame'], ['Escape', 'Close, end the search, reset the zoom'],
  ['Backspace', 'Back'], ['Ctrl + wheel', 'Zoom around the pointer'], ['Drag', 'Move along']];

function zoomAt(box) {
  zoom(box);
  if (focused)
    describeFocus();
}

function sandwich({ part, v }) {
  go({ view: 'sandwich', of: String(part.graph.frame[v]), zoom: '' });
}

function hide({ part, v }) {
  const mark = (state.collapse ? 'c' : '') + (view.name === 'inverted' ? `i${part.graph.address(v)}` : part.graph.address(v).split('.')[0]);
  const inside = zoomed.part === part && part.graph.start[zoomed.v] >= part.graph.start[v] &&
    part.graph.start[zoomed.v] + part.graph.width[zoomed.v] <= part.graph.start[v] + part.graph.width[v];
  go({ hide: [state.hide, mark].filter(Boolean).join(','), ...(inside ? { zoom: '' } : {}) });
}

async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    say(`Copied the ${what}`);
  } catch {
    say('This page may not copy');
  }
}

// For everybody: a few words that go away by themselves.
function say(words) {
  toast.textContent = said.textContent = words;
  const { left, width: w, bottom: low } = svg.getBoundingClientRect();
  open(toast, left + w / 2 - 60, Math.min(low, window.innerHeight) - 50);
  clearTimeout(say.timer);
  say.timer = setTimeout(() => close(toast), 1800);
}

function showTip(box, x, y) {
  tipName.textContent = box.name ?? nameOf(box.part.graph.frame[box.v]);
  tipPlace.textContent = placeOf(box.part.graph.frame[box.v]);
  tipText.textContent = describe(box).join('\n');
  tip.box = box;
  open(tip, x + 12, y + 18);
  const { height } = tip.getBoundingClientRect();
  if (y + 18 + height > window.innerHeight)
    tip.style.top = `${Math.max(2, y - height - 10)}px`;
}
function hideTip() {
  close(tip);
  tip.box = null;
}

// A menu of actions; `box` is what they are done to.
function openMenu(which, box, x, y) {
  hideTip();
  menu.textContent = '';
  menu.before = document.activeElement;
  const chosen = actions.filter((action) => action.menu?.split(' ').includes(which) && (!action.when || action.when(box)));
  if (box)
    element('div', menu, { class: 'of' }, nameOf(box.part.graph.frame[box.v]));
  chosen.forEach((action, i) => {
    if (!action.label) {
      if (i > 0 && chosen[i - 1].label && i + 1 < chosen.length)
        element('hr', menu);
      return;
    }
    const checked = action.checked ?? action.check;
    const item = element('button', menu, { type: 'button', role: action.checked ? 'menuitemradio' : action.check ? 'menuitemcheckbox' : 'menuitem',
      tabindex: '-1', ...(checked ? { 'aria-checked': String(checked()) } : {}) });
    element('span', item, {}, action.label());
    if (action.keys)
      element('kbd', item, {}, action.keys[0]);
    item.addEventListener('click', () => {
      closeMenu();
      action.run(box);
    });
  });
  viewButton.setAttribute('aria-expanded', String(which === 'view'));
  open(menu, x, y);
  menu.querySelector('button').focus();
}
function closeMenu() {
  if (!close(menu))
    return false;
  viewButton.setAttribute('aria-expanded', 'false');
  (menu.before ?? graphElement).focus?.({ preventScroll: true });
  return true;
}

function showHelp() {
  help.textContent = '';
  element('b', help, {}, 'Keys');
  const list = element('dl', help);
  for (const [keys, text] of [...actions.filter(({ keys, label }) => keys && label() !== '').map(({ keys, label }) => [keys.join(' '), label()]), ...others]) {
    element('dt', list, {}, keys);
    element('dd', list, {}, text);
  }
  const done = button(help, 'close', 'Close', 'Close');
  done.addEventListener('click', () => close(help));
  help.before = document.activeElement;
  const { left, top: high } = svg.getBoundingClientRect();
  open(help, left + 60, Math.max(high, 0) + 30);
  done.focus();
}

// The bar and what is said of the view.
function update() {
  reset.hidden = isWhole();
  const parts = [view.name === 'flame' && state.root === 'top' ? 'Icicle' : VIEWS[view.name].split(':')[0]];
  if (forest.data.weights.length > 1 && !view.chart)
    parts.push({ wall: 'wall', cpu: 'CPU', wait: 'waiting', gc: 'gc', calls: 'calls' }[state.weight]);
  if (hidden() > 0)
    parts.push(`${hidden()} hidden`);
  viewButton.textContent = `${parts.join(' · ')} ▾`;
  if (input.value !== state.find)
    input.value = state.find;
  regex.setAttribute('aria-pressed', String(state.regex !== ''));
  const found = search ? search.found.length : 0;
  previous.hidden = next.hidden = found === 0;
  result.textContent = !search ? show.problem : [
    show.match >= 0 ? `${count(show.match + 1)} of ${count(found)}` : `${count(found)}${search.more ? '+' : ''} match${found === 1 ? '' : 'es'}`,
    share(search.covered(zoomed, windowOf(zoomed.part)), view.chart ? windowOf(zoomed.part)[1] - windowOf(zoomed.part)[0] : zoomed.part.graph.width[zoomed.v]),
  ].join(' · ');
}

function arrange() {
  const [x, y, w, h] = controlsAt, wide = width >= 876 ? Math.max(w, 420) : w; // sheet.c keeps that free from there on
  set(controls, { x: x + (heading ? 0 : shifted) - (wide - w), y, width: wide, height: h });
}

function describeFocus() {
  const box = focused && drawn.find(({ part, v }) => part === focused.part && v === focused.v);
  if (!box)
    return;
  const text = [box.name, placeOf(box.frame), ...describe(box)].filter(Boolean).join(', ');
  said.textContent = text;
  const point = new DOMPoint(MARGIN_PX + Math.max(0, box.x), box.y + 4).matrixTransform(svg.getScreenCTM());
  showTip(box, point.x, point.y);
}

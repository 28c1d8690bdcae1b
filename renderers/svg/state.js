// Enters: what is wanted (texts, as the page's fragment has them). Leaves: the view, what of it is zoomed into, and
// the fragment. Pictures in a page have names of their own in its fragment, and leave alone what else is there.
const VIEWS = { flame: 'Flame graph', inverted: 'Inverted: callers of what runs', sandwich: 'Sandwich', chart: 'Chart over time' };
const WEIGHTS = { wall: 'Wall time', cpu: 'CPU time', wait: 'Waiting time', gc: 'Garbage collection', calls: 'Calls' };
const index = [...document.querySelectorAll('svg.flambeau')].indexOf(svg);
const prefix = standalone ? '' : `flambeau${index > 0 ? index + 1 : ''}.`;

let forest, defaults, state, view, zoomed, free = null, search = null, focused = null;
const views = new Map();

function fragment() {
  return new URLSearchParams(location.hash.slice(1));
}

function writeFragment(how) {
  const parameters = fragment();
  for (const key of Object.keys(defaults))
    if (state[key] === defaults[key])
      parameters.delete(prefix + key);
    else
      parameters.set(prefix + key, state[key]);
  const text = String(parameters).replace(/=(?=&|$)/g, ''), url = text === '' ? location.pathname + location.search : `#${text}`;
  if (text === String(fragment()).replace(/=(?=&|$)/g, ''))
    return;
  try {
    history[how === 'replace' ? 'replaceState' : 'pushState'](null, '', url);
  } catch { // not every page may have a history
  }
}

function readFragment() {
  const parameters = fragment();
  state = { ...defaults };
  for (const key of Object.keys(defaults))
    state[key] = parameters.get(prefix + key) ?? defaults[key];
  if (!forest.data.weights.includes(state.weight))
    state.weight = defaults.weight;
  if (!(+state.of < forest.data.frames.name.length))
    state.of = '';
  if (!has(state.view) || (state.view === 'sandwich' && state.of === ''))
    state.view = defaults.view;
}

const has = (name) => Object.hasOwn(VIEWS, name) && (name !== 'chart' || forest.data.spanned !== null);

function initialState() {
  const { data } = forest;
  defaults = { view: data.chart ? 'chart' : 'flame', of: '', weight: data.weight, root: data.icicle ? 'top' : 'bottom', collapse: '',
    hide: '', zoom: '', window: '', find: '', regex: '' };
  readFragment();
}

function nodesWhere(tree, wanted) {
  const nodes = [];
  for (let i = 1; i < tree.nodes; i++)
    if (wanted(i))
      nodes.push(i);
  return nodes;
}

// A function's outermost frames: what is beneath them is all that it does.
function outermost(tree, sums, frame) {
  const nodes = [];
  for (let i = 1; i < tree.nodes;) {
    const found = tree.frame[i] === frame;
    if (found && sums.total[i] > 0)
      nodes.push(i);
    i = found ? tree.end[i] : i + 1;
  }
  return nodes;
}

function partsOf(name) {
  if (name === 'chart')
    return [{ graph: new Chart(forest) }];
  const tree = forest.tree(state.collapse), sums = forest.sums(state.collapse, state.hide, state.weight);
  if (name === 'flame')
    return [{ graph: new Callees(forest, tree, sums, [0], true) }];
  if (name === 'inverted')
    return [{ graph: new Callers(forest, tree, sums, nodesWhere(tree, (i) => sums.own[i] > 0), true) }];
  const nodes = outermost(tree, sums, +state.of);
  if (nodes.length === 0)
    return partsOf('flame');
  const { reversed } = forest.data; // then the tree's callees are the callers
  return [{ graph: new Callers(forest, tree, sums, nodes, false), mirrored: !reversed },
    { graph: new Callees(forest, tree, sums, nodes, false), mirrored: reversed }].sort((a, b) => b.mirrored - a.mirrored);
}

function viewOf() {
  const key = state.view === 'chart' ? 'chart' : [state.view, state.of, state.weight, state.collapse, state.hide].join(' ');
  if (!views.has(key)) {
    if (views.size > 5)
      views.delete(views.keys().next().value);
    views.set(key, { name: state.view, chart: state.view === 'chart', parts: partsOf(state.view), low: 0, high: state.view === defaults.view ? staticRows - 1 : 0 });
  }
  return views.get(key);
}

const rootOf = (of) => ({ part: of.parts[of.parts.length - 1], v: 0 });
const isWhole = () => zoomed.v === 0 && !free;
const addressOf = ({ part, v }) => (v === 0 ? '' : (part.mirrored ? 'u' : '') + part.graph.address(v));

function findAddress(address) {
  const part = view.parts.find(({ mirrored }) => !!mirrored === address.startsWith('u')) ?? view.parts[0];
  const v = part.graph.find(address.replace('u', ''));
  return v === 0 ? rootOf(view) : { part, v };
}

function findWindow() {
  const [from, to] = state.window.split('-').map(Number), whole = view.parts[0].graph.width[0];
  return state.window !== '' && from >= 0 && to > from && to <= whole ? [from, to] : null;
}

// From state to picture.
function show() {
  const before = view, query = [state.find, state.regex].join(' ');
  view = viewOf();
  zoomed = findAddress(state.zoom);
  free = findWindow();
  if (before !== view)
    focused = null;
  if (before !== view || query !== show.query)
    startSearch();
  show.query = query;
  draw();
  update();
}

function go(changes, how = 'push') {
  if ('view' in changes || 'zoom' in changes || 'weight' in changes || 'collapse' in changes || 'hide' in changes)
    changes = { window: '', ...changes };
  if (changes.view && changes.view !== state.view)
    changes = { zoom: '', ...changes };
  Object.assign(state, changes);
  writeFragment(how);
  show();
}

const zoom = (box) => go({ zoom: addressOf(box) });

function startSearch() {
  search = null;
  show.problem = '';
  show.match = -1;
  try {
    const matches = matcher(state.find, state.regex !== '');
    search = matches && new Search(view, matches);
  } catch {
    show.problem = 'not a pattern';
  }
}

// To the next match: where it is wide enough, else to its caller or to itself.
function nextMatch(step) {
  const total = search ? search.found.length : 0;
  if (total === 0)
    return;
  show.match = show.match < 0 ? (step > 0 ? 0 : total - 1) : (show.match + step + total) % total;
  const box = search.at(show.match), { graph } = box.part, parent = view.chart ? 0 : graph.parent[box.v];
  const visible = () => drawn.some(({ part, v, w }) => part === box.part && v === box.v && w >= 3);
  focused = box;
  for (const v of [null, 0, parent, box.v]) {
    if (visible())
      break;
    if (v !== null)
      go({ zoom: addressOf({ part: box.part, v }) });
    focused = box;
  }
  draw();
  update();
  describeFocus();
}

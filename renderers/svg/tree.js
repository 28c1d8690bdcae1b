// Enters: columns of the nodes. Leaves: trees of stacks in preorder, node 0 the root, and what their nodes weigh.
// `end` is the node behind the last one beneath a node, so its subtree is one stretch of every column.
function shapeOf(up) {
  const nodes = up.length + 1, depth = new Uint32Array(nodes), parent = new Uint32Array(nodes), path = [0];
  for (let i = 1; i < nodes; i++) {
    depth[i] = i === 1 ? 1 : depth[i - 1] + 1 - up[i - 1];
    parent[i] = path[depth[i] - 1];
    path[depth[i]] = i;
  }
  return { nodes, depth, parent, end: endsOf(parent) };
}

function endsOf(parent) {
  const end = Uint32Array.from(parent, (_, i) => i + 1);
  for (let i = parent.length - 1; i > 0; i--)
    end[parent[i]] = Math.max(end[parent[i]], end[i]);
  return end;
}

// Frames in order of their names.
function ranksOf(names) {
  const ranks = new Uint32Array(names.length);
  names.map((name, frame) => [name, frame]).sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0))
    .forEach(([, frame], rank) => { ranks[frame] = rank; });
  return ranks;
}

// The tree with recursion collapsed: a frame that is on its own stack already is that frame, whatever lies between.
//     a ── b ── a ── c   becomes   a ─┬─ b
//                                     └─ c
// `of` leads from the nodes of the other tree to this one's, `rep` back to one of them.
function collapse(tree, ranks) {
  const frame = [0], parent = [0], children = [[]], known = new Map(), of = new Uint32Array(tree.nodes);
  const frames = ranks.length;
  for (let i = 1; i < tree.nodes; i++) {
    const from = of[tree.parent[i]], wanted = tree.frame[i];
    let at = from;
    while (at !== 0 && frame[at] !== wanted)
      at = parent[at];
    if (at === 0) {
      const key = from * frames + wanted;
      at = known.get(key);
      if (at === undefined) {
        at = frame.push(wanted) - 1;
        parent.push(from);
        children.push(null);
        known.set(key, at);
        (children[from] ??= []).push(at);
      }
    }
    of[i] = at;
  }
  return inPreorder(frame, parent, children, ranks, of);
}

function inPreorder(frame, parent, children, ranks, of) {
  const nodes = frame.length, place = new Uint32Array(nodes), open = [0];
  const tree = { nodes, frame: new Uint32Array(nodes), parent: new Uint32Array(nodes), depth: new Uint32Array(nodes),
    of, rep: new Uint32Array(nodes) };
  for (let next = 0; open.length > 0; next++) {
    const at = open.pop();
    place[at] = next;
    tree.frame[next] = frame[at];
    tree.parent[next] = place[parent[at]];
    tree.depth[next] = at === 0 ? 0 : tree.depth[tree.parent[next]] + 1;
    if (children[at])
      for (const child of children[at].sort((a, b) => ranks[frame[b]] - ranks[frame[a]]))
        open.push(child);
  }
  tree.end = endsOf(tree.parent);
  for (let i = of.length - 1; i >= 0; i--) {
    of[i] = place[of[i]];
    tree.rep[of[i]] = i;
  }
  return tree;
}

// All trees of a profile and their columns, made when first asked for.
class Forest {
  constructor(data) {
    this.data = data;
    this.plain = { ...data.tree, of: null, rep: null };
    this.kept = new Map();
    this.vanished = new Uint8Array(data.compare ? data.tree.nodes : 0);
    this.vanished.forEach((_, i) => {
      if (i > 0 && (data.kind[i] === KIND.vanished || this.vanished[data.tree.parent[i]]))
        this.vanished[i] = 1;
    });
  }
  keep(key, make) {
    if (!this.kept.has(key))
      this.kept.set(key, make());
    return this.kept.get(key);
  }
  get ranks() { return this.keep('ranks', () => ranksOf(this.data.frames.name)); }
  tree(collapsed) { return collapsed ? this.keep('collapsed', () => collapse(this.plain, this.ranks)) : this.plain; }

  // Own weights of the plain tree's nodes. Sides: what is drawn, what was taken out of that for tracing, and in a
  // comparison what HEAD and BASE have.
  own(weight, side) {
    return this.keep(`${weight} ${side}`, () => {
      const { data, vanished } = this;
      const own = weight === 'calls' ? (side === 'base' ? data.baseCalled : data.called) : side === 'base' ? data.baseOwn : side === 'tracing' ? data.tracing : data.own;
      const counts = { cpu: (k) => k !== KIND.waiting && k !== KIND.runnable, wait: (k) => k === KIND.waiting, gc: (k) => k === KIND.gc }[weight];
      return own.map((n, i) => ((counts && !counts(data.kind[i])) || (side === 'head' && vanished[i]) ? 0 : n));
    });
  }
  // Own and total weights of a tree's nodes without those that are hidden.
  sums(collapsed, hidden, weight, side = 'drawn') {
    return this.keep(`${collapsed} ${hidden} ${weight} ${side}`, () => {
      const tree = this.tree(collapsed), plain = this.own(weight, side), mask = this.mask(hidden);
      let own = plain;
      if (mask)
        own = own.map((n, i) => (mask[i] ? 0 : n));
      if (collapsed) {
        const merged = new Float64Array(tree.nodes);
        own.forEach((n, i) => { merged[tree.of[i]] += n; });
        own = merged;
      }
      const total = own.slice();
      for (let i = tree.nodes - 1; i > 0; i--)
        total[tree.parent[i]] += total[i];
      return { own, total };
    });
  }
  // Nodes of the plain tree that are hidden. A list of marks: 12 is node 12 with all beneath it, i12.3 the ends of
  // stacks that end as the three innermost frames of node 12 do; c in front: with recursion collapsed.
  mask(hidden) {
    if (hidden === '')
      return null;
    return this.keep(`mask ${hidden}`, () => {
      const mask = new Uint8Array(this.plain.nodes);
      for (const mark of hidden.split(',')) {
        const [, collapsed, ends, digits, levels] = /^(c?)(i?)(\d+)(?:\.(\d+))?$/.exec(mark) ?? [];
        if (!(+digits > 0 && +digits < this.plain.nodes) || (ends && !(+levels > 0)))
          continue;
        const tree = this.tree(collapsed), at = tree.of ? tree.of[digits] : +digits;
        for (let i = 1; i < mask.length; i++) {
          const node = tree.of ? tree.of[i] : i;
          if (ends ? endsAlike(tree, node, at, +levels) : node >= at && node < tree.end[at])
            mask[i] = 1;
        }
      }
      return mask;
    });
  }
  // How often each node was called.
  called(collapsed) {
    return this.keep(`called ${collapsed}`, () => {
      const tree = this.tree(collapsed), called = new Float64Array(tree.nodes);
      this.data.called.forEach((n, i) => { called[tree.of ? tree.of[i] : i] += n; });
      return called;
    });
  }
  // The largest change of a node's own weight.
  largestChange(weight) {
    return this.keep(`change ${weight}`, () => {
      const head = this.own(weight, 'head'), base = this.own(weight, 'base');
      return head.reduce((most, n, i) => Math.max(most, Math.abs(n - base[i])), 0);
    });
  }
}

function endsAlike(tree, a, b, levels) {
  for (let i = 0; i < levels; i++, a = tree.parent[a], b = tree.parent[b])
    if (a === 0 || b === 0 || tree.frame[a] !== tree.frame[b])
      return false;
  return true;
}

// Enters: a tree of stacks and what its nodes weigh. Leaves: boxes of a graph, made when they are first looked at:
// callees on callers (`Callees`) or callers on callees (`Callers`). A box stands for many of the tree's nodes, its
// members `from[lo..hi)`; of callers `at` says how far from there outwards the box is.
class Graph {
  constructor(forest, tree, sums, weighed) {
    Object.assign(this, { forest, tree, sums, weighed, frame: [], parent: [], depth: [], start: [], width: [], lo: [], hi: [],
      first: [], last: [] });
  }
  add(parent, frame, lo, hi, start) {
    let width = 0;
    for (let i = lo; i < hi; i++)
      width += this.weighed[this.from[i]];
    this.parent.push(parent);
    this.frame.push(frame);
    this.depth.push(parent < 0 ? 0 : this.depth[parent] + 1);
    this.start.push(start);
    this.width.push(width);
    this.lo.push(lo);
    this.hi.push(hi);
    this.first.push(-1);
    this.last.push(-1);
    return start + width;
  }
  // Boxes first..last stand on box v.
  open(v) {
    if (this.first[v] < 0) {
      this.first[v] = this.frame.length;
      this.expand(v);
      this.last[v] = this.frame.length;
    }
  }
  // One box for each frame among `frames`, of members that begin at `lo`; `order` takes the place of each.
  split(v, frames, lo, order) {
    const { tally, place } = this.forest.keep('scratch', () => (
      { tally: new Uint32Array(this.forest.ranks.length + 1), place: new Uint32Array(this.forest.ranks.length + 1) }));
    const none = tally.length - 1, { ranks } = this.forest, seen = [];
    for (const frame of frames)
      if (tally[frame]++ === 0 && frame !== none)
        seen.push(frame);
    seen.sort((a, b) => ranks[a] - ranks[b]);
    let next = 0;
    for (const frame of [...seen, none]) {
      place[frame] = next;
      next += tally[frame];
    }
    frames.forEach((frame, i) => { order(i, lo + place[frame]++); });
    return () => {
      let start = this.start[v];
      for (const frame of seen) {
        const end = lo + place[frame];
        start = this.add(v, frame, end - tally[frame], end, start);
        tally[frame] = 0;
      }
      tally[none] = 0;
    };
  }
  sum(v, column) {
    let sum = 0;
    for (let i = this.lo[v]; i < this.hi[v]; i++)
      sum += column[this.from[i]];
    return sum;
  }
  path(v) { // frames, from the box on the root to v
    const frames = [];
    for (; this.depth[v] > 0; v = this.parent[v])
      frames.push(this.frame[v]);
    return frames.reverse();
  }
  // What names a box in the address of the page: a node, and how many frames from there.
  address(v) {
    const node = this.from[this.lo[v]];
    return `${this.tree.rep ? this.tree.rep[node] : node}.${this.depth[v]}`;
  }
  find(address) {
    const [digits, depth] = address.split('.').map(Number);
    if (!(digits > 0 && digits < this.forest.plain.nodes && depth > 0))
      return 0;
    return this.follow(this.route(this.tree.of ? this.tree.of[digits] : digits, depth));
  }
  follow(frames) {
    let v = 0;
    for (const frame of frames) {
      this.open(v);
      let next = this.first[v];
      while (next < this.last[v] && this.frame[next] !== frame)
        next++;
      if (next === this.last[v])
        return v;
      v = next;
    }
    return v;
  }
  // The innermost box that covers a stretch.
  covering(from, to) {
    let v = 0;
    for (let next = 0; next >= 0;) {
      v = next;
      this.open(v);
      next = -1;
      for (let c = this.first[v]; c < this.last[v]; c++)
        if (this.start[c] <= from && this.start[c] + this.width[c] >= to)
          next = c;
    }
    return v;
  }
}

class Callees extends Graph {
  constructor(forest, tree, sums, members, whole) {
    super(forest, tree, sums, sums.total);
    this.whole = whole; // from the root on
    this.from = Array.from(members);
    this.add(-1, whole ? -1 : tree.frame[members[0]], 0, this.from.length, 0);
  }
  get own() { return this.sums.own; }
  expand(v) {
    const { tree, from } = this, found = [];
    for (let i = this.lo[v]; i < this.hi[v]; i++)
      for (let c = from[i] + 1; c < tree.end[from[i]]; c = tree.end[c])
        if (this.weighed[c] > 0)
          found.push(c);
    const lo = from.length;
    if (this.hi[v] - this.lo[v] === 1) { // in order, each frame once
      let start = this.start[v];
      for (const node of found) {
        from.push(node);
        start = this.add(v, tree.frame[node], from.length - 1, from.length, start);
      }
      return;
    }
    const add = this.split(v, found.map((node) => tree.frame[node]), lo, (i, at) => { from[at] = found[i]; });
    add();
  }
  route(node, depth) {
    const frames = [];
    for (; node !== 0 && (this.whole || depth > 0); node = this.tree.parent[node], depth--)
      frames.push(this.tree.frame[node]);
    return frames.reverse();
  }
  // Of what the box covers, how much has `hit`s on its stack: `sum` are the sums before each node.
  covered(v, hit, sum) {
    let covered = 0;
    for (let i = this.lo[v]; i < this.hi[v]; i++)
      covered += sum[this.tree.end[this.from[i]]] - sum[this.from[i]];
    return covered;
  }
  mayHold(v, hit, beneath) { return this.from.slice(this.lo[v], this.hi[v]).some((node) => beneath[node]); }
}

class Callers extends Graph {
  // Of members' own weights (`sums.own`: the whole graph inverted) or of all that is beneath them.
  constructor(forest, tree, sums, members, whole) {
    super(forest, tree, sums, whole ? sums.own : sums.total);
    this.whole = whole;
    this.from = Uint32Array.from(members);
    this.at = this.from.slice();
    this.add(-1, whole ? -1 : tree.frame[members[0]], 0, this.from.length, 0);
  }
  get own() { return this.weighed; }
  expand(v) {
    const lo = this.lo[v], hi = this.hi[v], { tree } = this, none = this.forest.ranks.length;
    const at = this.at.slice(lo, hi), from = this.from.slice(lo, hi), frames = new Uint32Array(hi - lo);
    const outward = v > 0 || !this.whole;
    for (let i = 0; i < at.length; i++) {
      if (outward)
        at[i] = tree.parent[at[i]];
      frames[i] = at[i] === 0 ? none : tree.frame[at[i]];
    }
    const add = this.split(v, frames, lo, (i, to) => {
      this.at[to] = at[i];
      this.from[to] = from[i];
    });
    add();
  }
  route(node, depth) {
    const frames = [];
    if (!this.whole)
      node = this.tree.parent[node];
    for (; node !== 0 && depth > 0; node = this.tree.parent[node], depth--)
      frames.push(this.tree.frame[node]);
    return frames;
  }
  covered(v, hit, sum) {
    let covered = 0;
    for (let i = this.lo[v]; i < this.hi[v]; i++) {
      const node = this.from[i];
      covered += !this.whole ? sum[this.tree.end[node]] - sum[node] : hit[node] ? this.weighed[node] : 0;
    }
    return covered;
  }
  mayHold(v, hit) {
    if (this.first[v] >= 0)
      return true;
    for (let i = this.lo[v]; i < this.hi[v]; i++)
      if (hit[v > 0 || !this.whole ? this.tree.parent[this.at[i]] : this.at[i]])
        return true;
    return false;
  }
}

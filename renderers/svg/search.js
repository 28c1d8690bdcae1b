// Enters: what was typed and a view. Leaves: which frames match, where, and what share of the view they are on.
const MOST_LOOKED_AT = 200000; // boxes of callers: there are more of them than nodes

// A test of names, null for nothing typed; throws for what is no pattern.
function matcher(query, regex) {
  if (query === '')
    return null;
  if (regex) {
    const pattern = new RegExp(query, 'iu');
    return (name) => pattern.test(name);
  }
  const wanted = query.toLowerCase();
  return (name) => name.toLowerCase().includes(wanted);
}

class Search {
  constructor(view, matches) {
    this.view = view;
    this.frames = Uint8Array.from(forest.data.frames.name, (name) => (matches(name) ? 1 : 0));
    this.all = matches('all');
    this.found = []; // [part, box] or, of a whole graph with one box a node, [part, , node]
    this.more = false;
    if (view.chart)
      this.lookAtSpans(view.parts[0]);
    else
      this.lookAtNodes(view.parts);
  }
  matches(frame) { return frame < 0 ? this.all : this.frames[frame] === 1; }
  lookAtSpans(part) {
    part.graph.frame.forEach((frame, v) => {
      if (frame >= 0 && this.frames[frame] && part.graph.width[v] > 0)
        this.found.push([part, v]);
    });
  }
  lookAtNodes(parts) {
    const { tree, sums } = parts[0].graph, { nodes } = tree;
    this.hit = new Uint8Array(nodes); // the frame or one it stands on matches
    this.sum = new Float64Array(nodes + 1);
    const beneath = new Uint8Array(nodes);
    for (let i = 1; i < nodes; i++)
      this.hit[i] = this.frames[tree.frame[i]] | this.hit[tree.parent[i]];
    for (let i = 0; i < nodes; i++)
      this.sum[i + 1] = this.sum[i] + (this.hit[i] ? sums.own[i] : 0);
    for (let i = nodes - 1; i > 0; i--)
      beneath[tree.parent[i]] |= beneath[i] | this.frames[tree.frame[i]];
    for (const part of parts)
      if (part.graph instanceof Callees && part.graph.whole) {
        for (let i = 1; i < nodes; i++)
          if (this.frames[tree.frame[i]] && sums.total[i] > 0)
            this.found.push([part, -1, i]);
      } else {
        this.lookAtBoxes(part, beneath);
      }
  }
  lookAtBoxes(part, beneath) {
    const { graph } = part, open = [0];
    for (let looked = 0; open.length > 0; looked++) {
      const v = open.pop();
      if (looked === MOST_LOOKED_AT) {
        this.more = true;
        return;
      }
      if (graph.frame[v] >= 0 && this.frames[graph.frame[v]] && !(v === 0 && part.mirrored))
        this.found.push([part, v]);
      if (!graph.mayHold(v, this.hit, beneath))
        continue;
      graph.open(v);
      for (let c = graph.last[v] - 1; c >= graph.first[v]; c--)
        open.push(c);
    }
  }
  at(index) {
    const [part, v, node] = this.found[index];
    return { part, v: v >= 0 ? v : part.graph.follow(part.graph.route(node, 0)) };
  }
  // Weight of the stacks that have a match, of those that go through a box; in a chart time in which something matches.
  covered({ part, v }, [from, to]) {
    if (!this.view.chart)
      return this.all && part.graph.whole ? part.graph.width[v] : part.graph.covered(v, this.hit, this.sum);
    let end = from, sum = 0;
    const { start, width } = part.graph;
    for (const [, box] of this.found.slice().sort(([, a], [, b]) => start[a] - start[b])) {
      const first = Math.max(start[box], end), last = Math.min(start[box] + width[box], to);
      if (last > first) {
        sum += last - first;
        end = last;
      }
    }
    return this.all ? to - from : sum;
  }
}

// Enters: spans. Leaves: boxes of a chart, time from left to right, a lane for each process, as src/layout/chart.c has
// them: lanes share MAX_ROWS rows, the highest are cut, their last row is [deeper]. Box 0 is all, box v span v - 1.
const MAX_ROWS = 1000, LANE_MIN_ROWS = 8;

class Chart {
  constructor(forest) {
    const { lane, node, depth, start, width } = forest.data.spanned, boxes = lane.length + 1;
    Object.assign(this, { forest, tree: forest.plain, lanes: [], spans: forest.data.spanned, frame: new Int32Array(boxes).fill(-1),
      start: new Float64Array(boxes), width: new Float64Array(boxes), depth: new Uint32Array(boxes) });
    const heights = forest.data.lanes.map(() => 0);
    for (let i = 0; i < lane.length; i++) {
      this.frame[i + 1] = this.tree.frame[node[i]];
      this.start[i + 1] = start[i];
      this.width[i + 1] = width[i];
      this.depth[i + 1] = depth[i];
      this.width[0] = Math.max(this.width[0], start[i] + width[i]);
      heights[lane[i]] = Math.max(heights[lane[i]], depth[i]);
    }
    this.stackLanes(heights);
  }
  stackLanes(heights) {
    const needed = (most) => heights.reduce((rows, height) => rows + Math.min(height, most), 0);
    let highest = Math.max(LANE_MIN_ROWS, ...heights.slice(0, 1), heights.reduce((a, b) => Math.max(a, b), 0));
    while (highest > LANE_MIN_ROWS && needed(highest) > MAX_ROWS)
      highest--;
    let row = 1, index = 0;
    for (const height of heights) {
      const rows = Math.min(height, highest), fits = rows > 0 && row + rows <= MAX_ROWS + 1;
      this.lanes.push({ row, rows: fits ? rows : 0, cut: rows < height, index: fits ? index++ : 0 });
      row += fits ? rows : 0;
    }
    this.rows = row;
    this.laneCount = Math.max(1, index);
  }
  lane(v) { return v === 0 ? { row: 0, index: 0 } : this.lanes[this.spans.lane[v - 1]]; }
  row(v) { return v === 0 ? 0 : this.lane(v).row + this.depth[v] - 1; }
  node(v) { return this.spans.node[v - 1]; }
  path(v) {
    const frames = [];
    for (let node = v === 0 ? 0 : this.node(v); node !== 0; node = this.tree.parent[node])
      frames.push(this.tree.frame[node]);
    return frames.reverse();
  }
  address(v) { return String(v); }
  find(address) { return +address > 0 && +address < this.frame.length ? Math.floor(+address) : 0; }
  covering() { return 0; }
}

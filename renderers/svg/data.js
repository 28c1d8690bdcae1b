// Enters: the packed profile that the svg carries (DATA.md). Leaves: its head, and its columns as typed arrays.
const KIND = { process: 1, waiting: 2, runnable: 3, gc: 4, vanished: 8 };

async function unpack(base64) {
  const letters = atob(base64), packed = new Uint8Array(letters.length);
  for (let i = 0; i < packed.length; i++)
    packed[i] = letters.charCodeAt(i);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// Takes `length` unsigned LEB128 numbers at a time.
function columnReader(bytes, at) {
  return (Kind, length) => {
    const column = new Kind(length);
    for (let i = 0; i < length; i++) {
      let byte = bytes[at++], value = byte & 127, scale = 128;
      while (byte > 127) {
        byte = bytes[at++];
        value += (byte & 127) * scale;
        scale *= 128;
      }
      column[i] = value;
    }
    return column;
  };
}

// A frame is written as its place in the list of its parent's callees, which grows on the way.
function readFrames(parent, places, grown, roots) {
  const frame = new Uint32Array(parent.length), lists = new Map();
  for (let i = 1, next = 0; i < parent.length; i++) {
    const caller = parent[i] === 0 ? roots : frame[parent[i]];
    let list = lists.get(caller);
    if (!list)
      lists.set(caller, list = []);
    if (places[i - 1] === list.length)
      list.push(grown[next++]);
    frame[i] = list[places[i - 1]];
  }
  return frame;
}

// Own numbers have the root's 0 in front: it is node 0.
function readOwn(take, nodes) {
  const own = new Float64Array(nodes + 1);
  own.set(take(Float64Array, nodes), 1);
  return own;
}

function readSpans(take, length) {
  const spans = { lane: take(Uint32Array, length), node: take(Uint32Array, length), depth: take(Uint32Array, length),
    start: take(Float64Array, length), width: take(Float64Array, length) };
  for (let i = 1; i < length; i++)
    if (spans.lane[i] === spans.lane[i - 1])
      spans.start[i] += spans.start[i - 1];
  return spans;
}

async function readData(base64) {
  const bytes = await unpack(base64), size = new DataView(bytes.buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + size)));
  const take = columnReader(bytes, 4 + size), { nodes } = head;
  const shape = shapeOf(take(Uint32Array, nodes));
  const places = take(Uint32Array, nodes), grown = take(Uint32Array, head.callees);
  const frame = readFrames(shape.parent, places, grown, head.frames.name.length);
  const data = { ...head, tree: { ...shape, frame } };
  data.own = readOwn(take, nodes);
  data.called = head.calls ? readOwn(take, nodes) : new Float64Array(nodes + 1);
  data.kind = head.own_kinds ? Uint8Array.from(readOwn(take, nodes)) : Uint8Array.from(frame, (f) => head.frames.kind[f]);
  data.tracing = head.tracing ? readOwn(take, nodes) : null;
  if (head.compare) {
    data.baseOwn = readOwn(take, nodes);
    data.baseCalled = readOwn(take, nodes);
  }
  data.spanned = head.spans ? readSpans(take, head.spans) : null;
  return data;
}

// Enters: a box. Leaves: what is to be said of it.
function weightText(n) {
  return view.chart || (forest.data.unit === 'ns' && state.weight !== 'calls') ? time(n) : state.weight === 'calls' ? plural(n, 'call') : count(n);
}

const isRoot = ({ part, v }) => v === 0 && part.graph.frame[v] < 0;
const short = (name) => fit(name, 40);

function placeOf(frame) {
  if (frame < 0)
    return '';
  const { frames, files, applications } = forest.data, file = files[frames.file[frame]], line = frames.line[frame];
  return [applications[frames.application[frame]], file && file + (line > 0 ? `:${line}` : '')].filter(Boolean).join(' · ');
}

function columnOf(graph, side, which) {
  return forest.sums(state.collapse, state.hide, state.weight, side)[which];
}

function changeOf(graph, v) {
  const which = graph.weighed === graph.sums.own || graph instanceof Callees ? 'own' : 'total';
  return graph.sum(v, columnOf(graph, 'head', which)) - graph.sum(v, columnOf(graph, 'base', which));
}

function changeText(base, head) {
  const change = head - base, by = weightText(Math.abs(change));
  const word = change === 0 ? 'unchanged' : base === 0 ? 'not in BASE' : head === 0 ? 'vanished'
    : change > 0 ? `grown by ${by}, +${digits3(100 * change / base)}%` : `shrunk by ${by}, −${share(-change, base)}`;
  return `BASE ${weightText(base)}, HEAD ${weightText(head)}: ${word}`;
}

// Both sides and the change. Of callers on callees there is no more to say than what the callee weighs.
function comparisonLines(graph, v) {
  const columns = graph.weighed === graph.sums.own ? [['total', 'own']] : [['total', 'total'], ['own', 'own']];
  const texts = columns.map(([, which]) => {
    const [base, head] = ['base', 'head'].map((side) => graph.sum(v, columnOf(graph, side, which)));
    return base + head > 0 ? changeText(base, head) : '';
  });
  return columns.map(([word], i) => texts[i] && `${word}: ${texts[i]}`).filter((line, i) => line && texts.indexOf(texts[i]) === i);
}

function functionLine(frame) {
  const { timed, mean, min, max } = forest.data.frames;
  return frame >= 0 && timed[frame] > 0
    ? [`whole profile: ${plural(timed[frame], 'call')} timed, mean ${time(mean[frame])}, min ${time(min[frame])}, max ${time(max[frame])}`] : [];
}

// Where more was taken out for tracing than is left, a small error of the one is a large one of the other.
function doubtLines(graph, v) {
  if (!forest.data.tracing || state.weight === 'calls')
    return [];
  const left = graph.width[v], tracing = graph.sum(v, columnOf(graph, 'tracing', graph.weighed === graph.sums.own ? 'own' : 'total'));
  return tracing > left ? [`uncertain: ${weightText(left)} left of ${weightText(left + tracing)}, the rest was tracing`] : [];
}

function describe({ part, v }) {
  const { graph } = part, all = view.parts[0].graph.width[0], weight = graph.width[v];
  const whole = view.name === 'sandwich' ? columnOf(graph, 'drawn', 'total')[0] : all;
  const shares = [weightText(weight), `${share(weight, whole)} of all`];
  if (zoomed.v !== 0 && zoomed.part === part)
    shares.push(`${share(weight, graph.width[zoomed.v])} of ${short(nameOf(graph.frame[zoomed.v]))}`);
  else if (view.name === 'sandwich' && v !== 0)
    shares.push(`${share(weight, all)} of ${short(nameOf(+state.of))}`);
  if (view.chart)
    return [shares.join(' · '), `at ${moment(graph.start[v], all)}`, ...functionLine(graph.frame[v])];
  const lines = forest.data.compare ? [] : [`total ${shares.join(' · ')}`];
  const callers = graph instanceof Callers, whose = callers && v !== 0 ? short(nameOf(graph.whole ? graph.path(v)[0] : +state.of)) : '';
  if (forest.data.compare)
    lines.push(...comparisonLines(graph, v), shares.slice(1).join(' · '));
  else if (!callers && !isRoot({ part, v })) {
    const own = graph.sum(v, graph.sums.own);
    if (own !== weight)
      lines.push(`own ${weightText(own)} · ${share(own, whole)} of all`);
  }
  if (whose !== '' && (graph.depth[v] > 1 || !graph.whole))
    lines.push(`in ${whose}, called from here`);
  const called = isRoot({ part, v }) ? 0 : graph.sum(v, forest.called(state.collapse));
  if (called > 0 && state.weight !== 'calls')
    lines.push(plural(called, 'call') + (whose && graph.depth[v] > 1 ? ` of ${whose}` : ''));
  return [...lines, ...doubtLines(graph, v), ...functionLine(graph.frame[v])];
}

// The whole stack that a box is on, outermost frame first, as folded text has it.
function stackOf({ part, v }) {
  const { graph } = part, { reversed } = forest.data;
  let frames = graph.path(v);
  if (view.name === 'sandwich')
    frames = [+state.of, ...frames];
  if ((graph instanceof Callers) !== reversed)
    frames.reverse();
  return frames.map(nameOf).join(';');
}

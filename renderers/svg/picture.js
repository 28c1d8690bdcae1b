// The svg that this script sits in, as it was written: complete without a script, and so it stays until its data is
// read, or where it cannot be. Names are hostile: they are read from data and written as textContent, nothing else.
const svg = document.currentScript?.ownerSVGElement;
const dataElement = svg?.querySelector('metadata.data'), styleElement = svg?.querySelector('style');
if (!dataElement || svg.flambeau || !styleElement.sheet || !window.DecompressionStream)
  return;
svg.flambeau = true;
const standalone = document.documentElement === svg;
const titleElement = svg.querySelector('title'), paper = svg.querySelector('.paper'), aside = svg.querySelector('.aside');
const graphElement = svg.querySelector('.graph');
const rootColor = graphElement.querySelector('rect').getAttribute('fill');
const yOf = (group) => Number(/,([\d.]+)/.exec(group.getAttribute('transform'))[1]);
const rowYs = [...graphElement.children].map(yOf), staticRows = rowYs.length;
const stillAxis = svg.querySelector('.axis'), lowest = Math.max(...rowYs) + 18;
const still = { top: stillAxis ? yOf(stillAxis) : Math.min(...rowYs), controls: svg.getAttribute('data-controls').split(' ').map(Number) };
let { top, controls: controlsAt } = still;
const bottom = svg.viewBox.baseVal.height - lowest;
const texts = [...svg.children].filter((child) => child.localName === 'text' && +child.getAttribute('y') > lowest);
const note = texts[texts.length - 1] ?? null;
note?.classList.add('note');
let width = +graphElement.getAttribute('data-width'), shifted = 0;
const declared = svg.viewBox.baseVal.width;
const axisElement = stillAxis ?? document.createElementNS('http://www.w3.org/2000/svg', 'g');
if (!stillAxis) {
  axisElement.setAttribute('class', 'axis');
  axisElement.setAttribute('transform', `translate(12,${top})`);
  graphElement.before(axisElement);
}

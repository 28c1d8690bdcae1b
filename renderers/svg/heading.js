// In a window much narrower than the picture: what is written above the graph, set anew as HTML, which wraps.
const isHeading = (child) => (child.localName === 'text' && child !== note) || (child.localName === 'rect' && child !== paper);
const headings = [...svg.children].filter(isHeading);
let heading = null;

function writeHeading() {
  const frame = svgElement('foreignObject', svg, { class: 'heading', x: MARGIN_PX, y: 0, height: 1 }), text = element('div', frame);
  headings.forEach((item, i) => {
    const swatch = headings[i - 1]?.localName === 'rect' ? headings[i - 1].getAttribute('fill') : null;
    if (item.localName !== 'text')
      return;
    const line = element(swatch ? 'span' : 'p', text, { class: item.getAttribute('class') });
    if (swatch)
      element('i', line).style.background = swatch;
    line.append(item.textContent);
  });
  return frame;
}

// Leaves where the controls and the graph begin.
function arrangeHeading(narrow) {
  svg.classList.toggle('narrow', narrow);
  [top, controlsAt] = [still.top, still.controls];
  if (!narrow) {
    heading?.remove();
    heading = null;
    return;
  }
  heading ??= writeHeading();
  set(heading, { width });
  const height = Math.ceil(heading.firstChild.offsetHeight);
  controlsAt = [MARGIN_PX, height, width, still.controls[3]];
  top = height + still.controls[3] + 8;
}

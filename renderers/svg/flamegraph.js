// Zoom, search, tooltips and keys for the one svg this script sits in. The still picture is complete without it.
// Names are hostile: they are read from text nodes and written as textContent, nothing else.
(function () {
  'use strict';
  var svg = document.currentScript && document.currentScript.ownerSVGElement;
  if (!svg || svg.flambeau)
    return;
  svg.flambeau = true;
  var SVG = 'http://www.w3.org/2000/svg', HTML = 'http://www.w3.org/1999/xhtml';
  var graph = svg.querySelector('.graph'), margin = 12, padding = 3, cell = 7.3;
  var axis = svg.querySelector('.axis'); // a chart has one: there, widths are time for all processes alike
  var width = +graph.getAttribute('data-width'), unit = graph.getAttribute('data-unit');
  var standalone = document.documentElement === svg;
  var boxes = [], boxOf = new Map(), root, zoomed, focused = null, hovering = false;

  // The data: a group a row, root first; a rect a box, "start width own calls" in data-v (a chart has the first two);
  // in its title a line each: name, maybe its place in the source, details
  function read() {
    Array.prototype.forEach.call(graph.children, function (group, row) {
      Array.prototype.forEach.call(group.querySelectorAll('rect'), function (rect) {
        var v = rect.getAttribute('data-v').split(' ').map(Number), title = rect.firstElementChild;
        var label = rect.nextElementSibling, lines = title.textContent.split('\n');
        var box = { rect: rect, row: row, start: v[0], width: v[1], own: v[2], calls: v.length > 3 ? v[3] : 0,
                    name: lines[0], place: lines.length > 2 ? lines[1] : '',
                    label: label && label.localName === 'text' ? label : null, lane: rect.classList.contains('lane'),
                    shown: !rect.classList.contains('off'), x: +rect.getAttribute('x'), w: +rect.getAttribute('width') };
        rect.removeChild(title); // else the browser shows its own tooltip, too
        boxOf.set(rect, box);
        boxes.push(box);
      });
    });
    root = zoomed = boxes[0];
  }

  // Numbers, as the still picture writes them
  function count(n) { return String(n).replace(/\B(?=(\d{3})+$)/g, ','); }
  function digits3(n) { return n >= 99.95 ? n.toFixed(0) : n >= 9.995 ? n.toFixed(1) : n.toFixed(2); }
  function time(ns) {
    var units = [[36e12, 36e11, ' h'], [6e11, 6e10, ' min'], [999.5e6, 1e9, ' s'], [999.5e3, 1e6, ' ms'], [1e3, 1e3, ' µs']];
    var at = units.find(function (u) { return ns >= u[0]; });
    return at ? digits3(ns / at[1]) + at[2] : ns + ' ns';
  }
  // A moment of a chart, exact, in the unit that suits the whole of it
  function moment(ns) {
    var units = [[1e9, 9, ' s'], [1e6, 6, ' ms'], [1e3, 3, ' µs'], [1, 0, ' ns']];
    var at = units.find(function (u) { return u[0] <= root.width; });
    var rest = String(ns % at[0]).padStart(at[1], '0').replace(/0+$/, '');
    return Math.floor(ns / at[0]) + (rest === '' ? '' : '.' + rest) + at[2];
  }
  function weight(n) { return unit === 'ns' ? time(n) : unit === 'calls' ? calls(n) : count(n); }
  function calls(n) { return count(n) + (n === 1 ? ' call' : ' calls'); }
  function share(part, whole) {
    var percent = 100 * part / whole;
    if (part === 0 || part >= whole)
      return part === 0 ? '0%' : '100%';
    return percent < 0.005 ? '<0.01%' : percent < 9.95 ? percent.toFixed(2) + '%' : Math.min(percent, 99.9).toFixed(1) + '%';
  }

  // Labels: cut between characters, an ellipsis behind
  function cells(character) {
    var c = character.codePointAt(0);
    return /\p{M}/u.test(character) ? 0 : c >= 0x1100 && !(c >= 0x2000 && c < 0x2e80) && c !== 0xfffd ? 2 : 1;
  }
  function fit(name, room) {
    var used = 0, last = '', text = '';
    for (var character of name) {
      used += cells(character);
      if (used > room)
        return room < 3 || last === '' ? '' : last + '…';
      text += character;
      if (used + 1 <= room)
        last = text;
    }
    return text;
  }

  // Drawing: what overlaps the zoomed box's stretch, cut to it; in a graph that is the box, what is on it and beneath it
  function draw() {
    var scale = width / zoomed.width, from = zoomed.start, to = zoomed.start + zoomed.width;
    boxes.forEach(function (box) {
      var end = box.start + box.width, first = Math.max(box.start, from), last = Math.min(end, to);
      var above = box.start < from || end > to || (box.row < zoomed.row && box.start === from && end === to);
      box.x = (first - from) * scale;
      box.w = (last - first) * scale;
      if (box.w >= 2)
        box.w -= 0.5;
      if (box.lane)
        box.w = Math.max(box.w, 0.1);
      box.shown = last > first && box.w >= 0.1;
      box.rect.classList.toggle('off', !box.shown);
      box.rect.classList.toggle('above', above);
      if (box.shown) {
        box.rect.setAttribute('x', box.x.toFixed(2));
        box.rect.setAttribute('width', box.w.toFixed(2));
      }
      drawLabel(box, above);
    });
    if (axis)
      drawAxis(from, to, scale);
    reset.hidden = zoomed === root;
    search();
  }
  function drawLabel(box, above) {
    var label = box.shown ? labelOf(box) : { text: '' };
    if (!box.label && label.text === '')
      return;
    if (!box.label) {
      box.label = document.createElementNS(SVG, 'text');
      box.label.setAttribute('y', '13');
      box.rect.after(box.label);
    }
    box.label.textContent = label.text;
    box.label.setAttribute('x', (label.x || 0).toFixed(2));
    box.label.setAttribute('class', (label.beside || '') + (above ? ' above' : ''));
  }
  function room(w) { return Math.floor((w - padding - 2) / cell); }
  // Lanes are named, however short the process lived: beside its box, where there is more room
  function labelOf(box) {
    var text = fit(box.name, room(box.w)), right = width - box.x - box.w;
    if (!box.lane || text === box.name)
      return { text: text, x: box.x + padding };
    if (fit(box.name, room(right)) === box.name || right >= box.x)
      return { text: fit(box.name, room(right)), x: box.x + box.w + padding, beside: 'code' };
    return { text: fit(box.name, room(box.x)), x: box.x - padding, beside: 'code end' };
  }
  // Ticks every 1, 2, 5, 10, 20, 50...: the first that keeps labels apart
  var ticks = axis && axis.querySelector('path').getAttribute('d').replace(/^M\S+/, '');
  function drawAxis(from, to, scale) {
    var power = 1, least = 110 / scale;
    while (power * 10 < least)
      power *= 10;
    var step = power * [1, 2, 5, 10].find(function (factor) { return factor * power >= least; });
    axis.textContent = '';
    var first = Math.ceil(from / step) * step;
    for (var i = 0, at = first; at <= to && i <= width / 100; at = first + ++i * step) { // far out a step may be lost in rounding
      var x = (at - from) * scale, path = document.createElementNS(SVG, 'path');
      path.setAttribute('d', 'M' + x.toFixed(2) + ticks);
      axis.appendChild(path);
      if (fit(moment(at), room(width - x)) !== moment(at))
        continue;
      var text = document.createElementNS(SVG, 'text');
      text.textContent = moment(at);
      text.setAttribute('class', 'muted');
      text.setAttribute('x', (x + padding).toFixed(2));
      text.setAttribute('y', '13');
      axis.appendChild(text);
    }
  }
  function zoom(box) {
    zoomed = box;
    hide();
    draw();
  }

  // Search: text without regard to case, or a regular expression
  function search() {
    var query = input.value, matches = null;
    result.textContent = '';
    if (query !== '' && regex.getAttribute('aria-pressed') === 'true') {
      try {
        var pattern = new RegExp(query, 'iu');
        matches = function (name) { return pattern.test(name); };
      } catch (e) {
        result.textContent = 'not a pattern';
      }
    } else if (query !== '') {
      var wanted = query.toLowerCase();
      matches = function (name) { return name.toLowerCase().indexOf(wanted) >= 0; };
    }
    graph.classList.toggle('searching', matches !== null);
    boxes.forEach(function (box) {
      box.match = matches !== null && matches(box.name);
      box.rect.classList.toggle('match', box.match);
    });
    if (matches !== null)
      result.textContent = 'matched ' + share(matchedWidth(), zoomed.width);
  }
  // What the matches cover of the part in view, each stretch once.
  function matchedWidth() {
    var end = zoomed.start, sum = 0, last = zoomed.start + zoomed.width;
    boxes.filter(function (box) { return box.match; }).sort(function (a, b) {
      return a.start - b.start || b.width - a.width;
    }).forEach(function (box) {
      var from = Math.max(box.start, end), to = Math.min(box.start + box.width, last);
      if (to > from) {
        sum += to - from;
        end = to;
      }
    });
    return sum;
  }

  // Tooltips and the box the keys are at
  function describe(box) {
    var lines = [weight(box.width) + ' · ' + share(box.width, root.width) + ' of all' +
                 (zoomed === root ? '' : ' · ' + share(box.width, zoomed.width) + ' of ' + short(zoomed.name))];
    if (axis)
      lines.push('at ' + moment(box.start));
    else if (box !== root && box.own !== box.width)
      lines.push('own ' + weight(box.own) + ' · ' + share(box.own, root.width) + ' of all');
    if (box.calls > 0 && unit !== 'calls')
      lines.push(calls(box.calls));
    return lines.join('\n');
  }
  function short(name) { return fit(name, 40); }
  function show(box, x, y) {
    var w = Math.min(440, width), h;
    tipName.textContent = box.name;
    tipText.textContent = describe(box);
    tipPlace.textContent = box.place;
    tip.setAttribute('width', w);
    tip.style.display = '';
    w = tipBox.offsetWidth;
    h = tipBox.offsetHeight;
    var all = svg.viewBox.baseVal;
    tip.setAttribute('height', h);
    tip.setAttribute('x', Math.max(2, Math.min(x + 12, all.width - w - 4)));
    tip.setAttribute('y', y + 18 + h > all.height ? Math.max(2, y - h - 10) : y + 18);
  }
  function hide() { tip.style.display = 'none'; }
  function focus(box) {
    if (focused)
      focused.rect.classList.remove('at');
    focused = box;
    if (!box)
      return hide();
    box.rect.classList.add('at');
    graph.setAttribute('aria-label', box.name + ', ' + (box.place && box.place + ', ') + describe(box).replace(/\n/g, ', '));
    var group = box.rect.parentNode.transform.baseVal.consolidate().matrix;
    show(box, margin + box.x, group.f + 4);
  }
  // The box next to `box` in its row, or the nearest above or below it, among those shown.
  function neighbor(box, key) {
    var outward = svg.getAttribute('data-icicle') === null ? 'ArrowUp' : 'ArrowDown';
    var beside = key === 'ArrowLeft' || key === 'ArrowRight', left = key === 'ArrowLeft', up = key === outward;
    var end = box.start + box.width, middle = box.start + box.width / 2;
    var candidates = boxes.filter(function (b) {
      if (!b.shown || b === box)
        return false;
      if (beside)
        return b.row === box.row && (left ? b.start < box.start : b.start > box.start);
      return up ? b.row > box.row && b.start < end && b.start + b.width > box.start
                : b.row < box.row && b.start <= middle && b.start + b.width >= middle;
    });
    candidates.sort(function (a, b) {
      var rows = Math.abs(a.row - box.row) - Math.abs(b.row - box.row);
      return rows || (up ? b.width - a.width : Math.abs(a.start - box.start) - Math.abs(b.start - box.start));
    });
    return candidates[0] || box;
  }

  // Controls
  function element(name, parent, properties) {
    var made = document.createElementNS(HTML, name);
    Object.keys(properties || {}).forEach(function (key) { made.setAttribute(key, properties[key]); });
    parent.appendChild(made);
    return made;
  }
  function foreign(className) {
    var made = document.createElementNS(SVG, 'foreignObject');
    made.setAttribute('class', className);
    svg.appendChild(made);
    return made;
  }
  var place = svg.getAttribute('data-controls').split(' ').map(Number);
  var controls = foreign('panel'), bar = element('div', controls, { 'class': 'controls' });
  var result = element('output', bar), reset = element('button', bar, { type: 'button', 'class': 'reset' });
  var input = element('input', bar, { type: 'search', placeholder: 'Search', 'aria-label': 'Search for functions', spellcheck: 'false' });
  var regex = element('button', bar, { type: 'button', 'class': 'regex', title: 'Regular expression', 'aria-pressed': 'false' });
  reset.textContent = 'Reset zoom';
  regex.textContent = '.*';
  var tip = foreign('tip'), tipBox = element('div', tip);
  var tipName = element('b', tipBox), tipPlace = element('i', tipBox), tipText = element('span', tipBox);
  function arrange() {
    controls.setAttribute('x', place[0]);
    controls.setAttribute('y', place[1]);
    controls.setAttribute('width', place[2]);
    controls.setAttribute('height', place[3]);
  }

  // A document of its own takes the window's width
  function resize() {
    var room = window.visualViewport ? window.visualViewport.width : window.innerWidth; // without a scroll bar
    var wanted = Math.max(declared, Math.floor(room));
    if (!standalone || wanted === width + 2 * margin)
      return;
    var more = wanted - (width + 2 * margin), height = svg.viewBox.baseVal.height;
    width += more;
    svg.setAttribute('width', wanted);
    svg.setAttribute('viewBox', '0 0 ' + wanted + ' ' + height);
    svg.querySelector('.paper').setAttribute('width', wanted);
    var aside = svg.querySelector('.aside');
    shifted += more;
    if (aside)
      aside.setAttribute('transform', 'translate(' + shifted + ',0)');
    place[0] += more;
    arrange();
    hide();
    draw();
  }
  var declared = width + 2 * margin, shifted = 0;

  // Events
  function at(event) { return boxOf.get(event.target); }
  graph.addEventListener('click', function (event) {
    var box = at(event);
    if (box)
      zoom(box);
  });
  graph.addEventListener('mousemove', function (event) {
    var box = at(event), matrix = svg.getScreenCTM();
    if (!box || !matrix)
      return hide();
    var point = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    show(box, point.x, point.y);
  });
  graph.addEventListener('mouseleave', hide);
  svg.addEventListener('mouseenter', function () { hovering = true; });
  svg.addEventListener('mouseleave', function () { hovering = false; });
  graph.addEventListener('focus', function () {
    if (graph.matches(':focus-visible'))
      focus(focused && focused.shown ? focused : zoomed);
  });
  graph.addEventListener('blur', function () { focus(null); });
  graph.addEventListener('keydown', function (event) {
    if (/^Arrow/.test(event.key))
      focus(neighbor(focused || zoomed, event.key));
    else if ((event.key === 'Enter' || event.key === ' ') && focused) {
      zoom(focused);
      focus(focused);
    } else
      return;
    event.preventDefault();
  });
  reset.addEventListener('click', function () { zoom(root); });
  regex.addEventListener('click', function () {
    regex.setAttribute('aria-pressed', regex.getAttribute('aria-pressed') === 'true' ? 'false' : 'true');
    search();
  });
  input.addEventListener('input', search);
  document.addEventListener('keydown', function (event) {
    if (!standalone && !hovering && !svg.contains(document.activeElement))
      return;
    if (event.key === 'Escape') {
      input.value = '';
      zoom(root);
    } else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'f' && document.activeElement !== input) {
      event.preventDefault();
      input.focus();
      input.select();
    }
  });
  window.addEventListener('resize', resize);

  read();
  graph.classList.add('live');
  graph.setAttribute('tabindex', '0');
  var title = svg.firstElementChild;
  if (!standalone && title.localName === 'title')
    svg.removeChild(title); // the picture's name: as a tooltip it would follow the mouse everywhere
  hide();
  arrange();
  measure();
  reset.hidden = true;
  if (cell > 7.3)
    draw();
  resize();

  // Where the browser's font is wider than the one the labels were cut for, they are cut again.
  function measure() {
    var probe = document.createElementNS(SVG, 'text');
    probe.textContent = 'MMMMMMMMMM';
    graph.appendChild(probe);
    cell = Math.max(cell, probe.getComputedTextLength() / 10 || 0);
    graph.removeChild(probe);
  }
}());

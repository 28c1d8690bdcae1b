// Enters: numbers and names. Leaves: short texts, as the still picture writes them.
const count = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ',');
const digits3 = (n) => (n >= 99.95 ? n.toFixed(0) : n >= 9.995 ? n.toFixed(1) : n.toFixed(2));
const plural = (n, noun) => `${count(n)} ${noun}${n === 1 ? '' : 's'}`;

function time(ns) {
  const units = [[36e12, 36e11, 'h'], [6e11, 6e10, 'min'], [999.5e6, 1e9, 's'], [999.5e3, 1e6, 'ms'], [1e3, 1e3, 'µs']];
  const unit = units.find(([from]) => ns >= from);
  return unit ? `${digits3(ns / unit[1])} ${unit[2]}` : `${ns} ns`;
}

// A moment of a chart, exact, in the unit that suits the whole of it.
function moment(ns, whole) {
  const [unit, digits, name] = [[1e9, 9, 's'], [1e6, 6, 'ms'], [1e3, 3, 'µs'], [1, 0, 'ns']].find(([from]) => from <= whole || from === 1);
  const rest = String(ns % unit).padStart(digits, '0').replace(/0+$/, '');
  return `${Math.floor(ns / unit)}${rest && `.${rest}`} ${name}`;
}

function share(part, whole) {
  const percent = 100 * part / whole;
  if (!(part > 0) || part >= whole)
    return part > 0 ? '100%' : '0%';
  return percent < 0.005 ? '<0.01%' : percent < 9.95 ? `${percent.toFixed(2)}%` : `${Math.min(percent, 99.9).toFixed(1)}%`;
}

// Labels: cut between characters, an ellipsis behind.
function cells(character) {
  const c = character.codePointAt(0);
  return /\p{M}/u.test(character) ? 0 : c >= 0x1100 && !(c >= 0x2000 && c < 0x2e80) && c !== 0xfffd ? 2 : 1;
}

function fit(name, room) {
  if (name.length <= room && /^[ -~]*$/.test(name))
    return name;
  let used = 0, last = '', text = '';
  for (const character of name) {
    used += cells(character);
    if (used > room)
      return room < 3 || last === '' ? '' : `${last}…`;
    text += character;
    if (used + 1 <= room)
      last = text;
  }
  return text;
}

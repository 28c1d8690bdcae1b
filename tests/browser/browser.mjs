// What a person does with the SVG, done in the installed Chromium: browser.mjs PICTURES_PROGRAM [SCREENSHOT_FOLDER]
// Numbers expected here are worked out from the stacks in pictures.c.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const WHERE = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', '--no-first-run'];
const GRAPH_PX = 1200 - 2 * 12;

function missing(what) {
  console.error(`browser tests: ${what}`);
  process.exit(1);
}

const { chromium } = await import('playwright-core').catch(
  () => missing('playwright-core is not installed; run scripts/setup --tests'));
const executablePath = WHERE.find((path) => path && existsSync(path)) ??
  missing('there is no Chromium; run scripts/setup --tests, or set CHROMIUM to its path');
const [program, screenshots] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'flambeau-browser-'));
execFileSync(program, [folder]);

const browser = await chromium.launch({ executablePath, args: ARGS });
const cases = [];
const test = (name, run) => cases.push({ name, run });

async function open(file, options = {}) {
  const page = await browser.newPage({ viewport: { width: 1200, height: 500 }, ...options });
  page.problems = [];
  page.requests = [];
  page.on('pageerror', (error) => page.problems.push(error.message));
  page.on('console', (message) => message.type() === 'error' && page.problems.push(message.text()));
  page.on('request', (request) => page.requests.push(request.url()));
  await page.goto(pathToFileURL(join(folder, file)).href);
  return page;
}

// The nth box by its name in the still picture; the script takes the titles away, the order stays.
function indexOf(file, name) {
  const titles = [...readFileSync(join(folder, file), 'utf8').matchAll(/<rect [^>]*data-v=[^>]*><title>([^\n]*)/g)];
  const index = titles.findIndex((title) => title[1].replace(/&lt;/g, '<').replace(/&gt;/g, '>') === name);
  assert.notEqual(index, -1, `${name} is not in ${file}`);
  return index;
}
const box = (page, name, file = 'shop.svg', scope = page) => scope.locator('rect[data-v]').nth(indexOf(file, name));
const widthOf = async (rect) => Number(await rect.getAttribute('width'));
const isHidden = async (rect) => (await rect.evaluate((element) => getComputedStyle(element).display)) === 'none';
const near = (actual, expected, tolerance) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} ± ${tolerance}`);
const tip = (page) => page.locator('.tip div').innerText();

test('a click zooms: descendants widen, ancestors stay and are dimmed, the rest goes', async () => {
  const page = await open('shop.svg');
  const total = box(page, 'Shop.Cart.total/2');
  near(await widthOf(total), GRAPH_PX * 0.35 - 0.5, 0.2); // 3.5 s of 10 s
  await total.click();
  near(await widthOf(total), GRAPH_PX - 0.5, 0.01);
  near(await widthOf(box(page, 'Enum.reduce/3')), GRAPH_PX * 29 / 35 - 0.5, 0.01); // 2.9 s of 3.5 s
  near(await widthOf(box(page, 'gen_server:loop/7')), GRAPH_PX - 0.5, 0.01);
  assert.ok(await box(page, 'gen_server:loop/7').evaluate((element) => element.classList.contains('above')));
  assert.ok(await isHidden(box(page, 'lists:sort/1')));
  const label = await box(page, 'ets:lookup/2').evaluate((element) => element.nextElementSibling.textContent);
  assert.equal(label, 'ets:lookup/2');
  return page;
});

for (const [how, act] of [
  ['the button', (page) => page.locator('button.reset').click()],
  ['Escape', (page) => page.keyboard.press('Escape')],
  ['a click on the root', (page) => box(page, 'all').click()],
])
  test(`${how} resets the zoom`, async () => {
    const page = await open('shop.svg');
    assert.ok(await page.locator('button.reset').isHidden());
    await box(page, 'lists:sort/1').click();
    assert.ok(await page.locator('button.reset').isVisible());
    await act(page);
    near(await widthOf(box(page, 'Shop.Cart.total/2')), GRAPH_PX * 0.35 - 0.5, 0.01);
    assert.ok(!(await isHidden(box(page, '[waiting]'))));
    assert.ok(await page.locator('button.reset').isHidden());
    return page;
  });

test('Ctrl-F searches for text: matches are marked, their share is each stretch once', async () => {
  const page = await open('shop.svg');
  await page.keyboard.press('Control+f');
  await page.keyboard.type('LISTS:');
  assert.equal(await page.locator('rect.match').count(), 4);
  // foldl 2.3 s and sort 1.6 s; split_1 and rmergel are inside sort.
  assert.equal(await page.locator('output').innerText(), 'matched 39.0%');
  await box(page, 'Shop.Cart.total/2').click();
  assert.equal(await page.locator('output').innerText(), 'matched 65.7%'); // 2.3 s of 3.5 s
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('rect.match').count(), 0);
  assert.equal(await page.locator('output').innerText(), '');
  return page;
});

test('a regular expression is one when asked for', async () => {
  const page = await open('shop.svg');
  await page.fill('input', '^lists:(sort|split).*/[15]$');
  assert.equal(await page.locator('output').innerText(), 'matched 0%');
  await page.click('button.regex');
  assert.equal(await page.locator('output').innerText(), 'matched 16.0%');
  await page.fill('input', '(');
  assert.equal(await page.locator('output').innerText(), 'not a pattern');
  assert.equal(await page.locator('rect.match').count(), 0);
  return page;
});

test('tooltips: name, time, share of all and of the zoomed frame, own time, calls', async () => {
  const page = await open('shop.svg');
  await box(page, 'Shop.Cart.total/2').hover();
  assert.deepEqual((await tip(page)).split('\n').filter(Boolean),
    ['Shop.Cart.total/2', '3.50 s · 35.0% of all', 'own 400 ms · 4.00% of all', '1,234 calls']);
  await box(page, 'Shop.Cart.total/2').click();
  await box(page, 'Enum.reduce/3').hover();
  assert.deepEqual((await tip(page)).split('\n').filter(Boolean),
    ['Enum.reduce/3', '2.90 s · 29.0% of all · 82.9% of Shop.Cart.total/2', 'own 600 ms · 6.00% of all', '1,234 calls']);
  await page.mouse.move(5, 5);
  assert.ok(await page.locator('.tip').isHidden());
  assert.equal(await page.locator('rect title').count(), 0); // no second tooltip by the browser
  return page;
});

test('keys: Tab reaches the graph, arrows walk, Enter zooms', async () => {
  const page = await open('shop.svg');
  await page.evaluate(() => document.querySelector('.graph').focus());
  await page.keyboard.press('ArrowUp');
  assert.match(await tip(page), /^proc_lib:init_p_do_apply\/3/);
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp'); // the widest above: 6.5 s against 3 s of waiting
  assert.match(await tip(page), /^gen_server:try_handle_call\/4/);
  await page.keyboard.press('ArrowLeft');
  assert.match(await tip(page), /^\[waiting\]/);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  assert.match(await tip(page), /^gen_server:loop\/7/);
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  near(await widthOf(box(page, 'gen_server:try_handle_call/4')), GRAPH_PX - 0.5, 0.01);
  return page;
});

test('with the root on top, Down leads to the callees', async () => {
  const page = await open('icicle.svg');
  await page.evaluate(() => document.querySelector('.graph').focus());
  await page.keyboard.press('ArrowDown');
  assert.match(await tip(page), /^proc_lib:init_p_do_apply\/3/);
  return page;
});

test('two pictures in one page do not disturb each other or the page', async () => {
  const svg = readFileSync(join(folder, 'shop.svg'), 'utf8');
  writeFileSync(join(folder, 'two.html'),
    `<!DOCTYPE html><meta charset="utf-8"><p>Text</p><div id="one">${svg}</div><div id="two">${svg}</div>`);
  const page = await open('two.html', { viewport: { width: 1300, height: 900 } });
  const globals = await page.evaluate(() => {
    const frame = document.body.appendChild(document.createElement('iframe'));
    const fresh = new Set(Object.getOwnPropertyNames(frame.contentWindow));
    frame.remove();
    // Named elements of the page (#one, #two) are properties of no object of their own.
    return Object.getOwnPropertyNames(window).filter((name) => !fresh.has(name) && !/^\d+$/.test(name));
  });
  assert.deepEqual(globals.filter((name) => !/playwright|builtins/i.test(name)), []);
  assert.equal(await page.locator('svg [id]').count(), 0);
  const one = page.locator('#one'), two = page.locator('#two');
  await box(page, 'Shop.Cart.total/2', 'shop.svg', one).click();
  near(await widthOf(box(page, 'Shop.Cart.total/2', 'shop.svg', one)), GRAPH_PX - 0.5, 0.01);
  near(await widthOf(box(page, 'Shop.Cart.total/2', 'shop.svg', two)), GRAPH_PX * 0.35 - 0.5, 0.2);
  await box(page, 'all', 'shop.svg', two).hover();
  await page.keyboard.press('Control+f');
  await page.keyboard.type('ets');
  assert.equal(await two.locator('rect.match').count(), 1);
  assert.equal(await one.locator('rect.match').count(), 0);
  assert.equal(await page.locator('p').evaluate((element) => getComputedStyle(element).fontSize), '16px');
  return page;
});

test('as an <img> the still picture is whole', async () => {
  writeFileSync(join(folder, 'img.html'), '<!DOCTYPE html><img src="shop.svg">');
  const page = await open('img.html', { viewport: { width: 1300, height: 500 } });
  const size = await page.locator('img').evaluate((img) => [img.complete, img.naturalWidth, img.naturalHeight]);
  const declared = /width="(\d+)" height="(\d+)"/.exec(readFileSync(join(folder, 'shop.svg'), 'utf8'));
  assert.deepEqual(size, [true, Number(declared[1]), Number(declared[2])]);
  page.requests = []; // the picture itself
  return page;
});

test('without scripts there are the titles', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(pathToFileURL(join(folder, 'shop.svg')).href);
  const title = await box(page, 'Shop.Cart.total/2').locator('title').textContent();
  assert.equal(title, 'Shop.Cart.total/2\n3.50 s · 35.0% · own 400 ms · 1,234 calls');
  await context.close();
});

test('dark where the reader wants dark, labels dark on their boxes in both', async () => {
  const colors = async (page) => [
    await page.locator('.paper').evaluate((element) => getComputedStyle(element).fill),
    await page.locator('text.title').evaluate((element) => getComputedStyle(element).fill),
    await page.locator('.graph text').first().evaluate((element) => getComputedStyle(element).fill),
  ];
  const light = await open('shop.svg', { colorScheme: 'light' });
  assert.deepEqual(await colors(light), ['rgb(255, 255, 255)', 'rgb(27, 31, 36)', 'rgb(27, 31, 36)']);
  await light.close();
  const dark = await open('shop.svg', { colorScheme: 'dark' });
  assert.deepEqual(await colors(dark), ['rgb(22, 25, 29)', 'rgb(232, 234, 237)', 'rgb(27, 31, 36)']);
  return dark;
});

test('labels stay inside their boxes', async () => {
  for (const file of ['shop.svg', 'narrow.svg', 'hostile.svg', 'chart.svg']) {
    const page = await open(file);
    const outside = await page.evaluate(() => [...document.querySelectorAll('.graph text')].filter((text) => {
      const label = text.getBoundingClientRect(), rect = text.previousElementSibling.getBoundingClientRect();
      return text.getAttribute('class') === null && label.right > rect.right + 0.5;
    }).map((text) => text.textContent));
    assert.deepEqual(outside, [], file);
    await page.close();
  }
});

test('a window wider than the picture is used', async () => {
  const page = await open('shop.svg', { viewport: { width: 1500, height: 500 } });
  near(await widthOf(box(page, 'all')), 1500 - 24 - 0.5, 0.01);
  await page.setViewportSize({ width: 1200, height: 500 });
  await page.waitForFunction(([index, width]) => // the browser tells the page of its new size when it likes
    Math.abs(document.querySelectorAll('rect[data-v]')[index].getAttribute('width') - width) < 0.01,
  [indexOf('shop.svg', 'all'), GRAPH_PX - 0.5]);
  return page;
});

// The chart: 10 s of three processes in GRAPH_PX.
const xOf = async (rect) => Number(await rect.getAttribute('x'));
const chartBox = (page, name) => box(page, name, 'chart.svg');
const ticks = (page) => page.evaluate(() => [...document.querySelectorAll('.axis text')].map((text) => text.textContent));

test('in a chart a click zooms time for all processes', async () => {
  const page = await open('chart.svg');
  assert.deepEqual(await ticks(page), ['0 s', '1 s', '2 s', '3 s', '4 s', '5 s', '6 s', '7 s', '8 s', '9 s']);
  const foldl = chartBox(page, 'lists:foldl/3'); // from 3.25 s to 4.25 s
  near(await xOf(foldl), GRAPH_PX * 0.325, 0.1);
  await foldl.click();
  near(await xOf(foldl), 0, 0.01);
  near(await widthOf(foldl), GRAPH_PX - 0.5, 0.01);
  for (const above of ['all', 'shop_cart', 'gen_server:loop/7', 'Shop.Cart.handle_call/3']) {
    near(await widthOf(chartBox(page, above)), GRAPH_PX - 0.5, 0.01);
    assert.ok(await chartBox(page, above).evaluate((element) => element.classList.contains('above')));
  }
  // Another process, from 4 s to 4.3 s, is cut off at 4.25 s.
  near(await xOf(chartBox(page, 'Shop.Receipt.print/1')), GRAPH_PX * 0.75, 0.01);
  near(await widthOf(chartBox(page, 'Shop.Receipt.print/1')), GRAPH_PX * 0.25 - 0.5, 0.01);
  assert.ok(await isHidden(chartBox(page, '[waiting]')));
  // 110 of 1176 px of 1 s: 0.1 s from tick to tick; the first is at 3.3 s, 0.05 s from the edge.
  assert.deepEqual(await ticks(page), ['3.3 s', '3.4 s', '3.5 s', '3.6 s', '3.7 s', '3.8 s', '3.9 s', '4 s', '4.1 s', '4.2 s']);
  const first = await page.locator('.axis path').first().getAttribute('d');
  near(Number(first.match(/^M([\d.]+)/)[1]), GRAPH_PX * 0.05, 0.01);
  await page.keyboard.press('Escape');
  near(await xOf(foldl), GRAPH_PX * 0.325, 0.01);
  assert.equal((await ticks(page)).length, 10);
  return page;
});

test('tooltips in a chart: where in the source, how long, when', async () => {
  const page = await open('chart.svg');
  const total = chartBox(page, 'Shop.Cart.total/2');
  await total.hover();
  assert.deepEqual((await tip(page)).split('\n').filter(Boolean),
    ['Shop.Cart.total/2', 'lib/shop/<cart>.ex:12', '1.00 s · 10.0% of all', 'at 2 s']);
  await chartBox(page, 'Shop.Cart.handle_call/3').click(); // 3 s
  await total.hover();
  assert.deepEqual((await tip(page)).split('\n').filter(Boolean),
    ['Shop.Cart.total/2', 'lib/shop/<cart>.ex:12', '1.00 s · 10.0% of all · 33.3% of Shop.Cart.handle_call/3', 'at 2 s']);
  await chartBox(page, 'lists:foldl/3').hover();
  assert.deepEqual((await tip(page)).split('\n').filter(Boolean),
    ['lists:foldl/3', '1.00 s · 10.0% of all · 33.3% of Shop.Cart.handle_call/3', 'at 3.25 s']);
  return page;
});

test('a search in a chart tells the time in which something matches', async () => {
  const page = await open('chart.svg');
  await page.fill('input', 'io_lib');
  assert.equal(await page.locator('output').innerText(), 'matched 1.50%'); // 150 ms
  await page.fill('input', 'print/1'); // in two lanes, process and function: 300 ms and 100 ms
  assert.equal(await page.locator('output').innerText(), 'matched 4.00%');
  await chartBox(page, 'Shop.Receipt.print/1').click();
  assert.equal(await page.locator('output').innerText(), 'matched 100%');
  return page;
});

test('a process that lived briefly has its name beside its box', async () => {
  const page = await open('chart.svg');
  const lane = chartBox(page, 'Shop.Receipt.print/1 <0.124.0>');
  const label = () => lane.evaluate((element) => {
    const text = element.nextElementSibling, rect = element.getBoundingClientRect();
    return { name: text.textContent, before: rect.left - text.getBoundingClientRect().right,
             behind: text.getBoundingClientRect().left - rect.right };
  });
  assert.equal((await label()).name, 'Shop.Receipt.print/1 <0.124.0>');
  near((await label()).behind, 3, 1);
  const last = await chartBox(page, 'Shop.Receipt.print/1 <0.125.0>').evaluate((element) =>
    element.getBoundingClientRect().left - element.nextElementSibling.getBoundingClientRect().right);
  near(last, 3, 1);
  await chartBox(page, 'Shop.Cart.handle_call/3').click(); // 2 s to 5 s: the process is 118 px wide, 217 px are needed
  near((await label()).behind, 3, 1);
  await lane.click();
  assert.ok((await label()).behind < -1000); // on it
  return page;
});

test('keys in a chart walk from lane to lane', async () => {
  const page = await open('chart.svg');
  const press = async (key) => {
    await page.keyboard.press(key);
    return (await tip(page)).split('\n')[0];
  };
  await page.evaluate(() => document.querySelector('.graph').focus());
  for (const name of ['shop_cart', 'gen_server:loop/7', '[waiting]'])
    assert.equal(await press('ArrowUp'), name);
  assert.equal(await press('ArrowLeft'), 'Shop.Cart.handle_call/3');
  for (const name of ['Shop.Cart.total/2', 'lists:foldl/3', 'Shop.Receipt.print/1 <0.124.0>', 'Shop.Receipt.print/1'])
    assert.equal(await press('ArrowUp'), name);
  for (const name of ['Shop.Receipt.print/1 <0.124.0>', 'lists:foldl/3', 'Shop.Cart.total/2'])
    assert.equal(await press('ArrowDown'), name);
  // Nothing of the second process is on this time: the lane above the first is the third's.
  await page.keyboard.press('Escape');
  await chartBox(page, 'Shop.Receipt.print/1 <0.125.0>').click();
  await page.evaluate(() => document.querySelector('.graph').focus());
  assert.equal(await press('ArrowDown'), 'gen_server:loop/7');
  assert.equal(await press('ArrowUp'), 'Shop.Receipt.print/1 <0.125.0>');
  return page;
});

test('a chart of 10 ms, with the root on top', async () => {
  const page = await open('brief.svg');
  await page.setViewportSize({ width: 801, height: 500 }); // 777 px: at least 1.42 ms from tick to tick
  await page.waitForFunction(() => document.querySelectorAll('.axis path')[1].getAttribute('d').startsWith('M155.40 '));
  assert.deepEqual(await ticks(page), ['0 ms', '2 ms', '4 ms', '6 ms', '8 ms']);
  await box(page, 'lists:foldl/3', 'brief.svg').hover();
  assert.match(await tip(page), /1\.00 ms · 10\.0% of all\nat 3\.25 ms$/);
  await box(page, '[gc]', 'brief.svg').click(); // 40 µs: 5 µs are 97 px, 10 µs more than 110
  assert.deepEqual(await ticks(page), ['4.25 ms', '4.26 ms', '4.27 ms', '4.28 ms']);
  return page;
});

test('the PNG has every box where the SVG has it', async () => {
  for (const name of ['shop', 'chart']) {
    const page = await open(`${name}.svg`, { javaScriptEnabled: false });
    const boxes = await page.locator('rect[data-v]').evaluateAll((rects) => rects.map((rect) => {
      const { right, bottom, width } = rect.getBoundingClientRect();
      return { right, bottom, width, color: rect.getAttribute('fill') };
    }));
    assert.ok(boxes.length > 10);
    await page.close();
    const blank = await browser.newPage();
    const png = readFileSync(join(folder, `${name}.png`)).toString('base64');
    const wrong = await blank.evaluate(async ([data, expected]) => {
      const image = new Image();
      image.src = `data:image/png;base64,${data}`;
      await image.decode();
      const canvas = document.createElement('canvas');
      canvas.width = image.width;
      canvas.height = image.height;
      const context = canvas.getContext('2d');
      context.drawImage(image, 0, 0);
      return expected.filter(({ right, bottom, width, color }) => { // in the lower right corner, where no label is
        const pixel = context.getImageData(2 * (right - Math.min(width / 2, 1)), 2 * bottom - 2, 1, 1).data;
        const found = [...pixel].slice(0, 3).map((part) => part.toString(16).padStart(2, '0')).join('');
        return `#${found}` !== color;
      });
    }, [png, boxes]);
    await blank.close();
    assert.deepEqual(wrong, [], name);
  }
});

test('hostile names are text and nothing else', async () => {
  const inline = readFileSync(join(folder, 'hostile.svg'), 'utf8');
  writeFileSync(join(folder, 'hostile.html'), `<!DOCTYPE html><meta charset="utf-8">${inline}`);
  for (const file of ['hostile.svg', 'hostile.html']) {
    const page = await open(file);
    for (let i = 0; i < await page.locator('rect[data-v]').count(); i++) {
      await page.locator('rect[data-v]').nth(i).hover();
      await page.locator('rect[data-v]').nth(i).click();
      await page.keyboard.press('Escape');
    }
    await box(page, '<script>window.owned=1</script>:f/0', 'hostile.svg').hover();
    assert.match(await tip(page), /\n<\/title><img src=x onerror=window\.owned=1>\.erl:1\n/);
    await page.fill('input', '<script>');
    assert.equal(await page.locator('rect.match').count(), 2);
    assert.equal(await page.evaluate(() => window.owned), undefined);
    assert.equal(await page.locator('script').count(), 1);
    assert.equal(await page.locator('img').count(), 0);
    assert.deepEqual(page.problems, []);
    await page.close();
  }
});

async function takeScreenshots() {
  for (const colorScheme of ['light', 'dark'])
    for (const [file, width] of [['narrow', 400], ['shop', 1200], ['wide', 1600], ['hostile', 900], ['chart', 1200]]) {
      const page = await open(`${file}.svg`, { colorScheme, viewport: { width, height: 400 } });
      await page.screenshot({ path: join(screenshots, `${file}-${colorScheme}.png`) });
      await page.close();
    }
}

let failed = 0;
try {
  for (const { name, run } of cases) {
    try {
      const page = await run();
      if (page) {
        assert.deepEqual(page.problems, []);
        assert.deepEqual(page.requests.slice(1), [], 'the picture asked for something');
        await page.close();
      }
      console.log(`ok      ${name}`);
    } catch (error) {
      failed++;
      console.log(`FAILED  ${name}\n${error.stack}`);
    }
  }
  if (screenshots)
    await takeScreenshots();
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}
console.log(`${cases.length - failed} of ${cases.length} passed`);
process.exit(failed === 0 ? 0 : 1);

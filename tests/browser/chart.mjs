// A chart: time from left to right, a lane for each process.
import assert from 'node:assert/strict';

import { GRAPH_PX, box, focusGraph, hasClass, isGone, near, open, output, tip, widthOf, xOf } from './page.mjs';

// The chart: 10 s of three processes in GRAPH_PX.
const ticks = (page) => page.evaluate(() => [...document.querySelectorAll('.axis text')].map((text) => text.textContent));

export default function (test) {
  test('in a chart a click zooms time for all processes', async () => {
    const page = await open('chart.svg');
    assert.deepEqual(await ticks(page), ['0 s', '1 s', '2 s', '3 s', '4 s', '5 s', '6 s', '7 s', '8 s', '9 s']);
    const foldl = box(page, 'lists:foldl/3'); // from 3.25 s to 4.25 s
    near(await xOf(foldl), GRAPH_PX * 0.325, 0.1);
    await foldl.click();
    near(await xOf(foldl), 0, 0.01);
    near(await widthOf(foldl), GRAPH_PX - 0.5, 0.01);
    for (const above of ['all', 'shop_cart', 'gen_server:loop/7', 'Shop.Cart.handle_call/3']) {
      near(await widthOf(box(page, above)), GRAPH_PX - 0.5, 0.01);
      assert.ok(await hasClass(box(page, above), 'above'));
    }
    // Another process, from 4 s to 4.3 s, is cut off at 4.25 s.
    near(await xOf(box(page, 'Shop.Receipt.print/1')), GRAPH_PX * 0.75, 0.01);
    near(await widthOf(box(page, 'Shop.Receipt.print/1')), GRAPH_PX * 0.25 - 0.5, 0.01);
    assert.ok(await isGone(box(page, '[waiting]')));
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
    const total = box(page, 'Shop.Cart.total/2');
    await total.hover();
    assert.deepEqual(await tip(page),
      ['Shop.Cart.total/2', 'lib/shop/<cart>.ex:12', '1.00 s · 10.0% of all', 'at 2 s']);
    await box(page, 'Shop.Cart.handle_call/3').click(); // 3 s
    await total.hover();
    assert.deepEqual(await tip(page),
      ['Shop.Cart.total/2', 'lib/shop/<cart>.ex:12', '1.00 s · 10.0% of all · 33.3% of Shop.Cart.handle_call/3', 'at 2 s']);
    await box(page, 'lists:foldl/3').hover();
    assert.deepEqual(await tip(page),
      ['lists:foldl/3', '1.00 s · 10.0% of all · 33.3% of Shop.Cart.handle_call/3', 'at 3.25 s']);
    return page;
  });

  test('a search in a chart tells the time in which something matches', async () => {
    const page = await open('chart.svg');
    await page.fill('.find input', 'io_lib');
    assert.equal(await output(page), '1 match · 1.50%'); // 150 ms
    await page.fill('.find input', 'print/1'); // in two lanes, process and function: 300 ms and 100 ms
    assert.equal(await output(page), '4 matches · 4.00%');
    await box(page, 'Shop.Receipt.print/1').click();
    assert.equal(await output(page), '4 matches · 100%');
    return page;
  });

  test('a process that lived briefly has its name beside its box', async () => {
    const page = await open('chart.svg');
    const lane = box(page, 'Shop.Receipt.print/1 <0.124.0>');
    const label = () => lane.evaluate((element) => {
      const text = element.nextElementSibling, rect = element.getBoundingClientRect();
      return { name: text.textContent, before: rect.left - text.getBoundingClientRect().right,
               behind: text.getBoundingClientRect().left - rect.right };
    });
    assert.equal((await label()).name, 'Shop.Receipt.print/1 <0.124.0>');
    near((await label()).behind, 3, 1);
    const last = await box(page, 'Shop.Receipt.print/1 <0.125.0>').evaluate((element) =>
      element.getBoundingClientRect().left - element.nextElementSibling.getBoundingClientRect().right);
    near(last, 3, 1);
    await box(page, 'Shop.Cart.handle_call/3').click(); // 2 s to 5 s: the process is 118 px wide, 217 px are needed
    near((await label()).behind, 3, 1);
    await lane.click();
    assert.ok((await label()).behind < -1000); // on it
    return page;
  });

  test('keys in a chart walk from lane to lane', async () => {
    const page = await open('chart.svg');
    const press = async (key) => {
      await page.keyboard.press(key);
      return (await tip(page))[0];
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
    await box(page, 'Shop.Receipt.print/1 <0.125.0>').click();
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
    await box(page, 'lists:foldl/3').hover();
    assert.deepEqual((await tip(page)).slice(1), ['1.00 ms · 10.0% of all', 'at 3.25 ms']);
    await box(page, '[gc]').click(); // 40 µs: 5 µs are 97 px, 10 µs more than 110
    assert.deepEqual(await ticks(page), ['4.25 ms', '4.26 ms', '4.27 ms', '4.28 ms']);
    return page;
  });
}

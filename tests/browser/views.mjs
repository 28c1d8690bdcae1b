// Other ways to look at the same stacks.
import assert from 'node:assert/strict';

import { GRAPH_PX, box, choose, chooseFor, chooseView, drawn, isGone, near, open, spans, tip, widthOf, xOf, yOf } from './page.mjs';

export default function (test) {
  test('the root goes on top and back', async () => {
    const page = await open('shop.svg');
    const high = await yOf(box(page, 'ets:lookup/2')), low = await yOf(box(page, 'all'));
    await page.keyboard.press('t');
    assert.equal(await yOf(box(page, 'all')), high);
    assert.equal(await yOf(box(page, 'ets:lookup/2')), low);
    await page.keyboard.press('t');
    assert.equal(await yOf(box(page, 'all')), low);
    return page;
  });

  test('inverted: what runs, and on it who called it', async () => {
    const page = await open('shop.svg');
    await chooseView(page, 'Inverted');
    await spans(page, '[waiting]', 30, 100);
    await spans(page, 'ets:lookup/2', 8, 100);
    await box(page, 'ets:lookup/2').click();
    for (const caller of ['Shop.Price.of/1', 'lists:foldl/3', 'proc_lib:init_p_do_apply/3'])
      near(await widthOf(box(page, caller)), GRAPH_PX - 0.5);
    assert.ok(await yOf(box(page, 'Shop.Price.of/1')) > await yOf(box(page, 'lists:foldl/3')));
    await box(page, 'lists:foldl/3').hover();
    assert.deepEqual(await tip(page), ['lists:foldl/3', 'total 800 ms · 8.00% of all · 100% of ets:lookup/2', 'in ets:lookup/2, called from here',
      '98,765 calls of ets:lookup/2']);
    await page.keyboard.press('f');
    await spans(page, 'Shop.Cart.total/2', 35, 100);
    return page;
  });

  test('sandwich: callers above, callees beneath', async () => {
    const page = await open('shop.svg');
    await chooseFor(page, 'lists:foldl/3', 'Sandwich');
    const middle = await yOf(box(page, 'lists:foldl/3'));
    near(await widthOf(box(page, 'lists:foldl/3')), GRAPH_PX - 0.5);
    assert.equal(await yOf(box(page, 'Enum.reduce/3')), middle - 18);
    assert.equal(await yOf(box(page, 'Shop.Price.of/1')), middle + 18);
    await spans(page, 'Shop.Price.of/1', 15, 23); // 1.5 s of 2.3 s
    await spans(page, '[gc]', 3, 23);
    await spans(page, 'ets:lookup/2', 8, 23);
    assert.equal(await drawn(page), 10); // 6 callers, itself, 3 beneath
    await box(page, 'Shop.Price.of/1').click();
    await spans(page, 'ets:lookup/2', 8, 15);
    near(await widthOf(box(page, 'Enum.reduce/3')), GRAPH_PX - 0.5);
    await page.goBack();
    await page.goBack();
    await spans(page, 'Shop.Cart.total/2', 35, 100);
    return page;
  });

  test('a sandwich has all callers of a function in the graph', async () => {
    const page = await open('recursive.svg');
    await chooseFor(page, 'm:c/0', 'Sandwich');
    // 4 s in m:a/0 in m:b/0, 2 s in m:d/0
    await spans(page, 'm:a/0', 4, 6);
    await spans(page, 'm:d/0', 2, 6);
    assert.equal(await drawn(page), 5); // c; a, b, a; d
    await chooseView(page, 'Flame graph');
    await chooseFor(page, 'm:a/0', 'Sandwich'); // its outermost frames: 10 s
    await box(page, 'm:b/0').hover();
    assert.deepEqual(await tip(page), ['m:b/0', 'total 9.00 s · 75.0% of all · 90.0% of m:a/0', 'own 2.00 s · 16.7% of all', '1 call']);
    return page;
  });

  test('recursion collapses: a frame on its own stack is that frame', async () => {
    const page = await open('recursive.svg');
    assert.equal(await drawn(page), 7); // all, a, b, a, c, d, c
    await chooseView(page, 'Collapse recursion');
    assert.equal(await drawn(page), 6); // all, a, b, c, d, c
    await spans(page, 'm:a/0', 10, 12);
    await spans(page, 'm:b/0', 2, 12);
    await spans(page, 'm:c/0', 4, 12);
    await box(page, 'm:a/0').hover();
    assert.deepEqual(await tip(page), ['m:a/0', 'total 10.0 s · 83.3% of all', 'own 4.00 s · 33.3% of all', '2 calls']);
    await page.keyboard.press('r');
    assert.equal(await drawn(page), 7);
    return page;
  });

  test('weights change in the same file', async () => {
    const page = await open('shop.svg');
    await chooseView(page, 'CPU time'); // without 3 s waiting and 0.2 s runnable
    await spans(page, 'Shop.Cart.total/2', 33, 68);
    assert.ok(await isGone(box(page, '[waiting]')));
    await chooseView(page, 'Waiting time');
    near(await widthOf(box(page, '[waiting]')), GRAPH_PX - 0.5);
    await page.keyboard.press('w');
    near(await widthOf(box(page, '[gc]')), GRAPH_PX - 0.5);
    await page.keyboard.press('w');
    await box(page, 'Shop.Price.of/1').hover();
    // 4 + 1234 * 4 + 1234 (reduce) + 2468 + 98765 * 2 + 617 + 12345 + 777 + 2 calls, two times 98,765 from here up
    assert.deepEqual((await tip(page)).slice(0, 3), ['Shop.Price.of/1', `total 197,530 calls · ${(19753000 / CALLS).toFixed(1)}% of all`,
      `own 98,765 calls · ${(9876500 / CALLS).toFixed(1)}% of all`]);
    assert.match(await page.locator('button.view').innerText(), /calls/);
    await page.keyboard.press('W');
    near(await widthOf(box(page, '[gc]')), GRAPH_PX - 0.5);
    return page;
  });

  test('a frame is hidden with all beneath it, and comes back', async () => {
    const page = await open('shop.svg');
    await chooseFor(page, '[waiting]', 'Hide');
    assert.ok(await isGone(box(page, '[waiting]')));
    await spans(page, 'Shop.Cart.total/2', 35, 70);
    await chooseFor(page, 'Enum.reduce/3', 'Hide');
    await spans(page, 'Shop.Cart.total/2', 6, 41); // 0.4 s own, 0.2 s runnable; 2.9 s are gone
    await page.goBack();
    await spans(page, 'Shop.Cart.total/2', 35, 70);
    await chooseView(page, 'Bring back 1 hidden frame');
    await spans(page, 'Shop.Cart.total/2', 35, 100);
    // Inverted, that is every stack that ends so.
    await page.keyboard.press('v');
    await chooseFor(page, '[waiting]', 'Hide');
    await page.keyboard.press('f');
    await spans(page, 'Shop.Cart.total/2', 35, 70);
    return page;
  });

  test('a chart file has graphs, too', async () => {
    const page = await open('chart.svg');
    await chooseView(page, 'Flame graph');
    // shop_cart 10 s, the other two 0.3 s and 0.1 s
    await spans(page, 'shop_cart', 100, 104);
    await spans(page, 'Shop.Cart.total/2', 25, 104); // 1 s and 1.5 s
    assert.equal(await page.locator('.axis text').count(), 0);
    await page.keyboard.press('c');
    near(await xOf(box(page, 'Shop.Cart.handle_call/3')), GRAPH_PX * 0.2, 0.1);
    assert.equal(await page.locator('.axis text').count(), 10);
    return page;
  });

  test('the menu has the same by keys, and closes', async () => {
    const page = await open('shop.svg');
    await box(page, 'lists:sort/1').click({ button: 'right' });
    await page.keyboard.press('ArrowDown'); // sandwich
    await page.keyboard.press('Enter');
    near(await widthOf(box(page, 'lists:sort/1')), GRAPH_PX - 0.5);
    await box(page, 'lists:split_1/5').click({ button: 'right' });
    await page.keyboard.press('Escape');
    assert.ok(await page.locator('.menu').isHidden());
    await page.locator('button.view').click();
    await page.mouse.click(5, 5);
    assert.ok(await page.locator('.menu').isHidden());
    await page.locator('button.view').click();
    await choose(page, 'Keys');
    assert.match(await page.locator('.help').innerText(), /Sandwich/);
    await page.keyboard.press('Escape');
    assert.ok(await page.locator('.help').isHidden());
    return page;
  });
}

const CALLS = 4 + 4 * 1234 + 2468 + 2 * 98765 + 617 + 12345 + 777 + 2;

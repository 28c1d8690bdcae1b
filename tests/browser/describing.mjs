// What is said of a frame, and what leaves by the clipboard.
import assert from 'node:assert/strict';

import { box, chooseFor, chooseView, focusGraph, open, tip } from './page.mjs';

export default function (test) {
  test('tooltips: name, time, share of all and of the zoomed frame, own time, calls', async () => {
    const page = await open('shop.svg');
    await box(page, 'Shop.Cart.total/2').hover();
    assert.deepEqual(await tip(page), ['Shop.Cart.total/2', 'total 3.50 s · 35.0% of all', 'own 400 ms · 4.00% of all', '1,234 calls']);
    await box(page, 'Shop.Cart.total/2').click();
    await box(page, 'Enum.reduce/3').hover();
    assert.deepEqual(await tip(page),
      ['Enum.reduce/3', 'total 2.90 s · 29.0% of all · 82.9% of Shop.Cart.total/2', 'own 600 ms · 6.00% of all', '1,234 calls']);
    await page.mouse.move(5, 5);
    await page.keyboard.press('Home');
    await page.fill('.find input', 'format');
    await page.keyboard.press('Enter'); // 0.6 px wide: its caller of 400 ms is zoomed into
    await box(page, 'io_lib:format/2').hover();
    assert.deepEqual(await tip(page), ['io_lib:format/2', 'stdlib · io_lib.erl:99', 'total 5.00 ms · 0.05% of all · 1.25% of Shop.Log.write/1', '1 call',
      'whole profile: 2 calls timed, mean 3.00 ms, min 1.00 ms, max 5.00 ms']);
    await page.mouse.move(5, 5);
    assert.ok(await page.locator('.tip').isHidden());
    assert.equal(await page.locator('rect title').count(), 0); // no second tooltip by the browser
    return page;
  });

  test('of a comparison: both sides and the change, in words', async () => {
    const page = await open('compared.svg');
    const said = async (name) => {
      await box(page, name).hover();
      return tip(page);
    };
    // 2 s of its own against 1 s; with what is beneath 9 s both times. All that is drawn: 12 s, and 3 s vanished.
    assert.deepEqual(await said('m:b/0'), ['m:b/0', 'total: BASE 9.00 s, HEAD 9.00 s: unchanged', 'own: BASE 1.00 s, HEAD 2.00 s: grown by 1.00 s, +100%',
      '60.0% of all', '1 call']);
    assert.deepEqual((await said('m:d/0')).slice(0, 3), ['m:d/0', 'total: BASE 0 ns, HEAD 2.00 s: not in BASE', '13.3% of all']);
    assert.deepEqual((await said('m:e/0')).slice(0, 3), ['m:e/0', 'total: BASE 3.00 s, HEAD 0 ns: vanished', '20.0% of all']);
    const colors = (p) => p.locator('.graph rect').evaluateAll((rects) => rects.map((rect) => rect.getAttribute('fill')).sort());
    const still = await open('compared.svg', { javaScriptEnabled: false });
    assert.deepEqual(await colors(page), await colors(still));
    await still.close();
    return page;
  });

  test('a screen reader is told of the frame that the keys are at', async () => {
    const page = await open('shop.svg');
    await focusGraph(page);
    await page.keyboard.press('ArrowUp');
    assert.equal(await page.locator('.said').textContent(), 'proc_lib:init_p_do_apply/3, total 10.0 s, 100% of all, own 0 ns'.replace('total 10.0 s, ', 'total 10.0 s · ').replace(', own 0 ns', ', own 0 ns · 0% of all'));
    assert.equal(await page.locator('.graph').getAttribute('role'), 'application');
    const nameless = await page.locator('.controls button, .controls input').evaluateAll((all) => all.filter((one) => !one.getAttribute('aria-label')).length);
    assert.equal(nameless, 0);
    return page;
  });

  test('a stack is copied as folded text, a name as it is', async () => {
    const page = await open('shop.svg');
    await page.evaluate(() => {
      window.copied = [];
      Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => { window.copied.push(text); } } });
    });
    await chooseFor(page, 'lists:split_1/5', 'Copy stack');
    await chooseFor(page, 'lists:split_1/5', 'Copy name');
    await chooseView(page, 'Inverted');
    await box(page, '[gc]').click();
    await chooseFor(page, 'Enum.reduce/3', 'Copy stack');
    await chooseFor(page, '[gc]', 'Sandwich');
    await chooseFor(page, 'Enum.reduce/3', 'Copy stack');
    assert.deepEqual(await page.evaluate(() => window.copied), [
      'proc_lib:init_p_do_apply/3;gen_server:loop/7;gen_server:try_handle_call/4;Shop.Cart.handle_call/3;lists:sort/1;lists:split_1/5',
      'lists:split_1/5', 'Enum.reduce/3;lists:foldl/3;[gc]', 'Enum.reduce/3;lists:foldl/3;[gc]']);
    return page;
  });
}

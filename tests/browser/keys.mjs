import assert from 'node:assert/strict';

import { GRAPH_PX, box, focusGraph, near, open, tip, typed, widthOf } from './page.mjs';

export default function (test) {
  test('Tab reaches the graph, arrows walk, Enter zooms', async () => {
    const page = await open('shop.svg');
    await page.keyboard.press('Tab');
    assert.ok(await page.evaluate(() => document.activeElement.classList.contains('graph')));
    const press = async (key) => {
      await page.keyboard.press(key);
      return (await tip(page))[0];
    };
    assert.equal(await press('ArrowUp'), 'proc_lib:init_p_do_apply/3');
    await press('ArrowUp');
    assert.equal(await press('ArrowUp'), 'gen_server:try_handle_call/4'); // the widest above: 6.5 s against 3 s of waiting
    assert.equal(await press('ArrowLeft'), '[waiting]');
    await press('ArrowRight');
    assert.equal(await press('ArrowDown'), 'gen_server:loop/7');
    await press('ArrowUp');
    await page.keyboard.press('Enter');
    near(await widthOf(box(page, 'gen_server:try_handle_call/4')), GRAPH_PX - 0.5);
    assert.equal(await press('ArrowUp'), 'Shop.Cart.handle_call/3');
    await page.keyboard.press('s'); // what letters do, they do to the frame that the keys are at
    near(await widthOf(box(page, 'Shop.Cart.total/2')), GRAPH_PX * 350 / 625 - 0.5); // 3.5 s of handle_call's 6.25 s
    await page.keyboard.press('?');
    assert.ok(await page.locator('.help').isVisible());
    return page;
  });

  test('with the root on top, Down leads to the callees', async () => {
    const page = await open('icicle.svg');
    await focusGraph(page);
    await page.keyboard.press('ArrowDown');
    assert.equal((await tip(page))[0], 'proc_lib:init_p_do_apply/3');
    return page;
  });

  test('the Menu key opens the menu of the frame', async () => {
    const page = await open('shop.svg');
    await focusGraph(page);
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Shift+F10');
    assert.match(await page.locator('.menu').innerText(), /^proc_lib:init_p_do_apply\/3/);
    await page.keyboard.press('Escape');
    assert.ok(await page.evaluate(() => document.activeElement.classList.contains('graph')));
    return page;
  });

  test('letters are letters while searching', async () => {
    const page = await open('shop.svg');
    await page.keyboard.press('/');
    await page.keyboard.type('wvt');
    assert.equal(await typed(page), 'wvt');
    assert.match(await page.locator('button.view').innerText(), /^Flame graph · wall/);
    return page;
  });
}

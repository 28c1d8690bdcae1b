// Zoom, and the ways back: button, keys, history, the fragment of the address.
import assert from 'node:assert/strict';

import { GRAPH_PX, box, chooseView, drawn, hasClass, isGone, near, open, ready, spans, typed, widthOf, xOf, yOf } from './page.mjs';

const hash = (page) => page.evaluate(() => location.hash);

export default function (test) {
  test('the script takes over and nothing moves', async () => {
    for (const file of ['shop.svg', 'icicle.svg', 'chart.svg']) {
      const still = await open(file, { javaScriptEnabled: false });
      const rectsOf = (page, wanted) => page.locator(wanted).evaluateAll((rects) => rects.map((rect) => {
        const { x, y, width } = rect.getBoundingClientRect();
        return { x, y, width, color: rect.getAttribute('fill') };
      }).filter(({ width }) => width >= 0.5).sort((a, b) => a.y - b.y || a.x - b.x));
      const before = await rectsOf(still, '.graph rect'), height = await still.locator('svg').getAttribute('height');
      await still.close();
      const page = await open(file, { viewport: { width: file === 'icicle.svg' ? 800 : 1200, height: 500 } });
      const after = await rectsOf(page, '.graph rect:not([display="none"])');
      assert.equal(after.length, before.length, file);
      after.forEach((rect, i) => {
        near(rect.x, before[i].x, 0.1);
        near(rect.width, before[i].width, 0.15);
        assert.deepEqual([rect.y, rect.color], [before[i].y, before[i].color]);
      });
      assert.equal(await page.locator('svg').getAttribute('height'), height);
      await page.close();
    }
  });

  test('a click zooms: descendants widen, ancestors stay and are dimmed, the rest goes', async () => {
    const page = await open('shop.svg');
    const total = box(page, 'Shop.Cart.total/2'), root = await yOf(box(page, 'all'));
    await spans(page, 'Shop.Cart.total/2', 35, 100); // 3.5 s of 10 s
    await total.click();
    near(await widthOf(total), GRAPH_PX - 0.5);
    await spans(page, 'Enum.reduce/3', 29, 35); // 2.9 s of 3.5 s
    near(await widthOf(box(page, 'gen_server:loop/7')), GRAPH_PX - 0.5);
    assert.ok(await hasClass(box(page, 'gen_server:loop/7'), 'above'));
    assert.ok(!(await hasClass(total, 'above')));
    assert.ok(await isGone(box(page, 'lists:sort/1')));
    assert.equal(await yOf(box(page, 'all')), root);
    const label = await box(page, 'ets:lookup/2').evaluate((element) => element.nextElementSibling.textContent);
    assert.equal(label, 'ets:lookup/2');
    return page;
  });

  test('a double click zooms once', async () => {
    const page = await open('shop.svg');
    await box(page, 'lists:sort/1').dblclick();
    near(await widthOf(box(page, 'lists:sort/1')), GRAPH_PX - 0.5);
    await page.goBack();
    await spans(page, 'lists:sort/1', 16, 100);
    return page;
  });

  for (const [how, act] of [
    ['the button', (page) => page.locator('button.reset').click()],
    ['Escape', (page) => page.keyboard.press('Escape')],
    ['Home', (page) => page.keyboard.press('Home')],
    ['a click on the root', (page) => box(page, 'all').click()],
    ['the history', (page) => page.goBack()],
    ['Backspace', (page) => page.keyboard.press('Backspace')],
  ])
    test(`${how} resets the zoom`, async () => {
      const page = await open('shop.svg');
      assert.ok(await page.locator('button.reset').isHidden());
      await box(page, 'lists:sort/1').click();
      assert.ok(await page.locator('button.reset').isVisible());
      await act(page);
      await page.waitForFunction(() => document.querySelector('button.reset').hidden);
      await spans(page, 'Shop.Cart.total/2', 35, 100);
      assert.ok(!(await isGone(box(page, '[waiting]'))));
      return page;
    });

  test('back and forward walk through the zooms', async () => {
    const page = await open('shop.svg');
    await box(page, 'Shop.Cart.total/2').click();
    await box(page, 'Enum.reduce/3').click();
    await page.goBack();
    await spans(page, 'Enum.reduce/3', 29, 35);
    await page.goForward();
    near(await widthOf(box(page, 'Enum.reduce/3')), GRAPH_PX - 0.5);
    return page;
  });

  test('zoom, view, weight, search and what is hidden come back with the address', async () => {
    const page = await open('shop.svg');
    assert.equal(await hash(page), '');
    await page.fill('.find input', 'lists:');
    await chooseView(page, 'CPU time');
    await chooseView(page, 'Root on top');
    await box(page, 'lists:sort/1').click({ button: 'right' });
    await page.locator('.menu button', { hasText: 'Hide' }).click();
    await box(page, 'Shop.Cart.handle_call/3').click();
    // cpu: 3.3 s of total and 0.4 s of the log are left of handle_call's 4.45 s beside sort; 0.75 s are its own
    await spans(page, 'Shop.Cart.total/2', 330, 445);
    const state = async () => [await hash(page), await drawn(page), await widthOf(box(page, 'Shop.Cart.total/2')),
      await yOf(box(page, 'all')), await typed(page), await page.locator('output').innerText()];
    const before = await state();
    await page.reload();
    await ready(page);
    assert.deepEqual(await state(), before);
    page.requests = [];
    return page;
  });

  test('an address of nonsense is no harm', async () => {
    const page = await open('shop.svg#zoom=99999.4&view=constructor&weight=x&hide=7777,i1,,x.y&of=-3&window=5-2&find=%28&regex=1&collapse=1');
    await spans(page, 'Shop.Cart.total/2', 35, 100);
    assert.equal(await page.locator('output').innerText(), 'not a pattern');
    return page;
  });

  test('the wheel with Ctrl zooms around the pointer, dragging moves along', async () => {
    const page = await open('shop.svg');
    const { x, y } = await box(page, 'ets:lookup/2').evaluate((rect) => ({ x: 12, y: rect.getBoundingClientRect().y - 100 })); // beside the boxes, too
    await page.mouse.move(x + GRAPH_PX / 2, y + 100);
    await page.keyboard.down('Control');
    await page.mouse.wheel(0, -Math.log(2) / 0.004); // twice as wide
    await page.keyboard.up('Control');
    await page.waitForFunction(() => !document.querySelector('button.reset').hidden);
    // From 2.5 s to 7.5 s: total, which is from 3 s (after waiting) to 6.5 s, is 7/10 of it.
    near(await widthOf(box(page, 'Shop.Cart.total/2')), GRAPH_PX * 0.7 - 0.5, 1);
    near(await xOf(box(page, 'Shop.Cart.total/2')), GRAPH_PX * 0.1, 1);
    await page.mouse.move(x + 600, y + 100);
    await page.mouse.down();
    await page.mouse.move(x + 540, y + 100, { steps: 3 });
    await page.mouse.up();
    await page.waitForFunction((to) => Math.abs(document.querySelector('rect[aria-label="Shop.Cart.total/2"]:not([display="none"])').getAttribute('x') - to) < 1.5,
      GRAPH_PX * 0.1 - 60);
    await page.waitForFunction(() => /window=/.test(location.hash));
    const before = await xOf(box(page, 'Shop.Cart.total/2'));
    await page.reload();
    await ready(page);
    near(await xOf(box(page, 'Shop.Cart.total/2')), before, 0.1);
    page.requests = [];
    return page;
  });

  test('touch: a tap tells, a second one zooms, holding opens the menu', async () => {
    const page = await open('shop.svg', { hasTouch: true });
    await box(page, 'lists:sort/1').tap();
    assert.match(await page.locator('.tip').innerText(), /^lists:sort\/1/);
    await spans(page, 'lists:sort/1', 16, 100);
    await box(page, 'lists:sort/1').tap();
    near(await widthOf(box(page, 'lists:sort/1')), GRAPH_PX - 0.5);
    const session = await page.context().newCDPSession(page), at = await box(page, 'Shop.Cart.handle_call/3').boundingBox();
    await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x: at.x + 50, y: at.y + 8 }] });
    await page.locator('.menu.open').waitFor({ timeout: 3000 });
    await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    assert.ok(await page.locator('.menu.open').isVisible());
    return page;
  });

  test('two fingers zoom', async () => {
    const page = await open('shop.svg', { hasTouch: true });
    const session = await page.context().newCDPSession(page), { x, y } = await box(page, 'all').boundingBox();
    const fingers = (a, b) => [{ x: x + a, y: y - 60, id: 1 }, { x: x + b, y: y - 60, id: 2 }];
    const send = (type, touchPoints) => session.send('Input.dispatchTouchEvent', { type, touchPoints });
    await send('touchStart', fingers(488, 688));
    await send('touchMove', fingers(438, 738));
    await send('touchMove', fingers(388, 788)); // twice as far apart, around the middle
    await send('touchEnd', []);
    await page.waitForFunction((px) => Math.abs(document.querySelector('rect[aria-label="Shop.Cart.total/2"]').getAttribute('width') - px) < 12, GRAPH_PX * 0.7);
    return page;
  });

  test('a window wider than the picture is used', async () => {
    const page = await open('shop.svg', { viewport: { width: 1500, height: 500 } });
    near(await widthOf(box(page, 'all')), 1500 - 24 - 0.5);
    await page.setViewportSize({ width: 1200, height: 500 });
    await page.waitForFunction((width) => // the browser tells the page of its new size when it likes
      Math.abs(document.querySelector('.live rect[aria-label="all"]').getAttribute('width') - width) < 0.01, GRAPH_PX - 0.5);
    return page;
  });
}

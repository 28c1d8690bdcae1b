import assert from 'node:assert/strict';

import { GRAPH_PX, box, chooseFor, chooseView, isGone, matches, near, open, output, widthOf } from './page.mjs';

export default function (test) {
  test('Ctrl-F searches for text: matches are counted and marked, their share is each stretch once', async () => {
    const page = await open('shop.svg');
    await page.keyboard.press('Control+f');
    await page.keyboard.type('LISTS:');
    assert.equal(await matches(page), 4);
    // foldl 2.3 s and sort 1.6 s; split_1 and rmergel are inside sort.
    assert.equal(await output(page), '4 matches · 39.0%');
    await box(page, 'Shop.Cart.total/2').click();
    assert.equal(await output(page), '4 matches · 65.7%'); // 2.3 s of 3.5 s
    await page.keyboard.press('Escape');
    assert.equal(await matches(page), 0);
    assert.equal(await output(page), '');
    return page;
  });

  test('a regular expression is one when asked for', async () => {
    const page = await open('shop.svg');
    await page.fill('.find input', '^lists:(sort|split).*/[15]$');
    assert.equal(await output(page), '0 matches · 0%');
    await page.click('button.regex');
    assert.equal(await output(page), '2 matches · 16.0%');
    await page.fill('.find input', '(');
    assert.equal(await output(page), 'not a pattern');
    assert.equal(await matches(page), 0);
    return page;
  });

  test('Enter, F3 and the buttons go from match to match, outward in when one is too small', async () => {
    const page = await open('shop.svg');
    const said = () => page.locator('.said').textContent();
    await page.keyboard.press('/');
    await page.keyboard.type('lists:');
    for (const [key, name, place] of [['Enter', 'lists:foldl/3', '1 of 4'], ['Enter', 'lists:sort/1', '2 of 4'], ['F3', 'lists:split_1/5', '3 of 4'],
      ['Enter', 'lists:rmergel/2', '4 of 4'], ['Enter', 'lists:foldl/3', '1 of 4'], ['Shift+Enter', 'lists:rmergel/2', '4 of 4']]) {
      await page.keyboard.press(key);
      assert.match(await said(), new RegExp(`^${name}, `));
      assert.equal(await output(page), `${place} · 39.0%`);
    }
    await page.click('button.previous');
    assert.match(await said(), /^lists:split_1\/5, /);
    await page.click('button.next');
    assert.match(await said(), /^lists:rmergel\/2, /);
    // io_lib is 5 ms of 10 s, 0.6 px: there, its caller is zoomed into, of whose 400 ms it is 14.7 px.
    await page.fill('.find input', 'io_lib');
    await page.keyboard.press('Enter');
    near(await widthOf(box(page, 'Shop.Log.write/1')), GRAPH_PX - 0.5);
    near(await widthOf(box(page, 'io_lib:format/2')), GRAPH_PX * 5 / 400 - 0.5);
    // What is elsewhere is seen from the root.
    await page.fill('.find input', 'waiting');
    await page.keyboard.press('Enter');
    near(await widthOf(box(page, '[waiting]')), GRAPH_PX * 0.3 - 0.5);
    return page;
  });

  test('in other views: callers that are not open yet are found', async () => {
    const page = await open('shop.svg');
    await chooseView(page, 'Inverted');
    await page.fill('.find input', 'Shop.Cart.total');
    // Of total own, reduce, foldl, price, lookup, gc, runnable: seven ends of stacks. 3.5 s of 10 s.
    assert.equal(await output(page), '7 matches · 35.0%');
    await page.keyboard.press('Escape');
    await chooseFor(page, 'ets:lookup/2', 'Sandwich');
    await page.fill('.find input', 'lists:');
    assert.equal(await output(page), '1 match · 100%');
    assert.ok(!(await isGone(box(page, 'lists:foldl/3'))));
    return page;
  });
}

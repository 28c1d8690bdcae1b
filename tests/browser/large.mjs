// large.svg: 300 functions of 400 ms call 20 each, those 20 each of 1 ms: 126,300 nodes, most too narrow to draw.
import assert from 'node:assert/strict';

import { GRAPH_PX, box, drawn, isGone, near, open, output, spans, widthOf } from './page.mjs';

export default function (test) {
  test('what is too small to draw appears when zoomed into', async () => {
    const page = await open('large.svg', { viewport: { width: 1200, height: 400 } });
    assert.equal(await drawn(page), 301); // a callee is 20 of 120,000: 0.2 px
    await spans(page, 'm150:f/0', 400, 120000);
    const took = await page.evaluate(async () => {
      const at = performance.now();
      document.querySelector('rect[aria-label="m150:f/0"]').dispatchEvent(new MouseEvent('click', { bubbles: true }));
      await new Promise((done) => { requestAnimationFrame(() => setTimeout(done)); });
      return performance.now() - at;
    });
    assert.equal(await drawn(page), 1 + 1 + 20 + 400);
    await spans(page, 'm150:g07/1', 20, 400);
    await box(page, 'm150:g07/1').click();
    await spans(page, 'm150:h03/2', 1, 20);
    const decoded = await page.evaluate(() => performance.getEntriesByType('paint')[0]?.startTime ?? 0);
    console.log(`        126,300 nodes: first paint after ${Math.round(decoded)} ms, a zoom and its paint ${Math.round(took)} ms`);
    return page;
  });

  test('of more boxes than are drawn, equally wide ones are not all left out', async () => {
    const page = await open('large.svg', { viewport: { width: 4000, height: 400 } });
    assert.equal(await drawn(page), 3000); // the root, 300 of 13 px, and of their 6,000 callees of 0.66 px the first
    return page;
  });

  test('what is too small to draw is found', async () => {
    const page = await open('large.svg');
    await page.fill('.find input', 'm150:g07');
    assert.equal(await output(page), '1 match · 0.02%'); // 20 of 120,000
    assert.ok(await isGone(box(page, 'm150:g07/1')));
    await page.keyboard.press('Enter');
    near(await widthOf(box(page, 'm150:f/0')), GRAPH_PX - 0.5);
    await spans(page, 'm150:g07/1', 20, 400);
    await page.fill('.find input', ':h03/2');
    assert.equal(await output(page), '6,000 matches · 5.00%');
    return page;
  });
}

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { browser, folder, open } from './page.mjs';

export default function (test) {
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

  test('forced colors leave labels dark on their boxes', async () => {
    const page = await open('shop.svg', { forcedColors: 'active', colorScheme: 'dark' });
    assert.equal(await page.locator('.graph text').first().evaluate((element) => getComputedStyle(element).fill), 'rgb(0, 0, 0)');
    return page;
  });

  test('labels stay inside their boxes', async () => {
    for (const file of ['shop.svg', 'narrow.svg', 'hostile.svg', 'chart.svg']) {
      const page = await open(file);
      const outside = await page.evaluate(() => [...document.querySelectorAll('.graph text')].filter((text) => {
        const label = text.getBoundingClientRect(), rect = text.previousElementSibling.getBoundingClientRect();
        return !text.classList.contains('code') && label.right > rect.right + 0.5;
      }).map((text) => text.textContent));
      assert.deepEqual(outside, [], file);
      await page.close();
    }
  });

  test('the controls fit a phone', async () => {
    const page = await open('narrow.svg', { viewport: { width: 400, height: 400 } });
    await page.fill('.find input', 'lists:');
    await page.locator('.live rect[aria-label="lists:sort/1"]').click();
    const outside = await page.locator('.controls > :not(.said), .find > *').evaluateAll((all) => all.filter((one) => {
      const { left, right, width } = one.getBoundingClientRect();
      return width > 0 && (left < 0 || right > 400);
    }).length);
    assert.equal(outside, 0);
    await page.locator('button.view').click();
    const { x, width } = await page.locator('.menu').boundingBox();
    assert.ok(x >= 0 && x + width <= 400);
    return page;
  });

  test('in a window much narrower than the picture it is set anew, not shrunk', async () => {
    const page = await open('shop.svg', { viewport: { width: 400, height: 500 } });
    const seen = await page.evaluate(() => {
      const { right, height } = document.querySelector('.live rect[aria-label="all"]').getBoundingClientRect(), heading = document.querySelector('.heading div');
      return { right, height, title: heading.querySelector('.title').textContent, legend: heading.querySelectorAll('span i').length,
        below: document.querySelector('.controls').getBoundingClientRect().top - heading.getBoundingClientRect().bottom };
    });
    assert.equal(seen.height, 17);
    assert.equal(seen.right, 387.5);
    assert.equal(seen.title, '10.0 s of wall time in shop_cart');
    assert.equal(seen.legend, 6);
    assert.ok(seen.below >= -0.5 && seen.below < 10);
    await page.setViewportSize({ width: 1200, height: 500 });
    await page.waitForFunction(() => !document.querySelector('.heading'));
    return page;
  });

  test('the PNG has every box where the SVG has it', async () => {
    for (const name of ['shop', 'chart']) {
      const page = await open(`${name}.svg`, { javaScriptEnabled: false });
      const boxes = await page.locator('.graph rect').evaluateAll((rects) => rects.map((rect) => {
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
}

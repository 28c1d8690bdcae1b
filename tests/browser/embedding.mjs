// In pages of others: several at once, as an image, without scripts, under a policy, on paper; and hostile names.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';

import { GRAPH_PX, address, box, browser, isGone, matches, near, open, picture, ready, spans, tip, typed, widthOf, write } from './page.mjs';

export default function (test) {
  test('two pictures in one page do not disturb each other or the page', async () => {
    const svg = picture('shop.svg');
    write('two.html', `<!DOCTYPE html><meta charset="utf-8"><p>Text</p><div id="one">${svg}</div><div id="two">${svg}</div>`);
    const page = await open('two.html#anchor', { viewport: { width: 1300, height: 900 } });
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
    await box(page, 'Shop.Cart.total/2', one).click();
    near(await widthOf(box(page, 'Shop.Cart.total/2', one)), GRAPH_PX - 0.5);
    near(await widthOf(box(page, 'Shop.Cart.total/2', two)), GRAPH_PX * 0.35 - 0.5);
    await box(page, 'all', two).hover();
    await page.keyboard.press('Control+f');
    await page.keyboard.type('ets');
    assert.equal(await two.locator('rect.match:not([display="none"])').count(), 1);
    assert.equal(await one.locator('rect.match:not([display="none"])').count(), 0);
    assert.equal(await page.locator('p').evaluate((element) => getComputedStyle(element).fontSize), '16px');
    const hash = await page.evaluate(() => location.hash);
    assert.match(hash, /^#anchor&flambeau\.zoom=[\d.]+&flambeau2\.find=ets$/);
    await page.reload();
    await ready(page);
    near(await widthOf(box(page, 'Shop.Cart.total/2', one)), GRAPH_PX - 0.5);
    assert.equal(await typed(two), 'ets');
    page.requests = [];
    return page;
  });

  test('as an <img> the still picture is whole', async () => {
    write('img.html', '<!DOCTYPE html><img src="shop.svg">');
    const page = await open('img.html', { viewport: { width: 1300, height: 500 } });
    const size = await page.locator('img').evaluate((img) => [img.complete, img.naturalWidth, img.naturalHeight]);
    const declared = /width="(\d+)" height="(\d+)"/.exec(picture('shop.svg'));
    assert.deepEqual(size, [true, Number(declared[1]), Number(declared[2])]);
    page.requests = []; // the picture itself
    return page;
  });

  test('without scripts there are the titles', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(address('shop.svg'));
    const titles = await page.locator('.graph rect title').allTextContents();
    assert.ok(titles.includes('Shop.Cart.total/2\n3.50 s · 35.0% · own 400 ms · 1,234 calls'));
    await context.close();
  });

  test('where the browser cannot unpack, the still picture stays', async () => {
    const page = await browser.newPage();
    await page.addInitScript(() => { delete window.DecompressionStream; });
    await page.goto(address('shop.svg'));
    assert.equal(await page.locator('.graph rect title').count(), 18);
    assert.equal(await page.locator('.panel').count(), 0);
    await page.close();
  });

  for (const [what, policy] of [['scripts', "script-src 'none'"], ['scripts and styles', "default-src 'none'"], ['styles', "style-src 'none'"]])
    test(`a policy against inline ${what}: the still picture, legible`, async () => {
      const body = `<!DOCTYPE html><meta charset="utf-8"><body>${picture('shop.svg')}`;
      const server = createServer((_, response) => {
        response.setHeader('Content-Security-Policy', policy);
        response.setHeader('Content-Type', 'text/html');
        response.end(body);
      });
      await new Promise((listening) => { server.listen(0, '127.0.0.1', listening); });
      const page = await browser.newPage({ viewport: { width: 1300, height: 500 } });
      await page.goto(`http://127.0.0.1:${server.address().port}/`);
      assert.equal(await page.locator('.panel').count(), 0);
      assert.equal(await page.locator('.graph rect title').count(), 18);
      assert.equal(await page.locator('.graph text').first().textContent(), 'all');
      for (const [where, family, size, anchor] of [['.graph text', /mono/, '12px', 'start'], ['text.title', /sans-serif/, '19px', 'start'],
        ['text.muted', /sans-serif/, '12px', 'start'], ['text.end', /mono/, '12px', 'end']]) {
        const style = await page.locator(where).first().evaluate((text) => {
          const { fontFamily, fontSize, textAnchor } = getComputedStyle(text);
          return { fontFamily, fontSize, textAnchor };
        });
        assert.match(style.fontFamily, family, where);
        assert.deepEqual([style.fontSize, style.textAnchor], [size, anchor], where);
      }
      await page.close();
      await new Promise((closed) => { server.close(closed); });
    });

  test('on paper: light, without the controls', async () => {
    const page = await open('shop.svg', { colorScheme: 'dark' });
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    assert.ok(await page.locator('.controls').isHidden());
    assert.equal(await page.locator('.paper').evaluate((element) => getComputedStyle(element).fill), 'rgb(255, 255, 255)');
    assert.equal(await page.locator('text.title').evaluate((element) => getComputedStyle(element).fill), 'rgb(27, 31, 36)');
    return page;
  });

  test('hostile names are text and nothing else', async () => {
    write('hostile.html', `<!DOCTYPE html><meta charset="utf-8">${picture('hostile.svg')}`);
    for (const file of ['hostile.svg', 'hostile.html']) {
      const page = await open(file);
      const names = await page.locator('.live rect').evaluateAll((rects) => rects.map((rect) => rect.getAttribute('aria-label')));
      assert.equal(names.length, 9);
      for (const name of names) {
        const rect = box(page, name);
        await rect.hover();
        await rect.click({ button: 'right' });
        await page.keyboard.press('Escape');
        await rect.click();
        await page.keyboard.press('Home');
      }
      await box(page, '<script>window.owned=1</script>:f/0').hover();
      assert.equal((await tip(page))[1], '</title><img src=x onerror=window.owned=1>.erl:1');
      await page.fill('.find input', '<script>');
      assert.equal(await matches(page), 2);
      await page.keyboard.press('Escape');
      await page.locator('.graph').focus();
      await page.keyboard.press('?');
      assert.equal(await page.evaluate(() => window.owned), undefined);
      assert.equal(await page.locator('script').count(), 1);
      assert.equal(await page.locator('img').count(), 0);
      assert.deepEqual(page.problems, []);
      await page.close();
    }
  });

  test('the fragment of an address is text and nothing else', async () => {
    const page = await open(`shop.svg#find=${encodeURIComponent('<img src=x onerror=window.owned=1>')}&of=__proto__&view=sandwich&root=%22%3E`);
    assert.equal(await page.locator('img').count(), 0);
    assert.ok(!(await isGone(box(page, 'all'))));
    await spans(page, 'Shop.Cart.total/2', 35, 100);
    return page;
  });
}

// How soon Chromium shows each SVG: first_picture.mjs FILE... -> JSON, for each [ms from the navigation to the first paint, ms of a zoom
// with its paint or null]. Medians of five pages each; files take turns.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const { chromium } = createRequire(new URL('../browser/package.json', import.meta.url))('playwright-core');
const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find((path) => path && existsSync(path));
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
const PAGES = 5;
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

async function look(file) {
  const page = await browser.newPage({ viewport: { width: 1200, height: 800 } });
  await page.goto(pathToFileURL(file).href, { timeout: 120000 });
  await page.waitForFunction(() => performance.getEntriesByType('paint').length > 0);
  const picture = await page.evaluate(() => performance.getEntriesByType('paint')[0].startTime);
  const ours = await page.evaluate(() => document.documentElement.classList.contains('flambeau'));
  if (ours)
    await page.waitForSelector('svg.ready');
  const zoom = !ours ? null : await page.evaluate(async () => {
    const boxes = [...document.querySelectorAll('.live rect')].filter((rect) => rect.getAttribute('display') !== 'none');
    const box = boxes.find((rect) => { // some way up, and a good deal of the whole
      const width = Number(rect.getAttribute('width'));
      return width > 100 && width < 500;
    });
    const at = performance.now();
    box.dispatchEvent(new MouseEvent('click', { bubbles: true }));
    await new Promise((done) => { requestAnimationFrame(() => setTimeout(done)); });
    return performance.now() - at;
  });
  await page.close();
  return { picture, zoom };
}

const files = process.argv.slice(2), looks = files.map(() => []);
for (let i = 0; i < PAGES; i++)
  for (const [at, file] of files.entries())
    looks[at].push(await look(file));
await browser.close();
console.log(JSON.stringify(looks.map((each) =>
  [median(each.map((one) => one.picture)), each[0].zoom === null ? null : median(each.map((one) => one.zoom))])));

// What a person does with the SVG, done in the installed Chromium: browser.mjs PICTURES_PROGRAM [SCREENSHOT_FOLDER]
// Numbers expected are worked out from the stacks in pictures.c.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';

import { browser, folder } from './page.mjs';
import { takeScreenshots } from './screenshots.mjs';

const THEMES = ['zooming', 'searching', 'views', 'describing', 'keys', 'chart', 'large', 'embedding', 'drawing'];
const only = process.argv[4]; // a theme
const cases = [];
for (const theme of THEMES.filter((name) => !only || name === only))
  (await import(`./${theme}.mjs`)).default((name, run) => cases.push({ name: `${theme}: ${name}`, run }));

let failed = 0;
try {
  for (const { name, run } of cases) {
    try {
      const page = await run();
      if (page) {
        assert.deepEqual(page.problems, []);
        assert.deepEqual(page.requests.slice(1), [], 'the picture asked for something');
        await page.close();
      }
      console.log(`ok      ${name}`);
    } catch (error) {
      failed++;
      console.log(`FAILED  ${name}\n${error.stack}`);
    }
  }
  if (process.argv[3])
    await takeScreenshots(process.argv[3]);
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}
console.log(`${cases.length - failed} of ${cases.length} passed`);
process.exit(failed === 0 ? 0 : 1);

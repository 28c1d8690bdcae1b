// Files in speedscope itself, in the installed Chromium, and against its schema: speedscope.mjs CASES.json
// A case: {file, title, active, profiles: [[name, weight as speedscope shows it], ...], functions: [[name, total, self], ...]},
// functions with most self weight first, as many as are to be looked at.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const WHERE = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const ARGS = ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--no-first-run', '--enable-unsafe-swiftshader'];
const RELEASE = new URL('node_modules/speedscope/dist/release/', import.meta.url);

function missing(what) {
  console.error(`exchange tests: ${what}; run scripts/setup --tests`);
  process.exit(1);
}

const { chromium } = await import('../browser/node_modules/playwright-core/index.mjs').catch(
  () => missing('playwright-core is not installed'));
const { default: Ajv } = await import('ajv').catch(() => missing('ajv is not installed'));
const executablePath = WHERE.find((path) => path && existsSync(path)) ?? missing('there is no Chromium');
if (!existsSync(RELEASE)) missing('speedscope is not installed');

const validate = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(new URL('file-format-schema.json', RELEASE))));
const browser = await chromium.launch({ executablePath, args: ARGS });

const rows = (page) => page.evaluate(() => [...document.querySelectorAll('tr')].map(
  (row) => [...row.cells].map((cell) => cell.innerText.trim())));
const until = async (page, holds) => {
  for (let tries = 0; tries < 100 && !(await holds()); tries++) await page.waitForTimeout(100);
};

async function look({ file, title, active, profiles, functions }) {
  const text = readFileSync(file, 'utf8');
  assert.ok(validate(JSON.parse(text)), JSON.stringify(validate.errors?.slice(0, 3)));
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  const problems = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('dialog', (dialog) => { problems.push(dialog.message()); dialog.dismiss(); });
  await page.goto(new URL('index.html', pathToFileURL(RELEASE.pathname)).href);
  await page.setInputFiles('input[type=file]', file);
  await until(page, async () => (await page.title()) !== 'speedscope');
  assert.equal(await page.title(), `${title} - speedscope`);
  const several = profiles.length > 1 ? ` (${active + 1}/${profiles.length})` : '';
  await until(page, async () => (await page.evaluate(() => document.body.innerText)).includes(profiles[active][0]));
  const shown = await page.evaluate(() => document.body.innerText);
  if (several) assert.ok(shown.includes(profiles[active][0] + several), shown);
  await page.keyboard.press('3'); // the view "sandwich": a table of functions
  const isHead = (row) => row[2] === 'Symbol Name';
  await until(page, async () => {
    const drawn = await rows(page), head = drawn.findIndex(isHead);
    return head >= 0 && drawn.length - head > functions.length;
  });
  const all = await rows(page);
  if (several)
    for (const [index, [name, weight]] of profiles.entries())
      assert.deepEqual(all.find((row) => row[1] === name), [String(index + 1), name, weight]);
  const table = all.slice(all.findIndex(isHead) + 1);
  const without = (cell) => cell.replace(/ \(.*\)$/, ''); // the share
  for (const [name, total, self] of functions)
    assert.deepEqual(table.filter((row) => row[2] === name).map((row) => row.slice(0, 2).map(without)), [[total, self]],
      `${name}: ${JSON.stringify(table)}`);
  assert.deepEqual(problems, []);
  await page.close();
}

let failures = 0;
for (const one of JSON.parse(readFileSync(process.argv[2])))
  await look(one).catch((error) => {
    failures++;
    console.error(`speedscope: ${one.file}: ${error.message}`);
  });
await browser.close();
process.exit(failures ? 1 : 0);

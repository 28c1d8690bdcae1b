// Pages in the installed Chromium, and what is in them. Boxes are found by the name that they have for screen readers.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const WHERE = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', '--no-first-run'];
export const GRAPH_PX = 1200 - 2 * 12;

function missing(what) {
  console.error(`browser tests: ${what}`);
  process.exit(1);
}

const { chromium } = await import('playwright-core').catch(
  () => missing('playwright-core is not installed; run scripts/setup --tests'));
const executablePath = WHERE.find((path) => path && existsSync(path)) ??
  missing('there is no Chromium; run scripts/setup --tests, or set CHROMIUM to its path');
export const folder = mkdtempSync(join(tmpdir(), 'flambeau-browser-'));
execFileSync(process.argv[2], [folder]);
export const browser = await chromium.launch({ executablePath, args: ARGS });

export const picture = (file) => readFileSync(join(folder, file), 'utf8');
export const write = (file, text) => writeFileSync(join(folder, file), text);
export const address = (file) => pathToFileURL(join(folder, file)).href;

// `file` may have a fragment. Waits until the scripts have taken over, where they run.
export async function open(file, options = {}) {
  const page = await browser.newPage({ viewport: { width: 1200, height: 500 }, ...options });
  page.problems = [];
  page.requests = [];
  page.on('pageerror', (error) => page.problems.push(error.message));
  page.on('console', (message) => message.type() === 'error' && page.problems.push(message.text()));
  page.on('request', (request) => page.requests.push(request.url()));
  const [name, fragment] = file.split('#');
  await page.goto(address(name) + (fragment ? `#${fragment}` : ''));
  if (options.javaScriptEnabled !== false && !options.still)
    await ready(page);
  return page;
}
export const ready = (page) => page.waitForFunction(() => {
  const all = [...document.querySelectorAll('svg.flambeau')];
  return all.every((svg) => svg.classList.contains('ready'));
});

export const box = (page, name, scope = page) =>
  scope.locator(`.live rect[aria-label=${JSON.stringify(name)}]:not([display="none"])`).first();
export const drawn = (page) => page.locator('.live rect:not([display="none"])').count();
export const matches = (page) => page.locator('rect.match:not([display="none"])').count();
export const widthOf = async (rect) => Number(await rect.getAttribute('width'));
export const xOf = async (rect) => Number(await rect.getAttribute('x'));
export const yOf = async (rect) => Number(await rect.getAttribute('y'));
export const isGone = async (rect) => (await rect.count()) === 0;
export const hasClass = (rect, name) => rect.evaluate((element, wanted) => element.classList.contains(wanted), name);
export const near = (actual, expected, tolerance = 0.01) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} ± ${tolerance}`);
// A box of so many of the graph's `of` units.
export const spans = async (page, name, part, of, tolerance = 0.01) => near(await widthOf(box(page, name)), GRAPH_PX * part / of - 0.5, tolerance);
export const tip = async (page) => (await page.locator('.tip').innerText()).split('\n').filter(Boolean);
export const typed = (scope) => scope.locator('.find input').evaluate((input) => input.value);
export const output = (page) => page.locator('output').innerText();
export const focusGraph = (page) => page.evaluate(() => document.querySelector('.graph').focus());
export async function choose(page, label) {
  await page.locator('.menu button', { hasText: label }).first().click();
}
export async function chooseView(page, label) {
  await page.locator('button.view').click();
  await choose(page, label);
}
export async function chooseFor(page, name, label) {
  await box(page, name).click({ button: 'right' });
  await choose(page, label);
}

// Pictures of the pictures, to be looked at.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { box, chooseFor, chooseView, open, write } from './page.mjs';

const SCENES = [
  ['narrow', 'narrow.svg', 400], ['phone', 'shop.svg', 400], ['shop', 'shop.svg', 1200], ['wide', 'wide.svg', 1600], ['hostile', 'hostile.svg', 900],
  ['chart', 'chart.svg', 1200], ['large', 'large.svg', 1200],
  ['tooltip', 'shop.svg', 1200, (page) => box(page, 'Shop.Cart.total/2').hover()],
  ['zoomed', 'shop.svg', 1200, (page) => box(page, 'Shop.Cart.total/2').click()],
  ['searching', 'shop.svg', 1200, (page) => page.fill('.find input', 'lists:')],
  ['narrow-searching', 'narrow.svg', 400, (page) => page.fill('.find input', 'lists:')],
  ['inverted', 'shop.svg', 1200, (page) => chooseView(page, 'Inverted')],
  ['sandwich', 'shop.svg', 1200, (page) => chooseFor(page, 'lists:foldl/3', 'Sandwich')],
  ['menu', 'shop.svg', 1200, (page) => page.locator('button.view').click()],
  ['narrow-menu', 'narrow.svg', 400, (page) => page.locator('button.view').click()],
  ['frame-menu', 'shop.svg', 1200, (page) => box(page, 'lists:sort/1').click({ button: 'right' })],
  ['keys', 'shop.svg', 1200, (page) => page.keyboard.press('?')],
  ['img', 'img.html', 1200],
];

export async function takeScreenshots(folder) {
  mkdirSync(folder, { recursive: true });
  write('img.html', '<!DOCTYPE html><body style="margin:0"><img src="shop.svg">');
  for (const colorScheme of ['light', 'dark'])
    for (const [name, file, width, act] of SCENES) {
      const page = await open(file, { colorScheme, viewport: { width, height: 400 } });
      await act?.(page);
      await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`) });
      await page.close();
    }
}

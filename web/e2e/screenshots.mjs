// The pictures of the README, taken of DECONFLICT_URL or else of the made-up sky, into SCREENSHOTS (docs/images).

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { get, launch, line, open, ready, service, until } from './browser.mjs';

const FOLDER = process.env.SCREENSHOTS ?? fileURLToPath(new URL('../../docs/images/', import.meta.url));
const ALERT_WAIT_MS = Number(process.env.ALERT_WAIT_S ?? 600) * 1000;
const DESKTOP = { width: 1440, height: 900 }, PHONE = { width: 390, height: 844 };

const anAlert = (page) => page.locator('[data-testid="alert"]:not([data-state="ended"]) .alert-main').first();

/** Opens the first alert and waits until the map and the pair view have come to rest. */
async function choose(page) {
  await anAlert(page).waitFor({ state: 'attached', timeout: ALERT_WAIT_MS });
  if (await get(page, 'tab-alerts').isVisible()) await get(page, 'tab-alerts').click();
  await anAlert(page).click();
  await get(page, 'pair-view').waitFor({ timeout: 15_000 });
  await page.waitForTimeout(2500);
}

const shots = [
  { name: 'map-dark', webgl: true, async then(page) { await anAlert(page).waitFor({ timeout: ALERT_WAIT_MS }); await page.waitForTimeout(8000); } },
  { name: 'map-light', scheme: 'light', path: '#panel=aircraft' },
  { name: 'map-conflict', webgl: true, then: choose },
  { name: 'map-feeds', path: '#panel=feeds' },
  { name: 'map-recording', async then(page) {
    const box = await get(page, 'strip').boundingBox({ timeout: 15_000 });
    await page.mouse.click(box.x + box.width * 0.6, box.y + box.height / 2);
    await get(page, 'banner-recording').waitFor();
    await page.waitForTimeout(3000);
  } },
  { name: 'map-phone', viewport: PHONE },
  { name: 'map-phone-conflict', viewport: PHONE, then: choose },
];

await mkdir(FOLDER, { recursive: true });
const at = await service();
const wire = await line(at.url);
try {
  for (const webgl of [true, false]) {
    const browser = await launch(webgl);
    for (const shot of shots.filter((s) => Boolean(s.webgl) === webgl)) {
      const { context, page } = await open(browser, at.url, { path: shot.path ?? '', viewport: shot.viewport ?? DESKTOP, colorScheme: shot.scheme ?? 'dark' });
      await ready(page);
      if (webgl) await until(page, 'MapLibre draws', () => window.__deconflict.base === 'webgl', null, 20_000);
      await page.waitForTimeout(2500);
      if (shot.then) await shot.then(page);
      await page.screenshot({ path: join(FOLDER, `${shot.name}.png`) });
      console.log(`${shot.name}.png`);
      await context.close();
    }
    if (!webgl) {
      const { page } = await open(browser, wire.url);
      await ready(page);
      await page.waitForTimeout(2000);
      wire.cut();
      await get(page, 'banner-disconnected').waitFor();
      await page.waitForTimeout(2500);
      await page.screenshot({ path: join(FOLDER, 'map-disconnected.png') });
      console.log('map-disconnected.png');
    }
    await browser.close();
  }
} finally {
  wire.close();
  at.stop();
}

// Reserving airspace in a real browser, against DECONFLICT_URL or else the made-up sky.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { browserIsThere, get, launch, open, ready, service, until } from './browser.mjs';

const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

if (!browserIsThere) console.log('skipped: no chromium; apt-get install chromium, or CHROMIUM=path');

describe('reservations', { skip: !browserIsThere }, () => {
  let browser, at, main, page;
  const name = (what) => `${what} ${process.pid}`;
  const row = (text) => page.locator('[data-testid="reservation"]', { hasText: text });
  const asked = (free) => until(page, `an answer: ${free ? 'free' : 'in the way'}`,
    (want) => document.querySelector('[data-testid="in-the-way"]')?.dataset.free === want, String(free));

  before(async () => {
    at = await service();
    browser = await launch();
    main = await open(browser, at.url);
    ({ page } = main);
    page.setDefaultTimeout(8000);
    page.on('dialog', (dialog) => dialog.accept());
    await ready(page);
    await get(page, 'tab-reservations').click();
  });
  after(async () => {
    await browser?.close();
    at?.stop();
  });

  const typed = async (shape, points) => {
    await get(page, `draw-${shape}`).click();
    await get(page, 'points').fill(points);
    await get(page, 'field-name').focus();
  };
  const act = async (action, status, who) => {
    await get(page, `act-${action}`).click();
    await row(who).and(page.locator(`[data-status="${status}"]`)).waitFor();
  };

  test('is drawn on the map, changed there, and taken back step by step', async () => {
    await get(page, 'draw-polygon').click();
    const map = await get(page, 'map').boundingBox();
    const spot = (x, y) => [map.x + map.width * x, map.y + map.height * y];
    for (const [x, y] of [[0.35, 0.35], [0.6, 0.35], [0.6, 0.6]]) await page.mouse.click(...spot(x, y));
    const lines = async () => (await get(page, 'points').inputValue()).split('\n').length;
    assert.equal(await lines(), 3);
    await get(page, 'drawing').click();
    const before = await get(page, 'points').inputValue();
    await page.mouse.move(...spot(0.6, 0.6));
    await page.mouse.down();
    await page.mouse.move(...spot(0.55, 0.65), { steps: 4 });
    await page.mouse.up();
    assert.notEqual(await get(page, 'points').inputValue(), before, 'a point was dragged');
    // Between two points a new one is taken hold of.
    await page.mouse.move(...spot(0.475, 0.35));
    await page.mouse.down();
    await page.mouse.move(...spot(0.475, 0.3), { steps: 4 });
    await page.mouse.up();
    assert.equal(await lines(), 4);
    for (let i = 0; i < 2; i += 1) await get(page, 'undo').click();
    assert.equal(await get(page, 'points').inputValue(), before);
    await get(page, 'close-form').click();
  });

  test('typed without a mouse, saved, planned: others see what is in their way, and what is free instead', async () => {
    await typed('polygon', '10 20\n10 21\n11 21\n11 20');
    await asked(true);
    await get(page, 'field-party').fill('NAVY');
    await get(page, 'field-name').fill(name('Anchor'));
    await page.keyboard.press('Tab');
    await get(page, 'save-reservation').focus();
    await page.keyboard.press('Enter');
    await row(name('Anchor')).waitFor();
    assert.equal(await row(name('Anchor')).getAttribute('data-status'), 'draft');
    await act('plan', 'planned', name('Anchor'));

    await typed('circle', '10.5 20.5');
    // Of one party's own reservations none is in the way of another.
    await get(page, 'field-party').fill('AAR');
    await get(page, 'field-radius').fill('10');
    await page.keyboard.press('Tab');
    await asked(false);
    assert.ok(await get(page, 'reservation-conflict').count() > 0, 'the conflict is in the list');
    await get(page, 'alternative-time').first().click();
    await asked(true);
    await get(page, 'field-name').fill(name('Orbit'));
    await page.keyboard.press('Tab');
    await get(page, 'save-reservation').click();
    await row(name('Orbit')).waitFor();
  });

  test('a line that is no point is named', async () => {
    await typed('corridor', '10 20\nnowhere');
    assert.match(await page.locator('#points-say').innerText(), /line 2/);
    await get(page, 'close-form').click();
  });

  test('is edited, activated, released', async () => {
    await row(name('Orbit')).locator('button').first().click();
    if (await get(page, 'edit-reservation').count() === 0) await row(name('Orbit')).locator('button').first().click();
    await get(page, 'edit-reservation').click();
    await get(page, 'field-purpose').fill('Refuelling');
    await get(page, 'field-aircraft').fill('ae01ce REACH11');
    await page.keyboard.press('Tab');
    await get(page, 'save-reservation').click();
    await row('Refuelling').waitFor();
    const users = await get(page, 'keeping').evaluateAll((items) => items.map((item) => item.dataset.aircraft));
    assert.deepEqual(users, ['ae01ce', 'REACH11'], 'who uses it is told');
    await act('plan', 'planned', name('Orbit'));
  });

  test('several volumes are shown, and changed as text', async () => {
    const blocks = [{ points: [{ lat: 16, lon: 20 }], radius_m: 5000, lower: 'FL050', upper: 'FL060' }, { points: [{ lat: 16, lon: 21 }, { lat: 16, lon: 22 }, { lat: 17, lon: 21 }] }];
    const status = await page.evaluate(async (draft) => (await fetch('v1/reservations', {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(draft),
    })).status, { name: name('Intent'), kind: 'uncrewed', shape: 'volumes', blocks });
    assert.equal(status, 201);
    await row(name('Intent')).locator('button').first().click();
    await get(page, 'edit-reservation').click();
    assert.equal(JSON.parse(await get(page, 'blocks').inputValue()).length, 2);
    assert.equal(await get(page, 'points').count() + await get(page, 'field-lower').count(), 0, 'levels and points are those of each');
    await get(page, 'blocks').fill('[');
    await page.keyboard.press('Tab');
    assert.equal(await page.locator('#blocks-say').getAttribute('role'), 'alert');
    await get(page, 'blocks').fill(JSON.stringify([blocks[0], { ...blocks[1], upper: 'FL070' }]));
    await page.keyboard.press('Tab');
    await asked(true);
    await get(page, 'save-reservation').click();
    await row(name('Intent')).waitFor();
  });

  test('the future is marked as such, and now is one click away', async () => {
    await get(page, 'future').fill('120');
    await get(page, 'banner-future').waitFor();
    assert.match(await get(page, 'banner-future').innerText(), /Future[\s\S]*Aircraft are where they are now/);
    const dimmed = await page.evaluate(() => Number(getComputedStyle(document.querySelector('.layer-moving')).opacity));
    assert.ok(dimmed < 0.5, `aircraft are dimmed to ${dimmed}`);
    await get(page, 'future-now').click();
    await get(page, 'banner-future').waitFor({ state: 'detached' });
  });

  test('a second browser is told without asking', async () => {
    const other = await open(browser, at.url);
    await ready(other.page);
    await get(other.page, 'tab-reservations').click();
    await typed('polygon', '12 20\n12 21\n13 21');
    await asked(true);
    await get(page, 'field-name').fill(name('Late'));
    await page.keyboard.press('Tab');
    await get(page, 'save-reservation').click();
    await row(name('Late')).waitFor();
    await other.page.locator('[data-testid="reservation"]', { hasText: name('Late') }).waitFor();
    await other.context.close();
  });

  test('axe finds no serious violation in list and form', async () => {
    for (const form of [false, true]) {
      if (form) await typed('polygon', '14 20\n14 21\n15 21');
      await page.evaluate(AXE);
      const found = await page.evaluate(async () => (await window.axe.run()).violations.filter((v) => v.impact === 'serious' || v.impact === 'critical')
        .map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`));
      assert.deepEqual(found, []);
    }
    await get(page, 'close-form').click();
  });

  test('no console error, no request to another host', () => {
    assert.deepEqual(main.errors, []);
    assert.deepEqual([...main.hosts], [new URL(at.url).host]);
  });
});

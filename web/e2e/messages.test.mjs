// The hot-line in a real browser: as the cell against DECONFLICT_URL or else the made-up sky; between parties
// against a service of its own, of the program DECONFLICT_BINARY.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe, test } from 'node:test';
import { browserIsThere, freePort, get, launch, line, open, ready, service, until } from './browser.mjs';

const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const ALERT_WAIT_MS = Number(process.env.ALERT_WAIT_S ?? 180) * 1000;
const BINARY = process.env.DECONFLICT_BINARY;

if (!browserIsThere) console.log('skipped: no chromium; apt-get install chromium, or CHROMIUM=path');
else if (!BINARY) console.log('skipped: the hot-line between parties (DECONFLICT_BINARY=path of the program)');

const said = (page, text) => page.locator('[data-testid="message"]', { hasText: text });
const spoken = (page, words) => until(page, `it is said: ${words}`, (want) => document.querySelector('[data-testid="live-polite"]').textContent.includes(want), words);

async function write(page, to, text) {
  if (await get(page, 'message-form').count() === 0) await get(page, 'write-message').click();
  if (to !== undefined) await get(page, 'message-to').selectOption(to);
  await get(page, 'message-text').fill(text);
}

async function axe(page, where) {
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => (await window.axe.run()).violations.filter((v) => v.impact === 'serious' || v.impact === 'critical')
    .map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`));
  assert.deepEqual(found, [], where);
}

describe('the hot-line', { skip: !browserIsThere, timeout: ALERT_WAIT_MS + 120_000 }, () => {
  let browser, at, main, page;
  const words = (what) => `${what} ${process.pid}`;

  before(async () => {
    at = await service();
    browser = await launch();
    main = await open(browser, at.url);
    ({ page } = main);
    page.setDefaultTimeout(8000);
    page.on('dialog', (dialog) => dialog.accept());
    await ready(page);
  });
  after(async () => {
    await browser?.close();
    at?.stop();
  });

  test('by keyboard alone: opened, written, sent', async () => {
    await get(page, 'map').focus();
    await page.keyboard.press('7');
    await get(page, 'panel-messages').waitFor();
    await page.keyboard.press('w');
    await until(page, 'one can write', () => document.activeElement?.dataset.testid === 'message-text');
    await page.keyboard.type(words('by keyboard'));
    assert.ok(await get(page, 'send-message').isDisabled(), 'nobody is written to by chance');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.type('every');
    assert.equal(await get(page, 'message-to').inputValue(), '*');
    await get(page, 'message-text').focus();
    await page.keyboard.press('Control+Enter');
    await said(page, words('by keyboard')).waitFor();
    assert.equal(await get(page, 'message-form').count(), 0);
    await page.keyboard.press('?');
    const help = await get(page, 'help').innerText();
    assert.match(help, /Hot-line/);
    assert.match(help, /Write a message/);
    await page.keyboard.press('Escape');
  });

  test('nothing is shown as sent before it is stored; what is refused is told as the service tells it', async () => {
    const other = await open(browser, at.url, { path: '#panel=messages' });
    other.page.setDefaultTimeout(8000);
    await ready(other.page);
    let go, refuse = false;
    await other.page.route('**/v1/messages', async (route) => {
      if (route.request().method() !== 'POST') return route.continue();
      if (refuse) return route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify({ title: 'unavailable', status: 503, detail: 'the message was not stored: no room' }) });
      await new Promise((resolve) => { go = resolve; });
      return route.continue();
    });
    await write(other.page, '*', words('held up'));
    await get(other.page, 'send-message').click();
    await other.page.locator('[data-testid="send-message"]', { hasText: 'Sending' }).waitFor();
    assert.equal(await said(other.page, words('held up')).count(), 0);
    go();
    await said(other.page, words('held up')).waitFor();
    refuse = true;
    await write(other.page, '*', words('refused'));
    await get(other.page, 'send-message').click();
    await get(other.page, 'message-refused').waitFor();
    assert.equal(await get(other.page, 'message-refused').innerText(), 'Not sent: the message was not stored: no room');
    assert.equal(await get(other.page, 'message-text').inputValue(), words('refused'), 'the words are still there');
    assert.equal(await said(other.page, words('refused')).count(), 0);
    await other.context.close();
  });

  test('too long is told before it is sent', async () => {
    await write(page, '*', 'x'.repeat(4003));
    assert.match(await get(page, 'message-length').innerText(), /4003 of 4000 characters: 3 characters too many/);
    assert.ok(await get(page, 'send-message').isDisabled());
    await get(page, 'message-text').fill('x'.repeat(4000));
    assert.ok(await get(page, 'send-message').isEnabled());
    await get(page, 'discard-message').click();
  });

  test('about a reservation: a link leads there', async () => {
    const name = words('Talked about');
    await page.evaluate(async (called) => {
      const start = new Date(Date.now() + 3_600_000).toISOString(), end = new Date(Date.now() + 7_200_000).toISOString();
      await fetch('v1/reservations', { method: 'POST', headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: called, kind: 'operation', party: 'NAVY', shape: 'circle', points: [{ lat: 5, lon: 5 }], radius_m: 9000, start, end }) });
    }, name);
    await get(page, 'tab-reservations').click();
    await page.locator('[data-testid="reservation"]', { hasText: name }).locator('button').first().click();
    await get(page, 'message-reservation').click();
    await write(page, 'NAVY', words('how long?'));
    await get(page, 'send-message').click();
    const row = said(page, words('how long?'));
    await row.waitFor();
    assert.match(await row.innerText(), /The cell \(you\)[\s\S]*NAVY/);
    await row.locator('[data-testid="message-about"]').click();
    await get(page, 'panel-reservations').waitFor();
    await page.locator('.reservation.chosen', { hasText: name }).waitFor();
  });

  test('about an alert: a link selects it', async () => {
    await page.locator('[data-testid="alert"]:not([data-state="ended"])').first().waitFor({ state: 'attached', timeout: ALERT_WAIT_MS });
    const alert = page.locator('[data-testid="alert"]').first(), id = await alert.getAttribute('data-alert');
    await alert.locator('.alert-main').click();
    await get(page, 'message-alert').click();
    assert.equal(await get(page, 'message-topic').inputValue(), `alert ${id}`);
    await write(page, '*', words('turn right'));
    await get(page, 'send-message').click();
    const row = said(page, words('turn right'));
    await row.waitFor();
    await page.locator('[data-testid="alert-card"] [aria-label^="Select nothing"]').click();
    await get(page, 'alert-card').waitFor({ state: 'detached' });
    await row.locator('[data-testid="message-about"]').click();
    await until(page, 'it is selected', (want) => window.__deconflict.selected.alert === want, id);
  });

  test('a proof says in words what holds, and is a file', async () => {
    const row = said(page, words('by keyboard')), id = await row.getAttribute('data-id');
    await row.locator('[data-testid="proof"]').click();
    const proof = row.locator('[data-testid="proof-view"]');
    await proof.waitFor();
    assert.match(await proof.innerText(), /Everything that can be checked holds[\s\S]*as it was stored[\s\S]*signature of the service holds/);
    assert.equal(await proof.locator('[data-ok="false"]').count(), 0);
    const [file] = await Promise.all([page.waitForEvent('download'), proof.locator('[data-testid="save-proof"]').click()]);
    const saved = JSON.parse(await readFile(await file.path(), 'utf8'));
    assert.equal(saved.id, id);
    assert.match(saved.signed_text, new RegExp(words('by keyboard')));
    await axe(page, 'with a proof');
    await row.locator('[data-testid="proof"]').click();
    await proof.waitFor({ state: 'detached' });
  });

  test('another of the cell is told without asking, and pages go back', async () => {
    const other = await open(browser, at.url);
    other.page.setDefaultTimeout(8000);
    await ready(other.page);
    await page.evaluate(async (text) => {
      for (let i = 0; i < 35; i += 1) await fetch('v1/messages', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ text: `${text} ${i}` }) });
    }, words('many'));
    await get(other.page, 'tab-messages').click();
    await said(other.page, `${words('many')} 34`).waitFor();
    await until(other.page, 'one page', () => document.querySelectorAll('[data-testid="message"]').length === 30);
    await get(other.page, 'older-messages').click();
    await said(other.page, words('by keyboard')).waitFor();
    const order = await other.page.$$eval('[data-testid="message"]', (rows) => rows.map((row) => row.dataset.id));
    assert.deepEqual(order, [...order].sort().reverse());
    assert.equal(new Set(order).size, order.length);
    await other.context.close();
  });

  test('disconnected says so, and the list comes back by itself', async () => {
    const wire = await line(at.url), other = await open(browser, wire.url, { path: '#panel=messages' });
    other.page.setDefaultTimeout(8000);
    await ready(other.page);
    await get(other.page, 'message').first().waitFor();
    wire.cut();
    await get(other.page, 'messages-cut').waitFor();
    assert.match(await get(other.page, 'messages-cut').innerText(), /as of \d\d:\d\d:\d\d UTC/);
    await page.evaluate((text) => fetch('v1/messages', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ text }) }), words('meanwhile'));
    wire.mend();
    await said(other.page, words('meanwhile')).waitFor({ timeout: 30_000 });
    await get(other.page, 'messages-cut').waitFor({ state: 'detached', timeout: 30_000 });
    await other.context.close();
    wire.close();
  });

  test('axe finds no serious violation in list and form, in either theme; on a phone nothing is wider than the screen', async () => {
    for (const options of [{}, { colorScheme: 'light' }, { viewport: { width: 360, height: 740 }, hasTouch: true }]) {
      const other = await open(browser, at.url, options);
      other.page.setDefaultTimeout(8000);
      await ready(other.page);
      await get(other.page, 'tab-messages').click();
      await write(other.page, '+', 'x'.repeat(4001));
      await axe(other.page, JSON.stringify(options));
      assert.ok(await other.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
      await other.context.close();
    }
  });

  test('no console error, no request to another host', () => {
    assert.deepEqual(main.errors, []);
    assert.deepEqual([...main.hosts], [new URL(at.url).host]);
  });
});

/** A service with keys for a tower, two parties, and somebody who may only look. */
async function own() {
  const folder = await mkdtemp(join(tmpdir(), 'deconflict-e2e-')), port = await freePort(), keys = {};
  let config = `[http]\nlisten = "127.0.0.1:${port}"\n[store]\nurl = "sqlite:${join(folder, 'store.db')}"\n[recording]\ndir = ""\n[[feed]]\nname = "exercise"\nkind = "scenario"\nscenario = "crossing"\nloop = true\n`;
  for (const [name, role] of [['tower', 'controller'], ['BLUE', 'party'], ['WHITE', 'party'], ['guest', 'viewer']]) {
    const made = execFileSync(BINARY, ['key', 'new', name, '--role', role, ...(role === 'party' ? ['--party', name] : [])], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    keys[name] = /dk_\w+/.exec(made)[0];
    config += made;
  }
  const file = join(folder, 'deconflict.toml');
  await writeFile(file, config);
  const child = spawn(BINARY, ['serve', '--config', file], { cwd: fileURLToPath(new URL('../../', import.meta.url)), stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (data) => { log += data; });
  const url = `http://127.0.0.1:${port}/`;
  for (let i = 0; ; i += 1) {
    if (await fetch(`${url}healthz`).then((answer) => answer.ok, () => false)) break;
    if (i > 100 || child.exitCode !== null) throw new Error(`the service did not start: ${log}`);
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
  return { url, keys, async stop() { child.kill(); await rm(folder, { recursive: true, force: true }); } };
}

describe('the hot-line between parties', { skip: !browserIsThere || !BINARY, timeout: 120_000 }, () => {
  let browser, at;
  const people = [];

  const enter = async (name) => {
    const person = await open(browser, at.url);
    const { page } = person;
    page.setDefaultTimeout(8000);
    const reads = [];
    page.on('request', (request) => { if (request.method() === 'GET' && /v1\/messages(\?|$)/.test(request.url())) reads.push(request.url()); });
    await get(page, 'login-key').fill(at.keys[name]);
    await page.keyboard.press('Enter');
    await until(page, 'the picture comes', () => window.__deconflict?.connection === 'live', null, 30_000);
    people.push(person);
    return { page, reads };
  };
  const outcome = (page, text, party, want) => said(page, text).locator(`[data-testid="receipts"] [data-outcome="${want}"]`, { hasText: party }).waitFor();

  before(async () => {
    at = await own();
    browser = await launch();
  });
  after(async () => {
    for (const { context } of people) await context.close();
    await browser?.close();
    await at?.stop();
  });

  test('is told at once, read when the panel is opened, and both are receipts', async () => {
    const blue = await enter('BLUE'), white = await enter('WHITE');
    assert.equal(await get(white.page, 'unread').innerText(), '? new\nopen to see whether there are new messages');
    await get(blue.page, 'tab-messages').click();
    await write(blue.page, '+', 'may we pass at FL150?');
    await get(blue.page, 'message-party').fill('WHITE');
    await get(blue.page, 'send-message').click();
    await spoken(white.page, 'Message from BLUE');
    assert.match(await get(white.page, 'unread').innerText(), /^1\+ new/);
    await outcome(blue.page, 'FL150', 'WHITE', 'delivered');
    await white.page.waitForTimeout(3500);
    assert.deepEqual(white.reads, [], 'nothing is read before it is shown');
    assert.equal(await said(blue.page, 'FL150').locator('[data-outcome="read"]').count(), 0);

    await white.page.keyboard.press('7');
    const row = said(white.page, 'FL150');
    await row.waitFor();
    assert.equal(await row.getAttribute('data-new'), 'true');
    await get(white.page, 'unread').waitFor({ state: 'detached' });
    await outcome(blue.page, 'FL150', 'WHITE', 'read');

    // An answer, to a panel that is open.
    await row.locator('[data-testid="answer"]').click();
    await write(white.page, undefined, 'yes, until 12:40');
    await get(white.page, 'send-message').click();
    await said(blue.page, 'until 12:40').waitFor();
    await outcome(white.page, 'until 12:40', 'BLUE', 'read');
    await row.locator('[data-testid="proof"]').click();
    assert.match(await row.locator('[data-testid="proof-view"]').innerText(), /Everything that can be checked holds/);
  });

  test('the cell sees all of it and gives no receipts; what is for the cell alone no other party sees', async () => {
    const tower = await enter('tower');
    const [blue, white] = people.map(({ page }) => page);
    await get(tower.page, 'tab-messages').click();
    await said(tower.page, 'FL150').waitFor();
    await write(blue, 'CELL', 'for the cell alone');
    await get(blue, 'send-message').click();
    await said(tower.page, 'for the cell alone').waitFor();
    assert.match(await said(blue, 'for the cell alone').innerText(), /The cell gives no receipts/);
    await said(tower.page, 'for the cell alone').locator('[data-testid="answer"]').click();
    await write(tower.page, undefined, 'the cell has it');
    await get(tower.page, 'send-message').click();
    await said(blue, 'the cell has it').waitFor();
    assert.equal(await said(white, 'cell').count(), 0);
  });

  test('who may not read messages sees nothing of them', async () => {
    const guest = await enter('guest');
    assert.equal(await get(guest.page, 'tab-messages').count(), 0);
    await guest.page.keyboard.press('7');
    await guest.page.keyboard.press('w');
    await guest.page.evaluate(() => { location.hash = '#panel=messages'; });
    await guest.page.waitForTimeout(500);
    assert.equal(await get(guest.page, 'panel-messages').count(), 0);
    assert.deepEqual(guest.reads, []);
  });
});

// What the end-to-end tests share: the browser, the service, and a line between them that can be cut.

import { spawn } from 'node:child_process';
import { createServer, connect } from 'node:net';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const BROWSER = process.env.CHROMIUM ?? '/usr/bin/chromium';
const QUIET = ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const WITHOUT_GL = ['--disable-gpu', '--disable-webgl', '--disable-3d-apis'];
const WITH_GL = ['--use-angle=swiftshader', '--enable-unsafe-swiftshader'];

export const browserIsThere = existsSync(BROWSER);

export function launch(webgl = false) {
  return chromium.launch({ executablePath: BROWSER, args: [...QUIET, ...(webgl ? WITH_GL : WITHOUT_GL)] });
}

/** The service under test: that of DECONFLICT_URL, or the mock. Gives its address and how to stop it. */
export async function service(...options) {
  if (process.env.DECONFLICT_URL && options.length === 0) return { url: process.env.DECONFLICT_URL.replace(/\/?$/, '/'), mock: false, stop() {} };
  const port = await freePort();
  const child = spawn(process.execPath, [fileURLToPath(new URL('../dev/mock-server.mjs', import.meta.url)), '--port', String(port), ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve, reject) => {
    child.stdout.once('data', resolve);
    child.once('exit', () => reject(new Error('the mock service ended')));
  });
  return { url: `http://127.0.0.1:${port}/`, mock: true, stop: () => child.kill() };
}

export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** A TCP line to the service: `cut` ends what is open and lets nothing through, `hold` lets it hang, `mend` is as before. */
export async function line(url) {
  const target = new URL(url), sockets = new Set();
  let cut = false, held = false;
  const server = createServer((inner) => {
    if (cut) {
      inner.destroy();
      return;
    }
    const outer = connect(Number(target.port || 80), target.hostname);
    for (const socket of [inner, outer]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => {});
    }
    inner.on('data', (data) => outer.write(data));
    outer.on('data', (data) => { if (!held) inner.write(data); });
    inner.on('close', () => outer.destroy());
    outer.on('close', () => inner.destroy());
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const drop = () => { for (const socket of sockets) socket.destroy(); };
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    cut() { cut = true; drop(); },
    hold() { held = true; },
    mend() { const was = held; cut = held = false; if (was) drop(); },
    close() { drop(); server.close(); },
  };
}

/** A page that keeps account of what it asked for and what went wrong. */
export async function open(browser, url, options = {}) {
  const { path = '', ...rest } = options;
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'dark', ...rest });
  const page = await context.newPage();
  const errors = [], hosts = new Set();
  page.on('console', (message) => { if (message.type() === 'error') errors.push(message.text()); });
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('request', (request) => { if (/^https?:|^wss?:/.test(request.url())) hosts.add(new URL(request.url()).host); });
  await page.goto(url + path);
  return { context, page, errors, hosts };
}

export const state = (page) => page.evaluate(() => {
  const d = window.__deconflict;
  return { connection: d.connection, counts: d.counts, time: d.time, live: d.live, selected: d.selected, view: d.view, stats: d.stats, base: d.base };
});

/** Waits until the page says so; the reason is in the error if it never does. */
export async function until(page, what, test, argument, timeout = 15_000) {
  try {
    return await page.waitForFunction(test, argument, { timeout, polling: 50 });
  } catch (error) {
    throw new Error(`${what}: ${error.message.split('\n')[0]}; the page: ${JSON.stringify(await state(page))}`);
  }
}

export const ready = (page) => until(page, 'the picture comes', () => window.__deconflict?.connection === 'live' && window.__deconflict.counts.aircraft > 0, null, 30_000);

export const get = (page, id) => page.locator(`[data-testid="${id}"]`);

// Folders of static files, served on loopback and opened in Chromium.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';

import { chromium } from 'playwright-core';

const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/** Serves a folder. `types` overrides the MIME types by extension. */
export async function served(folder, { types = {} } = {}) {
  const requests = [];
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
    requests.push(path);
    try {
      const body = await readFile(join(folder, normalize(path === '/' ? '/index.html' : path)));
      response.writeHead(200, { 'Content-Type': { ...TYPES, ...types }[extname(path) || '.html'] ?? 'application/octet-stream' });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${server.address().port}/`,
    requests,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

export function launched() {
  return chromium.launch({
    executablePath: process.env.SIDELIGHT_CHROMIUM ?? '/usr/bin/chromium',
    // Chromium's sandbox refuses to run as root, as in containers.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
}

/** Opens an address in a new page; what the page logs as an error or throws ends up in `errors`. */
export async function opened(browser, address) {
  const page = await browser.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  await page.goto(address);
  return { page, errors };
}

'use strict';
// Opens a URL in headless Chromium and prints, as JSON, what an expression evaluates to there (a
// promise is awaited): browser.js URL EXPRESSION [console [WORDS...]]. With "console" the value is a list: what the
// browser writes to its console, up to the first line at least; with words, up to lines that have each of them, and
// what the expression evaluates to stands before them. Speaks the DevTools protocol to a browser that it starts and
// ends, with a profile of its own.
const { spawn } = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');
const WebSocket = require('ws');

const [url, expression, shows, ...words] = process.argv.slice(2);
const LIMIT = 60000; // ends a hanging browser, decides nothing
const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'upgrade-browser.'));
const browser = spawn('chromium', ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic',
  '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--ignore-certificate-errors', `--user-data-dir=${profile}`, '--remote-debugging-port=0', 'about:blank'],
{ stdio: ['ignore', 'ignore', 'pipe'] });

// The browser's own children may still write into the profile for a moment.
function removeProfile(code, tries) {
  try {
    (fs.rmSync || fs.rmdirSync)(profile, { recursive: true, force: true });
  } catch (error) {
    if (tries > 0) return setTimeout(removeProfile, 100, code, tries - 1);
    console.error(error.message);
  }
  return process.exit(code);
}

function finish(code, message) {
  if (message) console.error(message);
  browser.once('exit', () => removeProfile(code, 100));
  browser.kill();
}
const said = [];
setTimeout(() => finish(1, `the browser does not answer; its console: ${said.join('\n')}`), LIMIT).unref();
browser.on('error', (error) => { console.error(error.message); process.exit(1); });

function endpoint() {
  return new Promise((resolve) => {
    let said = '';
    browser.stderr.on('data', (data) => {
      said += data;
      const found = said.match(/DevTools listening on (ws:\S+)/);
      if (found) resolve(found[1]);
    });
  });
}

async function main() {
  const wire = new WebSocket(await endpoint());
  const waiting = new Map();
  let count = 0;
  let loaded;
  const load = new Promise((resolve) => { loaded = resolve; });
  let written;
  const line = new Promise((resolve) => { written = resolve; });
  await new Promise((resolve) => wire.on('open', resolve));
  wire.on('message', (data) => {
    const message = JSON.parse(data);
    if (message.method === 'Page.loadEventFired') loaded();
    if (message.method === 'Log.entryAdded') {
      said.push(message.params.entry.text);
      if (words.every((word) => said.some((text) => text.includes(word)))) written();
    }
    if (waiting.has(message.id)) waiting.get(message.id)(message);
  });
  const call = (method, params, sessionId) => new Promise((resolve) => {
    waiting.set(++count, resolve);
    wire.send(JSON.stringify({ id: count, method, params, sessionId }));
  });
  const { result: { targetId } } = await call('Target.createTarget', { url: 'about:blank' });
  const { result: { sessionId } } = await call('Target.attachToTarget', { targetId, flatten: true });
  await call('Page.enable', {}, sessionId);
  await call('Page.navigate', { url }, sessionId);
  await load;
  if (shows) await call('Log.enable', {}, sessionId);
  const answer = await call('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true }, sessionId);
  if (shows) await line;
  const { value = answer.result } = answer.result.result || {};
  if (words.length) said.unshift(value);
  console.log(JSON.stringify(shows ? said : value));
  finish(0);
}

main();

'use strict';
// The socket.io server, as people run it behind proxies: a page, a form and a socket below one path,
// /app/. Listens on a free port of 127.0.0.1, prints the port as its first line and ends when its
// standard input does. It asserts what arrives: every request that has an Upgrade has to be a whole
// handshake, each field once. GET /app/seen answers with what was wrong, and how many handshakes and
// plain requests there were.
const http = require('http');
const path = require('path');
const { createRequire } = require('module');

const { Server } = createRequire(path.join(__dirname, '../clients/node/'))('socket.io');
const seen = { wrong: [], handshakes: 0, plain: 0 };

function values(request, name) {
  const found = [];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    if (request.rawHeaders[i].toLowerCase() === name) found.push(request.rawHeaders[i + 1]);
  }
  return found.join('|').toLowerCase();
}

function check(request) {
  const fields = ['upgrade', 'connection', 'sec-websocket-version'].map((name) => values(request, name));
  const whole = request.method === 'GET' && request.httpVersion === '1.1' && fields.join() === 'websocket,upgrade,13'
    && /^[^|]{24}$/.test(values(request, 'sec-websocket-key'))
    && !values(request, 'content-length') && !values(request, 'transfer-encoding');
  if (!whole) seen.wrong.push([request.method, request.url, ...fields]);
}

const server = http.createServer((request, response) => {
  if (request.url === '/app/seen') return response.end(JSON.stringify(seen));
  if (request.url === '/app/page') return response.end('a page\n');
  let body = '';
  request.on('data', (data) => { body += data; });
  return request.on('end', () => response.end(`${request.method} of ${body}\n`));
});
const io = new Server(server, { path: '/app/socket.io/' });
io.on('connection', (socket) => socket.on('say', (text, answer) => answer(`heard ${text}`)));

// After socket.io, which keeps those listeners to itself that it finds.
server.prependListener('request', (request) => {
  seen.plain++;
  if (request.headers.upgrade !== undefined) seen.wrong.push([request.method, request.url, request.headers.upgrade]);
});
server.prependListener('upgrade', (request) => {
  seen.handshakes++;
  check(request);
});

server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));

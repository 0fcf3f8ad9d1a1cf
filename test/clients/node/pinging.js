'use strict';
// node's ws on both sides of a proxy that pings, each with Pings of its own:
//   pinging.js serve        an echo, which prints its port
//   pinging.js open URL     opens it, prints "open", and for each line of standard input sends a large
//                           message, compressible or not, and prints what became of it
// Either gives up with the code 4000 when a Pong arrives that answers none of its Pings.
const crypto = require('crypto');
const WebSocket = require('ws');

const SIZE = 6 * 1024 * 1024;
const INTERVAL = 300;

function ping(socket) {
  const sent = new Set();
  const timer = setInterval(() => {
    const payload = crypto.randomBytes(8).toString('hex');
    sent.add(payload);
    socket.ping(payload);
  }, INTERVAL);
  socket.on('pong', (payload) => sent.delete(payload.toString()) || socket.close(4000));
  socket.on('close', () => clearInterval(timer));
}

function serve() {
  const server = new WebSocket.WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: true });
  server.on('listening', () => console.log(server.address().port));
  server.on('connection', (socket) => {
    ping(socket);
    socket.on('message', (data, binary) => socket.send(data, { binary }));
  });
  process.stdin.on('end', () => process.exit()).resume();
}

function open(url) {
  const socket = new WebSocket(url, { rejectUnauthorized: false });
  const echo = (message) => {
    socket.once('message', (data) => console.log(data.equals(message) ? 'right' : 'wrong'));
    socket.send(message);
  };
  socket.on('open', () => {
    ping(socket);
    console.log(`open ${socket.extensions.split(';')[0]}`);
    process.stdin.on('data', (line) => {
      const random = line.toString().startsWith('random');
      echo(random ? crypto.randomBytes(SIZE) : Buffer.alloc(SIZE, 'words and more words '));
    });
    process.stdin.on('end', () => socket.close(1000));
  });
  socket.on('close', (code) => console.log(`closed ${code}`));
  socket.on('error', (error) => console.log(`error ${error.message}`));
}

if (process.argv[2] === 'serve') serve();
else open(process.argv[3]);

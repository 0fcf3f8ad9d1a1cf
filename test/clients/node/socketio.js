'use strict';
// The socket.io client: socketio.js URL TRANSPORT[,TRANSPORT] SETTLES. Says something and prints the
// answer and the transport that it ends with: at once, or with SETTLES once it has tried to go on
// from polling to a WebSocket.
const { io } = require('socket.io-client');

const [url, transports, settles] = process.argv.slice(2);
const LIMIT = 60000; // ends a hanging test, decides nothing
const socket = io(url, { path: '/app/socket.io/', transports: transports.split(','), reconnection: false });

function finish(text) {
  console.log(text);
  socket.close();
  process.exit(0);
}
function settled() {
  const { engine } = socket.io;
  return new Promise((resolve) => {
    engine.once('upgrade', resolve);
    engine.once('upgradeError', resolve);
  });
}
setTimeout(() => finish('nothing'), LIMIT).unref();
socket.on('connect_error', (error) => finish(`refused: ${(error.description || {}).message || error.message}`));
// Listened for at once: the upgrade starts with the connection.
socket.io.on('open', () => { socket.upgraded = settles ? settled() : Promise.resolve(); });
socket.on('connect', async () => {
  await socket.upgraded;
  socket.emit('say', 'hello', (answer) => finish(`${answer} by ${socket.io.engine.transport.name}`));
});

'use strict';
// node's ws: opens the URL, sends each message and prints what comes back.
const WebSocket = require('ws');

const [url, ...messages] = process.argv.slice(2);
const client = new WebSocket(url);
let expected = messages.length;

client.on('open', () => messages.forEach((message) => client.send(message)));
client.on('message', (data) => {
  console.log(data.toString());
  if (--expected === 0) client.close();
});
client.on('unexpected-response', (request, response) => {
  console.log(`status ${response.statusCode}`);
  process.exit(1);
});

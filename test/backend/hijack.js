'use strict';
// A backend that switches to protocols of its own, as Docker's and Kubernetes' do. It listens on a free port
// of 127.0.0.1, prints it as its first line and ends when its standard input does.
//   /docker/...  Upgrade: tcp: the stream of a container
//   /k8s/...     Upgrade: SPDY/3.1: a port-forward. Without it 400, in the words of the kubelet
//   elsewhere    a valid WebSocket handshake is switched
// What is no switch is answered with what arrived: Upgrade and Connection, and the body. A stream says what
// arrived, sends back what it gets, and at its end says goodbye.
const crypto = require('crypto');
const net = require('net');

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

function fieldsOf(lines) {
  const fields = {};
  for (const line of lines) {
    const [, name, value] = line.match(/^([^:]+):\s*(.*)$/);
    const key = name.toLowerCase();
    fields[key] = key in fields ? `${fields[key]}, ${value}` : value;
  }
  return fields;
}

function seen(fields, body) {
  const connection = (fields.connection || '').toLowerCase();
  return `upgrade=${fields.upgrade || ''} connection=${connection} body=${body}\n`;
}

function head(status, fields) {
  return [`HTTP/1.1 ${status}`, ...fields, '', ''].join('\r\n');
}

// The head of a switch, undefined where none is asked for.
function switchFor(path, fields) {
  const asked = (fields.upgrade || '').toLowerCase();
  const names = (fields.connection || '').toLowerCase() === 'upgrade';
  if (!names) return undefined;
  if (path.startsWith('/docker/') && asked === 'tcp') {
    return head('101 UPGRADED', ['Content-Type: application/vnd.docker.raw-stream', 'Connection: Upgrade',
      'Upgrade: tcp']);
  }
  if (path.startsWith('/k8s/') && asked === 'spdy/3.1') {
    return head('101 Switching Protocols', ['Connection: Upgrade', 'Upgrade: SPDY/3.1',
      'X-Stream-Protocol-Version: v4.channel.k8s.io']);
  }
  if (asked === 'websocket') {
    const accept = crypto.createHash('sha1').update(fields['sec-websocket-key'] + GUID).digest('base64');
    return head('101 Switching Protocols', ['Connection: Upgrade', 'Upgrade: websocket',
      `Sec-WebSocket-Accept: ${accept}`]);
  }
  return undefined;
}

function stream(socket, start, rest) {
  socket.write(start);
  if (rest.length) socket.write(rest);
  socket.on('data', (data) => socket.write(data));
  socket.on('end', () => socket.end('goodbye\n'));
}

function answer(socket, request, fields, body, rest) {
  const path = request.split(' ')[1];
  const said = seen(fields, body);
  const start = switchFor(path, fields);
  socket.removeAllListeners('data');
  if (start) return stream(socket, start + said, rest);
  const status = path.startsWith('/k8s/') ? '400 unable to upgrade: missing upgrade headers' : '200 OK';
  const length = `Content-Length: ${said.length}`;
  return socket.end(head(status, ['Content-Type: text/plain', length, 'Connection: close']) + said);
}

const server = net.createServer({ allowHalfOpen: true }, (socket) => {
  let got = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (data) => {
    got = Buffer.concat([got, data]);
    const end = got.indexOf('\r\n\r\n');
    if (end < 0) return;
    const [request, ...lines] = got.subarray(0, end).toString('latin1').split('\r\n');
    const fields = fieldsOf(lines);
    const length = Number(fields['content-length'] || 0);
    if (got.length < end + 4 + length) return;
    const body = got.subarray(end + 4, end + 4 + length).toString('latin1');
    answer(socket, request, fields, body, got.subarray(end + 4 + length));
  });
});

server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));

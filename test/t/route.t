# The route policy: merges like any per-directory directive, judged when the file is known.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Wire;

# [name, path, more lines, status, policy]
my @requests = (
    ['a route without policy',         '/plain',         [], 200],
    ['a policy',                       '/ws',            [], 426, '/ws'],
    ['met',                            '/ws',            [handshake], 200],
    ['inherited by an inner section',  '/ws/deeper',     [], 426, '/ws'],
    ['none lifts',                     '/ws/open',       [], 200],
    ['mode off',                       '/ws/off',        [], 200],
    ['settings are inherited singly',  '/ws/guide',      [], 426, 'chat.v2'],
    ['an added exception holds',       '/ws/exception-only', ['X-Probe: yes'], 200],
    ['and the policy around it too',   '/ws/exception-only', [], 426, '/ws'],
    ['an exception',                   '/except',        ['X-Probe: yes'], 200],
    ['the other one',                  '/except',        ['X-Other: yes'], 200],
    ['no exception',                   '/except',        ['X-Probe: no'], 426, '/except'],
    ['an exception of the outer section', '/except/more', ['X-Probe: yes'], 200],
    ['one that is added',              '/except/more', ['X-More: yes'], 200],
    ['does not leak outwards',         '/except',      ['X-More: yes'], 426, '/except'],
    ['an exception that fails',        '/broken',      [], 426, '/broken'],
    ['TLS is judged after SetEnvIf',   '/tls/env',     ['X-Ok: yes'], 200],
    ['and refused without',            '/tls/env',     [], 426, '/tls/env'],
    ['UpgradeName in .htaccess',       '/htaccess-name/x', [], 500],
    ['a new policy starts without',    '/except/again',  ['X-Probe: yes'], 426, '/except/again'],
    ['the index file that mod_dir chooses', '/dir/',     [], 426, 'index.html'],
    ['a file beside it',               '/dir/other.html', [], 200],
    ['.htaccess',                      '/htaccess/x',    [], 426, '.htaccess'],
    ['a file function in .htaccess is refused', '/htaccess-file/x', [], 500],
    ['an exception in .htaccess',      '/htaccess/x',    ['X-Probe: yes'], 200],
    ['a mistake in .htaccess',         '/htaccess-bad/x', [], 500],
    ['a pattern',                      '/matched',       [], 426, '^/match(ed)?$'],
    ['an internal redirect to another route', '/rewritten/x', [], 426, '/ws'],
    ['a subrequest is not judged',     '/includes.shtml', [], 200],
    ['HTTP/2 over HTTP/1.1',           '/http2',         [], 426, '/http2'],
    ['HEAD is judged as GET',          '/ws',            [], 426, '/ws', 'HEAD'],
);

for my $case (@requests) {
    my ($name, $path, $lines, $status, $policy, $method) = @$case;
    my $answer = ask('routes', join "\r\n", ($method // 'GET') . " $path HTTP/1.1", 'Host: localhost',
        @$lines, '', '');
    is $answer->{status}, $status, "$name: status";
    is json_of($answer)->{policy}, $policy, "$name: policy" if $policy && !$method;
    is field($answer, 'Vary'), 'Origin', "$name: no Vary of ours" if $status == 200;
}

like log_line('error_log', qr{UR0001}), qr{does not apply}, 'an exception that fails is logged';
like log_line('error_log', qr{UR0002}), qr{so the default is sent}, 'a message that fails is logged';
like json_of(get('routes', '/broken'))->{detail}, qr/^This resource is a WebSocket/,
    'and gives way to the default';
is get('routes', '/includes.shtml')->{body}, "endpoint\n", 'the subrequest shows the file';
like json_of(get('routes', '/if'))->{policy}, qr{^<If> extra\.conf:\d+$}, '<If> is named by where it stands';
like json_of(get('routes', '/elseif'))->{policy}, qr{^<ElseIf> extra\.conf:\d+$}, '<ElseIf> too';
like log_line('error_log', qr{htaccess-bad.*UpgradeRequire}),
    qr{HTTP/3: not supported, because this httpd cannot detect HTTP/3; use HTTP/2},
  'a mistake in .htaccess is explained in the log';

# TLS before the password prompt.
{
    my $answer = get('routes', '/tls');
    is $answer->{status}, 426, 'TLS is asked for before a password';
    is field($answer, 'WWW-Authenticate'), undef, 'and no password';
    is json_of($answer)->{reason}, 'tls-missing', 'reason';
}

# A refused route keeps the connection, unless the request announces a body.
{
    my $socket = connect_to(port_of('routes'));
    my $request = "GET /ws HTTP/1.1\r\nHost: localhost\r\n\r\n";
    print $socket $request, $request;
    my ($first, $second) = map { answer_from($socket) } 1, 2;
    is field($first, 'Connection'), 'Upgrade', 'kept: no close is announced';
    is $second->{status}, 426, 'kept: the next request on it is answered';
    print $socket "HEAD /ws HTTP/1.1\r\nHost: localhost\r\n\r\n";
    my $third = answer_from($socket, 1);
    is $third->{status}, 426, 'kept: HEAD has the fields';
    is field($third, 'Content-Length'), undef, 'kept: and no length, which would be that of a GET';
    print $socket $request;
    is answer_from($socket)->{status}, 426, 'kept: and no body';

    for my $body ('Content-Length: 100000', 'Transfer-Encoding: chunked') {
        my $answer = ask('routes', "POST /ws HTTP/1.1\r\nHost: localhost\r\n$body\r\n\r\n", close => 1);
        is $answer->{status}, 426, "$body: answered at once";
        is field($answer, 'Connection'), 'Upgrade, close', "$body: the end is announced";
        ok $answer->{closed}, "$body: closed";
    }
    my $answer = ask('routes', "POST /ws HTTP/1.1\r\nHost: localhost\r\nContent-Length: 000\r\n\r\n$request");
    is field($answer, 'Connection'), 'Upgrade', 'an empty body keeps the connection';
}

# The rules of the handshake, through httpd.
{
    my $key = WS_KEY;
    my @both = ('Upgrade: websocket', 'Connection: Upgrade');
    my @rest = ('Sec-WebSocket-Version: 13', "Sec-WebSocket-Key: $key");
    # [name, first line, lines, status, reason]
    my @handshakes = (
        ['valid, lists and case', 'GET /ws HTTP/1.1',
            ['UPGRADE: h2c, WebSocket', 'Connection: keep-alive, upgrade', @rest], 200],
        ['two Upgrade fields', 'GET /ws HTTP/1.1', ['Upgrade: h2c', @both, @rest], 200],
        ['stripped', 'GET /ws HTTP/1.1', [@rest], 426, 'websocket-stripped'],
        ['h2c offer', 'GET /ws HTTP/1.1', ['Upgrade: h2c', 'Connection: Upgrade'], 426, 'websocket-missing'],
        ['HTTP/1.0', 'GET /ws HTTP/1.0', [@both, @rest], 426, 'websocket-http-version'],
        ['POST', 'POST /ws HTTP/1.1', [@both, @rest], 405, 'websocket-method'],
        ['HEAD', 'HEAD /ws HTTP/1.1', [@both, @rest], 405, undef],
        ['body', 'GET /ws HTTP/1.1', [@both, @rest, 'Content-Length: 5'], 400, 'websocket-body'],
        ['chunked body', 'GET /ws HTTP/1.1', [@both, @rest, 'Transfer-Encoding: chunked'], 400,
            'websocket-body'],
        ['version 8', 'GET /ws HTTP/1.1', [@both, 'Sec-WebSocket-Version: 8', $rest[1]], 426,
            'websocket-version'],
        ['version twice', 'GET /ws HTTP/1.1', [@both, @rest, $rest[0]], 426, 'websocket-version'],
        ['no key', 'GET /ws HTTP/1.1', [@both, $rest[0]], 400, 'websocket-key'],
        ['key twice', 'GET /ws HTTP/1.1', [@both, @rest, $rest[1]], 400, 'websocket-key'],
        ['key of 15 bytes', 'GET /ws HTTP/1.1', [@both, $rest[0], 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j'],
            400, 'websocket-key'],
    );
    my @good = (@both, @rest);
    my $port = port_of('routes');
    push @handshakes, (
        ['an allowed origin', 'GET /origin HTTP/1.1', [@good, 'Origin: https://app.example.com'], 200],
        ['the same origin', 'GET /origin HTTP/1.1', [@good, "Origin: http://localhost"], 200],
        ['the same origin over TLS', 'GET /origin HTTP/1.1', [@good, "Origin: https://localhost"], 403,
            'websocket-origin'],
        ['another origin', 'GET /origin HTTP/1.1', [@good, 'Origin: https://evil.example'], 403,
            'websocket-origin'],
        ['no origin', 'GET /origin HTTP/1.1', [@good], 200],
        ['any origin', 'GET /origin/any HTTP/1.1', [@good, 'Origin: https://evil.example'], 200],
        ['an accepted subprotocol', 'GET /protocol HTTP/1.1', [@good, 'Sec-WebSocket-Protocol: x, chat.v1'],
            200],
        ['no subprotocol', 'GET /protocol HTTP/1.1', [@good], 400, 'websocket-subprotocol'],
        ['another subprotocol', 'GET /protocol HTTP/1.1', [@good, 'Sec-WebSocket-Protocol: x'], 400,
            'websocket-subprotocol'],
    );
    is_deeply json_of(get('routes', '/protocol', @good))->{subprotocols}, ['chat.v2', 'chat.v1'],
        'the accepted ones are told';
    for my $case (@handshakes) {
        my ($name, $line, $lines, $status, $reason) = @$case;
        my $answer = ask('routes', join "\r\n", $line, 'Host: localhost', @$lines, '', '');
        is $answer->{status}, $status, "handshake, $name: status";
        is json_of($answer)->{reason}, $reason, "handshake, $name: reason" if $reason;
        is field($answer, 'Sec-WebSocket-Version'), '13', "handshake, $name: version" if $status != 200;
        is field($answer, 'Allow'), ($status == 405 ? 'GET' : undef), "handshake, $name: Allow";
    }
}

# A proxy took the hop-by-hop fields away: the answer names what is left, and the cure.
{
    my $answer = get('routes', '/ws', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: ' . WS_KEY,
        'Via: 1.1 EcHo',
        'X-Forwarded-For: 192.0.2.1', 'X-Cnection: Upgrade', 'X-Other: EcHo');
    my $body = json_of($answer);
    is $body->{reason}, 'websocket-stripped', 'stripped: reason';
    is_deeply $body->{evidence}, ['Sec-WebSocket-Key', 'Sec-WebSocket-Version', 'Via', 'X-Forwarded-For',
        'X-Cnection'],
      'stripped: the evidence';
    like $body->{hint}, qr/^$_/m, "stripped: the lines for $_" for 'nginx: ', 'HAProxy: ', 'httpd ';
    unlike $answer->{body}, qr/EcHo|192\.0\.2\.1/, 'stripped: names, no values';
    is json_of(get('routes', '/ws'))->{evidence}, undef, 'not stripped: no evidence';
}

# What meets the policy reaches a real backend and is answered by it.
{
    my $socket = connect_to(port_of('routes'));
    print $socket join "\r\n", 'GET /live HTTP/1.1', 'Host: localhost', handshake, '', '';
    is answer_from($socket)->{status}, 101, 'a real handshake opens a WebSocket';
    print $socket "\x81\x85\0\0\0\0hello";
    read $socket, my $frame, 7;
    is $frame, "\x81\x05hello", 'which echoes';
}

done_testing;

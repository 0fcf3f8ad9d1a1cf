# WebSocket routes through mod_proxy: handshakes arrive whole, and no tunnel is opened
# unless the backend has switched.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Lacks;
use Raw;
use Server;
use Wire;

my @hosts = qw(http upgrade ws none any max1 match rewrite location balancer tls_backend unix ping remote
    legacy);

# What a second request in the stream looks like, if a tunnel lets it through.
my $second = "GET /second HTTP/1.1\r\nHost: localhost\r\n\r\n";

sub bytes { join "\r\n", @_, '', '' }

# Answers of the backend to a valid handshake: [name, status for the client]
my @switches = (['good', 101], ['case', 101], ['slow-good', 101]);
my @failures = map { [$_, 502] } qw(
  bare no-accept wrong-accept two-accepts two-upgrades list h2c no-connection http10 folded chunked-101
  oversized not-http garbage closes half slow-bare slow-wrong-accept
);
my @relayed = (
    ['200',              200],
    ['200-close',        200],
    ['200-chunked',      200],
    ['slow-200-chunked', 200],
    ['302',              302],
    ['401',              401],
    ['503',              503],
);

# 426 loses its Upgrade as a field of the hop, were it not given back: [name, Upgrade]
my @offers = (
    ['426',         'websocket'],
    ['426-none',    undef],
    ['426-list',    'TLS/1.3, websocket, IRC/6.9'],
    ['426-odd',     undef],
    ['426-hints',   'websocket'],
    ['426-chunked', 'websocket'],
    ['slow-426',    'websocket'],
);

# Handshakes that fail: [name, first line's method and version, lines, status]
my @key = ('Sec-WebSocket-Key: ' . WS_KEY);
my @version = ('Sec-WebSocket-Version: 13');
my @asks = ('Upgrade: websocket', 'Connection: Upgrade');
my @chunked = ('Transfer-Encoding: chunked');
my @names_key = ('Upgrade: websocket', 'Connection: Upgrade, Sec-WebSocket-Key');
my @names_protocol = ('Connection: Sec-WebSocket-Protocol', 'Sec-WebSocket-Protocol: chat');
my @invalid = (
    ['wrong version', 'GET',  '1.1', [@asks, @key, 'Sec-WebSocket-Version: 8'],        426],
    ['POST',          'POST', '1.1', [handshake],                                      405],
    ['no key',        'GET',  '1.1', [@asks, @version],                                400],
    ['no Connection', 'GET',  '1.1', ['Upgrade: websocket', @key, @version],           426],
    ['HTTP/1.0',      'GET',  '1.0', [handshake],                                      426],
    ['body',          'GET',  '1.1', [handshake, 'Content-Length: 5'],                 400],
    ['chunked body',  'GET',  '1.1', [handshake, @chunked],                            400],
    ['chunked body, HTTP/2.0 as text',   'GET', '2.0', [handshake, @chunked],          400],
    ['chunked body, HTTP/9.9 as text',   'GET', '9.9', [handshake, @chunked],          400],
    ['Connection names the key',         'GET', '1.1', [@names_key, @key, @version],   400],
    ['Connection names the subprotocol', 'GET', '1.1', [handshake, @names_protocol],   400],
);

for my $route (map { ["proxy_$_", 'thread'], ["proxy_$_", 'event'] } @hosts) {
    my ($vhost, $carrier) = @$route;
    my $host = "$vhost, $carrier";
    my $page = '0123456789' x 1000;
    my @shake = (handshake, "X-Tunnel: $carrier");

    # A real backend, real frames
    {
        my $socket = connect_to(port_of($vhost));
        print $socket bytes('GET /echo HTTP/1.1', 'Host: localhost', @shake);
        is answer_from($socket)->{status}, 101, "$host: a real backend switches";
        print $socket "\x81\x85\0\0\0\0hello";
        read $socket, my $frame, 7;
        is $frame, "\x81\x05hello", "$host: and echoes";
    }

    for my $case (@switches) {
        my ($name, $status) = @$case;
        my $mark = mark();
        my $socket = connect_to(port_of($vhost));
        print $socket bytes("GET /raw/$name?$mark HTTP/1.1", 'Host: localhost', 'Upgrade: h2c, websocket',
            'Connection: keep-alive, Upgrade', @key, 'Sec-WebSocket-Version: 13',
                'Sec-WebSocket-Protocol: chat', "X-Tunnel: $carrier");
        my $answer = answer_from($socket);
        is $answer->{status}, $status, "$host, $name: status";
        like field($answer, 'Upgrade'), qr/^websocket$/i, "$host, $name: Upgrade";
        print $socket 'through';
        read $socket, my $echo, 7;
        is $echo, 'through', "$host, $name: the tunnel is open";
        my @connections = seen($mark);
        is scalar @connections, 1, "$host, $name: one connection";
        my ($head) = grep { /\Q$mark/ } @{ $connections[0]{requests} };
        is scalar(() = $head =~ /^Upgrade: websocket\r$/mg), 1, "$host, $name: Upgrade, narrowed, once";
        is scalar(() = $head =~ /^Connection: Upgrade\r$/mg), 1, "$host, $name: Connection, once";
        is scalar(() = $head =~ /^Sec-WebSocket-\w+:/mg), 3, "$host, $name: the other fields, once each";
    }

    # A frame that comes with the switch is not lost.
    {
        my $socket = connect_to(port_of($vhost));
        print $socket bytes('GET /raw/greets HTTP/1.1', 'Host: localhost', @shake);
        is answer_from($socket)->{status}, 101, "$host, greets: status";
        read $socket, my $frame, 7;
        is $frame, "\x81\x05hello", "$host, greets: the first frame";
    }

    for my $case (@failures) {
        my ($name, $status) = @$case;
        my $mark = mark();
        my $answer = ask($vhost, bytes("GET /raw/$name?$mark HTTP/1.1", 'Host: localhost', @shake,
            'X-Last: 1') . $second);
        is $answer->{status}, $status, "$host, $name: status";
        my @connections = seen($mark);
        is scalar(map { grep { /\Q$mark/ } @{ $_->{requests} } } @connections), 1, "$host, $name: sent once";
        unlike "@{[ map { $_->{tunnel} } @connections ]}", qr/second/, "$host, $name: nothing is tunnelled";
    }

    for my $case (@relayed) {
        my ($name, $status) = @$case;
        my $answer = get($vhost, "/raw/$name", @shake);
        is $answer->{status}, $status, "$host, $name: status";
        is $answer->{body}, $page, "$host, $name: body";
        is field($answer, 'Upgrade'), undef, "$host, $name: no Upgrade";
    }

    for my $case (@offers) {
        my ($name, $offer) = @$case;
        for my $lines ([@shake], $vhost eq 'proxy_legacy' ? () : []) {
            my $answer = get($vhost, "/raw/$name", @$lines);
            my $what = "$host, " . (@$lines ? 'handshake' : 'plain') . ", $name";
            is $answer->{status}, 426, "$what: status";
            is $answer->{body}, $page, "$what: body";
            # With upgrade=ANY, mod_proxy returns it to a plain request, whatever it is.
            $offer = 'web socket' if "$vhost $name @$lines" eq 'proxy_any 426-odd ';
            is field($answer, 'Upgrade'), $offer, "$what: Upgrade";
            is !!(join(',', fields($answer, 'Connection')) =~ /\bUpgrade\b/), defined $offer,
                "$what: Connection";
        }
    }

    for my $case (@invalid) {
        my ($name, $method, $version, $lines, $status) = @$case;
        my $mark = mark();
        my $answer = ask($vhost, bytes("$method /raw/good?$mark HTTP/$version", 'Host: localhost', @$lines,
            "X-Tunnel: $carrier") . $second);
        is $answer->{status}, $status, "$host, $name: status";
        is scalar(seen($mark)), 0, "$host, $name: not sent to the backend";
    }

    # A request that does not ask is proxied as ever, without its h2c offer. (What stock does with such
    # requests on the legacy path is not our affair.)
    next if $vhost eq 'proxy_legacy' || $carrier eq 'event';
    for my $case (@relayed) {
        my ($name, $status) = @$case;
        my $answer = get($vhost, "/raw/$name");
        is $answer->{status}, $status, "$host, plain, $name: status";
        is $answer->{body}, $page, "$host, plain, $name: body";
    }
    is get($vhost, '/raw/bare')->{status}, 502, "$host, plain, a 101: refused";
    is get($vhost, '/raw/good')->{status}, 502, "$host, plain, a switch that was not asked for: refused";
    is ask($vhost, "POST /raw/200 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello")->{status},
        200,
      "$host, plain, with a body: status";
    my $mark = mark();
    my $answer = get($vhost, "/raw/200?$mark", 'Upgrade: h2c', 'Connection: Upgrade');
    is $answer->{status}, 200, "$host, plain: status";
    my ($connection) = seen($mark);
    unlike $connection->{requests}[-1], qr/^Upgrade:/m, "$host, plain: no Upgrade reaches the backend";
}

# Implied by UpgradeRequire, lifted by UpgradeKeep none
is get('proxy_http', '/raw/implied/good', handshake)->{status}, 101, 'implied: kept';
is get('proxy_http', '/raw/implied/200')->{status}, 426, 'implied: demanded';
is get('proxy_http', '/raw/unkept/426', handshake)->{status}, 426, 'not kept: as stock httpd';
{
    my $mark = mark();
    get('proxy_http', "/raw/unkept/200?$mark", handshake);
    my ($connection) = seen($mark);
    unlike $connection->{requests}[-1], qr/^Upgrade:/m,
        'not kept: the handshake is lost, as with stock httpd';
}

# An exception lets a bad handshake pass, but not into a tunnel.
for my $host (qw(proxy_ws proxy_any)) {
    my $mark = mark();
    my $answer = ask($host, bytes("GET /ex/bare?$mark HTTP/1.1", 'Host: localhost', 'X-Pass: yes', @asks,
        @key,
        'Sec-WebSocket-Version: 8') . $second);
    is $answer->{status}, 502, "$host, an excepted handshake: no switch";
    my ($connection) = seen($mark);
    unlike $connection->{tunnel}, qr/second/, "$host, an excepted handshake: no tunnel";
}

# The same where httpd's own words replace the backend's
for my $case (['', qr/Upgrade Required/], ['text/', qr/^in other words$/], ['page/', qr/^nothing here/]) {
    my ($folder, $body) = @$case;
    for my $lines ([handshake], []) {
        my $answer = get('proxy_override', "/raw/${folder}426-list", @$lines);
        is $answer->{status}, 426, "ProxyErrorOverride, $folder: status";
        like $answer->{body}, $body, "ProxyErrorOverride, $folder: body";
        is field($answer, 'Upgrade'), 'TLS/1.3, websocket, IRC/6.9', "ProxyErrorOverride, $folder: Upgrade";
        like join(',', fields($answer, 'Connection')), qr/\bUpgrade\b/,
            "ProxyErrorOverride, $folder: Connection";
    }
}

# One connection to the backend for a handshake, none for one that is refused
for my $env ('new', 'none') {
    my @marks = map { mark() } 1 .. 2;
    get('proxy_env', "/raw/good?$marks[0]", handshake, "X-Env: $env");
    get('proxy_env', "/raw/good", @{ $_->[3] }, "X-Env: $env")
        for grep { $_->[1] eq 'GET' && $_->[2] eq '1.1' } @invalid;
    get('proxy_env', "/raw/good?$marks[1]", handshake, "X-Env: $env");
    my @numbers = map { map { $_->{number} } seen($_, 'counting_port') } @marks;
    is $numbers[1] - $numbers[0], 1, "connections, $env: one for a handshake";
}

# HTTP/1.0 knows no WebSocket
{
    my $mark = mark();
    is get('proxy_env', "/raw/good?$mark", handshake, 'X-Env: old')->{status}, 502,
        'force-proxy-request-1.0: no switch';
    my ($connection) = seen($mark, 'counting_port');
    unlike $connection->{requests}[-1], qr/^Upgrade:/m, 'force-proxy-request-1.0: no Upgrade is sent';
    unlike $connection->{tunnel}, qr/./, 'force-proxy-request-1.0: no tunnel';
}

# SetHandler makes it a proxied request late
for my $case (['good', 101], ['wrong-accept', 502], ['200', 200]) {
    is get('proxy_handler', "/$case->[0]", handshake)->{status}, $case->[1], "SetHandler, $case->[0]";
}
is get('proxy_handler', '/good', @asks, @key, 'Sec-WebSocket-Version: 8')->{status}, 426,
    'SetHandler: judged';

# A head that is long but final is an answer like any other.
is get('proxy_http', '/raw/long-401', handshake)->{status}, 401, 'a long head of a 401';

# The log has the client's own words.
get('proxy_ws', '/raw/200?logged', 'Upgrade: h2c', 'Connection: Upgrade');
like log_line('upgrade_log', qr{logged}), qr{^/raw/200\?logged h2c$}, 'the log sees the client\'s Upgrade';

# Stickiness goes on deciding
for my $route (qw(one two)) {
    my %hosts;
    for (1 .. 4) {
        my $mark = mark();
        get('proxy_balancer', "/raw/good?$mark", handshake, "Cookie: sticky=x.$route");
        my ($connection) = seen($mark);
        $hosts{$1}++ if $connection->{requests}[-1] =~ /^Host: (\S+):/m;
    }
    is_deeply [keys %hosts], [$route eq 'one' ? '127.0.0.1' : 'localhost'], "sticky: route $route";
}

# ProxyPassReverse and cookies are mapped, with and without a handshake
for my $lines ([handshake], []) {
    my $answer = get('proxy_http', '/raw/302', @$lines);
    is field($answer, 'Location'), 'http://localhost:' . port_of('proxy_http') . '/raw/there',
        'ProxyPassReverse maps Location';
    $answer = get('proxy_http', '/raw/401', @$lines);
    is field($answer, 'Set-Cookie'), 'a=b; path=/raw/', 'ProxyPassReverseCookiePath maps cookies';
    is field($answer, 'WWW-Authenticate'), 'Basic realm=x', 'a challenge arrives';
}

# Extended CONNECT
SKIP: {
    skip_without('http2', 5);
    skip_without('h2-websockets', 5);
    is h2('proxy_h2', '/raw/good', connect => 1)->{status}, 200, 'extended CONNECT: kept';
    is h2('proxy_h2', '/raw/wrong-accept', connect => 1)->{status}, 502, 'extended CONNECT: a bad switch';
    is h2('proxy_h2', '/raw/200')->{status}, 200, 'HTTP/2, plain: as ever';
    # A stream is a thread's, whatever UpgradeTunnel says.
    is h2('proxy_h2', '/raw/good', connect => 1, fields => ['x-tunnel: event'])->{status}, 200,
        'extended CONNECT, event: kept';
    is h2('proxy_h2', '/raw/wrong-accept', connect => 1, fields => ['x-tunnel: event'])->{status}, 502,
        'extended CONNECT, event: a bad switch';
}

# Without mod_proxy_wstunnel, and without what the helper needs
{
    my @proxy = qw(authz_core proxy proxy_http);
    my $text = 'ProxyPass /raw/ ws://127.0.0.1:' . Apache::Test::vars('raw_port')
        . "/\n<Location /raw/>\nUpgradeKeep WebSocket\n</Location>";
    my $server = Server->new(modules => \@proxy, helper => 1)->configure($text)->start;
    for my $case (['good', 101], ['wrong-accept', 502], ['200', 200]) {
        my $socket = connect_to($server->{port});
        print $socket bytes("GET /raw/$case->[0] HTTP/1.1", 'Host: localhost', handshake);
        is answer_from($socket)->{status}, $case->[1], "without mod_proxy_wstunnel, $case->[0]";
    }
    $server->stop;
    for my $mpm (qw(prefork worker)) {
        $server = Server->new(mpm => $mpm, modules => \@proxy, helper => 1)->configure($text)->start;
        for my $case (['good', 101], ['wrong-accept', 502], ['401', 401], ['good', 101]) {
            my $socket = connect_to($server->{port});
            print $socket bytes("GET /raw/$case->[0] HTTP/1.1", 'Host: localhost', handshake);
            is answer_from($socket)->{status}, $case->[1], "$mpm, $case->[0]";
        }
        $server->stop;
    }
    $server = Server->new(modules => ['authz_core', 'proxy'], helper => 1)->configure('')->start;
    like $server->log, qr/UR0006: .*load proxy_http_module/, 'without mod_proxy_http: said at start';
    $server->stop;
    $server = Server->new(modules => \@proxy, helper => 1, policy => 0)->configure($text)->start;
    like $server->log, qr/UR0005: .*load upgrade_required_module/, 'without the policy module: said at start';
    my $socket = connect_to($server->{port});
    print $socket bytes('GET /raw/200 HTTP/1.1', 'Host: localhost');
    is answer_from($socket)->{status}, 200, 'without the policy module: proxied as ever';

    for my $mistake (['UpgradeKeep h2c', 'UpgradeKeep h2c: must be one of WebSocket, none'],
        ["<Limit GET>\nUpgradeKeep WebSocket\n</Limit>", 'cannot occur within <Limit>']) {
        my ($status, $output) = $server->configure("<Location /x>\n$mistake->[0]\n</Location>")->httpd('-t');
        like $output, qr/\Q$mistake->[1]/, "refused: $mistake->[0]";
    }
}

done_testing;

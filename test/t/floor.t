# The floor: judged first, never relaxed by a section, always ends the connection.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Lacks;
use Wire;

my $V10 = "HTTP/1.0\r\nHost: localhost";
my $V11 = "HTTP/1.1\r\nHost: localhost";

sub bytes { my ($method, $path, $rest, @lines) = @_; join "\r\n", "$method $path $rest", @lines, '', '' }

my $other = port_of('floor_http11');

# [name, vhost, method, path, version and Host, more lines, status, reason]
my @requests = (
    ['HTTP/1.0',                   'floor_http11', 'GET', '/plain', $V10, [], 426, 'http-version'],
    ['HTTP/1.1',                   'floor_http11', 'GET', '/plain', $V11, [], 200, undef],
    ['HTTP/1.1 below HTTP/2',      'floor_http2',  'GET', '/plain', $V11, [], 426, 'http-version'],
    ['clear below TLS',            'floor_tls',    'GET', '/plain', $V11, [], 426, 'tls-missing'],
    ['before mapping: no such path', 'floor_tls',  'GET', '/none',  $V11, [], 426, 'tls-missing'],
    ['OPTIONS *',                  'floor_tls',    'OPTIONS', '*',  $V11, [], 426, 'tls-missing'],
    ['TRACE',                      'floor_tls',    'TRACE', '/',    $V11, [], 426, 'tls-missing'],
    ['an unknown method',          'floor_tls',    'BREW', '/',     $V11, [], 426, 'tls-missing'],
    ['absolute form',              'floor_tls',    'GET', 'http://localhost/plain', $V11, [], 426,
        'tls-missing'],
    ['a header exception',         'floor_tls',    'GET', '/plain', $V11, ['X-Monitor: yes'], 200, undef],
    ['another value',              'floor_tls',    'GET', '/plain', $V11, ['X-Monitor: no'], 426,
        'tls-missing'],
    ['mode off',                   'floor_off',    'GET', '/plain', $V11, [], 200, undef],
    ['a section cannot relax it',  'floor_named',  'GET', '/plain', $V11, [], 426, 'tls-missing'],
    ['mod_remoteip has spoken',    'floor_remoteip', 'GET', '/plain', $V11, ['X-Client: 192.0.2.7'], 200,
        undef],
    ['another client',             'floor_remoteip', 'GET', '/plain', $V11, ['X-Client: 198.51.100.7'], 426,
        'tls-missing'],

    ['mod_setenvif has spoken',    'floor_env',    'GET', '/plain', $V11, ['X-Monitor: yes'], 200, undef],
    ['and found nothing',          'floor_env',    'GET', '/plain', $V11, [], 426, 'tls-missing'],
    ['-F has no file to look from', 'floor_file',  'GET', '/plain', $V11, [], 200, undef],
    ['-F finds nothing',           'floor_nofile', 'GET', '/plain', $V11, [], 426, 'tls-missing'],

    # of a forward proxy's URL the path counts, and nothing else
    ['a path of another server',   'floor_proxy',  'GET', "http://127.0.0.1:$other/health/", $V11, [], 200,
        undef],
    ['with a query',               'floor_proxy',  'GET', "http://127.0.0.1:$other/plain?/x", $V11, [], 200,
        undef],
    ['its query',                  'floor_proxy',  'GET', "http://127.0.0.1:$other/redirect?/anywhere",
        $V11, [], 426, 'tls-missing'],
    ['its query without a path',   'floor_proxy',  'GET', "http://127.0.0.1:$other?/anywhere", $V11, [],
        426, 'tls-missing'],
    ['dots in it',                 'floor_proxy',  'GET', "http://127.0.0.1:$other/x/../plain", $V11, [],
        426, 'tls-missing'],
    ['doubled slashes in it',      'floor_proxy',  'GET', "http://127.0.0.1:$other//plain", $V11, [], 426,
        'tls-missing'],
    ['CONNECT',                    'floor_proxy',  'CONNECT', "127.0.0.1:$other", $V11, [], 426,
        'tls-missing'],
    ['a challenge of another server', 'floor_proxy', 'GET',
        "http://127.0.0.1:$other/.well-known/acme-challenge/x", $V11, [], 426, 'tls-missing'],
    ['the path of this server',    'floor_proxy',  'GET', '/health/', $V11, [], 200, undef],
    ['another such path',          'floor_proxy',  'GET', "http://127.0.0.1:$other/plain", $V11, [], 200,
        undef],

    # exceptions see the path as httpd will map it
    ['excepted path',              'floor_http11', 'GET', '/health',              $V10, [], 301, undef],
    ['below it',                   'floor_http11', 'GET', '/health/',             $V10, [], 200, undef],
    ['decoded',                    'floor_http11', 'GET', '/%68ealth/',           $V10, [], 200, undef],
    ['doubled slashes',            'floor_http11', 'GET', '//health//',           $V10, [], 200, undef],
    ['dots that lead out',         'floor_http11', 'GET', '/health/../plain',     $V10, [], 426,
        'http-version'],
    ['encoded dots that lead out', 'floor_http11', 'GET', '/health/%2e%2E/plain', $V10, [], 426,
        'http-version'],
    ['dots above the root',        'floor_http11', 'GET', '/../health/',          $V10, [], 426,
        'http-version'],
    ['dots behind merged slashes', 'floor_http11', 'GET', '/health//../plain',     $V10, [], 426,
        'http-version'],
    ['dots with a path parameter', 'floor_http11', 'GET', '/health/..;x/plain',    $V10, [], 426,
        'http-version'],
    ['encoded dots with one',      'floor_http11', 'GET', '/health/%2e%2e;/plain', $V10, [], 426,
        'http-version'],
    ['one dot with one',           'floor_http11', 'GET', '/health/.;/',           $V10, [], 426,
        'http-version'],
    ['a path parameter',           'floor_http11', 'GET', '/health/a;x',           $V10, [], 404, undef],
    ['nothing but a path parameter', 'floor_http11', 'GET', '/health/;x',          $V10, [], 426,
        'http-version'],
    ['dots that lead nowhere',     'floor_http11', 'GET', '/health/./',            $V10, [], 426,
        'http-version'],
    ['dots that lead back',        'floor_http11', 'GET', '/x/%2e%2E/health/',     $V10, [], 426,
        'http-version'],
    ['dots in the query',          'floor_http11', 'GET', '/health/?/../;x',       $V10, [], 200, undef],
    ['an encoded slash',           'floor_http11', 'GET', '/health%2f',           $V10, [], 426,
        'http-version'],
    ['a broken escape',            'floor_http11', 'GET', '/health/%zz',          $V10, [], 426,
        'http-version'],
    ['an encoded NUL',             'floor_http11', 'GET', '/health/%00',          $V10, [], 426,
        'http-version'],
    ['double encoding',            'floor_http11', 'GET', '/%2568ealth/',         $V10, [], 426,
        'http-version'],
    ['encoded slashes allowed',    'floor_slashes', 'GET', '/health%2f',          $V10, [], 200, undef],
    ['and dots behind them',       'floor_slashes', 'GET', '/health%2f..%2fplain', $V10, [], 426,
        'http-version'],

    ['slashes that are kept', 'floor_noslashmerge', 'GET', '/a//health/',          $V10, [], 404, undef],
    ['dots between kept slashes', 'floor_noslashmerge', 'GET', '/a//../health/',   $V10, [], 426,
        'http-version'],
    ['an encoded slash that is kept', 'floor_nodecode', 'GET', '/enc%2fx',         $V10, [], 404, undef],
    ['is no slash',                'floor_nodecode', 'GET', '/health%2fx',         $V10, [], 426,
        'http-version'],

    # ACME challenges
    ['a challenge',         'floor_tls', 'GET', '/.well-known/acme-challenge/aZ09-_', $V11, [], 404, undef],
    ['HEAD of one',         'floor_tls', 'HEAD', '/.well-known/acme-challenge/aZ09-_', $V11, [], 404, undef],
    ['POST to one',         'floor_tls', 'POST', '/.well-known/acme-challenge/a',     $V11,
        ['Content-Length: 0'], 426, 'tls-missing'],
    ['OPTIONS of one',      'floor_tls', 'OPTIONS', '/.well-known/acme-challenge/a',  $V11, [], 426,
        'tls-missing'],
    ['with a query',        'floor_tls', 'GET', '/.well-known/acme-challenge/a?x',    $V11, [], 426,
        'tls-missing'],
    ['with an empty query', 'floor_tls', 'GET', '/.well-known/acme-challenge/a?',     $V11, [], 426,
        'tls-missing'],
    ['absolute form',       'floor_tls', 'GET', 'http://localhost/.well-known/acme-challenge/a', $V11, [],
        426, 'tls-missing'],
    ['doubled slashes',     'floor_tls', 'GET', '//.well-known/acme-challenge/a',     $V11, [], 426,
        'tls-missing'],
    ['an escape before it', 'floor_tls', 'GET', '/.well-known/%61cme-challenge/a',    $V11, [], 426,
        'tls-missing'],
    ['a parameter',         'floor_tls', 'GET', '/.well-known/acme-challenge/a;x',    $V11, [], 426,
        'tls-missing'],
    ['no token',            'floor_tls', 'GET', '/.well-known/acme-challenge/',       $V11, [], 426,
        'tls-missing'],
    ['more than a token',   'floor_tls', 'GET', '/.well-known/acme-challenge/a/b',    $V11, [], 426,
        'tls-missing'],
    ['dots after it',       'floor_tls', 'GET', '/.well-known/acme-challenge/..',     $V11, [], 426,
        'tls-missing'],
    ['an escape in it',     'floor_tls', 'GET', '/.well-known/acme-challenge/a%2e',   $V11, [], 426,
        'tls-missing'],
    ['elsewhere',           'floor_tls', 'GET', '/x/.well-known/acme-challenge/a',    $V11, [], 426,
        'tls-missing'],
);

for my $case (@requests) {
    my ($name, $vhost, $method, $path, $rest, $lines, $status, $reason) = @$case;
    my $answer = ask($vhost, bytes($method, $path, $rest, @$lines, 'Connection: close'));
    is $answer->{status}, $status, "$name: status";
    is json_of($answer)->{reason}, $reason, "$name: reason" if $reason;
    is field($answer, 'Vary'), undef, "$name: an exception adds no Vary" if $status == 200;
}

# The connection ends with the refusal, says so, and nothing behind it is served.
{
    my $refused = bytes('GET', '/plain', $V11);
    my $answer = ask('floor_tls', $refused . $refused, close => 1);
    is $answer->{status}, 426, 'pipelined: the first is refused';
    is field($answer, 'Connection'), 'Upgrade, close', 'pipelined: the end is announced';
    ok $answer->{closed}, 'pipelined: and nothing follows';

    for my $body (['Content-Length: 100000'], ['Transfer-Encoding: chunked'],
        ['Content-Length: 5', 'Expect: 100-continue']) {
        $answer = ask('floor_tls', bytes('POST', '/plain', $V11, @$body), close => 1);
        is $answer->{status}, 426, "@$body: answered without waiting for the body";
        ok $answer->{closed}, "@$body: closed";
    }
}

# HTTP/0.9 has no fields: the body is all there is.
{
    my $answer = ask('floor_http11', "GET /plain\r\n", close => 1);
    is json_of($answer)->{reason}, 'http-version', 'HTTP/0.9: refused';
    is json_of($answer)->{received}{http}, '0.9', 'HTTP/0.9: seen as such';
}

# A forward proxy is never redirected to this server's own https.
is ask('floor_proxy', bytes('GET', "http://127.0.0.1:$other/redirect", $V11))->{status}, 426,
  'a forward proxy request is not redirected';
is ask('floor_proxy', bytes('GET', '/redirect', $V11))->{status}, 308, 'a request for this server is';

# HTTP/2 meets the floor and keeps the connection to itself.
SKIP: {
    skip_without('http2', 1);
    is h2('floor_http2', '/plain')->{status}, 200, 'HTTP/2 meets the floor';
}
is field(get('floor_http11_h2c', '/plain'), 'Upgrade'), 'h2c', 'an allowed answer is httpd\'s own';

# What Upgrade lists depends on what this virtual host offers.
is field(ask('floor_http11', bytes('GET', '/plain', $V10)), 'Upgrade'), 'HTTP/1.1', 'without HTTP/2';
is field(ask('floor_http11_h2c', bytes('GET', '/plain', $V10)), 'Upgrade'), 'HTTP/2.0, HTTP/1.1',
    'with HTTP/2';

# The module never switches in place, whatever the client offers.
for my $offer ('h2c', 'TLS/1.3', 'websocket', 'HTTP/2.0') {
    my $answer = get('floor_http2', '/plain', "Upgrade: $offer", 'Connection: Upgrade, HTTP2-Settings',
        'HTTP2-Settings: AAMAAABkAAQAAP__');
    is $answer->{status}, 426, "Upgrade: $offer does not switch";
    is field($answer, 'Upgrade'), 'HTTP/2.0', "Upgrade: $offer: ours is the only one";
}

# What the log says.
{
    get('floor_named', '/log-me');
    is log_line('verdict_log', qr{^GET /log-me }), "GET /log-me HTTP/1.1|426|refuse|tls-missing|edge|floor\n",
      'refused: variables';
    like log_line('error_log', qr{UR0003: .*policy edge, phase floor}),
        qr{:info\].*refused with 426, reason tls-missing},
      'refused: one info line';
    ask('floor_http11', bytes('GET', '/health/?excepted', $V10));
    is log_line('verdict_log', qr{^GET /health/\?excepted }),
      "GET /health/?excepted HTTP/1.0|200|except|http-version|floor|floor\n", 'excepted: variables';
    get('floor_http11', '/plain?allowed');
    is log_line('verdict_log', qr{^GET /plain\?allowed }), "GET /plain?allowed HTTP/1.1|200|-|-|-|-\n",
      'allowed: no variables';
}

done_testing;

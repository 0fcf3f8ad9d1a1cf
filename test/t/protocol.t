# What a client speaks is what its connection speaks. httpd accepts "HTTP/2.0" to "HTTP/9.9" as
# text on an HTTP/1 connection; no such line may meet, or get around, anything.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Lacks;
use Lines;
use Ports;
use Server;
use Wire;

my @words = qw(TLS TLS/1.2 TLS/1.3 HTTP/1.1 HTTP/2 WebSocket);
my @tokens = qw(0.9 1.0 1.1 1.2 1.9 2.0 2.1 3.0 7.0 9.9);
my %bodies = (none => [], length => ['Content-Length: 5'], chunked => ['Transfer-Encoding: chunked']);

# One Location for each word, and one virtual host with a floor for each
my $secure    = free_port();
my $documents = Apache::Test::vars('documentroot');
my $routes    = join '', map { <<"END" } @words;
<Location "/route/$_/">
UpgradeRequire $_
</Location>
Alias /route/$_/ $documents/
END

sub name_of { my ($word) = @_; return lc $word =~ tr{/.}{--}r }

# With and without TLS: the lines that make the difference
sub hosts {
    my ($port, $lines) = @_;
    return join '', map { <<"END" } 'none', @words;
<VirtualHost 127.0.0.1:$port>
ServerName @{[ name_of($_) ]}.test
$lines
UpgradeFloor $_
$routes
<Location /probe>
SetHandler upgrade-probe
</Location>
<Location /status>
SetHandler upgrade-status
</Location>
</VirtualHost>
END
}
my $clear = 'Protocols h2c http/1.1';
my $tls   = join "\n", tls_lines(), 'Protocols h2 http/1.1';

sub server {
    my ($policy) = @_;
    my @modules = qw(authz_core alias dir ssl http2 socache_shmcb);
    my $server  = Server->new(modules => \@modules, policy => $policy);
    my $stock   = $routes =~ s/^UpgradeRequire .*$//mgr;
    my $text    = $policy ? hosts($server->{port}, $clear) . hosts($secure, $tls) : <<"END";
<VirtualHost 127.0.0.1:$secure>
$tls
</VirtualHost>
$stock
END
    return $server->configure("Listen 127.0.0.1:$secure\n$text")->start;
}

# The requests: [name, method, lines, which rule of the handshake they break, or "plain"]
my @upgrade = ('Upgrade: websocket', 'Connection: Upgrade');
my @key     = ('Sec-WebSocket-Key: ' . WS_KEY);
my @version = ('Sec-WebSocket-Version: 13');
my @named   = ('Upgrade: websocket', 'Connection: Upgrade, Sec-WebSocket-Protocol');
my @requests = (
    ['plain',      'GET',  [],                                            'websocket-missing'],
    ['handshake',  'GET',  [handshake],                                   undef],
    ['no Upgrade', 'GET',  [@key, @version],                              'websocket-stripped'],
    ['method',     'POST', [handshake],                                   'websocket-method'],
    ['version',    'GET',  [@upgrade, @key, 'Sec-WebSocket-Version: 8'],  'websocket-version'],
    ['key',        'GET',  [@upgrade, @version, 'Sec-WebSocket-Key: x'],  'websocket-key'],
    ['named',      'GET',  [@named, @key, @version],                      'websocket-connection'],
);
my %status = ('websocket-method' => 405, 'websocket-key' => 400, 'websocket-connection' => 400,
    'websocket-body' => 400);

# What is offered to whom a word refuses
my %offers = (
    'WebSocket' => 'websocket',
    'HTTP/2'    => 'HTTP/2.0',
    'HTTP/1.1'  => 'HTTP/2.0, HTTP/1.1',
    'TLS/1.3'   => 'TLS/1.3, HTTP/1.1',
    map { ($_ => 'TLS/1.3, TLS/1.2, HTTP/1.1') } qw(TLS TLS/1.2),
);

# What the module has to make of it, from the connection alone
sub spoken { my ($token) = @_; return $token >= 1.1 ? 1.1 : $token }
sub handshake_reason {
    my ($token, $body, $broken) = @_;
    return $broken if ($broken // '') =~ /missing|stripped/;
    return 'websocket-http-version' if spoken($token) < 1.1;
    return $broken if ($broken // '') eq 'websocket-method';
    return 'websocket-body' if $body ne 'none';
    return $broken;
}
sub reason {
    my ($word, $token, $body, $secured, $broken) = @_;
    return $secured ? undef : 'tls-missing' if $word =~ /^TLS/;
    return handshake_reason($token, $body, $broken) if $word eq 'WebSocket';
    return spoken($token) < ($word =~ m{/(.*)})[0] ? 'http-version' : undef;
}

sub ask_port {
    my ($port, $bytes) = @_;
    my $socket = connect_to($port, $port == $secure ? (SSL_version => 'TLSv1_3') : ());
    local $SIG{PIPE} = 'IGNORE';
    print $socket $bytes;
    return answer_from($socket);
}
sub bytes {
    my ($method, $path, $token, $host, @lines) = @_;
    return join "\r\n", "$method $path HTTP/$token", "Host: $host.test", @lines, '', '';
}
# A chunked body that is sent to whoever lets the request pass. A refusal must not wait for one.
my %sent = (none => '', length => 'hello', chunked => "5\r\nhello\r\n0\r\n\r\n");

# What httpd refuses by itself, before any hook, is no affair of the module's: its answers without it.
my $stock = server(0);
my %own;
for my $secured (0, 1) {
    for my $token (@tokens) {
        for my $body (sort keys %bodies) {
            my $port = $secured ? $secure : $stock->{port};
            my $bytes = bytes('GET', '/plain', $token, 'none', 'Connection: close', @{ $bodies{$body} });
            my $answer = ask_port($port, $bytes . $sent{$body});
            $own{"$secured $token $body"} = $answer->{status}
                if $answer->{status} >= 400 && $answer->{status} != 404;
        }
    }
}
$stock->stop->finish;
ok !exists $own{"$_ none"}, "httpd accepts $_" for '0 1.1', '0 2.0', '1 9.9';

my $server = server(1);
my ($judged, $left) = (0, 0);
for my $secured (0, 1) {
    my $port = $secured ? $secure : $server->{port};
    for my $token (@tokens) {
        for my $body (sort keys %bodies) {
            next if $own{"$secured $token $body"} && ++$left;
            check($port, $secured, $token, $body, $_) for @words;
        }
    }
}

# Every request under the word as a route; the first two as a floor too, and over TLS.
sub check {
    my ($port, $secured, $token, $body, $word) = @_;
    for my $request ($word eq 'WebSocket' && !$secured ? @requests : @requests[0, 1]) {
        my ($name, $method, $lines, $broken) = @$request;
        my $want = reason($word, $token, $body, $secured, $broken);
        for my $phase ($broken && $broken ne 'websocket-missing' ? 'route' : ('route', 'floor')) {
            my ($host, $path) = ('none', "/route/$word/plain");
            ($host, $path) = (name_of($word), '/plain') if $phase eq 'floor';
            my $bytes = bytes($method, $path, $token, $host, @$lines, @{ $bodies{$body} });
            my $answer = ask_port($port, $bytes . ($want ? '' : $sent{$body}));
            my $what = "$phase $word, HTTP/$token " . ($secured ? 'over TLS' : 'in clear')
                . ", $name, body $body";
            $judged++;
            judge($answer, $want, $word, $token, $secured, $what);
        }
    }
}
sub judge {
    my ($answer, $want, $word, $token, $secured, $what) = @_;
    my $got = $answer->{status} < 400 || $answer->{status} == 404 ? undef : json_of($answer)->{reason}
        // 'httpd\'s own';
    return is $got, undef, $what unless $want;
    my $http = spoken($token) == 0.9 ? '0.9' : sprintf '%.1f', spoken($token);
    my $offer = $offers{ $want =~ /^websocket/ ? 'WebSocket' : $word };
    my $facts = json_of($answer);
    is_deeply [$answer->{status}, $facts->{reason}, $facts->{received}, field($answer, 'Upgrade')],
      [$status{$want} // 426, $want, { http => $http, tls => $secured ? '1.3' : undef }, $offer], $what;
    return;
}
cmp_ok $judged, '>', 1000, "$judged requests were judged; httpd itself refuses $left of " . (2 * @tokens * 3)
    . ' kinds';

# The counters and the probe know no other version either.
my $counted = json_of(ask_port($server->{port},
    bytes('GET', '/status?format=json', '1.1', 'none')))->{requests};
ok scalar(@$counted), 'requests are counted';
is_deeply [grep { $_->{http} eq '2' && $_->{count} } @$counted], [], 'none of them as HTTP/2';
for my $token (qw(2.0 9.9)) {
    my $probe = json_of(ask_port($server->{port}, bytes('GET', '/probe?format=json', $token, 'none')));
    is $probe->{protocol}{http}, '1.1', "the probe, HTTP/$token";
}

# A stream is HTTP/2, in clear and over TLS; and an extended CONNECT meets both families.
for my $case (['proxy_h2', '/raw/200', 200], ['floor_http2', '/plain', 200]) {
    my ($vhost, $path, $status) = @$case;
  SKIP: {
        skip_without('http2', 1);
        is h2($vhost, $path)->{status}, $status, "a stream, $vhost";
    }
}

$server->stop;
done_testing;

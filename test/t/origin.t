# UpgradeWebSocketOrigin through a real httpd: what is "same", subdomains, and what the log says.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Lacks;
use Ports;
use IO::Socket::SSL;
use Server;
use Wait;
use Wire;

my $conf = Apache::Test::vars('t_conf');
my $root = Apache::Test::vars('documentroot');
my ($secure, $edge) = map { free_port() } 1, 2;

# The first is what any Host that is nobody's name comes to, as with any httpd.
my $routes = <<"ROUTES";
ServerAlias alias.example.test *.wild.example.test 192.0.2.7 2001:db8::7
AliasMatch ^ $root/endpoint
<Location /same>
UpgradeRequire WebSocket
UpgradeWebSocketOrigin same
</Location>
<Location /listed>
UpgradeRequire WebSocket
UpgradeWebSocketOrigin same https://*.app.test:8443 capacitor://localhost file:// http://[2001:DB8::0:1]
</Location>
<Location /announced>
UpgradeRequire WebSocket
UpgradeWebSocketOrigin same
UpgradeMode announce
</Location>
<Location /probe>
SetHandler upgrade-probe
</Location>
ROUTES

my $tls = "SSLEngine on\nSSLCertificateFile $conf/server.crt\nSSLCertificateKeyFile $conf/server.key";
my $server = Server->new(modules => [qw(authz_core alias dir socache_shmcb ssl)]);
$server->configure(<<"CONF")->start;
LogLevel upgrade_required:debug
MaxKeepAliveRequests 0
KeepAliveTimeout 3600
Listen 127.0.0.1:$secure
Listen 127.0.0.1:$edge
<VirtualHost 127.0.0.1:$server->{port}>
ServerName www.example.test
$routes
</VirtualHost>
<VirtualHost 127.0.0.1:$secure>
ServerName www.example.test:8443
$tls
$routes
</VirtualHost>
<VirtualHost 127.0.0.1:$edge>
ServerName www.example.test
UpgradeTrustedProxy 127.0.0.1 scheme=X-Scheme
$routes
</VirtualHost>
<VirtualHost *:$edge>
$routes
</VirtualHost>
<VirtualHost 127.0.0.1:$server->{port}>
ServerName other.test
$routes
</VirtualHost>
CONF

# How the client's connection is: [port, TLS, lines of the edge, the scheme that pages have]
my %ways = (
    'clear'                      => [$server->{port}, 0, [], 'http'],
    'TLS'                        => [$secure, 1, [], 'https'],
    'an edge that says https'    => [$edge, 0, ['X-Scheme: https'], 'https'],
    'an edge that says http'     => [$edge, 0, ['X-Scheme: http'], 'http'],
    'an edge that says nothing'  => [$edge, 0, [], 'http'],
    'a client that says https'   => [$server->{port}, 0, ['X-Scheme: https'], 'http'],
);

# Which hosts name the virtual host
my %names = (
    'www.example.test'              => 1,
    'WWW.Example.TEST'              => 1,
    'www.example.test.'             => 1,
    'alias.example.test'            => 1,
    'a.wild.example.test'           => 1,
    'a.b.wild.example.test'         => 1,
    '192.0.2.7'                     => 1,
    '[2001:db8::7]'                 => 1,
    'wild.example.test'             => 0,
    'evil.example'                  => 0,
    'www.example.test.evil.example' => 0,
    'x.www.example.test'            => 0,
    '127.0.0.1'                     => 0,
    '192.0.2.8'                     => 0,
    '[::1]'                         => 0,
    'localhost'                     => 0,
);
my @ports = ('', ':80', ':443', ':8443');

# The oracle: what RFC 6454 makes of scheme, host and port
sub origin_of {
    my ($scheme, $host, $port) = @_;
    $port = '' if $port eq ($scheme eq 'https' ? ':443' : ':80');
    return lc "$scheme://" . $host =~ s/\.$//r . $port;
}

my %sockets;

sub ask_way {
    my ($way, @lines) = @_;
    my ($port, $secured, $edge_lines) = @{ $ways{$way} };
    my $socket = $sockets{$way} ||= connect_to($port, $secured ? (SSL_hostname => '') : ());
    print $socket join "\r\n", @lines, handshake, @$edge_lines, '', '';
    $socket->flush;
    return answer_from($socket);
}

my $asked = 0;
for my $way (sort keys %ways) {
    my $scheme = $ways{$way}[3];
    my @wrong;
    for my $host (sort keys %names) {
        for my $port (@ports) {
            my $own = origin_of($scheme, $host, $port);
            my %origins = map { ($_ => 1) } map {
                my $sent = $_;
                map { (origin_of($sent, $host, $_), "$sent://$host$_") } @ports
            } qw(http https);
            for my $origin (sort(keys %origins), 'null', "$own/", "$own, $own", 'https://evil.example') {
                my $canonical = $origin =~ m{^(https?)://(\[[^\]]*\]|[^:/,]*)(:\d+)?$}
                  ? origin_of($1, $2, $3 // '') : '';
                my $want = $names{$host} && $canonical eq $own ? 200 : 403;
                for my $target ('/same', "http://$host$port/same") {
                    my $answer = ask_way($way, "GET $target HTTP/1.1", "Host: $host$port", "Origin: $origin");
                    push @wrong, "$target, Host: $host$port, Origin: $origin: $answer->{status}, not $want"
                      if $answer->{status} != $want;
                    $asked++;
                }
            }
        }
    }
    ok !@wrong, "$way: same is what it is" or diag join "\n", @wrong[0 .. ($#wrong < 9 ? $#wrong : 9)];
}
cmp_ok $asked, '>', 5000, "$asked handshakes";

# The URL of the request line counts, whatever Host says; a foreign one leaves no way.
for my $case (
    ['http://www.example.test/same', 'evil.example', 'http://www.example.test', 200],
    ['http://www.example.test/same', 'evil.example', 'http://evil.example', 403],
    ['http://evil.example/same', 'www.example.test', 'http://www.example.test', 403],
    ['http://evil.example/same', 'www.example.test', 'http://evil.example', 403],
) {
    my ($target, $host, $origin, $want) = @$case;
    my $answer = ask_way('clear', "GET $target HTTP/1.1", "Host: $host", "Origin: $origin");
    is $answer->{status}, $want, "$target, Host: $host, $origin";
}

# The names of another virtual host are its own only.
for my $case (['clear', 'http', 200], ['TLS', 'https', 403]) {
    my ($way, $scheme, $want) = @$case;
    my $answer = ask_way($way, 'GET /same HTTP/1.1', 'Host: other.test', "Origin: $scheme://other.test");
    is $answer->{status}, $want, "another virtual host, $way";
}

# A program sends no Origin, whatever the Host; listed origins count with any Host.
for my $case (
    ['/same', undef, 200],
    ['/listed', 'https://a.app.test:8443', 200],
    ['/listed', 'https://a.b.APP.test:8443', 200],
    ['/listed', 'capacitor://localhost', 200],
    ['/listed', 'file://', 200],
    ['/listed', 'http://[2001:db8::1]', 200],
    ['/listed', 'https://app.test:8443', 403],
    ['/listed', 'https://a.app.test', 403],
    ['/listed', 'https://a.app.test:8443.evil.example', 403],
    ['/listed', 'https://a.app.test.evil.example:8443', 403],
    ['/listed', 'https://.app.test:8443', 403],
    ['/listed', 'https://*.app.test:8443', 403],
    ['/listed', 'null', 403],
    ['/listed', 'http://evil.example', 403],
) {
    my ($path, $origin, $want) = @$case;
    my @lines = ("GET $path HTTP/1.1", 'Host: evil.example', $origin ? "Origin: $origin" : ());
    is ask_way('clear', @lines)->{status}, $want, "$path: " . ($origin // 'no Origin');
}

# The probe judges as the route does.
for my $case (['www.example.test', 1], ['evil.example', 0]) {
    my ($host, $met) = @$case;
    my @lines = ('GET /probe?format=json HTTP/1.1', "Host: $host", "Origin: http://$host");
    my ($policy) = grep { $_->{policy} eq '/same' } @{ json_of(ask_way('clear', @lines))->{policies} };
    is $policy->{met} ? 1 : 0, $met, "probe: Host: $host";
    is $policy->{reason}, $met ? undef : 'websocket-origin', "probe: Host: $host: reason";
}

# What the log says of a refusal: what "same" was, and nothing that a stranger chose
{
    my $line = sub {
        my ($way, $path, $host, $origin) = @_;
        my $before = length $server->log;
        ask_way($way, "GET $path HTTP/1.1", "Host: $host", "Origin: $origin");
        return eventually(sub { return (substr($server->log, $before) =~ /(UR000[38]: .*)/)[0] });
    };
    my $own = 'www.example.test';
    my $none = "nothing, because Host is neither ServerName $own nor a ServerAlias";
    my $nothing = 'an edge that says nothing';
    my $https = 'an edge that says https';
    for my $case (
        ['clear', '/same', $own, "https://$own", "http://$own"],
        [$nothing, '/same', $own, "https://$own", "http://$own"],
        [$https, '/same', 'alias.example.test:8443', "https://$own", 'https://alias.example.test:8443'],
        ['TLS', '/same', '[2001:db8::7]:443', 'http://evil.example', 'https://[2001:db8::7]'],
        ['clear', '/same', 'evil.example', 'http://evil.example', $none],
        ['TLS', '/same', '127.0.0.1', 'https://127.0.0.1', $none],
        ['clear', '/listed', 'evil.example', 'http://evil.example', $none],
        ['clear', '/announced', $own, "https://$own", "http://$own"],
    ) {
        my ($way, $path, $host, $origin, $same) = @$case;
        my $tag = $path eq '/announced' ? 'UR0008: announced' : 'UR0003: refused';
        my $told = $line->($way, $path, $host, $origin);
        like $told, qr/^$tag.*, same is \Q$same\E$/, "$way, $path, $host: the log";
    }
    my @told = grep { /UR000[38]/ } split /\n/, $server->log;
    cmp_ok scalar @told, '>', 100, 'lines in the log';
    is_deeply [grep { /evil/ } @told], [], 'none has what a stranger chose';
}

# What can never match is refused at the start, with what would be right.
for my $case (
    ['https://*.example.com'],
    ['https://*.example.com:8443 http://192.0.2.1 http://[::1]:8080 null same'],
    ['capacitor://localhost ionic://localhost tauri://localhost app://. file://'],
    ['chrome-extension://abcdefghijklmnopabcdefghijklmnop moz-extension://0c2b8a5e-6b3c'],
    ['https://%', "https://%: not a valid host name; use letters"],
    ['https://a https://..', "https://..: not a valid host name"],
    ['https://a..b', 'single dots'],
    ['https://a:0', "https://a:0: not a valid port; use 1 to 65535, or none"],
    ['https://a:99999', 'use 1 to 65535'],
    ["https://b\xc3\xbccher.example", 'xn--'],
    ['*', 'use *. once, before a name, as in https://*.example.com, or any alone'],
    ['https://a.*.example.com', 'use *. once'],
    ['http://*.0.0.1', 'is not an IPv4 address'],
    ['http://[::1', 'not an IPv6 address'],
    ['wss://example.com', 'no page has an origin with this scheme; use https://, http://'],
    ['htps://example.com', 'no page has an origin with this scheme'],
    ['file:///x', 'not an origin'],
    ['example.com', 'not an origin; use any, same, null, scheme://host'],
) {
    my ($origins, $complaint) = @$case;
    my $checked = Server->new->configure("<Location /x>\nUpgradeWebSocketOrigin $origins\n</Location>");
    my ($status, $output) = $checked->httpd('-t');
    is $status, $complaint ? 1 : 0, "-t: $origins";
    my $said = $complaint ? qr/UpgradeWebSocketOrigin .*\Q$complaint\E/ : qr/Syntax OK/;
    like $output, $said, "-t: $origins: what is said";
}

# A virtual host without ServerName has that of the main server.
{
    my $nameless = Server->new;
    $nameless->configure("<VirtualHost *:$nameless->{port}>\n$routes</VirtualHost>")->start;
    for my $case (['localhost', 200], ['127.0.0.1', 403], ['alias.example.test', 200]) {
        my ($host, $want) = @$case;
        my $at = "$host:$nameless->{port}";
        my $answer = $nameless->ask('GET /same HTTP/1.1', "Host: $at", "Origin: http://$at", handshake);
        is $answer->{status}, $want, "no ServerName, Host: $at";
    }
}

# HTTP/2: :authority is the Host.
SKIP: {
    skip_without('http2', 3);
    skip_without('h2-websockets', 3);
    for my $case (['http://localhost', 200], ['http://evil.example', 403], ['https://localhost', 403]) {
        my ($origin, $want) = @$case;
        my $answer = h2('probe_clear', '/chat', connect => 1, fields => ["origin: $origin"]);
        my $refused = $answer->{status} == 403 && json_of($answer)->{reason} eq 'websocket-origin';
        is $refused ? 403 : 200, $want, "HTTP/2, $origin";
    }
}

done_testing;

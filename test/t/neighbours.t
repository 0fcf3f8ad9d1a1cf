# Tunnels beside httpd's own modules that look at bytes, addresses or backends: filters, mod_dumpio, the PROXY
# protocol of mod_remoteip, mod_log_forensic, health checks. Whatever carries a tunnel, they do the same.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Ports;
use Server;
use Tunnel;
use Wait;
use Wire;

local $SIG{PIPE} = 'IGNORE';

my $listener = backend();
my $port     = $listener->sockport;
my @carriers = qw(thread event);

# A section for each carrier, below the same path.
sub routes {
    my ($path, $lines) = @_;
    return map { <<"CONF" } @carriers;
<Location $path/$_>
    ProxyPass http://127.0.0.1:$port
    UpgradeKeep WebSocket
    UpgradeTunnel $_
    $lines
</Location>
CONF
}

# ---- filters of requests

my $text = 'what goes down the drain comes up again; ' x 50;
# name => [lines, whether the answer to a plain request shows it]. All see a plain request, and none a tunnel.
my %filter = (
    none       => ['', 0],
    ratelimit  => ["SetOutputFilter RATE_LIMIT\nSetEnv rate-limit 400", 0],
    substitute => ["SetOutputFilter SUBSTITUTE\nSubstitute s/down/DOWN/", 1],
    brotli     => ['SetOutputFilter BROTLI_COMPRESS', 1],
    deflate    => ["SetOutputFilter DEFLATE\nSetInputFilter DEFLATE", 1],
    sed        => ["SetOutputFilter Sed\nOutputSed s/up/UP/", 1],
    buffer     => ["SetOutputFilter BUFFER\nSetInputFilter BUFFER", 0],
    include    => ['SetOutputFilter INCLUDES', 0],
);

my $server = Server->new(
    helper  => 1,
    modules => [qw(authz_core alias dir env proxy proxy_http filter ratelimit substitute brotli deflate sed
          buffer include)],
)->configure(join "\n", (map { routes("/$_", $filter{$_}[0]) } sort keys %filter),
    "<Location /status>\nSetHandler upgrade-status\n</Location>")->start;

sub plain {
    my ($name) = @_;
    my $client = connect_to($server->{port});
    print $client "GET /$name/event HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: br, gzip\r\n\r\n";
    my $backend = asked($listener);
    syswrite $backend, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: " . length($text)
      . "\r\nConnection: close\r\n\r\n$text";
    return answer_from($client)->{body};
}

my %heads;
for my $name (sort keys %filter) {
    my $shown = plain($name) ne $text;
    is !!$shown, !!$filter{$name}[1], "$name: what a plain request gets of it";
    for my $carrier (@carriers) {
        my ($client, $backend, $head) = open_tunnel($server, $listener, path => "/$name/$carrier");
        push @{ $heads{ $head =~ s/^(?:Date|Sec-WebSocket-Accept):.*\n//mgir } }, "$name/$carrier";
        for my $way ([$client, $backend, masked($text)], [$backend, $client, frame($text)]) {
            my ($from, $to, $bytes) = @$way;
            syswrite $from, $bytes;
            ok receive($to, length $bytes) eq $bytes, "$name, $carrier: a tunnel is left alone";
        }
        close $client;
        ended($backend);
    }
}
is keys %heads, 1, 'none of them changes the 101' or diag explain \%heads;
ok eventually(sub { tunnels_of($server)->{open} == 0 }), 'all tunnels have ended';
is_deeply tunnels_of($server)->{by}, { map { ($_ => scalar keys %filter) } @carriers },
  'of each carrier as many';
$server->stop;

# ---- filters of connections

my $dumped = Server->new(helper => 1, modules => [qw(authz_core alias dir proxy proxy_http dumpio)])
  ->configure(join "\n", 'LogLevel dumpio:trace7', 'DumpIOInput On', 'DumpIOOutput On', routes('', ''))
  ->start;
# It shows no zero, nor what follows one in a bucket: the client's key is spaces, which change the case.
for my $carrier (@carriers) {
    my ($client, $backend) = open_tunnel($dumped, $listener, path => "/$carrier");
    my $in = "\x82" . chr(0x80 | length "${carrier}in") . ' ' x 4 . uc "${carrier}in";
    for my $way ([$client, $backend, $in], [$backend, $client, frame("${carrier}out")]) {
        my ($from, $to, $bytes) = @$way;
        syswrite $from, $bytes;
        receive($to, length $bytes);
    }
    close $client;
    ended($backend);
    for my $way (qw(in out)) {
        ok eventually(sub { $dumped->log =~ /dumpio_$way .*$carrier$way/i }),
          "mod_dumpio: $carrier: what goes $way of a tunnel is seen";
    }
}
$dumped->stop;

# ---- the PROXY protocol

my $behind  = free_port();
my $proxied = Server->new(
    helper  => 1,
    modules => [qw(authz_core alias dir proxy proxy_http remoteip)],
)->configure(join "\n", "Listen 127.0.0.1:$behind",
    "<VirtualHost 127.0.0.1:$behind>\nRemoteIPProxyProtocol On\n</VirtualHost>",
    'LogFormat "%>s %a %{c}a" addresses',
    'CustomLog access_log addresses', 'UpgradeTunnelPerClient 1',
    # Who may speak for a client: the connection's other end, not who it says that it is.
    'UpgradeTrustedProxy 127.0.0.1 scheme=X-Scheme',
    "<Location /tls>\nUpgradeRequire TLS\n</Location>",
    routes('', ''))->start;

# A client whose proxy says where it is.
sub from {
    my ($address, $path, @lines) = @_;
    my $client = connect_to($behind);
    print $client "PROXY TCP4 $address 127.0.0.1 1234 $behind\r\n";
    print $client join "\r\n", "GET $path HTTP/1.1", 'Host: localhost', @lines, '', '';
    $client->flush;
    return $client;
}

is answer_from(from('192.0.2.7', '/tls'))->{status}, 426, 'PROXY: a route that wants TLS';
isnt answer_from(from('192.0.2.7', '/tls', 'X-Scheme: https'))->{status}, 426,
  'PROXY: the proxy is trusted by its own address';
for my $carrier (@carriers) {
    my @open = map { [accept_tunnel(from("192.0.2.$_", "/$carrier", handshake()), $listener)] } 7, 8;
    alive(@$_[0, 1], "PROXY: $carrier: each client its tunnel") for @open;
    is answer_from(from('192.0.2.7', "/$carrier", handshake()))->{status}, 429,
      "PROXY: $carrier: and none a second one";
    close $_ for map { @$_[0, 1] } @open;
}
ok eventually(sub { (() = $proxied->file('access_log') =~ /^101 192\.0\.2\.[78] 127\.0\.0\.1$/mg) == 4 }),
  'PROXY: their addresses are in the access log' or diag $proxied->file('access_log');
$proxied->stop;

# ---- mod_log_forensic

my $forensic = Server->new(helper => 1, modules => [qw(authz_core alias dir proxy proxy_http log_forensic)])
  ->configure(join "\n", 'ForensicLog forensic_log', "<Location /no>\nUpgradeRequire WebSocket\n</Location>",
    'UpgradeFloor HTTP/1.1', routes('', ''))->start;
get($forensic->{port}, '/no');
for my $carrier (@carriers) {
    my ($client, $backend) = open_tunnel($forensic, $listener, path => "/$carrier");
    alive($client, $backend, "mod_log_forensic: $carrier: a tunnel");
    close $client;
    ended($backend);
}
my ($begun, $over);
eventually(sub {
    my $log = $forensic->file('forensic_log');
    ($begun, $over) = map { join ' ', sort $log =~ /^\Q$_\E([^|\n]+)/mg } '+', '-';
    return $begun eq $over;
});
is $over, $begun, 'mod_log_forensic: each request that has begun has ended';
is scalar(split / /, $begun), scalar(grep { /\n/ } split /^(?=\+)/m, $forensic->file('forensic_log')),
  'mod_log_forensic: and there are some';
$forensic->stop;

# ---- health checks

my $echo = Apache::Test::vars('echo_port');
my $checked = Server->new(
    helper  => 1,
    modules => [qw(authz_core alias dir watchdog proxy proxy_http proxy_balancer lbmethod_byrequests
          slotmem_shm proxy_hcheck)],
)->configure(<<"CONF")->start;
LogLevel proxy_hcheck:debug
<Proxy balancer://chat>
    BalancerMember http://127.0.0.1:$echo hcmethod=TCP hcinterval=1 hcpasses=1 hcfails=1
</Proxy>
<Location /event>
    ProxyPass balancer://chat/
    UpgradeKeep WebSocket
    UpgradeTunnel event
</Location>
<Location /thread>
    ProxyPass balancer://chat/
    UpgradeKeep WebSocket
</Location>
CONF

# Over two checks of the member
for my $carrier (@carriers) {
    my $client = asking($checked, "/$carrier");
    like head_from($client), qr/^HTTP\S+ 101 /, "mod_proxy_hcheck: $carrier: a tunnel";
    syswrite $client, masked('up');
    is receive($client, 4), frame('up'), "mod_proxy_hcheck: $carrier: and it carries";
    my $checks = () = $checked->log =~ /AH03256/g;
    ok eventually(sub { (() = $checked->log =~ /AH03256/g) > $checks + 1 }),
      "mod_proxy_hcheck: $carrier: checks go on meanwhile";
    syswrite $client, masked('up');
    is receive($client, 4), frame('up'), "mod_proxy_hcheck: $carrier: it goes on";
    close $client;
}
$checked->stop;

done_testing;

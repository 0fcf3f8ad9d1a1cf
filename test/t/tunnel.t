# Event tunnels: carried by no worker, byte by byte, to every kind of end.
use strict;
use warnings;
use Test::More;
use Digest::SHA qw(sha256_hex);
use Socket qw(SOL_SOCKET SO_RCVBUF);
use FindBin;
use lib "$FindBin::Bin/lib";
use Lines;
use Ports;
use Server;
use Tunnel;
use Wire;

local $SIG{PIPE} = 'IGNORE';

my @modules = qw(authz_core alias dir setenvif reqtimeout proxy proxy_http slotmem_shm proxy_balancer
    lbmethod_byrequests socache_shmcb ssl status);

my $listener = backend();
my $port = $listener->sockport;
my $socket_path = Apache::Test::vars('t_logs') . "/backend$$";
my $unix = backend($socket_path);
chmod 0777, $socket_path;
my $nobody = do { my $s = backend(); $s->sockport };    # where nobody listens any more

my $formats = <<'END';
LogFormat "%>s %b %I %O %X %{UPGRADE_TUNNEL}e %D %U" tunnels
CustomLog access_log tunnels
END
my $few   = workers(2) . "\nServerLimit 4\nAsyncRequestWorkerFactor 200\n";
my $roomy = workers(4) . "\nServerLimit 4\nAsyncRequestWorkerFactor 200\n";
my $routes = <<"END";
UpgradeTunnel event
ProxyPass /ws http://127.0.0.1:$port/
ProxyPass /stock http://127.0.0.1:$port/s
ProxyPass /unix unix:$socket_path|http://unix.test/
ProxyPass /tls https://127.0.0.1:$port/
ProxyPass /many balancer://many/
ProxyPass /short http://127.0.0.1:$port/short timeout=1
<Proxy balancer://many>
BalancerMember http://127.0.0.1:$nobody
BalancerMember http://127.0.0.1:$port/m
</Proxy>
<LocationMatch ^/(ws|unix|tls|many|short|stock)>
UpgradeKeep WebSocket
</LocationMatch>
<Location /stock>
UpgradeTunnel thread
</Location>
SetEnvIf X-Half no proxy-nohalfclose
@{[ PROXY_TLS ]}
<Location /status>
SetHandler upgrade-status
</Location>
<Location /server-status>
SetHandler server-status
</Location>
END

sub server {
    my ($text, %option) = @_;
    my $tls = free_port();
    my $server = Server->new(modules => \@modules, helper => 1, %option)->configure(<<"END")->start;
@{[ $text // $few ]}$formats$routes
@{[ tls_host($tls) ]}
END
    $server->{tls} = $tls;
    return $server;
}

sub line {
    my ($server, $number) = @_;
    return (logged($server, $number))[$number - 1] // 'none';
}

# What memory the server's children have to themselves, in KB
sub memory { return (belongings($_[0]))[1] }

my $server = server();
my $capacity = 'at least 2 tunnels (children: 1; event tunnels in each: 1; carried by its workers: 1)';
my $raised_by = 'AsyncRequestWorkerFactor (now 200) or MaxRequestWorkers and ServerLimit (now 1 children)';
like $server->log, qr/UR0011: UpgradeTunnel event: \Q$capacity; to allow more, raise $raised_by\E/,
  'the start tells how many there may be, and what raises it';
$server->stop;

$server = server($roomy);

# More tunnels than workers, of each kind; every one carries every size both ways.
my %tls_1_3 = (port => $server->{tls}, tls => { SSL_version => 'TLSv1_3' });
my %tls_1_2 = (port => $server->{tls}, tls => { SSL_version => 'TLSv1_2' });
my %behind_tls = (path => '/tls', backend_tls => { certificate() });
my @kinds = (
    ['plain',                       {}],
    ['TLS client',                  {%tls_1_3}],
    ['TLS 1.2 client',              {%tls_1_2}],
    ['unix',                        { path => '/unix', from => $unix }],
    ['TLS backend',                 {%behind_tls}],
    ['TLS on both sides',           { %behind_tls, %tls_1_3 }],
    ['balancer with a dead member', { path => '/many' }],
);
{
    my @open;
    for my $kind (@kinds) {
        my ($name, $option) = @$kind;
        my ($client, $backend, $answer) = open_tunnel($server, $option->{from} || $listener, %$option);
        like $answer, qr{^HTTP/1\.1 101 Switching Protocols\r\n}, "$name: 101";
        is scalar(() = $answer =~ /^(?:Upgrade: websocket|Connection: Upgrade)\r$/mg), 2,
            "$name: Upgrade and Connection";
        like $answer, qr/^X-Of: the backend\r$/m, "$name: the backend's fields";
        unlike $answer, qr/Content-Length|204/, "$name: and no others";
        push @open, [$name, $client, $backend];
    }
    is $server->ask('GET /status HTTP/1.1')->{status}, 200,
        'a request is answered while more tunnels are open than there are workers';
    my $now = tunnels_of($server);
    is $now->{open}, scalar @kinds, 'the counters know the open tunnels' or diag explain $now;
    for my $size (0, 1, 125, 126, 16_383, 16_384, 65_535, 65_536, 1_000_000) {
        my $payload = join '', map { chr int rand 256 } 1 .. ($size > 1000 ? 1000 : $size);
        $payload .= 'x' x ($size - length $payload);
        for my $tunnel (@open) {
            my ($name, $client, $backend) = @$tunnel;
            for my $way ([$client, $backend, masked($payload), 'up'],
                [$backend, $client, frame($payload), 'down']) {
                my ($from, $to, $bytes, $where) = @$way;
                is sha256_hex(carry($from, $to, $bytes)), sha256_hex($bytes), "$name: $size bytes $where";
            }
        }
    }
    my $number = 0;
    for my $tunnel (@open) {
        my ($name, $client, $backend) = @$tunnel;
        close $backend;
        ok ended($client), "$name: the client sees the end";
        close $client;
        like line($server, ++$number), qr/^101 - \d+ \d+ - backend /, "$name: logged as ended by the backend";
    }
    is scalar(logged($server)), scalar @kinds, 'each is logged once';
    $now = tunnels_of($server);
    is $now->{open}, 0, 'none is open';
    is $now->{backend}, scalar @kinds, 'all have ended';
    cmp_ok $now->{bytes_sent}, '>', @kinds * 1_160_000, 'and their bytes are counted';
    like $server->ask('GET /server-status?auto HTTP/1.1')->{body},
        qr/^UpgradeTunnels: 0\nUpgradeTunnelsLeaving: 0\nUpgradeTunnelsEnded: 7\nUpgradeTunnelsFull: 0$/m,
        'in mod_status too';
}

# Stock and event tunnels write the same line for the same exchange.
{
    my $before = logged($server);
    for my $path ('/stock', '/ws') {
        my ($client, $backend) = open_tunnel($server, $listener, path => $path);
        print $client masked('up'); $client->flush;
        receive($backend, 8);
        print $backend frame('down'); $backend->flush;
        receive($client, 6);
        close $client;
        ok ended($backend), "$path: the backend sees the end";
        close $backend;
    }
    my ($stock, $event) = map { line($server, $before + $_) } 1, 2;
    my @stock = split ' ', $stock;
    my @event = split ' ', $event;
    is_deeply [@event[0, 1, 3, 4]], [@stock[0, 1, 3, 4]],
        'status, bytes, bytes out and connection state are logged as stock does';
    is $event[2], $stock[2] - length('/stock') + length('/ws'), 'and bytes in, but for the path';
    is "$stock[5] $event[5]", 'client client', 'and so is how they ended';
}

# What comes with the handshake, and with the switch
for my $kind (@kinds) {
    my ($name, $option) = @$kind;
    my ($client, $backend) = open_tunnel($server, $option->{from} || $listener, %$option,
        early => masked('early'), greeting => frame('greeting'));
    is receive($backend, 11), masked('early'), "$name: a frame sent with the handshake arrives";
    is receive($client, 10), frame('greeting'), "$name: one sent with the switch too";

    # Nothing of httpd's reads what comes now, so that an event has to tell of it.
    $client = asking($server, $option->{path} || '/ws', %$option);
    $backend = asked($option->{from} || $listener, %{ $option->{backend_tls} || {} });
    print $client masked('meanwhile'); $client->flush;
    syswrite $backend, switching();
    like head_from($client), qr/^HTTP\/1.1 101 /, "$name: the backend takes its time";
    is receive($backend, 15), masked('meanwhile'), "$name: a frame sent before it answers arrives";
}

# A slow reader: its backend is held up, nothing grows, and nothing is lost.
for my $kind (@kinds[0, 1, 4]) {
    my ($name, $option) = @$kind;
    for my $way ('down', 'up') {
        my ($client, $backend) = open_tunnel($server, $listener, %$option);
        my ($from, $to) = $way eq 'down' ? ($backend, $client) : ($client, $backend);
        my $bytes = pack('N*', map { $_ * 2654435761 % 4294967296
            } 1 .. 65_536) x (4 * ($ENV{UPGRADE_TEST_STALL} || 32));
        my $before = memory($server);
        my $held_up = 0;
        my $got = carry($from, $to, $bytes, sub {
            # Until what is under way does not grow any more
            my $now = tunnels_of($server)->{bytes_sent} + tunnels_of($server)->{bytes_received};
            my $still = $now == $held_up;
            $held_up = $now;
            return $still;
        });
        # The sanitizer's allocator keeps what is freed.
        cmp_ok memory($server) - $before, '<', 4096,
            "$name, $way: nothing is piled up for a reader that stalls"
            unless $ENV{UPGRADE_TEST_MODULE} =~ /[at]san/;
        is length $got, length $bytes, "$name, $way: all of it arrives";
        is sha256_hex($got), sha256_hex($bytes), "$name, $way: as it was sent";
    }
}

# Half a tunnel
{
    my ($client, $backend) = open_tunnel($server, $listener);
    print $client masked('last'); $client->flush;
    shutdown $client, 1;
    is receive($backend, 100), masked('last'),
        'half-closed by the client: the backend gets what was sent, and the end';
    print $backend frame('answer'); $backend->flush;
    is receive($client, 8), frame('answer'), 'and can still answer';
    close $backend;
    ok ended($client), 'until it ends as well';

    ($client, $backend) = open_tunnel($server, $listener);
    print $backend frame('last'); $backend->flush;
    shutdown $backend, 1;
    is receive($client, 100), frame('last'),
        'half-closed by the backend: the client gets what was sent, and the end';
    print $client masked('answer'); $client->flush;
    is receive($backend, 12), masked('answer'), 'and can still answer';
    close $client;
    ok ended($backend), 'until it ends as well';

    ($client, $backend) = open_tunnel($server, $listener, lines => ['X-Half: no']);
    shutdown $client, 1;
    ok ended($backend), 'proxy-nohalfclose: the backend sees the end';
    ok ended($client), 'and so does the client at once';

    my $tls = $kinds[1][1];
    ($client, $backend) = open_tunnel($server, $listener, %$tls);
    print $backend frame('x' x 100_000); $backend->flush;
    close $backend;
    is length receive($client, 200_000), 100_010, 'TLS: all that the backend has sent before its end arrives';
    unlike $client->errstr // '', qr/eof/i, 'and the end is a clean one';
}

# Ends that are none of the above
{
    my $before = tunnels_of($server);
    # Whoever is told of an end is told before it is logged.
    my $number = logged($server, $before->{opened} - $before->{open});
    for my $kind (@kinds) {
        my ($name, $option) = @$kind;
        my ($client, $backend) = open_tunnel($server, $option->{from} || $listener, %$option);
        reset_by($client);
        ok ended($backend), "$name: reset by the client: the backend sees the end";
        like line($server, ++$number), qr/ (?:client|closed) /, "$name: and it is logged";
        next if $name eq 'unix';
        ($client, $backend) = open_tunnel($server, $option->{from} || $listener, %$option);
        reset_by($backend);
        ok ended($client), "$name: reset by the backend: the client sees the end";
        like line($server, ++$number), qr/ (?:backend|closed) /, "$name: and it is logged";
    }
    my ($client, $backend) = open_tunnel($server, $listener, path => '/short', lines => []);
    close $client; close $backend;
    line($server, ++$number);
    is tunnels_of($server)->{open}, 0, 'none is left';
    cmp_ok tunnels_of($server)->{client} - $before->{client}, '>=', 3,
        'those that clients have broken are counted as such';
    cmp_ok tunnels_of($server)->{backend} - $before->{backend}, '>=', 3, 'and those that backends have';
}
$server->stop->finish;
is scalar(() = $server->log =~ /exit signal/g), 0, 'no child has crashed';

# Silence: the larger of Timeout and the backend's
$server = server($roomy . "Timeout 1\n");
for my $kind (@kinds[0, 1, 4]) {
    my ($name, $option) = @$kind;
    my ($client, $backend) = open_tunnel($server, $listener, %$option,
        $option->{tls} ? (port => $server->{tls}) : (), path => $option->{path} || '/short');
    ok ended($client), "$name: silence ends the tunnel for the client";
    ok ended($backend), "$name: and for the backend";
}
like line($server, 3), qr/ timeout /, 'and is logged as such';
is tunnels_of($server)->{timeout}, 3, 'and counted';
$server->stop;

done_testing;

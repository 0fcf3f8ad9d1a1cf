# The longest message of a route: the last byte that may pass, and the first that may not, in either
# direction, in one frame and in many, plain and over TLS.
use strict;
use warnings;
use Test::More;
use POSIX    ();
use Socket   ();
use FindBin;
use lib "$FindBin::Bin/lib";
use Lines;
use Ports;
use Server;
use Tunnel;
use Wire;

local $SIG{PIPE} = 'IGNORE';

use constant MAX   => 1000;
use constant LARGE => 300_000;    # through the pipe, where there is one

my $listener = backend();
my $port = $listener->sockport;
my $secure = free_port();

my @modules = qw(authz_core alias dir proxy proxy_http socache_shmcb ssl);
my $server = Server->new(modules => \@modules, helper => 1)->configure(<<"END")->start;
@{[ workers(8) ]}
AsyncRequestWorkerFactor 100
LogFormat "%>s %U %{UPGRADE_TUNNEL}e %{UPGRADE_TUNNEL_CODE}e" tunnels
CustomLog access_log tunnels
UpgradeKeep WebSocket
UpgradeTunnel event
UpgradeTunnelMessageMax @{[MAX]}
ProxyPass /tls https://127.0.0.1:$port/
ProxyPass /ws http://127.0.0.1:$port/
ProxyPass /large http://127.0.0.1:$port/
ProxyPass /any http://127.0.0.1:$port/
@{[ PROXY_TLS ]}
<Location /large>
UpgradeTunnelMessageMax @{[LARGE]}
</Location>
<Location /any>
UpgradeTunnelMessageMax none
</Location>
<Location /status>
SetHandler upgrade-status
</Location>
@{[ tls_host($secure) ]}
END

# One frame as a client or a server sends it: kind, with FIN or without, and payload
sub part {
    my ($masked, $first, $payload, $length) = @_;
    $length //= length $payload;
    my $mask = $masked ? 0x80 : 0;
    my $size = $length < 126 ? pack('C', $length | $mask)
      : $length < 65536 ? pack('Cn', 126 | $mask, $length)
      :                   pack('CQ>', 127 | $mask, $length);
    return chr($first) . $size . ($masked ? "\0\0\0\0" : '') . $payload;
}

# Whether it is a Close of this code and nothing else, to a server masked.
sub is_close {
    my ($got, $code, $masked, $what) = @_;
    my $want = close_frame($code);
    $want = close_frame($code, '', substr $got, 2, 4) if $masked && length $got == 8;
    return is unpack('H*', $got), unpack('H*', $want), $what;
}

# What a side may send, and what is one byte more than that. Of the latter: what passes of it.
sub messages {
    my ($masked, $max) = @_;
    my $half = 'x' x ($max / 2);
    my @fragments = (part($masked, 0x02, $half), part($masked, 0x89, 'ping'),
        part($masked, 0, 'x' x ($max / 2 - 1)), part($masked, 0x8a, 'a Pong' x 20));
    return (
        ['one frame', part($masked, 0x82, 'x' x $max), part($masked, 0x82, 'x' x ($max + 1)), 0],
        ['many, with control frames between', join('', @fragments, part($masked, 0x80, 'x')),
            join('', @fragments, part($masked, 0x80, 'xx')), length join '', @fragments],
        ['a header of 2^63 bytes', part($masked, 0xc1, 'x' x $max),
            part($masked, 0x82, 'xyz', 1 << 63), 0],
    );
}

my %tls = (port => $secure, tls => { SSL_version => 'TLSv1_3' });
my @ways = (
    ['plain', path => '/ws'],
    ['TLS client', path => '/ws', %tls],
    ['TLS backend', path => '/tls', backend_tls => { certificate() }],
);
my $expected = 0;
for my $way (@ways) {
    my ($name, %option) = @$way;
    for my $up (1, 0) {
        for my $message (messages($up, MAX)) {
            my ($what, $last, $first, $passes) = @$message;
            my $case = "$name, " . ($up ? 'client' : 'backend') . ", $what";
            my ($client, $backend) = open_tunnel($server, $listener, %option);
            my ($from, $to) = $up ? ($client, $backend) : ($backend, $client);
            syswrite $from, $last for 1, 2;
            is receive($to, 2 * length $last), "$last$last", "$case: the last byte that may pass";
            syswrite $from, $first;
            is receive($to, $passes), substr($first, 0, $passes), "$case: what stands before" if $passes;
            is_close(receive($from, 100), 1009, !$up, "$case: one more, and the sender is told 1009");
            is_close(receive($to, 100), 1001, $up, "$case: the other side 1001, and no byte of it passes");
            close $_ for $client, $backend;
            $expected++;
        }
    }
}

# In pieces of one byte: nothing of the header goes on before it is known to be good.
for my $up (1, 0) {
    my ($client, $backend) = open_tunnel($server, $listener);
    my ($from, $to) = $up ? ($client, $backend) : ($backend, $client);
    my $message = part($up, 0x82, 'x' x MAX);
    $from->setsockopt(Socket::IPPROTO_TCP(), Socket::TCP_NODELAY(), 1);
    syswrite $from, $_ for split //, $message;
    is receive($to, length $message), $message, 'byte by byte';
    syswrite $from, $_ for split //, substr part($up, 0x82, 'x' x (MAX + 1)), 0, 4;
    is_close(receive($from, 100), 1009, !$up, 'byte by byte, too long: 1009');
    is_close(receive($to, 100), 1001, $up, 'byte by byte, too long: 1001');
    $expected++;
}

# In the middle of a frame the other way: the sender is told when that ends.
{
    my ($client, $backend) = open_tunnel($server, $listener);
    my $down = frame('whole in the end');
    syswrite $backend, substr $down, 0, 7;
    is receive($client, 7), substr($down, 0, 7), 'half a frame comes down';
    syswrite $client, masked('x' x (MAX + 1));
    select undef, undef, undef, 0.1;    # so that it has most likely come: either order has to be right
    syswrite $backend, substr $down, 7;
    is receive($client, length($down) - 7), substr($down, 7), 'its rest does too';
    is_close(receive($client, 100), 1009, 0, 'and then 1009');
    is_close(receive($backend, 100), 1001, 1, 'and 1001');
    $expected++;
}

# What a side sends although it was told is thrown away; it gets the Close all the same.
for my $up (1, 0) {
    my ($client, $backend) = open_tunnel($server, $listener);
    my ($from, $to) = $up ? ($client, $backend) : ($backend, $client);
    syswrite $from, part($up, 0x82, 'x' x 500_000);
    is_close(receive($from, 100), 1009, !$up, 'half a megabyte: its sender is told');
    is_close(receive($to, 100), 1001, $up, 'half a megabyte: the other side too');
    $expected++;
}

# Large ones, of which the payload goes through the pipe.
for my $up (1, 0) {
    my ($client, $backend) = open_tunnel($server, $listener, path => '/large');
    my ($from, $to) = $up ? ($client, $backend) : ($backend, $client);
    my $last = part($up, 0x02, 'x' x (LARGE - 70_000)) . part($up, 0x80, 'y' x 70_000);
    for (1, 2) {
        my $got = carry($from, $to, $last);
        ok $got eq $last, 'a large message passes';
    }
    my $first = part($up, 0x02, 'x' x (LARGE - 70_000)) . part($up, 0x80, 'y' x 70_001);
    my $passes = LARGE - 70_000 + ($up ? 14 : 10);
    my $pid = fork // die $!;
    if (!$pid) { syswrite $from, $first; POSIX::_exit(0) }
    my $got = receive($to, $passes);
    ok $got eq substr($first, 0, $passes), 'of one that is a byte longer the first fragment';
    is_close(receive($to, 100), 1001, $up, 'large: 1001');
    is_close(receive($from, 100), 1009, !$up, 'large: 1009');
    waitpid $pid, 0;
    $expected++;
}

# Without a limit, on the same server
{
    my ($client, $backend) = open_tunnel($server, $listener, path => '/any');
    my $message = frame('x' x 200_000);
    ok carry($backend, $client, $message) eq $message, 'none: any message passes';
    close $client;
    ok ended($backend), 'none: it ends by its client';
    close $backend;
}

my %logged;
$logged{ (split)[2] }++ for logged($server, $expected + 1);
is_deeply \%logged, { 'too-big' => $expected, client => 1 }, 'each is logged as too-big';
is tunnels_of($server)->{'too-big'}, $expected, 'and counted';
unlike $server->stop->finish->log, qr/exit signal/, 'no child has crashed';
done_testing;

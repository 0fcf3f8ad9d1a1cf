# What a route says about the life of its event tunnels: silence, and age. Who is ended is told, where a
# Close can stand.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Lines;
use Ports;
use Server;
use Tunnel;
use Wire;

local $SIG{PIPE} = 'IGNORE';

my $listener = backend();
my $port = $listener->sockport;
my $secure = free_port();

my @modules = qw(authz_core alias dir proxy proxy_http socache_shmcb ssl);
my $server = Server->new(modules => \@modules, helper => 1)->configure(<<"END")->start;
@{[ workers(8) ]}
AsyncRequestWorkerFactor 100
LogLevel info upgrade_wstunnel:debug
LogFormat "%>s %U %{UPGRADE_TUNNEL}e %{UPGRADE_TUNNEL_CODE}e" tunnels
CustomLog access_log tunnels
Timeout 60
UpgradeKeep WebSocket
UpgradeTunnel event
UpgradeTunnelIdle 1
UpgradeTunnelAge 1 jitter=0
ProxyPass /tls https://127.0.0.1:$port/
ProxyPassMatch ^/(idle|longer|aged) http://127.0.0.1:$port/ timeout=2
@{[ PROXY_TLS ]}
<Location /idle>
UpgradeTunnelAge none
</Location>
<Location /longer>
UpgradeTunnelIdle 600
UpgradeTunnelAge none
</Location>
<Location /aged>
UpgradeTunnelIdle none
</Location>
<Location /tls>
UpgradeTunnelAge none
</Location>
@{[ tls_host($secure) ]}
END

# Both sides are told 1001, the backend with a key, and then there is the end.
sub both_are_told {
    my ($client, $backend, $what) = @_;
    is receive($client, 100), close_frame(1001), "$what: the client is told 1001, and then the end";
    my $told = receive($backend, 100);
    ok length $told == 8 && $told eq close_frame(1001, '', substr $told, 2, 4), "$what: and the backend";
    return;
}

# An outcome of a path, as often as it is there
sub outcomes {
    my ($number) = @_;
    my %count;
    $count{ join ' ', (split)[1, 2, 3] }++ for logged($server, $number);
    return \%count;
}

# All at once: the limits are seconds.
my @stay = open_tunnel($server, $listener, path => '/longer');
my %idle = (
    'silence' => [open_tunnel($server, $listener, path => '/idle')],
    'silence, a TLS client' => [open_tunnel($server, $listener, path => '/idle', port => $secure,
            tls => { SSL_version => 'TLSv1_3' })],
    'silence, a TLS backend' => [open_tunnel($server, $listener, path => '/tls',
            backend_tls => { certificate() })],
);
my @cut = open_tunnel($server, $listener, path => '/idle');
syswrite $cut[1], substr frame('never whole'), 0, 5;
receive($cut[0], 5);
my @old = open_tunnel($server, $listener, path => '/aged');
my @late = open_tunnel($server, $listener, path => '/aged');
my $message = frame('whole in the end');
syswrite $late[1], substr $message, 0, 7;
is receive($late[0], 7), substr($message, 0, 7), 'half a frame, of a tunnel that has an age';

# By age, although it talks: until then every message comes through.
{
    my ($client, $backend) = open_tunnel($server, $listener, path => '/aged');
    my ($told, $messages) = ('', 0);
    while ($messages < 10_000) {
        syswrite $client, masked('up');
        $told = receive($backend, 8);
        last if $told ne masked('up');
        $messages++;
        select undef, undef, undef, 0.01;
    }
    cmp_ok $messages, '>', 0, "age: $messages messages come through";
    ok length $told == 8 && $told eq close_frame(1001, '', substr $told, 2, 4), 'then the backend is told';
    is receive($client, 100), close_frame(1001), 'and the client';
}

both_are_told(@old[0, 1], 'age');
both_are_told(@{ $idle{$_} }[0, 1], $_) for sort keys %idle;
is receive($cut[0], 100), '', 'silence within a frame: no Close';
is length receive($cut[1], 100), 8, 'but to the other side';

# It waits for the end of a frame, and then goes.
syswrite $late[1], substr $message, 7;
is receive($late[0], 100), substr($message, 7) . close_frame(1001),
    'age: the rest of the frame, and then 1001';
is length receive($late[1], 100), 8, 'age: the backend is told too';

alive(@stay[0, 1], 'a longer limit than Timeout and timeout= holds, without an age');
close $stay[0];
ok ended($stay[1]), 'it ends by its client';
close $stay[1];
is_deeply outcomes(8), {
    '/idle timeout -' => 3, '/tls timeout -' => 1, '/aged drained -' => 3, '/longer client -' => 1
}, 'the log has timeout and drained';

unlike $server->stop->finish->log, qr/exit signal/, 'no child has crashed';
done_testing;

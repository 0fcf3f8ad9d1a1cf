# Event tunnels and the life of the server: how many there may be, restarts, stops, and where a thread carries
# them.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Lines;
use Server;
use Tunnel;
use Wire;

local $SIG{PIPE} = 'IGNORE';

my @modules = qw(authz_core alias dir setenvif rewrite proxy proxy_http slotmem_shm proxy_balancer
    lbmethod_byrequests status);
my $listener = backend();
my $port = $listener->sockport;

my $size = <<"END";
@{[ workers(4) ]}
ServerLimit 6
AsyncRequestWorkerFactor 200
END
my $routes = <<"END";
LogFormat "%>s %{UPGRADE_TUNNEL}e %U" tunnels
CustomLog access_log tunnels
ProxyPass /ws http://127.0.0.1:$port/
ProxyPass /many balancer://many/
<Proxy balancer://many>
BalancerMember http://127.0.0.1:$port/m
</Proxy>
<LocationMatch ^/(ws|many)>
UpgradeKeep WebSocket
UpgradeTunnel event
</LocationMatch>
<Location /status>
SetHandler upgrade-status
</Location>
<Location /server-status>
SetHandler server-status
</Location>
ProxyStatus On
ExtendedStatus On
LogLevel info upgrade_wstunnel:debug
END

my @logs;

sub server {
    my ($text, %option) = @_;
    my $server = Server->new(modules => \@modules, helper => 1, restless => 1, %option);
    $server->configure("$size$routes$text")->start;
    push @logs, "$server->{folder}/error_log";
    return $server;
}

# Which side has gone first is chance, where both go at once.
sub outcomes {
    my ($server, $number) = @_;
    my %seen;
    $seen{ (split)[1] =~ s/^(?:client|backend)$/gone/r }++ for logged($server, $number);
    return \%seen;
}

sub shake {
    my ($server, $path, @lines) = @_;
    return $server->ask("GET $path HTTP/1.1", handshake, @lines);
}

my $member = qr/ProxyBalancer\[0\]Worker\[0\]/;

sub server_status { return $_[0]->ask('GET /server-status?auto HTTP/1.1')->{body} }

# A server that needs fewer children lets those go that have tunnels without cutting them. How it went is seen
# at the end of this file, which a slow machine may reach later than after Timeout's default, a minute.
my $fewer = server(<<'END');
Timeout 600
UpgradeTunnelDrain 1
StartServers 3
MaxRequestWorkers 12
MinSpareThreads 4
MaxSpareThreads 8
END
my @in_fewer = map { [open_tunnel($fewer, $listener)] } 1 .. 12;
my $leaves   = qr/^Stopping: [1-9]|^ProcessesStopping|^Processes: 2$/m;
ok eventually(sub { server_status($fewer) =~ $leaves || server_status($fewer) =~ /G/ }), 'a child leaves';
my $left_at = time;

# As many as may be, and then a clear answer
{
    my $server = server("UpgradeTunnelMax 3\n");
    my $capacity = 'at least 5 tunnels (children: 1; event tunnels in each: 3; carried by its workers: 2)';
    like $server->log,
        qr/UR0011: UpgradeTunnel event: \Q$capacity; to allow more, raise UpgradeTunnelMax (now 3)\E or /,
        'the start names UpgradeTunnelMax';
    my @open = map { [open_tunnel($server, $listener)] } 1 .. 3;
    my @beyond = map { [open_tunnel($server, $listener)] } 1 .. 2;
    alive(@$_[0, 1], 'two more, which workers carry') for @beyond;
    my $answer = shake($server, '/ws');
    is $answer->{status}, 503, 'one more: 503';
    my %times = map { field(shake($server, '/ws'), 'Retry-After') => 1 } 1 .. 40;
    is join(' ', grep { $_ !~ /^(?:[5-9]|1[0-5])\z/ } keys %times), '',
        'and when to come again, within 5 to 15 seconds';
    cmp_ok scalar keys %times, '>', 3, 'not all at the same time';
    is shake($server, '/many')->{status}, 503, 'through a balancer: 503';
    my $full = 'this child holds 3 event tunnels, its maximum, its workers carry 2 more, '
        . 'and no other child has room';
    like $server->log, qr/UR0012: no tunnel is opened: $full/, 'the log says why';
    ok !IO::Select->new($listener)->can_read(0), 'no backend is asked';
    is $server->ask('GET / HTTP/1.1')->{status}, 200, 'other requests are served';
    is tunnels_of($server)->{full}, 42, 'they are counted';
    alive(@$_[0, 1], 'those that are open go on') for @open;
    close $_ for @{ pop @open }[0, 1], map { @$_[0, 1] } @beyond;
    ok eventually(sub {
        my $asking = asking($server, '/ws');
        IO::Select->new($listener, $asking)->can_read(Wire::LIMIT);
        return IO::Select->new($listener)->can_read(0);
    }), 'and when one has ended there is room again';
    close $listener->accept;
    unlike server_status($server), qr/^${member}Status: .*Err/m, 'the balancer\'s member is not in error';
    close $_ for map { @$_[0, 1] } @open;
    eventually(sub { tunnels_of($server)->{open} == 0 }) or die 'a tunnel does not end';
    # The handshake above whose client has gone may still have its place.
    my ($client, $backend);
    eventually(sub {
        ($client, $backend) = open_tunnel($server, $listener, path => '/many');
        return $backend;
    }) or die 'no room again';
    ok eventually(sub { server_status($server) =~ /^${member}Busy: 1$/m }),
      'a balancer\'s busy count has its tunnels';
    close $_ for $client, $backend;
    ok eventually(sub { server_status($server) =~ /^${member}Busy: 0$/m }), 'until they end';
    $server->stop;
}

# Ordinary requests go on with every tunnel open that there may be, and half of the workers at work
{
    my $server = server(<<"END");
AsyncRequestWorkerFactor 10
ProxyPass /slow http://127.0.0.1:$port/slow
END
    my @open = map { [open_tunnel($server, $listener)] } 1 .. 11;
    like $server->log, qr/UR0011: .* event tunnels in each: 11; carried by its workers: 2/,
        'with a factor of 10 and 4 threads there may be 11';
    my @slow = map { connect_to($server->{port}) } 1 .. 2;
    print $_ "GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n" for @slow;
    my @asked = map { asked($listener) } @slow;
    is $server->ask('GET / HTTP/1.1')->{status}, 200, "request $_ beside them is answered" for 1 .. 5;
    alive(@{ $open[$_] }[0, 1], 'tunnels go on') for 0, -1;
    close $_ for @asked, @slow;
    $server->stop;
}

# A graceful restart keeps them, and another
{
    my $server = server("UpgradeTunnelDrain 0\n");
    my @open = map { [open_tunnel($server, $listener)] } 1 .. 5;
    $server->graceful for 1 .. 2;
    push @open, [open_tunnel($server, $listener)];
    alive(@$_[0, 1], 'a tunnel goes on over graceful restarts') for @open;
    is tunnels_of($server)->{open}, 6, 'and the counters know it';
    close $_ for map { @$_[0, 1] } @open;
    is_deeply outcomes($server, 6), { gone => 6 }, 'each ends as it should';
    $server->stop;
}

# Tunnels that echo over many restarts lose nothing.
{
    my $restarts = $ENV{UPGRADE_TEST_RESTARTS} || 5;
    my $count = $restarts > 5 ? 100 : 20;
    my $server = server("AsyncRequestWorkerFactor 500\n");
    my @open = map { [open_tunnel($server, $listener)] } 1 .. $count;
    my $lost = 0;
    for my $restart (1 .. $restarts) {
        $server->graceful;
        for my $round (1 .. 3) {
            for my $tunnel (@open) {
                my ($client, $backend) = @$tunnel;
                my $message = "message $restart $round " . 'x' x int rand 2000;
                syswrite $client, masked($message);
                my $up = receive($backend, length masked($message));
                syswrite $backend, frame($message);
                $lost++ unless $up eq masked($message)
                    && receive($client, length frame($message)) eq frame($message);
            }
        }
    }
    is $lost, 0, "$count tunnels echo over $restarts graceful restarts: no byte is lost";
    close $_ for map { @$_[0, 1] } @open;
    is_deeply outcomes($server, $count), { gone => $count }, 'each is logged once';
    $server->stop;
}

# Drained in time: told so between two frames, and not within one
{
    my $server = server("UpgradeTunnelDrain 2\n");
    my @open = map { [open_tunnel($server, $listener)] } 1 .. 6;
    my ($client, $backend) = @{ $open[0] };
    syswrite $backend, substr frame('never whole'), 0, 5;
    receive($client, 5);
    $server->graceful;
    my $new = [open_tunnel($server, $listener)];
    for my $tunnel (@open[1 .. 5]) {
        is receive($tunnel->[0], 100), "\x88\x02\x03\xe9", 'the client is told 1001, and then the end';
        my $told = receive($tunnel->[1], 100);
        is length $told, 8, 'the backend is sent a Close too';
        is substr($told, 0, 2), "\x88\x82", 'masked, as from a client';
        is substr($told, 6) ^ substr($told, 2, 2), "\x03\xe9", 'with 1001';
    }
    is receive($client, 100), '', 'within a frame nothing is put in: there is only the end';
    is_deeply outcomes($server, 6), { drained => 6 }, 'all are logged as drained';
    alive(@$new[0, 1], 'a tunnel of the new generation stays');
    is tunnels_of($server)->{drained}, 6, 'counted' or diag explain tunnels_of($server);
    close $_ for @$new[0, 1];
    $server->stop;
}

# A stop ends them, and each is logged: [name, signal, configuration, outcome], side by side
my @stops = (
    ['TERM',                          'TERM',  '',                            'stopped'],
    ['graceful-stop',                 'WINCH', 'GracefulShutdownTimeout 1',   'stopped'],
    ['graceful-stop that is drained', 'WINCH', "UpgradeTunnelDrain 1\nGracefulShutdownTimeout 0", 'drained'],
);
{
    my @stopped;
    for my $case (@stops) {
        my ($name, $signal, $text, $outcome) = @$case;
        my $server = server("$text\n");
        my @open = map { [open_tunnel($server, $listener)] } 1 .. 8;
        # At TERM httpd shuts the sockets that its workers hold: here they have let go of the last one too.
        alive(@$_[0, 1], "$name: a tunnel") for @open;
        my $pid = $server->pid;
        kill $signal => $pid;
        push @stopped, [$name, $server, $pid, $outcome, @open];
    }
    for my $case (@stopped) {
        my ($name, $server, $pid, $outcome, @open) = @$case;
        for my $tunnel (@open) {
            is receive($tunnel->[0], 100), "\x88\x02\x03\xe9", "$name: the client is told 1001";
            close $tunnel->[0];
        }
        ok eventually(sub { Server::is_gone($pid) }), "$name: the server ends";
        is_deeply outcomes($server, 8), { $outcome => 8 }, "$name: each tunnel is logged, once";
        unlink "$server->{folder}/httpd.pid";
    }
}

# The same module again, by a reload: first activation, and a change of carrier
{
    my $server = Server->new(modules => \@modules, restless => 1)->configure($size)->start;
    $server->{helper} = 1;
    $server->configure("$size$routes")->graceful;
    my @open = map { [open_tunnel($server, $listener)] } 1 .. 6;
    alive(@$_[0, 1], 'loaded by a reload: tunnels are carried') for @open;
    (my $threads = $routes) =~ s/UpgradeTunnel event/UpgradeTunnel thread/;
    $server->configure("$size$threads")->graceful;
    alive(@$_[0, 1], 'and go on when threads carry new ones') for @open;
    my $new = [open_tunnel($server, $listener)];
    close $_ for map { @$_[0, 1] } @open, $new;
    is_deeply outcomes($server, 7), { gone => 7 }, 'each is logged';
    is_deeply tunnels_of($server)->{by}, { event => 6, thread => 1 }, 'a new one is a thread\'s';
    $server->stop;
}

# Where a connection cannot be left to itself, a thread carries the tunnel.
for my $mpm (qw(worker prefork)) {
    my $server = Server->new(modules => \@modules, helper => 1, mpm => $mpm)->configure($routes)->start;
    my $threads = "with the $mpm MPM each tunnel occupies a worker";
    like $server->log, qr/UR0016: UpgradeTunnel event: $threads, .* load mpm_event_module/,
        "$mpm: said at start";
    my @open = open_tunnel($server, $listener);
    alive(@open[0, 1], "$mpm: a tunnel");
    close $_ for @open[0, 1];
    is_deeply outcomes($server, 1), { gone => 1 }, "$mpm: logged";
    is_deeply tunnels_of($server)->{by}, { event => 0, thread => 1 }, "$mpm: a thread's";
    $server->stop;
}
{
    my $server = server(<<'END');
RewriteEngine on
RewriteRule ^/there$ /ws [PT]
<Location /error>
ErrorDocument 404 /ws
</Location>
END
    my @open = open_tunnel($server, $listener, path => '/error');
    alive(@open[0, 1], 'an ErrorDocument that is a WebSocket') if $open[2] =~ / 101 /;
    close $_ for @open[0, 1];
    @open = open_tunnel($server, $listener, path => '/there');
    close $_ for @open[0, 1];
    is_deeply outcomes($server, 1), { gone => 1 }, 'a rewritten path: one tunnel';
    is_deeply tunnels_of($server)->{by}, { event => 1, thread => 0 }, 'it is an event tunnel';
    $server->stop;
}

# Longer than a drain takes; too short, and the test would only see less.
sleep 1 while time < $left_at + 5;
alive(@$_[0, 1], 'a tunnel goes on in a child that is too many') for @in_fewer;
close $_ for map { @$_[0, 1] } @in_fewer;
is_deeply outcomes($fewer, 12), { gone => 12 }, 'and ends as it should';
$fewer->stop;

my $all = join '', map { open my $file, '<', $_ or die "$_: $!"; <$file> } @logs;
like $all, qr/UR0011/, 'the logs are there';
unlike $all, qr/UR0020/, 'and the MPM tells of each connection that it has let go of it';

done_testing;

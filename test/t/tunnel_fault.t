# Calls that fail: event tunnels end with a clear outcome or are carried otherwise, other requests are served,
# and nothing is left behind.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use Tunnel;
use Wire;

local $SIG{PIPE} = 'IGNORE';

my $listener = backend();
my $port = $listener->sockport;
my $config = <<"END";
ThreadsPerChild 4
ThreadLimit 4
MaxRequestWorkers 4
AsyncRequestWorkerFactor 200
LogFormat "%>s %{UPGRADE_TUNNEL}e" tunnels
CustomLog access_log tunnels
ProxyPass /ws http://127.0.0.1:$port/
<Location /ws>
UpgradeKeep WebSocket
UpgradeTunnel event
</Location>
<Location /status>
SetHandler upgrade-status
</Location>
END

sub server {
    my ($call, $text) = @_;
    my $server = Server->new(modules => [qw(authz_core alias dir proxy proxy_http)],
        helper => 1)->configure($config . ($text // ''));
    $server->{switch} = "$server->{folder}/fault";
    local @ENV{qw(UPGRADE_FAULT_CALL UPGRADE_FAULT_SWITCH UPGRADE_PRELOAD)} = ($call, $server->{switch},
        Server::fault('refuse'));
    return $server->start;
}

sub failing {
    my ($server, $on) = @_;
    return unlink $server->{switch} unless $on;
    open my $file, '>', $server->{switch} or die $!;
    return chmod 0644, $server->{switch};
}

sub line {
    my ($server, $number) = @_;
    return (split ' ', (logged($server, $number))[$number - 1] // 'none none')[1];
}

my @stopped;

sub finish {
    my ($server, $what) = @_;
    ok eventually(sub { tunnels_of($server)->{open} == 0 }), "$what: none is left";
    is $server->ask('GET / HTTP/1.1')->{status}, 200, "$what: other requests are served";
    push @stopped, [$server->stop, $what];
    return;
}

# No threads: a worker carries the tunnel, and the log says why.
{
    my $call = 'pthread_create';
    my $server = server($call);
    failing($server, 1);
    my ($client, $backend) = open_tunnel($server, $listener);
    alive($client, $backend, "$call: a tunnel");
    close $client;
    ok ended($backend), "$call: it ends";
    close $backend;
    is line($server, 1), 'client', "$call: logged";
    is_deeply tunnels_of($server)->{by}, { event => 0, thread => 1 }, "$call: a worker's";
    like $server->log,
        qr/UR0013: the threads for event tunnels cannot be started; workers carry tunnels in this child/,
        "$call: the log says why";
    failing($server, 0);
    finish($server, $call);
}

# It cannot be polled: it is ended in order, and logged.
{
    my $server = server('epoll_ctl');
    my @before = open_tunnel($server, $listener);
    alive(@before[0, 1], 'epoll_ctl: a tunnel');
    failing($server, 1);
    my ($client, $backend) = open_tunnel($server, $listener);
    is receive($client, 100), "\x88\x02\x03\xe9", 'epoll_ctl: the client is told 1001';
    is length receive($backend, 100), 8, 'epoll_ctl: so is the backend';
    is line($server, 1), 'stopped', 'epoll_ctl: logged';
    failing($server, 0);
    alive(@before[0, 1], 'epoll_ctl: another one goes on');
    close $_ for @before[0, 1];
    finish($server, 'epoll_ctl');
}

# Polling fails: what is open is ended in order, and the next ones are carried again.
{
    # Two sockets for each of 201 tunnels, one more, and the one by which the poller is woken
    local $ENV{UPGRADE_FAULT_SIZE} = 2 * 201 + 2;
    my $server = server('epoll_wait');
    my ($client, $backend) = open_tunnel($server, $listener);
    alive($client, $backend, 'epoll_wait: a tunnel');
    failing($server, 1);
    is receive($client, 100), "\x88\x02\x03\xe9", 'epoll_wait: the client is told 1001';
    is line($server, 1), 'stopped', 'epoll_wait: logged';
    like $server->log, qr/UR0014: event tunnels cannot be polled, so they are ended/,
        'epoll_wait: the log says why';
    failing($server, 0);
    close $_ for $client, $backend;
    ($client, $backend) = open_tunnel($server, $listener);
    alive($client, $backend, 'epoll_wait: another one, later');
    close $_ for $client, $backend;
    finish($server, 'epoll_wait');
}

# The network gives up.
for my $case (['recv', 'client'], ['send', 'backend']) {
    my ($call, $outcome) = @$case;
    my $server = server($call);
    my ($client, $backend) = open_tunnel($server, $listener);
    alive($client, $backend, "$call: a tunnel");
    failing($server, 1);
    syswrite $client, masked('lost');
    ok ended($backend), "$call: the backend sees the end";
    receive($client, 100);
    is line($server, 1), $outcome, "$call: logged as such";
    failing($server, 0);
    finish($server, $call);
}

# Byte by byte; and nothing at all for a while
for my $call (qw(send_short send_nothing)) {
    my $server = server($call);
    my ($client, $backend) = open_tunnel($server, $listener);
    failing($server, 1);
    syswrite $client, masked('m' x 300);
    syswrite $backend, frame('n' x 300);
    if ($call eq 'send_nothing') {
        ok eventually(sub { tunnels_of($server)->{bytes_sent} == 304 }), "$call: what cannot be sent is kept";
        failing($server, 0);
    }
    is receive($backend, 308), masked('m' x 300), "$call: all of it arrives at the backend";
    is receive($client, 304), frame('n' x 300), "$call: and at the client";
    failing($server, 0);
    close $client;
    ok ended($backend), "$call: it ends";
    close $backend;
    is line($server, 1), 'client', "$call: logged";
    finish($server, $call);
}

# Descriptors run out: ordinary requests and new tunnels are answered as far as they can be, and what is open
# goes on.
{
    my $server = Server->new(modules => [qw(authz_core alias dir proxy proxy_http)],
        helper => 1)->configure($config);
    {
        local $ENV{UPGRADE_PRELOAD} = Server::fault('few_files');
        $server->start;
    }
    my $limit = 'ulimit -n; Debian: APACHE_ULIMIT_MAX_FILES in envvars; systemd: LimitNOFILE; now 200';
    like $server->log,
        qr/UR0011: .* event tunnels in each: \d+; .* the limit of open files \(\Q$limit\E\) or /,
        'few files: the start names the limit';
    my ($max) = $server->log =~ /UR0011: .* in each: (\d+)/;
    is $max, 28, 'few files: and how many that leaves';
    my @open = map { [open_tunnel($server, $listener)] } 1 .. $max + 2;
    is $server->ask('GET /ws HTTP/1.1', handshake)->{status}, 503,
        'few files: then half of the workers, then 503';
    is $server->ask('GET / HTTP/1.1')->{status}, 200, 'few files: other requests are served';
    alive(@$_[0, 1], 'few files: a tunnel') for @open[0, -1];
    close $_ for map { @$_[0, 1] } @open;
    finish($server, 'few files');
}

# They leave at the same time.
unlike $_->[0]->finish->log, qr/exit signal/, "$_->[1]: no child has crashed" for @stopped;

done_testing;

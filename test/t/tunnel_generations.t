# Children that wait for their tunnels keep places that others need: the oldest go before the server
# has none left, and an administrator can send them.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use Tunnel;
use Wire;

local $SIG{PIPE} = 'IGNORE';

my @modules = qw(authz_core alias dir setenvif proxy proxy_http socache_shmcb ssl);
my $listener = backend();
my $port     = $listener->sockport;

# Two children a generation, and places for so many.
sub server {
    my ($places, $text) = @_;
    return Server->new(modules => \@modules, helper => 1)->configure(<<"END")->start;
ServerLimit $places
StartServers 2
ThreadsPerChild 4
ThreadLimit 4
MaxRequestWorkers 8
MinSpareThreads 4
MaxSpareThreads 12
AsyncRequestWorkerFactor 200
LogFormat "%>s %{UPGRADE_TUNNEL}e %U" tunnels
CustomLog access_log tunnels
ProxyPass /ws http://127.0.0.1:$port/
<Location /ws>
UpgradeKeep WebSocket
UpgradeTunnel event
</Location>
<Location /status>
SetHandler upgrade-status
</Location>
$text
END
}

sub answer { return $_[0]->ask('GET / HTTP/1.1')->{status} }

# Whether the client has been told to go, and nothing else.
sub told {
    my ($client) = @_;
    return receive($client, 100) eq "\x88\x02\x03\xe9";
}

sub is_over { return IO::Select->new($_[0])->can_read(0) ? 1 : 0 }

# A generation is over only when those before it are: (over, ..., over, open, ..., open). Within the oldest
# that is open one child may be over already.
sub in_order {
    # The youngest is looked at first: what ends meanwhile must not look like a younger one that went before.
    # Each child
    # decides once a second for itself, so that neighbours may change places; others may not.
    my @groups = reverse map { [@$_] } @_;
    my @over = map { [map { is_over($_->[0]) } @$_] } @groups;
    for my $i (0 .. $#over - 2) {
        return 0 if (grep { $_ } @{ $over[$i] }) && grep { !$_ } map { @$_ } @over[$i + 2 .. $#over];
    }
    return 1;
}

# Every request between two reloads is answered, whatever becomes of tunnels.
{
    my $reloads = $ENV{UPGRADE_TEST_GENERATIONS} || 6;
    my $server  = server(6, '');
    my $places = qr/UR0023: .* ServerLimit \(now 6\) has slots for 2 generations of 2 children .*; raise it/;
    like $server->log, qr/\[\w+:warn\] .*$places/,
      'the start warns that there is room for few generations';
    my (@generations, %statuses, $unordered);
    for my $reload (1 .. $reloads) {
        push @generations, [map { [open_tunnel($server, $listener)] } 1 .. 4];
        $server->graceful;
        $statuses{ answer($server) }++;
        $unordered++ unless in_order(@generations);
    }
    my @new = open_tunnel($server, $listener);
    is_deeply \%statuses, { 200 => $reloads },
      "$reloads reloads with tunnels in each generation: each request is answered";
    is $unordered, undef, 'the oldest are ended first';
    alive(@new[0, 1], 'those of the running generation go on');
    my @over = grep { is_over($_->[0]) } map { @$_ } @generations;
    cmp_ok scalar @over, '>', 0, 'some were ended';
    is scalar(grep { !told($_->[0]) } @over), 0, 'and each was told so with 1001';
    my $why = qr/ends its \d+ tunnels within \d+ seconds: .* \(ServerLimit: 6, 0 free, 2 needed/;
    like $server->log, qr/UR0022: a child of generation \d+ $why/, 'the log says why';
    my $counted = sub {
        my $of = tunnels_of($server);
        return $of->{drained} == @over && $of->{all_ended} == @over;
    };
    ok eventually($counted), 'they are counted as drained';
    close $_ for map { @$_[0, 1] } @new ? [@new] : (), map { @$_ } @generations;
    $server->stop;
}

# Where there is room nothing is ended.
{
    my $server = server(16, '');
    like $server->log, qr/\[\w+:notice\] .*UR0023: .* has slots for 7 generations of 2 children/,
      'the start tells for how many generations there is room';
    my @open;
    for (1 .. 5) {
        push @open, [open_tunnel($server, $listener)];
        $server->graceful;
    }
    sleep 5;    # longer than it takes to be decided; too short, and the test would only see less
    alive(@$_[0, 1], 'a tunnel goes on over reloads that leave places') for @open;
    unlike $server->log, qr/UR0022/, 'and nothing is said';
    close $_ for map { @$_[0, 1] } @open;
    $server->stop;
}

# Children that have served long enough leave without a reload.
{
    my $server = server(5, "MaxConnectionsPerChild 4\n");
    my (@open, %statuses);
    for (1 .. 12) {
        push @open, [open_tunnel($server, $listener)];
        $statuses{ answer($server) }++;
    }
    is_deeply \%statuses, { 200 => 12 }, 'MaxConnectionsPerChild: each request is answered';
    like $server->log, qr/UR0022: a child of generation 0 ends/, 'the oldest child makes room';
    alive(@{ $open[-1] }[0, 1], 'the youngest tunnel goes on');
    is scalar(grep { is_over($_->[0]) && !told($_->[0]) } @open), 0, 'those that are ended are told so';
    close $_ for map { @$_[0, 1] } @open;
    $server->stop;
}

# A drain that has been said to take long makes room as well.
{
    my $server = server(4, "UpgradeTunnelDrain 3600\n");
    my (@open, %statuses);
    for (1 .. 4) {
        push @open, [open_tunnel($server, $listener)];
        $server->graceful;
        $statuses{ answer($server) }++;
    }
    is_deeply \%statuses, { 200 => 4 }, 'UpgradeTunnelDrain 3600: each request is answered';
    ok told($open[0][0]), 'the oldest is ended before its time';
    close $_ for map { @$_[0, 1] } @open;
    $server->stop;
}

# An administrator sends an old child.
{
    my $server = server(16, '');
    my @early = map { [open_tunnel($server, $listener)] } 1 .. 3;
    kill WINCH => map { $_->{pid} } @{ tunnels_of($server)->{children} };
    $server->graceful;
    alive(@$_[0, 1], 'a signal that comes while a child serves is forgotten') for @early;
    my ($old) = grep { $_->{leaving} && $_->{event} } @{ tunnels_of($server)->{children} };
    my $count = $old->{event};
    cmp_ok $old->{pid}, '!=', $server->pid, 'the status page names the children that wait';
    kill WINCH => $old->{pid};
    ok eventually(sub { tunnels_of($server)->{drained} == $count }), 'WINCH: its tunnels end soon';
    my $asked = "ends its $count tunnels within 10 seconds: it received SIGWINCH";
    like $server->log, qr/UR0022: a child of generation 0 $asked/, 'the log says why';
    ok eventually(sub { !kill 0, $old->{pid} }), 'and so does the child';
    is scalar(grep { is_over($_->[0]) && !told($_->[0]) } @early), 0, 'each is told so';

    my @late = map { [open_tunnel($server, $listener)] } 1 .. 3;
    $server->graceful;
    my $children = tunnels_of($server)->{children};
    ($old) = grep { $_->{leaving} && $_->{event} && $_->{generation} == 1 } @$children;
    $count = $old->{event};
    kill TERM => $old->{pid};
    ok eventually(sub { tunnels_of($server)->{stopped} == $count }), 'TERM: its tunnels end at once';
    ok eventually(sub { !kill 0, $old->{pid} }), 'and so does the child';
    is scalar(grep { is_over($_->[0]) && !told($_->[0]) } @late), 0, 'each is told so';
    is answer($server), 200, 'the server goes on';
    close $_ for map { @$_[0, 1] } @early, @late;
    $server->stop;
}

# What threads carry because there was no room goes as well, also when its backend would stay for ever.
for my $tls (0, 1) {
    my $name   = $tls ? 'TLS' : 'clear';
    my $conf   = Apache::Test::vars('t_conf');
    my $other  = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1)->sockport;
    my $server = server(16, <<"END");
Timeout 3600
UpgradeTunnelMax 1
Listen 127.0.0.1:$other
<VirtualHost *:$other>
SSLEngine on
SSLCertificateFile $conf/server.crt
SSLCertificateKeyFile $conf/server.key
</VirtualHost>
END
    my @to   = $tls ? (port => $other, tls => { SSL_verify_mode => 0 }) : ();
    my @open = map { [open_tunnel($server, $listener, @to)] } 1 .. 5;
    my $of   = tunnels_of($server);
    cmp_ok $of->{by}{thread}, '>', 0, "$name: threads carry some";
    $server->graceful;
    my @old = map { $_->{leaving} ? $_->{pid} : () } @{ tunnels_of($server)->{children} };
    kill WINCH => @old;
    for my $tunnel (@open) {
        ok told($tunnel->[0]), "$name: the client is told";
        my $close = receive($tunnel->[1], 100);
        is substr($close, 6) ^ substr($close, 2, 2), "\x03\xe9", "$name: and the backend";
    }
    ok eventually(sub { !kill 0, @old }), "$name: the children are gone";
    $of = tunnels_of($server);
    is $of->{drained}, 5, "$name: all are counted as drained";
    close $_ for map { @$_[0, 1] } @open;
    $server->stop;
}

# The start says when a drain may be too much for the workers.
{
    my $server = server(16, "UpgradeTunnelDrain 5\n");
    like $server->log,
      qr/UR0024: UpgradeTunnelDrain 5: .* more .* than it has workers \(4\), .*; use at least 51/,
      'a short drain is told of';
    $server->stop;
    $server = server(16, "UpgradeTunnelDrain 51\n");
    unlike $server->log, qr/UR0024/, 'a longer one is not';
    $server->stop;
}

done_testing;

# A child that is killed says nothing more: the server closes its books, and tells what was lost.
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
my @modules = qw(authz_core alias dir proxy proxy_http status);

my $threads = <<'END';
StartServers 2
ThreadsPerChild 16
ThreadLimit 16
MaxRequestWorkers 32
ServerLimit 8
MaxSpareThreads 128
END
my $processes = <<'END';
StartServers 8
MinSpareServers 4
MaxSpareServers 20
MaxRequestWorkers 20
ServerLimit 20
END
my %size = (
    event   => "${threads}AsyncRequestWorkerFactor 50",
    worker  => $threads,
    prefork => $processes,
);

sub server {
    my ($mpm, $carrier, $text) = @_;
    my $server = Server->new(modules => \@modules, helper => 1, mpm => $mpm, restless => 1);
    return $server->configure(<<"END")->start;
$size{$mpm}
@{[ $text // '' ]}
LogFormat "%>s %{UPGRADE_TUNNEL}e %{UPGRADE_TUNNEL_CODE}e" tunnels
CustomLog access_log tunnels
ProxyPass /ws http://127.0.0.1:$port/
<Location /ws>
UpgradeKeep WebSocket
UpgradeTunnel $carrier
</Location>
<Location /status>
SetHandler upgrade-status
</Location>
<Location /server-status>
SetHandler server-status
</Location>
END
}

# { process ID => its tunnels, by events and by threads } of the children that have any
sub holders {
    my ($server) = @_;
    my %of = map { ($_->{pid} => $_->{event} + $_->{thread}) } @{ tunnels_of($server)->{children} };
    delete @of{ grep { !$of{$_} } keys %of };
    return \%of;
}

sub metric {
    my ($server, $line) = @_;
    my $page = $server->ask('GET /status?format=prometheus HTTP/1.1')->{body};
    return $page =~ /^upgrade_required_\Q$line\E (\d+)$/m ? $1 : 'none';
}

# The clients of those that a killed child has had are told by the system: their connections end.
sub is_over { return IO::Select->new($_[0])->can_read(0) ? 1 : 0 }

my @carriers = (['event', 'event'], ['event', 'thread'], ['worker', 'thread'], ['prefork', 'thread']);

for my $case (@carriers) {
    my ($mpm, $carrier) = @$case;
    my $what = "$mpm, $carrier";
    my $server = server($mpm, $carrier);
    my @open = map { [open_tunnel($server, $listener)] } 1 .. 6;
    my $of = holders($server);
    my ($pid) = sort keys %$of;
    my $number = $of->{$pid};
    $server->kill_child($pid);
    ok eventually(sub { tunnels_of($server)->{lost} == $number }),
      "$what: the tunnels of a child that is killed are counted as lost";
    is tunnels_of($server)->{open}, 6 - $number, "$what: the others are open";
    my $gone = "UR0018: child $pid exited without ending its tunnels: $number are lost";
    like $server->log, qr/\[\w+:warn\] .*\Q$gone\E$/m,
      "$what: the log names the child, and how many";
    is metric($server, 'tunnels_ended_total{outcome="lost"}'), $number, "$what: the metrics tell";
    ok eventually(sub { $number == grep { is_over($_->[0]) } @open }),
      "$what: their clients have seen the end";
    alive(@$_[0, 1], "$what: those of other children go on") for grep { !is_over($_->[0]) } @open;
    is $server->ask('GET / HTTP/1.1')->{status}, 200, "$what: requests are answered";
    my @next = open_tunnel($server, $listener);
    alive(@next[0, 1], "$what: and tunnels opened");
    close $_ for map { @$_[0, 1] } @open, [@next];
    ok eventually(sub { tunnels_of($server)->{open} == 0 }), "$what: the others end";
    is tunnels_of($server)->{lost}, $number, "$what: and are not lost";
    is scalar(logged($server, 7 - $number)), 7 - $number, "$what: they are logged";
    $server->stop->finish;
    is scalar(() = $server->log =~ /UR0018/g), 1, "$what: nothing else is lost";
}

# While a handshake waits for its backend there is no tunnel yet: none is lost.
for my $carrier (qw(event thread)) {
    my $server = server('event', $carrier);
    my $client = connect_to($server->{port});
    print $client join "\r\n", 'GET /ws HTTP/1.1', 'Host: localhost', handshake, '', '';
    IO::Select->new($listener)->can_read(Wire::LIMIT);
    my $backend = $listener->accept;
    my @children = map { $_->{pid} } @{ tunnels_of($server)->{children} };
    $server->kill_child($_) for @children;
    ok eventually(sub { $server->answers }), "$carrier: killed while a backend is asked";
    is tunnels_of($server)->{opened}, 0, "$carrier: nothing was opened";
    unlike $server->log, qr/UR0018/, "$carrier: and nothing is lost";
    close $_ for $client, $backend;
    $server->stop;
}

# An old generation is killed, and the running one; the numbers outlive both.
for my $case (@carriers) {
    my ($mpm, $carrier) = @$case;
    my $what = "$mpm, $carrier";
    my $server = server($mpm, $carrier);
    my @old = map { [open_tunnel($server, $listener)] } 1 .. 5;
    my $old = holders($server);
    $server->graceful;
    my @new = map { [open_tunnel($server, $listener)] } 1 .. 4;
    ok eventually(sub { tunnels_of($server)->{leaving} == 5 }), "$what: five are in children that leave";
    is metric($server, 'tunnels_open{generation="leaving"}'), 5, "$what: the metrics tell";
    is metric($server, 'tunnels_open{generation="current"}'), 4, "$what: and how many are not";
    $server->kill_child($_) for keys %$old;
    ok eventually(sub { tunnels_of($server)->{lost} == 5 }), "$what: those of the old generation are lost";
    is_deeply [@{ tunnels_of($server) }{qw(open leaving)}], [4, 0], "$what: and those of the new one open";
    alive(@$_[0, 1], "$what: they go on") for @new;
    $server->reload;
    my $middle = holders($server);
    $server->kill_child($_) for keys %$middle;
    ok eventually(sub { tunnels_of($server)->{lost} == 9 }), "$what: until they are killed as well";
    is tunnels_of($server)->{open}, 0, "$what: none is open";
    my ($sum, $log) = (0, $server->log);
    $sum += $1 while $log =~ /UR0018: child \d+ exited without ending its tunnels: (\d+) are lost/g;
    is $sum, 9, "$what: the log tells of all nine";
    close $_ for map { @$_[0, 1] } @old, @new;
    $server->stop;
}

# A restart that is not graceful ends the tunnels of all children: none is lost, whoever was to end it. All
# side by side: httpd gives threads that have a tunnel nine seconds.
my @restarted;
for my $case (@carriers) {
    my ($mpm, $carrier) = @$case;
    my $what = "$mpm, $carrier";
    my $server = server($mpm, $carrier);
    my @open = map { [open_tunnel($server, $listener)] } 1 .. 3;
    my ($status, $output) = $server->httpd('-k', 'restart');
    is $status, 0, "$what: restarted" or diag $output;
    push @restarted, [$what, $server, @open];
}
for my $case (@restarted) {
    my ($what, $server, @open) = @$case;
    ok eventually(sub { $server->answers && tunnels_of($server)->{all_ended} == 3 }),
      "$what: all tunnels have ended";
    is tunnels_of($server)->{stopped}, 3, "$what: by the restart";
    unlike $server->log, qr/UR0018/, "$what: none is lost";
    close $_ for map { @$_[0, 1] } @open;
    $server->stop;
}

# A hundred that end in all ways while children are killed: the log has what the books have, but for those
# that are lost.
for my $carrier (qw(event thread)) {
    my $server = server('event', $carrier, "UpgradeTunnelDrain 1\n");
    my @ends = (
        sub { my ($c, $b) = @_; close $c; ended($b); close $b },
        sub { my ($c, $b) = @_; close $b; ended($c); close $c },
        sub { my ($c, $b) = @_; reset_by($c); ended($b); close $b },
        sub {
            my ($c, $b) = @_;
            syswrite $b, close_frame(1000);
            receive($c, 4);
            close $b;
            ended($c);
            close $c;
        },
        sub { push @{ $_[2] }, [@_[0, 1]] },
    );
    my @silent;
    my $killed = 0;
    for my $number (1 .. 100) {
        my ($client, $backend) = open_tunnel($server, $listener);
        $ends[$number % @ends]->($client, $backend, \@silent);
        if ($number % 33 == 0) {
            # What has ended is logged a little later: not by a child that is killed in between.
            eventually(sub {
                my $books = tunnels_of($server);
                return logged($server) == $books->{all_ended} - $books->{lost};
            });
            my $of = holders($server);
            my ($pid) = sort { $of->{$b} <=> $of->{$a} } keys %$of;
            $killed += $of->{$pid};
            $server->kill_child($pid);
        }
        $server->reload if $number == 50;
        # A dozen at a time at the most: threads are few
        if (@silent > 8) { close $_ for map { @$_[0, 1] } splice @silent, 0, 8 }
    }
    close $_ for map { @$_[0, 1] } @silent;
    ok eventually(sub { tunnels_of($server)->{open} == 0 }), "$carrier, 100 of all kinds: all have ended";
    my $books = tunnels_of($server);
    is $books->{opened}, 100, "$carrier, 100 of all kinds: a hundred were opened";
    cmp_ok $books->{lost}, '>', 0, "$carrier, 100 of all kinds: some were lost";
    cmp_ok $books->{lost}, '<=', $killed,
      "$carrier, 100 of all kinds: but no more than the killed children had";
    my %logged;
    $logged{ (split)[1] }++ for logged($server, 100 - $books->{lost});
    my @outcomes = qw(closed client backend timeout drained stopped);
    my %counted = map { ($_ => $books->{$_}) } grep { $books->{$_} } @outcomes;
    is_deeply \%logged, \%counted,
      "$carrier, 100 of all kinds: each of the others is logged as it is counted";
    $server->stop;
}

done_testing;

# Whoever carries a tunnel: it is opened once in the books and ends once; the log says how, and with which
# code.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Lines;
use Lacks;
use Ports;
use Server;
use Tunnel;
use Wire;

local $SIG{PIPE} = 'IGNORE';

my $listener = backend();
my $port = $listener->sockport;

my $common = <<"END";
LogFormat "%>s %{UPGRADE_TUNNEL}e %{UPGRADE_TUNNEL_CODE}e %U" tunnels
CustomLog access_log tunnels
SetEnvIf X-Half no proxy-nohalfclose
ProxyPass /ws http://127.0.0.1:$port/
ProxyPass /required ws://127.0.0.1:$port/
ProxyRemote http://remote.test http://127.0.0.1:$port
ProxyPass /remote http://remote.test/
<LocationMatch ^/(ws|remote)>
UpgradeKeep WebSocket
UpgradeName kept
</LocationMatch>
<Location /required>
UpgradeRequire WebSocket
UpgradeName demanded
</Location>
<Location /status>
SetHandler upgrade-status
</Location>
<Location /server-status>
SetHandler server-status
</Location>
ExtendedStatus On
END
my $redirect = <<"END";
<Directory @{[ Apache::Test::vars('documentroot') ]}>
RewriteEngine on
RewriteRule ^redirected\$ /ws
</Directory>
END
my $threads = workers(8) . "\nTimeout 60\n";
my $events = "${threads}AsyncRequestWorkerFactor 100\n";
my @modules = qw(authz_core alias dir setenvif rewrite proxy proxy_http status);
my %tls = (port => 0, tls => { SSL_version => 'TLSv1_3' });

sub secure_host {
    $tls{port} = free_port();
    return tls_host($tls{port});
}

sub server {
    my ($mpm, $text) = @_;
    my @more = $mpm eq 'event' ? qw(socache_shmcb ssl http2) : ();
    my $server = Server->new(modules => [@modules, @more], helper => 1, mpm => $mpm);
    return $server->configure("$common$text")->start;
}

my $key = "\x01\x20\x03\xf4";
sub client_close { return close_frame($_[0], $_[1], $key) }

# The client is told that its backend has gone. Over HTTP/2 mod_proxy does so only once the client has gone
# itself, but its log says when it has read the backend's end: without that either could be the first that it
# reads.
sub told {
    my ($client) = @_;
    my $is_read = ${*$client}{end_is_read} or return ended($client);
    return eventually($is_read) || die 'the end of the backend is not read';
}

sub ends_read { return scalar(() = $_[0]->log =~ /: origin read shutdown$/mg) }

# Each leaves nothing open on the test's side: [name, what happens, outcome, code]
my @ends = (
    ['the client goes', sub { my ($c, $b) = @_; close $c; ended($b); close $b }, 'client', '-'],
    ['the backend goes', sub { my ($c, $b) = @_; close $b; told($c); close $c }, 'backend', '-'],
    ['the client breaks', sub { my ($c, $b) = @_; reset_by($c); ended($b); close $b }, 'client', '-'],
    ['the backend breaks', sub { my ($c, $b) = @_; reset_by($b); ended($c); close $c }, 'backend', '-'],
    ['the client says Close', sub {
        my ($c, $b) = @_;
        syswrite $c, client_close(1000);
        receive($b, 8);
        syswrite $b, close_frame(1000);
        close $b;
        receive($c, 4) && told($c);
        close $c;
    }, 'closed', 1000],
    ['the backend says Close', sub {
        my ($c, $b) = @_;
        syswrite $b, close_frame(1001, 'restarting');
        receive($c, 14);
        syswrite $c, client_close(1000);
        receive($b, 8);
        close $c;
        ended($b);
        close $b;
    }, 'closed', 1001],
    ['a Close without a code', sub {
        my ($c, $b) = @_;
        syswrite $c, client_close();
        receive($b, 6);
        close $b;
        told($c);
        close $c;
    }, 'closed', 1005],
    ['a Close in pieces, without an answer', sub {
        my ($c, $b) = @_;
        for my $byte (split //, frame('before') . close_frame(4001, 'kicked')) {
            syswrite $b, $byte;
            receive($c, 1);
        }
        close $b;
        told($c);
        close $c;
    }, 'closed', 4001],
    ['half-closed, and then a Close', sub {
        my ($c, $b) = @_;
        shutdown $c, 1;
        ended($b);
        syswrite $b, close_frame(1011);
        receive($c, 4);
        close $_ for $b, $c;
    }, 'closed', 1011],
    ['half-closed', sub {
        my ($c, $b) = @_;
        shutdown $c, 1;
        ended($b);
        syswrite $b, frame('x');
        receive($c, 3);
        close $_ for $b, $c;
    }, 'client', '-'],
    ['half of a Close', sub {
        my ($c, $b) = @_;
        syswrite $c, substr client_close(1000), 0, 7;
        receive($b, 7);
        close $c;
        ended($b);
        close $b;
    }, 'client', '-'],
    ['a Close of one byte', sub {
        my ($c, $b) = @_;
        syswrite $b, "\x88\x01\x03";
        receive($c, 3);
        close $b;
        told($c);
        close $c;
    }, 'backend', '-'],
    ['what is no frame', sub {
        my ($c, $b) = @_;
        syswrite $b, "\x03\xe8no frame";
        receive($c, 10);
        close $b;
        told($c);
        close $c;
    }, 'backend', '-'],
    ['no half-closing', sub { my ($c, $b) = @_; shutdown $c, 1; ended($b); ended($c); close $_ for $b, $c },
        'client', '-', lines => ['X-Half: no']],
);

# TLS towards a client is closed as a whole, and a stream's fields are not these lines.
my %not_for = ('a TLS client' => qr/half-cl/, 'HTTP/2' => qr/no half-closing/);

# One way to have a tunnel, with every end
sub check {
    my ($server, $what, $carrier, $policy, %option) = @_;
    my $number = logged($server);
    for my $end (@ends) {
        my ($name, $do, $outcome, $code, @more) = @$end;
        next if $not_for{$what} && $name =~ $not_for{$what};
        my $before = tunnels_of($server);
        my ($client, $backend) = open_tunnel($server, $listener, %option, @more);
        my $open = tunnels_of($server);
        my $ends = ends_read($server);
        ${*$client}{end_is_read} = sub { ends_read($server) > $ends } if $option{h2};
        $do->($client, $backend);
        my @lines = logged($server, ++$number);
        my ($status, @line) = split ' ', $lines[-1] // 'none none none';
        is "@line[0, 1]", "$outcome $code", "$what, $name: logged";
        my $after = tunnels_of($server);
        my @more_open = ($open->{by}{$carrier} - $before->{by}{$carrier}, $open->{open} - $before->{open});
        my @then = map { $after->{$_} - $before->{$_} } $outcome, 'all_ended', 'open';
        is_deeply [@more_open, @then], [1, 1, 1, 1, 0],
          "$what, $name: opened once by $carrier, and ended once as $outcome";
    }
    my $metrics = $server->ask('GET /status?format=prometheus HTTP/1.1')->{body};
    my $labels = qr/server="[^"]*",policy="$policy",carrier="$carrier"/;
    my ($counted) = $metrics =~ /^upgrade_required_tunnels_opened_total\{$labels\} (\d+)$/m;
    cmp_ok $counted // 0, '>=', @ends - 2, "$what: counted under its policy";
    return;
}

# By policies and carriers it is as many as in all.
sub check_sums {
    my ($server, $what) = @_;
    my $metrics = $server->ask('GET /status?format=openmetrics HTTP/1.1')->{body};
    my $opened = tunnels_of($server)->{by};
    for my $carrier (sort keys %$opened) {
        my $sum = 0;
        my $row = qr/^upgrade_required_tunnels_opened_total\{.*carrier="$carrier"\} (\d+)$/m;
        $sum += $1 while $metrics =~ /$row/g;
        is $sum, $opened->{$carrier}, "$what: opened by $carrier, over all policies";
    }
    return;
}

{
    my $server = server('event', $events . "UpgradeTunnel event\nH2WebSockets on\nProtocols h2c http/1.1\n"
          . "LogLevel info proxy:trace3\n$redirect" . secure_host());
    check($server, 'event', 'event', 'kept', path => '/ws');
    check($server, 'a policy that demands it', 'event', 'demanded', path => '/required');
    check($server, 'a TLS client', 'event', 'kept', path => '/ws', %tls);
    check($server, 'behind another proxy', 'thread', 'kept', path => '/remote');
    check($server, 'behind an internal redirect', 'thread', 'kept', path => '/redirected');
  SKIP: {
        skip_without('h2-websockets', 4);
        check($server, 'HTTP/2', 'thread', 'kept', path => '/ws', h2 => 1);
    }
    check_sums($server, 'event');
    $server->stop->finish;
    unlike $server->log, qr/exit signal/, 'event: no child has crashed';
}
{
    my $server = server('event', "${events}UpgradeTunnel thread\n" . secure_host());
    check($server, 'threads', 'thread', 'kept', path => '/ws');
    check($server, 'a TLS client', 'thread', 'kept', path => '/ws', %tls);
    check_sums($server, 'threads');
    $server->stop;
}
for my $mpm (qw(worker prefork)) {
    my $size = $mpm eq 'worker' ? $threads : "StartServers 4\nMaxRequestWorkers 4\nTimeout 60\n";
    my $server = server($mpm, "${size}UpgradeTunnel event\n");
    check($server, $mpm, 'thread', 'kept', path => '/ws');
    check($server, "$mpm, a policy that demands it", 'thread', 'demanded', path => '/required');
    check_sums($server, $mpm);
    $server->stop;
}

# mod_status: a row for each child, of every generation
{
    my $server = server('event', "${events}UpgradeTunnel event\n");
    my @open = map { [open_tunnel($server, $listener)] } 1 .. 3;
    my ($old) = map { $_->{pid} } @{ tunnels_of($server)->{children} };
    $server->graceful;
    push @open, [open_tunnel($server, $listener)], [open_tunnel($server, $listener, path => '/remote')];
    my ($new) = grep { $_ != $old } map { $_->{pid} } @{ tunnels_of($server)->{children} };
    ok eventually(sub { tunnels_of($server)->{leaving} == 3 }), 'mod_status: an old generation and a new one';
    my $page = $server->ask('GET /server-status HTTP/1.1')->{body};
    like $page, qr{<th>Child</th><th>Generation</th><th>State</th><th>Event tunnels</th>},
      'mod_status: a table';
    like $page, qr{<tr><td>$old</td><td>0</td><td>leaving</td><td>3</td><td>0</td></tr>},
      'mod_status: the old child has a row';
    like $page, qr{<tr><td>$new</td><td>1</td><td>serving</td><td>1</td><td>1</td></tr>},
      'mod_status: and the new one';
    my $keys = $server->ask('GET /server-status?auto HTTP/1.1')->{body};
    for my $child ([$old, 0, 1, 3, 0], [$new, 1, 0, 1, 1]) {
        my ($pid, $generation, $leaving, $event, $thread) = @$child;
        my ($n) = $keys =~ /^UpgradeChild\[(\d+)\]Pid: $pid$/m;
        my %keys = $keys =~ /^UpgradeChild\[$n\](\w+): (\d+)$/mg;
        my %want = (Pid => $pid, Generation => $generation, Leaving => $leaving, EventTunnels => $event,
            ThreadTunnels => $thread);
        is_deeply \%keys, \%want, "mod_status, keys: generation $generation";
    }
    close $_ for map { @$_[0, 1] } @open;
    $server->stop;
}

# Silence
for my $carrier (qw(event thread)) {
    my $server = server('event', ($events =~ s/Timeout 60/Timeout 1/r) . "UpgradeTunnel $carrier\n");
    my ($client, $backend) = open_tunnel($server, $listener);
    syswrite $backend, close_frame(1000);
    ok ended($backend), "$carrier: silence ends the tunnel";
    ok eventually(sub { tunnels_of($server)->{timeout} == 1 }), "$carrier: and is counted as such";
    is [split ' ', (logged($server, 1))[0]]->[1], 'timeout', "$carrier: and logged";
    close $_ for $client, $backend;
    $server->stop;
}

done_testing;

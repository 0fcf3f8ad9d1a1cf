# Handshakes whose backends do not answer: how many may wait, for how long, and for whom.
use strict;
use warnings;
use Test::More;
use IPC::Open2  qw(open2);
use Socket      qw(IPPROTO_TCP TCP_NODELAY);
use Time::HiRes qw(sleep time);
use FindBin;
use lib "$FindBin::Bin/lib";
use Lines;
use Lacks;
use Ports;
use Server;
use Tunnel;
use Wire;

local $SIG{PIPE} = 'IGNORE';

my @modules = qw(authz_core alias dir env proxy proxy_http slotmem_shm proxy_balancer lbmethod_byrequests
  socache_shmcb ssl http2 status);
my $listener = backend();
my $port = $listener->sockport;

# For each carrier, and with longer patience than the test has, so that no time decides.
my $routes = <<"END";
LogFormat "%>s %{UPGRADE_TUNNEL}e %U %X" tunnels
CustomLog access_log tunnels
<LocationMatch ^/(event|tls|many|strict|short)>
UpgradeTunnel event
</LocationMatch>
<LocationMatch ^/(event|thread|tls|many|strict|short)>
UpgradeKeep WebSocket
</LocationMatch>
@{[ PROXY_TLS ]}
<Location /status>
SetHandler upgrade-status
</Location>
<Location /server-status>
SetHandler server-status
</Location>
ExtendedStatus On
ProxyStatus On
END

sub server {
    my ($to, $text, %option) = @_;
    my $tls = free_port();
    my $server = Server->new(modules => \@modules, helper => 1, %option)->configure(<<"END")->start;
$text$routes
ProxyPass /event http://127.0.0.1:$to/e
ProxyPass /thread http://127.0.0.1:$to/t
ProxyPass /tls https://127.0.0.1:$to/
ProxyPass /short http://127.0.0.1:$to/s timeout=1
ProxyPass /many balancer://many/
ProxyPass /strict balancer://strict/ failontimeout=on failonstatus=503
<Proxy balancer://many>
BalancerMember http://127.0.0.1:$to/m
</Proxy>
<Proxy balancer://strict>
BalancerMember http://127.0.0.1:$to/n
</Proxy>
@{[ tls_host($tls) ]}
END
    $server->{tls} = $tls;
    return $server;
}

sub line_of {
    my ($server, $pattern) = @_;
    return eventually(sub {
        open my $file, '<', "$server->{folder}/access_log" or return;
        my ($found) = grep { $_ =~ $pattern } <$file>;
        return $found;
    }) || 'none';
}

sub in_error {
    my ($server, $balancer) = @_;
    my $status = $server->ask('GET /server-status?auto HTTP/1.1')->{body};
    return $status =~ /^ProxyBalancer\[$balancer\]Worker\[0\]Status: .*Err/m;
}

my $forever = "SetEnv proxy-upgrade-wait 600\n";
my $fifty = <<'END';
StartServers 2
MinSpareThreads 25
MaxSpareThreads 75
ThreadLimit 25
ThreadsPerChild 25
MaxRequestWorkers 50
END

# A process that is stopped takes connections, and says nothing. However many wait for it, half of the workers
# go on.
for my $case (['event', 'event'], ['thread', 'event'], ['thread', 'worker']) {
    my ($carrier, $mpm) = @$case;
    my $name = "$carrier, $mpm MPM";
    my $process = open2(my $output, my $input, "$ENV{UPGRADE_TEST_LOAD}/ws_backend");
    chomp(my $number = <$output>);
    my $server = server($number, $fifty . "ListenBackLog 511\n" . $forever, mpm => $mpm);
    kill STOP => $process;
    my @waiting = map { asking($server, "/$carrier") } 1 .. 200;
    # Some are refused, and the others wait. Where a thread has to linger for each, it need not.
    my %refused;
    my $refused = sub {
        for my $socket (IO::Select->new(grep { !$refused{$_} } @waiting)->can_read(0)) {
            $refused{$socket} = head_from($socket);
            close $socket;
        }
        return scalar keys %refused;
    };
    ok eventually(sub { $refused->() >= 200 - 25 }), "$name: the others are refused";
    my @gets;
    for (1 .. 20) {
        my $start = time;
        my $status = $server->ask('GET / HTTP/1.1')->{status};
        push @gets, [$status, time - $start];
    }
    is scalar(grep { $_->[0] == 200 } @gets), 20, "$name: 20 of 20 GETs are answered beside them";
    diag "$name: GETs took " . join ' ', map { sprintf '%.1f', 1000 * $_->[1] } @gets;
    my $count = $refused->();
    cmp_ok 200 - $count, '<=', 24, "$name: no more than half of the workers wait: " . (200 - $count);
    cmp_ok 200 - $count, '>=', 8, "$name: and some do";
    is scalar(grep { !m{^HTTP/1\.1 503 .*\r\nRetry-After: (?:[5-9]|1[0-5])\r\n}s } values %refused), 0,
        "$name: the others get 503 with Retry-After";
    is tunnels_of($server)->{busy}, $count, "$name: each is counted as such";
    like $server->log,
        qr/UR0025: no tunnel is opened: \d+ handshakes are waiting for backends in this child, its maximum/,
        "$name: and the log says why";
    kill CONT => $process;
    my @open = grep { !$refused{$_} } @waiting;
    is scalar(grep { head_from($_) !~ / 101 / } @open), 0,
        "$name: once it goes on, those that wait get their tunnels";
    close $_ for @waiting;
    ok eventually(sub { tunnels_of($server)->{open} == 0 }), "$name: all end";
    my @again = map { asking($server, "/$carrier") } 1 .. 12;
    is scalar(grep { head_from($_) !~ / 101 / } @again), 0, "$name: and as many can be opened again";
    close $_ for @again, $input;
    waitpid $process, 0;
    $server->stop;
}

# Many at once are no hanging backend.
{
    my $process = open2(my $output, my $input, "$ENV{UPGRADE_TEST_LOAD}/ws_backend");
    chomp(my $number = <$output>);
    my $server = server($number, workers(8) . "\nAsyncRequestWorkerFactor 50\n");
    my @asked = map { asking($server, '/event') } 1 .. 100;
    is scalar(grep { head_from($_) !~ / 101 / } @asked), 0,
        'a hundred at once, of whom four may wait: each gets its tunnel';
    close $_ for @asked, $input;
    waitpid $process, 0;
    $server->stop;
}

my $few = workers(4) . "\nAsyncRequestWorkerFactor 50\n";

# Where two may wait, and one always does, the next one gets its turn as soon as that one's client has gone,
# however it goes.
{
    my $server = server($port, $few . $forever . "Protocols h2c http/1.1\nH2WebSockets on\n");
    my %tls = (SSL_version => 'TLSv1_3', SSL_verify_mode => 0);
    my @always = (asking($server, '/event'), asked($listener));
  SKIP: for my $case (
        ['closed',                     '/event',  sub { close $_[0] }],
        ['reset',                      '/event',  \&reset_by],
        ['half-closed',                '/event',  sub { shutdown $_[0], 1 }],
        ['closed, a thread\'s',        '/thread', sub { close $_[0] }],
        ['closed, through a balancer', '/many',   sub { close $_[0] }],
        ['closed behind frames',       '/event',  sub { syswrite $_[0], masked('early'); close $_[0] }],
        ['TLS, closed',                '/event',  sub { $_[0]->close }, %tls],
        ['TLS, cut',                   '/event',  sub { $_[0]->close(SSL_no_shutdown => 1) }, %tls],
        ['TLS to the backend',         '/tls',    sub { close $_[0] }],
        ['HTTP/2, cut',                '/event',  \&reset_by, h2 => 1],
    ) {
        my ($name, $path, $end, @option) = @$case;
        skip_without('h2-websockets', 3) if $name =~ m{^HTTP/2};
        my $client = asking($server, $path,
            $name =~ /^TLS, / ? (port => $server->{tls}, tls => {@option}) : @option);
        my $backend = asked($listener, $path eq '/tls' ? certificate() : ());
        is $server->ask('GET /event HTTP/1.1', handshake)->{status}, 503, "$name: one more may not wait";
        $end->($client);
        ok ended($backend), "$name: the backend is told that nobody waits";
        close $backend;
        my ($next, $other) = open_tunnel($server, $listener, path => '/event');
        alive($next, $other, "$name: the next one gets its tunnel");
        close $_ for $next, $other;
    }
    like line_of($server, qr{^499 - /event X}), qr/499/, 'the log has 499';
    my $gone = 'the client disconnected before the backend answered its WebSocket handshake, '
        . 'which is abandoned';
    like $server->log, qr/UR0026: $gone/, 'and says why';
    ok !in_error($server, 0), 'the balancer\'s member is not blamed';
    close $_ for @always;
    $server->stop;
}

# For how long
{
    my $server = server($port, $fifty . "SetEnv proxy-upgrade-wait 1\n");
    my @tunnel = open_tunnel($server, $listener, path => '/event');
    my $opened = time;
    my @waiting;
    for my $case (['/event', 0], ['/thread', 0], ['/many', 0], ['/strict', 1], ['/tls', 0, certificate()]) {
        my ($path, $blamed, %tls) = @$case;
        my $client = asking($server, $path);
        my $backend = asked($listener, %tls);
        syswrite $backend, "HTTP/1.1 1" if $path ne '/strict';
        push @waiting, [$path, $blamed, $client, $backend];
    }
    for my $case (@waiting) {
        my ($path, $blamed, $client, $backend) = @$case;
        like head_from($client), qr{^HTTP/1\.1 504 }, "$path: a backend that does not answer in time: 504";
        ok ended($backend), "$path: and nobody waits for it";
        close $_ for $client, $backend;
        is !!in_error($server, $path eq '/strict' ? 1 : 0), !!$blamed,
            "$path: a balancer's member is in error " . ($blamed ? 'with failontimeout' : 'not');
    }
    sleep 0.1 while time < $opened + 1.5;    # too short, and the test would only see less
    alive(@tunnel[0, 1], 'a tunnel is under no such limit');
    close $_ for @tunnel[0, 1];
    $server->stop;
    $server = server($port, $few . $forever);
    my $client = asking($server, '/short');
    my $backend = asked($listener);
    like head_from($client), qr{^HTTP/1\.1 504 }, 'the worker\'s own timeout, where it is less';
    close $_ for $client, $backend;
    $server->stop;
    for my $word (qw(0 -1 1s 86401 many)) {
        $server = server($port, $few . "SetEnv proxy-upgrade-wait $word\n");
        ($client, $backend) = open_tunnel($server, $listener, path => '/event');
        alive($client, $backend, "proxy-upgrade-wait $word is none");
        close $_ for $client, $backend;
        $server->stop;
    }
}

# A child that leaves answers those that still wait, and whose tunnels its workers would carry.
{
    my $server = server($port, workers(16) . "\nUpgradeTunnelMax 1\nUpgradeTunnelDrain 1\n" . $forever);
    my @tunnel = open_tunnel($server, $listener, path => '/event');
    my %tls = (port => $server->{tls}, tls => { SSL_version => 'TLSv1_3', SSL_verify_mode => 0 });
    my @waiting;
    for my $case (['in clear', '/event'], ['through a balancer', '/strict'], ['TLS', '/event', {%tls}],
        ['TLS to the backend', '/tls', {}, certificate()]) {
        my ($name, $path, $option, @certificate) = @$case;
        my $client = asking($server, $path, %{ $option || {} });
        push @waiting, [$name, $client, asked($listener, @certificate)];
    }
    $server->graceful;
    for my $case (@waiting) {
        my ($name, $client, $backend) = @$case;
        like head_from($client), qr{^HTTP/1\.1 503 .*^Retry-After: 5\r$}ms, "the child leaves, $name: 503";
        ok ended($client), "the child leaves, $name: and then the end";
        ok ended($backend), "the child leaves, $name: the backend is told that nobody waits";
        close $_ for $client, $backend;
    }
    is scalar(() = $server->log =~ /UR0038: the child has to exit, and a backend has not answered/g),
        scalar @waiting, 'the child leaves: the log says so';
    unlike $server->log, qr/into error state/, 'the child leaves: a balancer\'s member is not blamed';
    like line_of($server, qr{ /strict }), qr/^503 /, 'the child leaves: and the access log tells the status';
    close $_ for @tunnel[0, 1];
    $server->stop;
}

# An answer in pieces, as small as they come
{
    my $server = server($port, $few);
    for my $case (['/event'], ['/thread'], ['/tls', certificate()]) {
        my ($path, %tls) = @$case;
        for my $size (1, 7, 40) {
            my $client = asking($server, $path);
            my $backend = asked($listener, %tls);
            setsockopt $backend, IPPROTO_TCP, TCP_NODELAY, 1;
            my $answer = switching() . frame('greeting');
            while (length $answer) {
                syswrite $backend, substr $answer, 0, $size, '';
                sleep 0.002;
            }
            like head_from($client), qr{^HTTP/1\.1 101 .*^X-Of: the backend\r$}ms,
                "$path: in pieces of $size";
            is receive($client, 10), frame('greeting'), "$path: and what follows";
            alive($client, $backend, "$path: both ways");
            close $_ for $client, $backend;
        }
    }
    $server->stop;
}

# A process for each request knows of no others.
{
    my $server = server($port, "StartServers 4\nMinSpareServers 4\n$forever", mpm => 'prefork');
    my @pairs = map { [asking($server, '/event'), asked($listener)] } 1 .. 3;
    syswrite $_->[1], switching() for @pairs;
    is scalar(grep { head_from($_->[0]) !~ / 101 / } @pairs), 0,
        'prefork: as many wait as there are processes';
    close $_ for map { @$_ } @pairs;
    $server->stop;
}

done_testing;

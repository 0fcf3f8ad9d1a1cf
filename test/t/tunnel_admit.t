# Which event tunnels are admitted, and by whom they are carried: in a child that is leaving, in one that is
# full, in one whose backend hangs; and what the start tells of it.
# UPGRADE_TEST_RELOADS=300 UPGRADE_TEST_OPENS=10000 for as many; UPGRADE_TEST_MANY=10000 for the README's
# number.
use strict;
use warnings;
use Test::More;
use IPC::Open2 qw(open2);
use POSIX      ();
use Time::HiRes qw(time);
use FindBin;
use lib "$FindBin::Bin/lib";
use Lines;
use Server;
use Tunnel;
use Wire;

local $SIG{PIPE} = 'IGNORE';

my @modules = qw(authz_core alias dir setenvif env proxy proxy_http slotmem_shm proxy_balancer
  lbmethod_byrequests status);
my $listener = backend();
my $port = $listener->sockport;
my $log = <<'END';
LogFormat "%>s %{UPGRADE_TUNNEL}e %U %X" tunnels
CustomLog access_log tunnels
<Location /status>
SetHandler upgrade-status
</Location>
<Location /server-status>
SetHandler server-status
</Location>
ExtendedStatus On
END
my $route = <<"END";
ProxyPass /ws http://127.0.0.1:$port/
<Location /ws>
UpgradeKeep WebSocket
UpgradeTunnel event
</Location>
END

sub server {
    my ($text, %option) = @_;
    return Server->new(modules => \@modules, helper => 1, %option)->configure("$log$text")->start;
}

sub lines_of {
    my ($server) = @_;
    open my $file, '<', "$server->{folder}/access_log" or return;
    return map { [split] } <$file>;
}

sub sockets_of {
    my ($pid) = @_;
    return map { my $to = readlink; $to && $to =~ /^socket/ ? $to : () } glob "/proc/$pid/fd/*";
}

# The next tunnel, or the status that a client gets instead
sub open_or_status {
    my ($server, $from, $path) = @_;
    my $client = asking($server, $path // '/ws');
    my ($first) = IO::Select->new($client, $from)->can_read(Wire::LIMIT)
        or die 'neither a handshake nor an answer arrives';
    if ($first == $client) {
        my ($status) = head_from($client) =~ m{^HTTP/1\.1 (\d+)};
        return $status;
    }
    my $backend = asked($from);
    syswrite $backend, switching();
    head_from($client) =~ / 101 / or die 'no tunnel is opened';
    return [$client, $backend];
}

sub alive_quietly {
    my ($client, $backend) = @_;
    syswrite $client, masked('up');
    my $up = receive($backend, 8);
    syswrite $backend, frame('down');
    return $up eq masked('up') && receive($client, 6) eq frame('down');
}

# A connection that a worker has taken and not counted when its child begins to leave: nobody would wait for
# its
# event tunnel, so a thread carries it.
{
    my $server = Server->new(modules => \@modules, helper => 1)
      ->configure(workers(4) . "\nServerLimit 4\n$log$route");
    my $switch = "$server->{folder}/fault";
    {
        open my $held, '>', "$switch.held" or die $!;
        chmod 0666, "$switch.held";
        local @ENV{qw(UPGRADE_FAULT_SWITCH UPGRADE_PRELOAD)} = ($switch, Server::fault('uncounted'));
        $server->start;
    }
    my ($old) = $server->children;
    my %listening = map { $_ => 1 } sockets_of($server->pid);
    my $listens = sub { scalar grep { $listening{$_} } sockets_of($old) };
    ok $listens->(), 'the child listens';
    { open my $file, '>', $switch or die $!; chmod 0644, $switch }
    my $client = asking($server, '/ws');
    ok eventually(sub { -s "$switch.held" }), 'a worker has taken the connection, and has not counted it';
    kill USR1 => $server->pid;
    ok eventually(sub { !$listens->() }), 'its child leaves';
    unlink $switch;
    my $backend = asked($listener);
    syswrite $backend, switching();
    like head_from($client), qr/ 101 /, 'its tunnel is opened';
    alive($client, $backend, 'and lives');
    close $_ for $client, $backend;
    is_deeply tunnels_of($server)->{by}, { event => 0, thread => 1 }, 'by a thread'
      if eventually(sub { grep { $_->[0] == 101 } lines_of($server) });
    $server->stop;
}

# The same by chance: clients that open all the time over graceful restarts
{
    my ($reloads, $opens) = ($ENV{UPGRADE_TEST_RELOADS} || 6, $ENV{UPGRADE_TEST_OPENS} || 200);
    my $clients = 4;
    my @listeners = map { backend() } 1 .. $clients;
    my @ports  = map { $_->sockport } @listeners;
    my $routes = join "\n", map { "ProxyPass /ws$_ http://127.0.0.1:$ports[$_]/" } 0 .. $#ports;
    my $server = server(<<"END");
ThreadsPerChild 8
ThreadLimit 8
MaxRequestWorkers 16
ServerLimit 64
StartServers 2
MinSpareThreads 8
MaxSpareThreads 16
AsyncRequestWorkerFactor 100
$routes
<LocationMatch ^/ws>
UpgradeKeep WebSocket
UpgradeTunnel event
</LocationMatch>
END
    my @processes;
    for my $number (0 .. $clients - 1) {
        pipe my $read, my $write or die $!;
        my $process = fork // die $!;
        if (!$process) {
            my ($opened, $lost, @kept) = (0, 0);
            my $until = "$server->{folder}/enough";
            # A few at a time stay open for as long as the next ones take to be opened.
            while ($opened < $opens / $clients || !-e $until) {
                my ($client, $backend) = open_tunnel($server, $listeners[$number], path => "/ws$number");
                $opened++;
                push @kept, [$client, $backend];
                next if @kept < 5;
                my ($c, $b) = @{ shift @kept };
                $lost++ unless alive_quietly($c, $b);
                close $c;
                ended($b);
                close $b;
                select undef, undef, undef, 0.02;
            }
            close $_ for map { @$_ } @kept;
            syswrite $write, "$opened $lost\n";
            POSIX::_exit(0);
        }
        close $write;
        push @processes, [$process, $read];
    }
    for (1 .. $reloads) {
        my $due = time + 0.5;
        $server->graceful;
        select undef, undef, undef, $due - time if $due > time;
    }
    { open my $file, '>', "$server->{folder}/enough" or die $! }
    my ($opened, $lost) = (0, 0);
    for my $process (@processes) {
        my ($o, $l) = split ' ', readline $process->[1];
        $opened += $o;
        $lost += $l;
        waitpid $process->[0], 0;
    }
    cmp_ok $opened, '>=', $opens, "$opened tunnels are opened over $reloads restarts";
    is $lost, 0, 'each of them carries a message both ways';
    ok eventually(sub { (grep { $_->[0] == 101 } lines_of($server)) == $opened }), 'all are logged';
    my %outcomes;
    $outcomes{ $_->[1] }++ for grep { $_->[0] == 101 } lines_of($server);
    diag join ', ', map { "$_ $outcomes{$_}" } sort keys %outcomes;
    is join(' ', grep { !/^(?:closed|client|backend|-)$/ } keys %outcomes), '',
        'none ends otherwise than by its ends';
    $server->stop;
}

# What the start tells is reached, whatever limits it.
my $debian = <<'END';
StartServers 2
MinSpareThreads 25
MaxSpareThreads 75
ThreadLimit 64
ThreadsPerChild 25
MaxRequestWorkers 150
MaxConnectionsPerChild 0
END

# Children with four threads: so many are started, of so many workers; and more lines
sub fours {
    my ($started, $workers, @lines) = @_;
    return join "\n", <<"END", @lines;
StartServers $started
ThreadLimit 4
ThreadsPerChild 4
ServerLimit 8
MinSpareThreads 4
MaxSpareThreads 100
MaxRequestWorkers $workers
END
}

my $files = 'the limit of open files (ulimit -n; Debian: APACHE_ULIMIT_MAX_FILES in envvars; systemd: '
  . 'LimitNOFILE; now 200)';
my $factor = 'AsyncRequestWorkerFactor';

# name => directives, how many are told, what raises it, how many are reached at least, and at most
my %limits = (
    'Debian as it comes' => {
        lines => $debian, told => 90, reached => [145],
        raise => "$factor (now 2) or StartServers (now 2) or MinSpareThreads (now 25)",
    },
    'one child' => {
        lines => fours(1, 4), told => 5, reached => [5, 5],
        raise => "$factor (now 2) or MaxRequestWorkers and ServerLimit (now 1 children)",
    },
    'one child of three' => {
        lines => fours(1, 12), told => 5, reached => [15],
        raise => "$factor (now 2) or StartServers (now 1) or MinSpareThreads (now 4)",
    },
    'one is started, two have to be idle' => {
        lines => fours(1, 12, 'MinSpareThreads 5'), told => 10, reached => [15],
        raise => "$factor (now 2) or StartServers (now 1) or MinSpareThreads (now 5)",
    },
    'more are started than may be idle' => {
        lines => fours(8, 32, 'MaxSpareThreads 12'), told => 15, reached => [15],
        raise => "$factor (now 2) or StartServers (now 8) and MaxSpareThreads (now 12)",
    },
    'a large factor' => {
        lines => fours(2, 8, "$factor 20"), told => 46, reached => [46],
        raise => "$factor (now 20) or MaxRequestWorkers and ServerLimit (now 2 children)",
    },
    'few descriptors' => {
        lines => fours(2, 8, "$factor 200"), told => 60, reached => [60],
        raise => "$files or MaxRequestWorkers",
    },
    'UpgradeTunnelMax' => {
        lines => fours(2, 8, "$factor 20", 'UpgradeTunnelMax 5'), told => 14, reached => [14],
        raise => 'UpgradeTunnelMax (now 5) or MaxRequestWorkers',
    },
);
for my $name (sort keys %limits) {
    my ($lines, $want, $raisers, $reached) = @{ $limits{$name} }{qw(lines told raise reached)};
    my ($least, $most) = @$reached;
    local $ENV{UPGRADE_PRELOAD} = Server::fault('few_files') if $name eq 'few descriptors';
    my $server = server("$lines\n$route");
    my ($told) = $server->log =~ /UR0011: UpgradeTunnel event: at least (\d+) tunnels/;
    is $told, $want, "$name: $want are told";
    like $server->log, qr/UR0011: .*\); to allow more, raise \Q$raisers\E/, "$name: and what raises them";
    my (@open, $status);
    while (ref($status = open_or_status($server, $listener))) { push @open, $status }
    is $status, 503, "$name: " . @open . ' tunnels, then 503';
    cmp_ok scalar @open, '>=', $least, "$name: at least $least, which is no less than was told";
    cmp_ok scalar @open, '<=', $most, "$name: at most $most" if $most;
    is $server->ask('GET / HTTP/1.1')->{status}, 200, "$name: other requests are served";
    is scalar(grep { !alive_quietly(@$_) } @open), 0, "$name: all of them carry a message both ways";
    is tunnels_of($server)->{full}, 1, "$name: the 503 is counted";
    close $_ for map { @$_ } @open;
    ok eventually(sub { tunnels_of($server)->{open} == 0 }), "$name: they end";
    my $next = eventually(sub {
        my $tunnel = open_or_status($server, $listener);
        return ref $tunnel && $tunnel;
    });
    ok ref $next, "$name: and make room";
    close $_ for @$next;
    $server->stop;
}

# The README's lines on Debian's own, from which every file descriptor and every worker is counted. For fewer
# than ten thousand, with a factor and a limit of open files that are smaller in proportion.
{
    my $many = $ENV{UPGRADE_TEST_MANY} || 500;
    my $factor = POSIX::ceil($many / 20);
    my $files = POSIX::ceil($many * 1.6) + 384;
    my $backend = open2(my $listening, my $end_backend, "$ENV{UPGRADE_TEST_LOAD}/ws_backend");
    chomp(my $to = <$listening>);
    local $ENV{UPGRADE_TEST_HTTPD} = "ulimit -n $files; exec $ENV{UPGRADE_TEST_HTTPD}";
    my $server = server(<<"END");
$debian
AsyncRequestWorkerFactor $factor
ProxyPass /chat http://127.0.0.1:$to/
<Location /chat>
UpgradeKeep WebSocket
UpgradeTunnel event
</Location>
END
    my ($told) = $server->log =~ /UR0011: UpgradeTunnel event: at least (\d+) tunnels/;
    cmp_ok $told, '>=', $many, "README: $told tunnels are told";
    my $clients = open2(my $answers, my $commands, "$ENV{UPGRADE_TEST_LOAD}/ws_clients", $server->{port},
        '/chat');
    my $say = sub {
        print $commands "$_[0]\n";
        $commands->flush;
        chomp(my $answer = <$answers>);
        return $answer;
    };
    like $say->("open $many"), qr/^open $many\b/, "README: $many are asked for, $many are up";
    is scalar(grep { $server->ask('GET / HTTP/1.1')->{status} == 200 } 1 .. 20), 20,
        'README: every other request is answered';
    like $say->('check'), qr/^check $many\b/, 'README: each carries a message';
    my $event = tunnels_of($server)->{by}{event};
    cmp_ok $event, '>=', 0.9 * $many, "README: $event of them are event tunnels";
    $say->('close');
    ok eventually(sub { tunnels_of($server)->{open} == 0 }), 'README: they end';
    my $storm = $say->("storm $many");
    like $storm, qr/^open $many\b/, "README: $many that come at once are up: $storm";
    is tunnels_of($server)->{busy}, 0, 'README: none is taken for one that waits for a hanging backend';
    close $commands;
    waitpid $clients, 0;
    close $end_backend;
    waitpid $backend, 0;
    $server->stop;
}

done_testing;

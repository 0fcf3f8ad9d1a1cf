# Real clients and a real server with every limit of a route in force: both sides ping each other, and the
# proxy pings both, and none of them learns of another's. Large messages, compressed too.
use strict;
use warnings;
use Test::More;
use FindBin;
use IPC::Open2;
use lib "$FindBin::Bin/lib";
use Server;
use Lines;
use Ports;
use Tunnel qw(tunnels_of);
use Wait;
use Wire;

local $SIG{PIPE} = 'IGNORE';

my $clients = "$FindBin::Bin/clients";
my $secure = free_port();

# A program that talks line by line: { out, in, pid }
sub program {
    my @command = @_;
    my $pid = open2(my $out, my $in, @command);
    return { out => $out, in => $in, pid => $pid };
}

sub line_of {
    my ($program) = @_;
    local $SIG{ALRM} = sub { die "nothing within @{[Wire::LIMIT]} seconds\n" };
    alarm Wire::LIMIT;
    my $line = readline($program->{out}) // 'nothing';
    alarm 0;
    chomp $line;
    return $line;
}

sub finish {
    my ($program) = @_;
    close $program->{in};
    my $line = line_of($program);
    waitpid $program->{pid}, 0;
    return $line;
}

my $backend = program('node', "$clients/node/pinging.js", 'serve');
my $port = line_of($backend);
my @modules = qw(authz_core alias dir proxy proxy_http socache_shmcb ssl);
my $server = Server->new(modules => \@modules, helper => 1)->configure(<<"END")->start;
@{[ workers(8) ]}
AsyncRequestWorkerFactor 100
UpgradeKeep WebSocket
UpgradeTunnel event
UpgradeTunnelPing 1 to=both unanswered=20
UpgradeTunnelIdle 3600
UpgradeTunnelAge 3600
UpgradeTunnelMessageMax 7000000
ProxyPass /ws http://127.0.0.1:$port/
<Location /status>
SetHandler upgrade-status
</Location>
@{[ tls_host($secure) ]}
END

sub pings {
    return Wire::json_of($server->ask('GET /status?format=json HTTP/1.1'))->{tunnels}{pings};
}

my %urls = (clear => "ws://127.0.0.1:$server->{port}/ws", TLS => "wss://127.0.0.1:$secure/ws");
my %open;
for my $over (sort keys %urls) {
    $open{"node's ws, $over"} = program('node', "$clients/node/pinging.js", 'open', $urls{$over});
    $open{"python3-websockets, $over, keepalive $_"} =
      program('/usr/bin/python3', "$clients/websockets_pinging.py", $urls{$over}, $_) for 0, 0.3;
}
for my $name (sort keys %open) {
    is line_of($open{$name}), 'open permessage-deflate', "$name: opens, and compresses";
}

# A side that pings itself is never silent for long enough; those without a keepalive are pinged all the same,
# unless the backend's Pings make them answer. So the backend stops for a while.
kill STOP => $backend->{pid};
ok eventually(sub { pings()->{answered} >= 4 }), 'silent clients are pinged, and answer';
kill CONT => $backend->{pid};
for my $kind (qw(random words)) {
    for my $name (sort keys %open) {
        print { $open{$name}{in} } "$kind\n";
        $open{$name}{in}->flush;
        is line_of($open{$name}), 'right', "$name: a large message of $kind";
    }
}
is finish($open{$_}), 'closed 1000', "$_: closes when it wants to" for sort keys %open;
ok eventually(sub { tunnels_of($server)->{open} == 0 }), 'all have ended';
is tunnels_of($server)->{closed}, scalar keys %open, 'each with a Close';
close $backend->{in};
waitpid $backend->{pid}, 0;
unlike $server->stop->finish->log, qr/exit signal/, 'no child has crashed';
done_testing;

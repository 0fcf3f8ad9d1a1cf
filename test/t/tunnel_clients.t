# UpgradeTunnelPerClient: how many tunnels one client address may hold on a route, whoever carries them.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Lacks;
use Server;
use Tunnel;
use Wire;

local $SIG{PIPE} = 'IGNORE';

my $listener = backend();
my $port     = $listener->sockport;
my @modules  = qw(authz_core alias dir remoteip proxy proxy_http proxy_wstunnel);
my $threads  = "ThreadsPerChild 8\nThreadLimit 8\nMaxRequestWorkers 32\nServerLimit 8\n";
my %size     = (
    event   => "StartServers 2\n${threads}AsyncRequestWorkerFactor 50\n",
    worker  => "StartServers 2\n$threads",
    prefork => "StartServers 12\nMaxRequestWorkers 20\n",
);

my $routes = <<"END";
LogFormat "%>s %{UPGRADE_TUNNEL}e %{UPGRADE_REASON}e %{UPGRADE_POLICY}e" tunnels
CustomLog access_log tunnels
RemoteIPHeader X-Client
RemoteIPInternalProxy 127.0.0.1
ProxyPass /ws/gone http://127.0.0.1:9/
ProxyPass /ws http://127.0.0.1:$port/
ProxyPass /other http://127.0.0.1:$port/
ProxyPass /stock ws://127.0.0.1:$port/
<LocationMatch ^/(ws|other)>
UpgradeKeep WebSocket
</LocationMatch>
<Location /ws>
UpgradeTunnelPerClient 3
UpgradeName three
UpgradeCountClients on
</Location>
<Location /ws/free>
UpgradeTunnelPerClient none
</Location>
<Location /stock>
UpgradeRequire WebSocket
UpgradeTunnelPerClient 1
</Location>
<Location /status>
SetHandler upgrade-status
</Location>
END

sub server {
    my ($mpm, $carrier, @more) = @_;
    my $server = Server->new(modules => [@modules, @more], helper => 1, mpm => $mpm, restless => 1);
    my $text   = "UpgradeTunnel $carrier\n" . (@more ? "Protocols h2c http/1.1\nH2WebSockets on\n" : '');
    return $server->configure("$size{$mpm}$text$routes")->start;
}

# A handshake that has to be refused: the answer
sub refused {
    my ($server, $path, @lines) = @_;
    my $client = asking($server, $path, lines => \@lines);
    my $answer = Wire::answer_from($client);
    close $client;
    return $answer;
}

sub end_tunnels {
    close $_ for map { @$_[0, 1] } @_;
}

# So many are open by the books: what has ended is given back before it is counted as ended.
sub open_are {
    my ($server, $number) = @_;
    return eventually(sub { tunnels_of($server)->{open} == $number });
}

for my $case (['event', 'event'], ['event', 'thread'], ['worker', 'thread'], ['prefork', 'thread']) {
    my ($mpm, $carrier) = @$case;
    my $what   = "$mpm MPM, $carrier";
    my $server = server($mpm, $carrier);
    my @open   = map { [open_tunnel($server, $listener)] } 1 .. 3;
    my $answer = refused($server, '/ws');
    is $answer->{status}, 429, "$what: the fourth";
    like Wire::field($answer, 'Retry-After'), qr/^(?:[5-9]|1[0-5])\z/, "$what: when to come back";
    is Wire::field($answer, 'Upgrade'), undef, "$what: no other protocol would help";
    is Wire::json_of($answer)->{reason}, 'tunnel-limit', "$what: the reason";

    my @other = map { [open_tunnel($server, $listener, path => '/other')] } 1 .. 4;
    alive(@$_[0, 1], "$what: a route without the limit") for @other;
    my @free = [open_tunnel($server, $listener, path => '/ws/free')];
    alive(@{ $free[0] }[0, 1], "$what: none lifts it");
    my @v6 = map { [open_tunnel($server, $listener, lines => ["X-Client: 2001:db8::$_"])] } 1 .. 3;
    is refused($server, '/ws', 'X-Client: 2001:db8::ffff:4')->{status}, 429, "$what: an IPv6 /64";
    push @v6, [open_tunnel($server, $listener, lines => ['X-Client: 2001:db8:0:1::1'])];
    alive(@{ $v6[-1] }[0, 1], "$what: another network, as mod_remoteip has it");

    end_tunnels(shift @open);
    ok open_are($server, 2 + 4 + 1 + 4), "$what: one ends";
    push @open, [open_tunnel($server, $listener)];
    is refused($server, '/ws')->{status}, 429, "$what: and makes room for one";

    is refused($server, '/ws/gone', 'X-Client: 192.0.2.9')->{status}, 503, "$what: no backend"
      for 1 .. 4;

    $server->graceful;
    is refused($server, '/ws')->{status}, 429, "$what: a reload forgets none";
    end_tunnels(@open, @other, @free, @v6);
    ok open_are($server, 0), "$what: all have ended";
    @open = map { [open_tunnel($server, $listener)] } 1 .. 3;
    my $refused = tunnels_of($server)->{limit};
    is $refused, 4, "$what: each refusal is counted";
    like $server->file('access_log'), qr/^429 - tunnel-limit three$/m, "$what: and logged";
    my $unmet = json_of($server->ask('GET /status?format=json HTTP/1.1'))->{clients} || [];
    is_deeply [grep { $_->{estimate} } @$unmet], [], "$what: but no client would break";
    end_tunnels(@open);
    $server->stop;
}

# What a killed child held is free again.
for my $carrier (qw(event thread)) {
    my $server = server('event', $carrier);
    my @open   = map { [open_tunnel($server, $listener)] } 1 .. 3;
    is refused($server, '/ws')->{status}, 429, "killed, $carrier: the limit holds";
    $server->kill_child($_)
      for map { $_->{event} || $_->{thread} ? $_->{pid} : () } @{ tunnels_of($server)->{children} };
    ok eventually(sub { tunnels_of($server)->{lost} == 3 }), "killed, $carrier: the server knows";
    my @again = map { [open_tunnel($server, $listener)] } 1 .. 3;
    is refused($server, '/ws')->{status}, 429, "killed, $carrier: as many as before, and no more";
    end_tunnels(@open, @again);
    $server->stop;
}

# Streams of HTTP/2, and what mod_proxy_wstunnel carries by itself
{
    my $server = server('event', 'event', 'http2');
  SKIP: {
        skip_without('h2-websockets', 2);
        my @open   = map { [open_tunnel($server, $listener, h2 => 1)] } 1 .. 3;
        is refused($server, '/ws')->{status}, 429, 'HTTP/2: streams count';
        end_tunnels(@open);
        ok open_are($server, 0), 'HTTP/2: all have ended';
    }
    for my $round (1 .. 3) {
        my @open = [open_tunnel($server, $listener, path => '/stock')];
        is refused($server, '/stock')->{status}, 429, 'a ws:// worker: the limit holds';
        end_tunnels(@open);
        ok open_are($server, 0), 'a ws:// worker: it has ended';
    }
    $server->stop;
}

done_testing;

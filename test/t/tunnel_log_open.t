# UpgradeTunnelLogOpen: one more line in the access log when a tunnel opens, and the usual one when it ends.
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
my $routes   = <<"END";
LogFormat "%>s %m %U %{UPGRADE_TUNNEL}e %{UPGRADE_TUNNEL_CODE}e %{Sec-WebSocket-Key}i" tunnels
CustomLog access_log tunnels
ProxyPass /ws http://127.0.0.1:$port/
ProxyPass /off http://127.0.0.1:$port/
ProxyPass /gone http://127.0.0.1:9/
<LocationMatch ^/(ws|off|gone)>
UpgradeKeep WebSocket
UpgradeTunnelLogOpen on
</LocationMatch>
<Location /off>
UpgradeTunnelLogOpen off
</Location>
<Location /status>
SetHandler upgrade-status
</Location>
RewriteEngine on
RewriteRule ^/written /ws [PT]
END
my $size    = "ThreadsPerChild 8\nThreadLimit 8\nMaxRequestWorkers 32\nServerLimit 8\n";
my @modules = qw(authz_core alias dir rewrite proxy proxy_http http2);
my $key     = 'the key';    # each handshake has one of its own

sub server {
    my ($mpm, $carrier) = @_;
    my $protocols = $mpm eq 'prefork' ? '' : "Protocols h2c http/1.1\nH2WebSockets on\n";
    my $server    = Server->new(modules => \@modules, helper => 1, mpm => $mpm);
    return $server->configure(($mpm eq 'prefork' ? "StartServers 4\n" : $size)
        . "UpgradeTunnel $carrier\n$protocols$routes")->start;
}

# The lines that the log has of paths under this one, once there are so many
sub lines_of {
    my ($server, $path, $number) = @_;
    my @lines;
    eventually(sub {
        @lines = grep { m{^\d+ GET \Q$path\E} } split /\n/, $server->file('access_log');
        s{[\w+/]{22}==\z}{$key} for @lines;
        return @lines >= $number;
    });
    return \@lines;
}

for my $case (['event', 'event'], ['event', 'thread'], ['prefork', 'thread']) {
    my ($mpm, $carrier) = @$case;
    my $what   = "$mpm MPM, $carrier";
    my $server = server($mpm, $carrier);
    my ($client, $backend) = open_tunnel($server, $listener);
    my $open = "101 GET /ws open - $key";
    is_deeply lines_of($server, '/ws', 1), [$open], "$what: a line while it is open";
    alive($client, $backend, "$what: the tunnel is not disturbed");
    syswrite $backend, close_frame(1000);
    receive($client, 4);
    close $_ for $client, $backend;
    my $end = "101 GET /ws closed 1000 $key";
    is_deeply lines_of($server, '/ws', 2), [$open, $end], "$what: and one at its end, as ever";

    ($client, $backend) = open_tunnel($server, $listener, path => '/off/x');
    close $_ for $client, $backend;
    my $off = lines_of($server, '/off', 1);
    is scalar(@$off), 1, "$what: off: one line";
    like $off->[0], qr{^101 GET /off/x (?:client|backend) - }, "$what: off: that of its end";

    my $answer = Wire::answer_from(asking($server, '/gone'));
    is_deeply lines_of($server, '/gone', 1), ["503 GET /gone - - $key"], "$what: none that is not opened";

    ($client, $backend) = open_tunnel($server, $listener, path => '/written');
    is_deeply lines_of($server, '/ws', 3)->[2], $open, "$what: a rewritten path";
    close $_ for $client, $backend;
    is scalar(@{ lines_of($server, '/ws', 4) }), 4, "$what: one at its end";
  SKIP: {
        last if $mpm eq 'prefork';
        skip_without('h2-websockets', 2);
        ($client, $backend) = open_tunnel($server, $listener, h2 => 1);
        like lines_of($server, '/ws', 5)->[4], qr{^101 GET /ws open - }, "$what: over HTTP/2";
        close $_ for $backend, $client;
        like lines_of($server, '/ws', 6)->[5], qr{^101 GET /ws (?:client|backend) - }, "$what: and its end";
    }
    $server->stop;
}

done_testing;

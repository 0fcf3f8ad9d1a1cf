# A handshake has no body, and its backend hears of none: of each extended CONNECT of HTTP/2 stock makes one
# with "Content-Length: 0", and there are backends that refuse it.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Lacks;
use Server;
use Tunnel;

local $SIG{PIPE} = 'IGNORE';

my $listener = backend();
my $port     = $listener->sockport;
my $http2    = lacks('h2-websockets') ? '' : "Protocols h2c http/1.1\nH2WebSockets on";
my $server = Server->new(modules => [qw(authz_core alias dir http2 proxy proxy_http)], helper => 1);
$server->configure(<<"END")->start;
$http2
ProxyPass /event http://127.0.0.1:$port/
ProxyPass /thread http://127.0.0.1:$port/
<Location />
UpgradeKeep WebSocket
</Location>
<Location /event>
UpgradeTunnel event
</Location>
END

# The head that arrives, and whether the tunnel is one.
sub arrives {
    my ($name, $path, %option) = @_;
    my $client = asking($server, $path, %option);
    my ($backend, $head) = Tunnel::_asked($listener);
    my ($key) = $head =~ /^Sec-WebSocket-Key: (\S+)\r$/mi;
    syswrite $backend, switching($key);
    head_from($client);
    like $head, qr/^Upgrade: websocket\r$/m, "$name: the handshake";
    unlike $head, qr/^(?:Content-Length|Transfer-Encoding):/mi, "$name: speaks of no body";
    alive($client, $backend, $name);
    close $_ for $client, $backend;
    return;
}

for my $path ('/event', '/thread') {
    arrives("HTTP/1.1, $path", $path);
    arrives("HTTP/1.1 with a length, $path", $path, lines => ['Content-Length: 0']);
  SKIP: {
        skip_without('h2-websockets', 3);
        arrives("HTTP/2, $path", $path, h2 => 1);
    }
}

unlike $server->stop->finish->log, qr/exit signal/, 'no child has crashed';
done_testing;

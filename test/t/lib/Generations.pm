# A server whose children wait for their tunnels after a reload, and keep places that others need.
package Generations;
use strict;
use warnings;
use parent 'Exporter';

use IO::Select ();
use Server     ();
use Tunnel     ();

our @EXPORT = qw(generations open_here answered told is_over children_of with_tunnels);

my $listener = Tunnel::backend();
my $port     = $listener->sockport;

# With so many places, and two children a generation; children => 1: one. More lines as text.
sub generations {
    my ($places, $text, %option) = @_;
    my $children = $option{children} || 2;
    my $workers  = 4 * $children;
    my $least    = $workers - 4 || 1;
    my $most     = $workers + 4;
    my @modules  = qw(authz_core alias dir setenvif proxy proxy_http socache_shmcb ssl);
    my $server   = Server->new(modules => \@modules, helper => 1, restless => 1);
    return $server->configure(<<"END");
Timeout 3600
ServerLimit $places
StartServers $children
ThreadsPerChild 4
ThreadLimit 4
MaxRequestWorkers $workers
MinSpareThreads $least
MaxSpareThreads $most
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

# [client, backend]
sub open_here {
    my ($server, @option) = @_;
    return [Tunnel::open_tunnel($server, $listener, @option)];
}

sub answered { return $_[0]->ask('GET / HTTP/1.1')->{status} }

# Whether the client has been told to go, and nothing else.
sub told {
    my ($tunnel) = @_;
    return Tunnel::receive($tunnel->[0], 100) eq "\x88\x02\x03\xe9";
}

sub is_over { return IO::Select->new($_[0][0])->can_read(0) ? 1 : 0 }

sub children_of { return @{ Tunnel::tunnels_of($_[0])->{children} } }

# Those that wait for event tunnels.
sub with_tunnels { return grep { $_->{leaving} && $_->{event} } children_of($_[0]) }

1;

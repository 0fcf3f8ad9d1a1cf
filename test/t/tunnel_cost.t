# What an event tunnel costs when it opens: APR takes memory from the system and gives it back block by
# block, each by a call that stops all threads of the process for a moment.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use Tunnel;
use Wire;

local $SIG{PIPE} = 'IGNORE';

use constant OPENS => 100;
use constant MOST  => 8;    # calls an open

my $listener = backend();
my $port = $listener->sockport;
my @modules = qw(authz_core alias dir proxy proxy_http);
my $server = Server->new(modules => \@modules, helper => 1)->configure(<<"END");
ThreadsPerChild 4
ThreadLimit 4
MaxRequestWorkers 4
AsyncRequestWorkerFactor 200
ProxyPass /ws http://127.0.0.1:$port/
<Location /ws>
UpgradeKeep WebSocket
UpgradeTunnel event
</Location>
END

my $counter = "$server->{folder}/maps";
open my $file, '+>', $counter or die $!;
syswrite $file, pack 'Q', 0;
chmod 0666, $counter;
{
    local @ENV{qw(UPGRADE_FAULT_MAPS UPGRADE_PRELOAD)} = ($counter, Server::fault('maps'));
    $server->start;
}

sub calls {
    seek $file, 0, 0;
    sysread $file, my $number, 8;
    return unpack 'Q', $number;
}

# Its threads have served before; nothing is closed, which would give memory back meanwhile.
my @open = map { [open_tunnel($server, $listener)] } 1 .. OPENS;
my $before = calls();
push @open, map { [open_tunnel($server, $listener)] } 1 .. OPENS;
my $each = (calls() - $before) / OPENS;
SKIP: {
    skip 'this APR takes its memory from malloc()', 1 if $before < OPENS;
    cmp_ok $each, '<=', MOST, "memory is taken and given back $each times an open";
}
alive(@$_[0, 1], 'a tunnel is alive') for @open[0, -1];
close $_ for map { @$_[0, 1] } @open;

unlike $server->stop->finish->log, qr/exit signal/, 'no child has crashed';
done_testing;

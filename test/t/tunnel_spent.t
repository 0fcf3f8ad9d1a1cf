# Children leave without a reload once they have served MaxConnectionsPerChild, and wait for their tunnels.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Generations;
use Server;
use Tunnel;
use Wire;

local $SIG{PIPE} = 'IGNORE';

# With many places only the oldest go: enough for as many children as there have been of late. Six children
# within a moment on five places: each tunnel may have to go, but every request is answered. They end side by
# side.
my @ends;
for my $case ([14], [5, 12]) {
    my ($places, $count) = @$case;
    my $name   = "MaxConnectionsPerChild, $places places";
    my $server = generations($places, "MaxConnectionsPerChild 4\n")->start;
    my (@open, %statuses);
    # What the module goes by: two children are needed, and as many as have left. Until it says so: of those
    # that left, some may have done so too long ago.
    my $short = sub {
        my @children = children_of($server);
        return $places - @children < 2 + grep { $_->{leaving} } @children;
    };
    my $decided = sub { $server->log =~ /UR0022: a child of generation 0 ends/ };
    until ($count ? @open >= $count : $decided->()) {
        push @open, open_here($server);
        $statuses{ answered($server) }++;
        last if $places > 5 && $short->() && eventually($decided, 6);
    }
    is_deeply [keys %statuses], [200], "$name: each request is answered";
    ok eventually($decided), "$name: the oldest child makes room";
    alive(@{ $open[-1] }, "$name: the youngest goes on") if $places > 5;
    push @ends, sub {
        ok eventually(sub { grep { is_over($_) } @open }), "$name: a tunnel ends";
        is scalar(grep { is_over($_) && !told($_) } @open), 0, "$name: those that are ended are told so";
        close $_ for map { @$_[0, 1] } @open;
        $server->stop;
    };
}
$_->() for @ends;

done_testing;
